//! The shop's own bot program as a child process: stopped and started on request, started again when it dies.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::host::{self, Phase};
use crate::stage::TOKEN;

/// The log's name in the bot's folder.
const LOG: &str = "bot.log";
/// Its files; where they stand does not matter to it.
const FILES: [(&str, &[u8]); 2] = [
    ("bot.py", include_bytes!("../../existing-bot/bot.py")),
    ("house-blend.jpg", include_bytes!("../../existing-bot/house-blend.jpg")),
];
/// What aiogram logs once it asks for updates.
const READY: &str = "Run polling";
/// Before it is started again.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest wait for its end.
const STOP: Duration = Duration::from_secs(3);

/// What the page shows of the bot's program.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    pub phase: Phase,
    /// Stopped on request.
    pub stopped: bool,
    pub pid: Option<u32>,
    /// Starts so far.
    pub starts: u32,
}

#[derive(Debug)]
enum Order {
    Run(bool),
    Quit,
}

#[derive(Debug)]
pub struct Shop {
    state: watch::Receiver<State>,
    orders: mpsc::Sender<Order>,
    task: Mutex<Option<JoinHandle<()>>>,
    pub log: PathBuf,
}

impl Shop {
    /// `api` is all that it is told of the world: Telegram's address, or the gateway's.
    pub fn open(python: PathBuf, folder: &Path, api: String) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for (name, bytes) in FILES {
            std::fs::write(folder.join(name), bytes).with_context(|| format!("cannot write {name}"))?;
        }
        let first = State {
            phase: Phase::Down,
            stopped: false,
            pid: None,
            starts: 0,
        };
        let (publish, state) = watch::channel(first);
        let (orders, received) = mpsc::channel(4);
        let log = folder.join(LOG);
        let keeper = Keeper {
            python,
            folder: folder.to_owned(),
            api,
            log: File::create(&log).with_context(|| format!("cannot write {}", log.display()))?,
            state: publish,
        };
        let task = tokio::spawn(keeper.run(received));
        Ok(Self {
            state,
            orders,
            task: Mutex::new(Some(task)),
            log,
        })
    }

    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Stops it, or starts it again.
    pub async fn order(&self, run: bool) -> Result<()> {
        Ok(self.orders.send(Order::Run(run)).await?)
    }

    /// Stops it for good.
    pub async fn close(&self) -> Result<()> {
        let _ = self.orders.send(Order::Quit).await;
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        match task {
            Some(task) => task.await.context("the bot's keeper broke off"),
            None => Ok(()),
        }
    }
}

/// Owns the child process.
struct Keeper {
    python: PathBuf,
    folder: PathBuf,
    api: String,
    log: File,
    state: watch::Sender<State>,
}

impl Keeper {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut wanted = false;
        loop {
            while !wanted {
                match orders.recv().await {
                    Some(Order::Run(run)) => wanted = run,
                    Some(Order::Quit) | None => return,
                }
            }
            wanted = match self.live(&mut orders).await {
                Some(wanted) => wanted,
                None => return,
            };
        }
    }

    /// One life: whether another is wanted after it, or nothing where all is over.
    async fn live(&mut self, orders: &mut mpsc::Receiver<Order>) -> Option<bool> {
        let mut child = match self.spawn() {
            Ok(child) => child,
            Err(error) => {
                let _ = writeln!(self.log, "it cannot be started: {error}");
                self.down(false);
                return self.pause(orders).await;
            }
        };
        let (lines, mut said) = mpsc::channel(16);
        if let Some(errors) = child.stderr.take() {
            tokio::spawn(async move {
                let mut read = BufReader::new(errors).lines();
                while let Ok(Some(line)) = read.next_line().await {
                    let _ = lines.send(line).await;
                }
            });
        }
        loop {
            tokio::select! {
                Some(line) = said.recv() => {
                    let _ = writeln!(self.log, "{line}");
                    if line.contains(READY) {
                        self.state.send_modify(|state| state.phase = Phase::Ready);
                    }
                }
                order = orders.recv() => match order {
                    Some(Order::Run(true)) => {}
                    Some(Order::Run(false)) => {
                        host::end(&mut child, STOP).await;
                        self.down(true);
                        return Some(false);
                    }
                    Some(Order::Quit) | None => {
                        host::end(&mut child, STOP).await;
                        return None;
                    }
                },
                _ = child.wait() => {
                    self.down(false);
                    return self.pause(orders).await;
                }
            }
        }
    }

    /// A bot that dies at once does not spin.
    async fn pause(&self, orders: &mut mpsc::Receiver<Order>) -> Option<bool> {
        match tokio::time::timeout(PAUSE, orders.recv()).await {
            Err(_) | Ok(Some(Order::Run(true))) => Some(true),
            Ok(Some(Order::Run(false))) => {
                self.down(true);
                Some(false)
            }
            Ok(Some(Order::Quit) | None) => None,
        }
    }

    fn down(&self, stopped: bool) {
        self.state.send_modify(|state| {
            state.phase = Phase::Down;
            state.stopped = stopped;
            state.pid = None;
        });
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let child = Command::new(&self.python)
            .arg("bot.py")
            .env("TELEGRAM_API", &self.api)
            .env("BOT_TOKEN", TOKEN)
            .env("PYTHONUNBUFFERED", "1")
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        self.state.send_modify(|state| {
            state.phase = Phase::Starting;
            state.stopped = false;
            state.pid = child.id();
            state.starts += 1;
        });
        Ok(child)
    }
}
