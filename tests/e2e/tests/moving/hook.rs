//! The webhook of a bot's own program, and connections files that name it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use switchboard_e2e::{Output, SOON, Stage, TOKEN};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What a delivery said.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub secret: String,
    pub update: Value,
}

#[derive(Debug)]
struct State {
    down: bool,
    reply: String,
    seen: Vec<Delivery>,
}

/// A server that takes updates, or refuses them while it is down.
#[derive(Debug, Clone)]
pub struct Hook {
    pub url: String,
    state: Arc<Mutex<State>>,
    changed: Arc<watch::Sender<usize>>,
}

impl Hook {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let hook = Self {
            url: format!("http://{}/hook", listener.local_addr()?),
            state: Arc::new(Mutex::new(State {
                down: false,
                reply: String::new(),
                seen: Vec::new(),
            })),
            changed: Arc::new(watch::Sender::new(0)),
        };
        let served = hook.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let hook = served.clone();
                tokio::spawn(async move { hook.serve(stream).await });
            }
        });
        Ok(hook)
    }

    pub fn set_down(&self, down: bool) {
        self.state.lock().unwrap().down = down;
    }

    /// What the next update is answered.
    pub fn reply(&self, body: &Value) {
        self.state.lock().unwrap().reply = body.to_string();
    }

    pub fn seen(&self) -> Vec<Delivery> {
        self.state.lock().unwrap().seen.clone()
    }

    /// The texts of the messages that it took.
    pub fn texts(&self) -> Vec<String> {
        let seen = self.seen();
        let texts = seen.iter().filter_map(|one| one.update["message"]["text"].as_str());
        texts.map(str::to_owned).collect()
    }

    /// The delivery of a message with this text, once it has come.
    pub async fn wait_text(&self, text: &str) -> Result<Delivery> {
        let mut changed = self.changed.subscribe();
        let found = async {
            loop {
                changed.borrow_and_update();
                let mut seen = self.seen().into_iter();
                if let Some(found) = seen.find(|one| one.update["message"]["text"] == text) {
                    return Ok(found);
                }
                changed.changed().await?;
            }
        };
        let found: Result<Result<Delivery>, _> = tokio::time::timeout(SOON, found).await;
        found.with_context(|| format!("no {text:?} at the webhook, but {:?}", self.texts()))?
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut buffer = Vec::new();
        loop {
            let (head, start) = loop {
                let end = buffer.windows(4).position(|four| four == b"\r\n\r\n");
                if let Some(end) = end {
                    break (String::from_utf8_lossy(&buffer[..end]).to_lowercase(), end + 4);
                }
                if stream.read_buf(&mut buffer).await.ok()? == 0 {
                    return None;
                }
            };
            let header = |name: &str| {
                let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                line.unwrap_or_default().trim().to_owned()
            };
            let length: usize = header("content-length").parse().ok()?;
            while buffer.len() < start + length {
                if stream.read_buf(&mut buffer).await.ok()? == 0 {
                    return None;
                }
            }
            let body: Vec<u8> = buffer.drain(..start + length).skip(start).collect();
            let (status, reply) = {
                let mut state = self.state.lock().unwrap();
                match state.down {
                    true => ("503 Service Unavailable", String::new()),
                    false => {
                        let secret = header("x-telegram-bot-api-secret-token");
                        let update = serde_json::from_slice(&body).ok()?;
                        state.seen.push(Delivery { secret, update });
                        ("200 OK", std::mem::take(&mut state.reply))
                    }
                }
            };
            let kind = "content-type: application/json";
            let head = format!("HTTP/1.1 {status}\r\n{kind}\r\ncontent-length: {}\r\n\r\n", reply.len());
            stream.write_all((head + &reply).as_bytes()).await.ok()?;
            self.changed.send_modify(|count| *count += 1);
        }
    }
}

/// Writes the connections file anew, in a mode and with more keys.
pub fn write(stage: &Stage, mode: &str, keys: &str) -> Result<()> {
    let text = format!(
        "[[connection]]\nname = \"support\"\nmode = \"{mode}\"\ntoken = \"{TOKEN}\"\ngroup = {}\nadmins = [{}]\n{keys}\n[connection.parameters]\nWELCOME = \"OFF\"\n",
        stage.group.id(),
        stage.operator.id,
    );
    Ok(std::fs::write(stage.dir.path().join("connections.toml"), text)?)
}

/// Applies a connection in a mode and with more keys; what the command said.
pub async fn apply(stage: &Stage, mode: &str, keys: &str) -> Result<String> {
    write(stage, mode, keys)?;
    done(stage, &["connection", "apply", "connections.toml"]).await
}

/// Runs what has to succeed; what it said.
pub async fn done(stage: &Stage, arguments: &[&str]) -> Result<String> {
    let ran = stage.command(arguments).await?;
    ensure!(
        ran.code == 0,
        "{arguments:?}: {}{}\n{}",
        ran.stdout,
        ran.stderr,
        stage.evidence()
    );
    Ok(ran.stdout)
}

/// Runs what has to fail; what it complained of.
pub async fn refused(stage: &Stage, arguments: &[&str]) -> Result<String> {
    let Output { code, stdout, stderr } = stage.command(arguments).await?;
    ensure!(code == 1 && stdout.is_empty(), "{arguments:?}: {code} {stdout}{stderr}");
    ensure!(stderr.lines().count() == 1, "{stderr}");
    Ok(stderr)
}

/// Tries until it holds.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let tries = async {
        while !holds().await? {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(SOON, tries)
        .await
        .with_context(|| what.to_owned())?
}
