//! A server and a client made of bytes, and somebody behind the door who writes down what is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use switchboard_telegram::Token;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::door::entries::Answers;
use crate::door::listen::Limits;
use crate::door::upstream::Upstream;
use crate::{Answer, Behind, Called, Door, Params, Spent};

pub const TOKEN: &str = "123456:AAtesttesttesttesttesttesttesttest";
pub const OK: &str = r#"{"ok":true,"result":true}"#;

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("it should have come by now")
}

/// One side of a connection, read by messages.
#[derive(Debug)]
pub struct Peer {
    pub stream: TcpStream,
    buffer: Vec<u8>,
}

/// A request or an answer.
#[derive(Debug, Clone)]
pub struct Message {
    pub head: String,
    /// Taken out of its chunks.
    pub body: Vec<u8>,
    /// As it came.
    pub raw_body: Vec<u8>,
}

impl Message {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }
}

impl Peer {
    pub fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    pub async fn connect(address: SocketAddr) -> Self {
        Self::new(TcpStream::connect(address).await.unwrap())
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon(self.stream.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Reads once more. `false`: the other side has closed.
    async fn more(&mut self) -> bool {
        soon(self.stream.read_buf(&mut self.buffer))
            .await
            .is_ok_and(|count| count > 0)
    }

    /// Whether the other side closes, saying nothing more.
    pub async fn closed(&mut self) -> bool {
        self.buffer.is_empty() && !self.more().await
    }

    async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(at) = memchr::memmem::find(&self.buffer, b"\r\n\r\n") {
                let head = self.buffer.drain(..at + 4).collect();
                return Some(String::from_utf8(head).unwrap());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The next message; `None` where the other side closed before all of it came.
    pub async fn message(&mut self) -> Option<Message> {
        let head = self.head().await?;
        let mut message = Message {
            head,
            body: Vec::new(),
            raw_body: Vec::new(),
        };
        let bodiless = [" 204 ", " 304 ", " 100 "]
            .iter()
            .any(|code| message.line().contains(code));
        if bodiless {
            return Some(message);
        }
        if message.header("transfer-encoding").is_some() {
            loop {
                let line = self.until(b"\r\n").await?;
                message.raw_body.extend_from_slice(&line);
                let size = std::str::from_utf8(&line).unwrap().trim().split(';').next().unwrap();
                let size = usize::from_str_radix(size, 16).unwrap();
                let chunk = self.exactly(size + 2).await?;
                message.raw_body.extend_from_slice(&chunk);
                message.body.extend_from_slice(&chunk[..size]);
                if size == 0 {
                    return Some(message);
                }
            }
        }
        if let Some(length) = message.header("content-length") {
            let length = length.parse().unwrap();
            message.body = self.exactly(length).await?;
            message.raw_body.clone_from(&message.body);
        } else if message.head.starts_with("HTTP/") {
            while self.more().await {}
            message.body = std::mem::take(&mut self.buffer);
        }
        Some(message)
    }

    async fn until(&mut self, what: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = memchr::memmem::find(&self.buffer, what) {
                return Some(self.buffer.drain(..at + what.len()).collect());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    pub async fn exactly(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < count {
            if !self.more().await {
                return None;
            }
        }
        Some(self.buffer.drain(..count).collect())
    }

    /// The next head, whatever follows it.
    pub async fn head_only(&mut self) -> String {
        self.head().await.expect("a head")
    }

    /// Moves what has been read ahead; how many bytes.
    pub fn ahead(&mut self, into: &mut [u8]) -> usize {
        let count = self.buffer.len().min(into.len());
        into[..count].copy_from_slice(&self.buffer[..count]);
        self.buffer.drain(..count);
        count
    }

    /// Sends a request and reads the answer.
    pub async fn ask(&mut self, request: impl AsRef<[u8]>) -> Message {
        self.send(request).await;
        self.message().await.expect("an answer")
    }
}

/// Where the door's calls arrive.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    listener: TcpListener,
}

impl Server {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            listener,
        }
    }

    /// The door's next connection.
    pub async fn accept(&self) -> Peer {
        Peer::new(soon(self.listener.accept()).await.unwrap().0)
    }

    /// Answers all requests with what `answer` makes of them, and writes them down.
    pub fn serve(self, answer: impl Fn(&Message) -> Vec<u8> + Send + Sync + 'static) -> Arc<Mutex<Vec<Message>>> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (to_return, answer) = (Arc::clone(&seen), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = self.listener.accept().await {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                tokio::spawn(async move {
                    let mut peer = Peer::new(stream);
                    while let Some(request) = peer.message().await {
                        let bytes = answer(&request);
                        seen.lock().push(request);
                        peer.send(bytes).await;
                    }
                });
            }
        });
        to_return
    }
}

