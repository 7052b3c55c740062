//! The host as a process of its own, with its log in a file.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::built::program;

/// What a finished command said.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A running host. It is killed when dropped.
#[derive(Debug)]
pub struct Host {
    child: Child,
    /// Its HTTP listener.
    pub address: String,
    /// Its front door's base URL, where it has one.
    pub door: Option<String>,
    /// From the start of the process to the line that it takes updates.
    pub ready_after: Duration,
}

/// Runs a command of the program to its end.
pub async fn command(dir: &Path, arguments: &[&str]) -> Result<Output> {
    let output = Command::new(program())
        .args(arguments)
        .current_dir(dir)
        .env_remove("SWITCHBOARD_LOG")
        .stdin(Stdio::null())
        .output()
        .await?;
    Ok(Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Asks an HTTP server on loopback: status and body of its answer.
///
/// # Errors
/// Where no answer comes.
pub async fn get(url: &str) -> Result<(u16, String)> {
    // Fails only where one is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let answer = reqwest::get(url).await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

impl Host {
    /// What `/health` answers: status and body.
    ///
    /// # Errors
    /// Where no answer comes.
    pub async fn health(&self) -> Result<(u16, String)> {
        get(&format!("http://{}/health", self.address)).await
    }

    /// Starts `switchboard run` and waits until it is ready.
    ///
    /// # Errors
    /// Where it ends or says nothing in time; the log is in `log`.
    pub async fn start(dir: &Path, log: &Path) -> Result<Self> {
        let begun = Instant::now();
        let log_file = std::fs::File::options().create(true).append(true).open(log)?;
        let mut child = Command::new(program())
            .arg("run")
            .current_dir(dir)
            .env(
                "SWITCHBOARD_LOG",
                std::env::var("E2E_LOG").unwrap_or_else(|_| "debug".to_owned()),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program().display()))?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let mut address = String::new();
        let mut door = None;
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(found) = line.strip_prefix("listening on http://") {
                    address = found.trim().to_owned();
                } else if let Some(found) = line.strip_prefix("gateway on ") {
                    door = Some(found.trim().to_owned());
                } else if line.trim() == "ready" {
                    return Ok(());
                }
            }
            bail!("the host ended before it was ready")
        };
        tokio::time::timeout(Duration::from_secs(30), ready)
            .await
            .context("the host was not ready in 30 s")??;
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self {
            child,
            address,
            door,
            ready_after: begun.elapsed(),
        })
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// `kill -9`, and waits until it is gone.
    ///
    /// # Errors
    /// Where it cannot be killed.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }

    /// SIGTERM, and waits for its end; the exit code.
    ///
    /// # Errors
    /// Where it does not end within 20 s.
    pub async fn stop(mut self) -> Result<i32> {
        let pid = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()))
            .context("the host is gone already")?;
        kill_process(pid, Signal::TERM)?;
        let status = tokio::time::timeout(Duration::from_secs(20), self.child.wait())
            .await
            .context("the host did not stop in 20 s")??;
        Ok(status.code().unwrap_or(-1))
    }

    /// Resident memory now, in bytes.
    ///
    /// # Errors
    /// Where `/proc` cannot be read.
    pub fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(PathBuf::from(format!("/proc/{}/status", self.pid())))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap_or_default();
        Ok(line
            .trim()
            .trim_end_matches("kB")
            .trim()
            .parse::<u64>()
            .unwrap_or_default()
            * 1_024)
    }

    /// User and system time of the process so far.
    ///
    /// # Errors
    /// Where `/proc` cannot be read.
    pub fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(PathBuf::from(format!("/proc/{}/stat", self.pid())))?;
        // Behind the name in brackets: state is field 3, utime 14, stime 15, in clock ticks of 10 ms.
        let rest = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |index: usize| {
            fields
                .get(index)
                .and_then(|field| field.parse::<u64>().ok())
                .unwrap_or_default()
        };
        Ok(Duration::from_millis((ticks(11) + ticks(12)) * 10))
    }
}
