//! The host as a child process: started, watched, killed on request, and started again whenever it has ended.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// The log's name in the host's folder.
pub const LOG: &str = "host.log";
/// Longest wait for a start; the first one compiles the plugin.
const START: Duration = Duration::from_secs(120);
/// Longest wait for turns and open calls to end after SIGTERM.
const STOP: Duration = Duration::from_secs(15);
/// Between starts of a host that ends by itself, so that a broken one does not spin.
const PAUSE: Duration = Duration::from_millis(500);

/// `switchboard connection apply connections.toml`
pub async fn apply(program: &Path, folder: &Path) -> Result<()> {
    let mut command = base(program, folder);
    let output = command.args(["connection", "apply", "connections.toml"]).output().await;
    let output = output.with_context(|| format!("cannot start {}", program.display()))?;
    ensure!(
        output.status.success(),
        "the bot cannot be connected: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn base(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    // A group of its own: Ctrl-C in the terminal is for the playground, which then stops the host.
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    command
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Starting,
    Ready,
    Down,
}

/// What the page shows of the host.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    pub phase: Phase,
    pub pid: Option<u32>,
    #[serde(skip)]
    pub address: Option<String>,
    /// Starts so far.
    pub starts: u32,
    pub kills: u32,
    /// From the latest kill until the host took updates again.
    pub back_after_ms: Option<u64>,
    /// Why it is down, where it was not asked to be.
    pub trouble: Option<String>,
}

#[derive(Debug)]
enum Order {
    Kill,
    Restart,
    Stop,
}

#[derive(Debug)]
pub struct Supervisor {
    state: watch::Receiver<State>,
    orders: mpsc::Sender<Order>,
    task: Mutex<Option<JoinHandle<()>>>,
    log: PathBuf,
}

impl Supervisor {
    pub fn start(program: PathBuf, folder: PathBuf) -> Self {
        let first = State {
            phase: Phase::Starting,
            pid: None,
            address: None,
            starts: 0,
            kills: 0,
            back_after_ms: None,
            trouble: None,
        };
        let (publish, state) = watch::channel(first);
        let (orders, received) = mpsc::channel(4);
        let log = folder.join(LOG);
        let keeper = Keeper {
            program,
            folder,
            log: log.clone(),
            state: publish,
            killed: None,
        };
        let task = tokio::spawn(keeper.run(received));
        Self {
            state,
            orders,
            task: Mutex::new(Some(task)),
            log,
        }
    }

    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Waits until the host takes updates.
    pub async fn wait_ready(&self) -> Result<()> {
        let mut state = self.state.clone();
        let ready = state.wait_for(|state| state.phase == Phase::Ready || state.trouble.is_some());
        let state = tokio::time::timeout(START, ready)
            .await
            .context("the host did not become ready in time")??;
        match &state.trouble {
            Some(trouble) => bail!("the host does not start: {trouble}"),
            None => Ok(()),
        }
    }

    /// `kill -9`; it is started again at once.
    pub async fn kill(&self) -> Result<()> {
        Ok(self.orders.send(Order::Kill).await?)
    }

    /// SIGTERM and a new start, for a changed configuration.
    pub async fn restart(&self) -> Result<()> {
        Ok(self.orders.send(Order::Restart).await?)
    }

    /// SIGTERM, and waits until it is gone.
    pub async fn stop(&self) -> Result<()> {
        let _ = self.orders.send(Order::Stop).await;
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        match task {
            Some(task) => task.await.context("the host's keeper broke off"),
            None => Ok(()),
        }
    }

    /// The last lines of the host's log.
    pub fn log_tail(&self, lines: usize) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}

/// Owns the child process.
struct Keeper {
    program: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    state: watch::Sender<State>,
    killed: Option<Instant>,
}

impl Keeper {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            let mut child = match self.spawn() {
                Ok(child) => child,
                Err(error) => {
                    self.state.send_modify(|state| {
                        state.phase = Phase::Down;
                        state.trouble = Some(format!("{error:#}"));
                    });
                    return;
                }
            };
            let began = Instant::now();
            let (lines, mut said) = mpsc::channel(4);
            if let Some(stdout) = child.stdout.take() {
                tokio::spawn(async move {
                    let mut read = BufReader::new(stdout).lines();
                    while let Ok(Some(line)) = read.next_line().await {
                        // Once nobody listens the lines are read all the same, so that the pipe never fills.
                        let _ = lines.send(line).await;
                    }
                });
            }
            loop {
                tokio::select! {
                    Some(line) = said.recv() => self.heard(&line),
                    order = orders.recv() => match order {
                        Some(Order::Kill) => {
                            self.killed = Some(Instant::now());
                            self.state.send_modify(|state| {
                                state.kills += 1;
                                state.phase = Phase::Down;
                                state.back_after_ms = None;
                            });
                            let _ = child.start_kill();
                        }
                        Some(Order::Restart) => {
                            end(&mut child, STOP).await;
                            break;
                        }
                        Some(Order::Stop) | None => {
                            end(&mut child, STOP).await;
                            return;
                        }
                    },
                    ended = child.wait() => {
                        self.ended(ended.map_or_else(|error| error.to_string(), |status| status.to_string()));
                        if self.killed.is_none() && began.elapsed() < PAUSE * 4 {
                            tokio::time::sleep(PAUSE).await;
                        }
                        break;
                    }
                }
            }
            self.state.send_modify(|state| {
                state.phase = Phase::Down;
                state.pid = None;
                state.address = None;
            });
        }
    }

    fn spawn(&self) -> Result<Child> {
        let log = std::fs::File::options().create(true).append(true).open(&self.log);
        let log = log.with_context(|| format!("cannot write {}", self.log.display()))?;
        let mut command = base(&self.program, &self.folder);
        let child = command.arg("run").stdout(Stdio::piped()).stderr(log).spawn();
        let child = child.with_context(|| format!("cannot start {}", self.program.display()))?;
        self.state.send_modify(|state| {
            state.phase = Phase::Starting;
            state.pid = child.id();
            state.starts += 1;
        });
        Ok(child)
    }

    fn heard(&mut self, line: &str) {
        if let Some(address) = line.strip_prefix("listening on http://") {
            self.state
                .send_modify(|state| state.address = Some(address.trim().to_owned()));
        } else if line.trim() == "ready" {
            let back = self
                .killed
                .take()
                .map(|at| u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX));
            self.state.send_modify(|state| {
                state.phase = Phase::Ready;
                state.back_after_ms = back.or(state.back_after_ms);
                state.trouble = None;
            });
        }
    }

    fn ended(&self, how: String) {
        if self.killed.is_none() {
            self.state
                .send_modify(|state| state.trouble = Some(format!("it ended by itself ({how})")));
        }
    }
}

/// SIGTERM, patience, and SIGKILL for what does not heed it.
pub async fn end(child: &mut Child, patience: Duration) {
    if let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
        let _ = kill_process(pid, Signal::TERM);
    }
    if tokio::time::timeout(patience, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}