/// An answer with a length.
pub fn answer(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A call with parameters in the way of most frameworks.
pub fn post(method: &str, body: &str) -> String {
    format!(
        "POST /bot{TOKEN}/{method} HTTP/1.1\r\nHost: door\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: door\r\n\r\n")
}

/// Behind the door: writes everything down.
#[derive(Debug, Default)]
pub struct Notes {
    pub called: Mutex<Vec<Called>>,
    pub spent: Mutex<Vec<Spent>>,
    /// Where there is one, `called` returns only when it is told to.
    pub gate: Option<Notify>,
    pub arrived: Notify,
}

#[async_trait]
impl Behind for Notes {
    fn watches(&self, method: &str) -> bool {
        method != "getme"
    }

    async fn called(&self, call: Called) {
        self.called.lock().push(call);
        self.arrived.notify_one();
        if let Some(gate) = &self.gate {
            gate.notified().await;
        }
    }

    fn spent(&self, spent: Spent) {
        self.spent.lock().push(spent);
    }
}

/// A front that answers what it is asked, as it was asked.
#[derive(Debug, Default)]
pub struct Mirror {
    pub asked: Mutex<Vec<(String, Params, Option<Bytes>)>>,
    pub arrived: Notify,
    /// Told when an answer that was awaited is given up.
    pub dropped: Arc<Notify>,
}

#[async_trait]
impl Answers for Arc<Mirror> {
    async fn answer(&self, method: &str, params: &Params, certificate: Option<Bytes>) -> Option<Answer> {
        self.asked.lock().push((method.to_owned(), params.clone(), certificate));
        self.arrived.notify_one();
        if params.get("wait").is_some() {
            struct Told(Arc<Notify>);
            impl Drop for Told {
                fn drop(&mut self) {
                    self.0.notify_one();
                }
            }
            let _told = Told(Arc::clone(&self.dropped));
            std::future::pending::<()>().await;
        }
        if params.get("pass").is_some() {
            return None;
        }
        Some(Answer::ok("[]", None))
    }
}

/// Limits that are met within a test.
pub fn brief() -> Limits {
    Limits {
        head: Duration::from_millis(300),
        linger: Duration::from_millis(300),
        ..Limits::default()
    }
}

pub fn token() -> Token {
    Token::new(TOKEN).unwrap()
}

/// A door before a server, with its token let in.
pub async fn door(server: SocketAddr, behind: Arc<dyn Behind>) -> Door {
    door_with(server, behind, None, Limits::default(), 1000).await
}

pub async fn door_with(
    server: SocketAddr,
    behind: Arc<dyn Behind>,
    front: Option<Arc<Mirror>>,
    limits: Limits,
    connections: u32,
) -> Door {
    let upstream = Upstream::new(&format!("http://{server}"), None).unwrap();
    let door = Door::start(([127, 0, 0, 1], 0).into(), upstream, limits, connections)
        .await
        .unwrap();
    door.admit(&token(), front.map(|front| Arc::new(front) as Arc<dyn Answers>), behind);
    door
}

/// A door with nobody behind, before a server that answers everything with `OK`, and a client.
pub async fn simple() -> (Door, Peer, Arc<Mutex<Vec<Message>>>) {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(())).await;
    let seen = server.serve(|_| answer("200 OK", OK));
    let client = Peer::connect(door.address()).await;
    (door, client, seen)
}
