//! The bot's webhook in a script: takes deliveries one by one, answers as told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::raw::find;
use crate::stage::SOON;

/// A delivery as it came.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub line: String,
    pub content_type: String,
    pub secret: String,
    pub body: Vec<u8>,
}

/// What the next deliveries are answered; 200 and nothing when none is left.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: &'static str,
    /// Further lines of the head.
    pub headers: String,
    pub body: String,
}

#[derive(Debug, Default)]
struct State {
    seen: Vec<Delivery>,
    replies: Vec<Reply>,
}

#[derive(Debug)]
pub struct Hook {
    pub address: String,
    state: Arc<Mutex<State>>,
    count: Arc<watch::Sender<usize>>,
}

impl Hook {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let hook = Self {
            address,
            state: Arc::default(),
            count: Arc::new(watch::Sender::new(0)),
        };
        let (state, count) = (Arc::clone(&hook.state), Arc::clone(&hook.count));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, count) = (Arc::clone(&state), Arc::clone(&count));
                tokio::spawn(async move {
                    let _ = serve(stream, &state, &count).await;
                });
            }
        });
        Ok(hook)
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook?a=1", self.address)
    }

    pub fn replies(&self, replies: Vec<Reply>) {
        if let Ok(mut s) = self.state.lock() {
            s.replies = replies;
        }
    }

    /// The deliveries from number `from` on, once there are `n` in all.
    pub async fn wait(&self, from: usize, n: usize) -> Result<Vec<Delivery>> {
        let mut count = self.count.subscribe();
        tokio::time::timeout(SOON + Duration::from_secs(10), count.wait_for(|c| *c >= n))
            .await
            .with_context(|| format!("{} of {n} deliveries came", *self.count.borrow()))??;
        let state = self.state.lock().map_err(|_| anyhow::anyhow!("the hook died"))?;
        Ok(state.seen.get(from..).unwrap_or_default().to_vec())
    }

    pub fn seen(&self) -> usize {
        *self.count.borrow()
    }
}

async fn serve(mut stream: TcpStream, state: &Mutex<State>, count: &watch::Sender<usize>) -> Result<()> {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(i) = find(&buffer, b"\r\n\r\n") {
                break i + 4;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        let head: Vec<u8> = buffer.drain(..end).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let header = |name: &str| {
            let found = head.lines().filter_map(|l| l.split_once(':'));
            let mut found = found.filter(|(n, _)| n.eq_ignore_ascii_case(name));
            found.next().map(|(_, v)| v.trim().to_owned()).unwrap_or_default()
        };
        let length: usize = header("content-length").parse().unwrap_or(0);
        while buffer.len() < length {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
        let delivery = Delivery {
            line: head.lines().next().unwrap_or_default().to_owned(),
            content_type: header("content-type"),
            secret: header("x-telegram-bot-api-secret-token"),
            body: buffer.drain(..length).collect(),
        };
        let (reply, seen) = {
            let mut s = state.lock().map_err(|_| anyhow::anyhow!("the hook died"))?;
            s.seen.push(delivery);
            let reply = (!s.replies.is_empty()).then(|| s.replies.remove(0));
            (reply, s.seen.len())
        };
        let reply = reply.unwrap_or(Reply {
            status: "200 OK",
            headers: String::new(),
            body: String::new(),
        });
        let answer = format!(
            "HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}",
            reply.status,
            reply.headers,
            reply.body.len(),
            reply.body
        );
        stream.write_all(answer.as_bytes()).await?;
        count.send_replace(seen);
    }
}
