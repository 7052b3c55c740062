//! A bare HTTP/1.1 client: every byte of a request is the script's own, so that shapes are exact.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest wait for an answer: a poll may take 50 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(70);

/// A request, all but the connection that it goes over.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `GET`, `POST` …
    pub verb: String,
    /// Path and query, as they are written.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

/// How a body is sent.
#[derive(Debug, Clone, Default)]
pub enum Body {
    /// No body and no length.
    #[default]
    None,
    /// With `Content-Length`.
    Sized(Vec<u8>),
    /// In chunks, without a length.
    Chunked(Vec<Vec<u8>>),
    /// With a length, after a `100 Continue`.
    Expecting(Vec<u8>),
}

#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl Request {
    pub fn new(verb: &str, target: impl Into<String>) -> Self {
        Self {
            verb: verb.to_owned(),
            target: target.into(),
            ..Self::default()
        }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    fn head(&self, host: &str) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\nHost: {host}\r\n", self.verb, self.target);
        for (name, value) in &self.headers {
            out.push_str(&format!("{name}: {value}\r\n"));
        }
        match &self.body {
            Body::None => {}
            Body::Sized(b) => out.push_str(&format!("Content-Length: {}\r\n", b.len())),
            Body::Expecting(b) => {
                out.push_str(&format!("Content-Length: {}\r\nExpect: 100-continue\r\n", b.len()));
            }
            Body::Chunked(_) => out.push_str("Transfer-Encoding: chunked\r\n"),
        }
        out.push_str("\r\n");
        out.into_bytes()
    }
}

/// A connection that is kept; requests go over it one after another.
#[derive(Debug)]
pub struct Line {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
}

/// One request over a connection of its own.
pub async fn ask(host: &str, request: &Request) -> Result<Response> {
    Line::open(host).await?.ask(request).await
}

impl Line {
    pub async fn open(host: &str) -> Result<Self> {
        let stream = TcpStream::connect(host).await.context("connecting")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            host: host.to_owned(),
            buffer: Vec::new(),
        })
    }

    pub async fn ask(&mut self, request: &Request) -> Result<Response> {
        tokio::time::timeout(ANSWER_WITHIN, self.exchange(request))
            .await
            .context("no answer in time")?
    }

    async fn exchange(&mut self, request: &Request) -> Result<Response> {
        // What a server that refuses early leaves unread is no failure: its answer counts.
        let _ = self.stream.write_all(&request.head(&self.host)).await;
        match &request.body {
            Body::None => {}
            Body::Sized(b) => {
                let _ = self.stream.write_all(b).await;
            }
            Body::Chunked(pieces) => {
                for p in pieces.iter().filter(|p| !p.is_empty()) {
                    let mut chunk = format!("{:x}\r\n", p.len()).into_bytes();
                    chunk.extend_from_slice(p);
                    chunk.extend_from_slice(b"\r\n");
                    let _ = self.stream.write_all(&chunk).await;
                    let _ = self.stream.flush().await;
                }
                let _ = self.stream.write_all(b"0\r\n\r\n").await;
            }
            Body::Expecting(b) => {
                let interim = self.read_head().await?;
                if interim.status != 100 {
                    return self.read_body(request, interim).await;
                }
                let _ = self.stream.write_all(b).await;
            }
        }
        loop {
            let head = self.read_head().await?;
            if head.status >= 200 {
                return self.read_body(request, head).await;
            }
        }
    }

    async fn more(&mut self) -> Result<bool> {
        let mut piece = vec![0; 64 << 10];
        let n = self.stream.read(&mut piece).await?;
        self.buffer.extend_from_slice(piece.get(..n).unwrap_or_default());
        Ok(n > 0)
    }

    async fn read_head(&mut self) -> Result<Response> {
        let end = loop {
            if let Some(i) = find(&self.buffer, b"\r\n\r\n") {
                break i;
            }
            if !self.more().await? {
                bail!(
                    "the connection closed before an answer: {} bytes came",
                    self.buffer.len()
                );
            }
        };
        let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|l| l.split(' ').nth(1))
            .and_then(|s| s.parse().ok());
        let headers = lines
            .filter_map(|l| l.split_once(':'))
            .map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned()))
            .collect();
        Ok(Response {
            status: status.context("no status line")?,
            headers,
            body: Vec::new(),
        })
    }

    async fn read_body(&mut self, request: &Request, mut r: Response) -> Result<Response> {
        if request.verb == "HEAD" || matches!(r.status, 204 | 304) {
            return Ok(r);
        }
        if r.header("transfer-encoding").is_some_and(|t| t.contains("chunked")) {
            r.body = self.read_chunks().await?;
            return Ok(r);
        }
        match r.header("content-length").map(str::parse::<usize>) {
            Some(length) => {
                let length = length?;
                while self.buffer.len() < length {
                    if !self.more().await? {
                        bail!("the answer broke off: {} of {length} bytes", self.buffer.len());
                    }
                }
                r.body = self.buffer.drain(..length).collect();
            }
            None => {
                while self.more().await? {}
                r.body = std::mem::take(&mut self.buffer);
            }
        }
        Ok(r)
    }

    async fn read_chunks(&mut self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        loop {
            let end = loop {
                if let Some(i) = find(&self.buffer, b"\r\n") {
                    break i;
                }
                if !self.more().await? {
                    bail!("the chunks broke off");
                }
            };
            let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
            let size = String::from_utf8_lossy(&line);
            let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)?;
            while self.buffer.len() < size + 2 {
                if !self.more().await? {
                    bail!("a chunk broke off");
                }
            }
            let chunk: Vec<u8> = self.buffer.drain(..size + 2).collect();
            if size == 0 {
                return Ok(out);
            }
            out.extend_from_slice(chunk.get(..size).unwrap_or_default());
        }
    }
}

pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}
