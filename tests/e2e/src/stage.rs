//! A connected bot: set up as an admin would, with the command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use telegram_sim::{BotHandle, Forum, Limits, Options, Person, Seat, Sim};
use tempfile::TempDir;

use crate::built::{plugins_dir, test_plugins_dir};
use crate::host::{Host, Output, command};

/// The secret part of every token in these tests: no log may hold it.
pub const SECRET: &str = "AAE2eSecretPartOfTheTokenThatNoLogShows";
/// The token of the stage's bot.
pub const TOKEN: &str = "700100:AAE2eSecretPartOfTheTokenThatNoLogShows";
/// Longest wait for something that should happen at once: generous, for a loaded machine.
pub const SOON: Duration = Duration::from_secs(20);

/// How a stage is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The connection's mode; all but `direct` have the front door open.
    pub mode: String,
    /// Lines of `[connection.parameters]`.
    pub parameters: String,
    /// A TOML list.
    pub plugins: String,
    /// Lines of `[pacing]`.
    pub pacing: String,
    pub limits: Limits,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            mode: "direct".to_owned(),
            parameters: "WELCOME = \"OFF\"".to_owned(),
            plugins: "[\"quick-replies\"]".to_owned(),
            pacing: "bot = \"off\"\nchat = \"off\"\ngroup = \"off\"".to_owned(),
            limits: Limits::default(),
        }
    }
}

/// The simulated Telegram with one connected bot, and the host.
#[derive(Debug)]
pub struct Stage {
    pub sim: Sim,
    pub bot: BotHandle,
    pub group: Forum,
    /// Owns the group, answers customers, is the connection's admin.
    pub operator: Person,
    pub dir: TempDir,
    pub host: Option<Host>,
    setup: Setup,
}

impl Stage {
    /// Everything is connected and the host takes updates.
    ///
    /// # Errors
    /// Where a part does not start; the error holds the host's log.
    pub async fn start(setup: Setup) -> Result<Self> {
        let mut stage = Self::prepare(setup).await?;
        let applied = stage.apply().await?;
        anyhow::ensure!(
            applied.code == 0,
            "connection apply failed: {}{}",
            applied.stdout,
            applied.stderr
        );
        stage.run().await?;
        Ok(stage)
    }

    /// Everything but the host: nothing is applied yet.
    ///
    /// # Errors
    /// Where the simulation does not start.
    pub async fn prepare(setup: Setup) -> Result<Self> {
        let sim = Sim::start(Options {
            limits: setup.limits,
            ..Options::default()
        })
        .await?;
        let operator = sim.user("Olga");
        let bot = sim.bot(TOKEN, "stage_bot");
        let group = sim.forum("Support", &operator);
        group.add_admin_bot(&bot);
        let dir = tempfile::tempdir()?;
        let stage = Self {
            sim,
            bot,
            group,
            operator,
            dir,
            host: None,
            setup,
        };
        stage.write_config()?;
        Ok(stage)
    }

    fn write_config(&self) -> Result<()> {
        let door = match self.setup.mode.as_str() {
            "direct" => "",
            _ => "[gateway]\nlisten = \"127.0.0.1:0\"\n",
        };
        let config = format!(
            "listen = \"127.0.0.1:0\"\n{door}[telegram]\napi = \"{}\"\n[plugins]\ndir = \"{}\"\n[pacing]\n{}\n",
            self.sim.api_url(),
            self.plugins().display(),
            self.setup.pacing
        );
        std::fs::write(self.dir.path().join("switchboard.toml"), config)?;
        self.write_connections(&self.setup.parameters, &self.setup.plugins)
    }

    /// Each stage has its own folder of plugins, so that compiled ones are not shared between tests under way. It holds the
    /// bundled ones, and those of the tests' own that the setup names.
    fn plugins(&self) -> PathBuf {
        let dir = self.dir.path().join("plugins");
        if dir.exists() || std::fs::create_dir(&dir).is_err() {
            return dir;
        }
        let components = |from: PathBuf| {
            let entries = std::fs::read_dir(from).into_iter().flatten().flatten();
            entries
                .map(|entry| entry.path())
                .filter(|path| path.extension().is_some_and(|end| end == "wasm"))
        };
        let named = |path: &PathBuf| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            self.setup.plugins.contains(&format!("\"{name}\""))
        };
        for path in components(plugins_dir()).chain(components(test_plugins_dir()).filter(named)) {
            let _ = std::fs::copy(&path, dir.join(path.file_name().unwrap_or_default()));
        }
        dir
    }

    /// Writes the connections file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write_connections(&self, parameters: &str, plugins: &str) -> Result<()> {
        let text = format!(
            "[[connection]]\nname = \"support\"\nmode = \"{}\"\ntoken = \"{TOKEN}\"\ngroup = {}\nadmins = [{}]\nplugins = {plugins}\n[connection.parameters]\n{parameters}\n",
            self.setup.mode,
            self.group.id(),
            self.operator.id,
        );
        Ok(std::fs::write(self.dir.path().join("connections.toml"), text)?)
    }

    /// `switchboard connection apply connections.toml`
    ///
    /// # Errors
    /// Where the program cannot be run.
    pub async fn apply(&self) -> Result<Output> {
        self.command(&["connection", "apply", "connections.toml"]).await
    }

    /// Any command of the program, with the stage's configuration.
    ///
    /// # Errors
    /// Where the program cannot be run.
    pub async fn command(&self, arguments: &[&str]) -> Result<Output> {
        command(self.dir.path(), arguments).await
    }

    /// Starts the host.
    ///
    /// # Errors
    /// Where it does not become ready; the error holds its log.
    pub async fn run(&mut self) -> Result<()> {
        let log = self.dir.path().join("host.log");
        let host = Host::start(self.dir.path(), &log).await;
        self.host = Some(host.with_context(|| format!("the log:\n{}", self.log()))?);
        Ok(())
    }

    /// The front door's base URL, for the bot's own program.
    ///
    /// # Panics
    /// Where no host runs, or it has no door.
    #[must_use]
    pub fn door(&self) -> String {
        let door = self.host.as_ref().and_then(|host| host.door.clone());
        door.expect("a running host with a front door")
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// Where no host runs.
    pub async fn kill(&mut self) -> Result<()> {
        self.host.take().context("no host runs")?.kill().await
    }

    /// SIGTERM; the exit code.
    ///
    /// # Errors
    /// Where no host runs, or it does not stop.
    pub async fn stop(&mut self) -> Result<i32> {
        self.host.take().context("no host runs")?.stop().await
    }

    /// What the host has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("host.log")).unwrap_or_default()
    }

    /// For a failed test: the end of the log; with `E2E_KEEP=DIR` the whole folder of the host is copied there.
    #[must_use]
    pub fn evidence(&self) -> String {
        if let (Ok(keep), Ok(entries)) = (std::env::var("E2E_KEEP"), std::fs::read_dir(self.dir.path())) {
            let _ = std::fs::create_dir_all(&keep);
            for entry in entries.flatten().filter(|entry| entry.path().is_file()) {
                let _ = std::fs::copy(entry.path(), PathBuf::from(&keep).join(entry.file_name()));
            }
        }
        let log = self.log();
        let lines: Vec<&str> = log.lines().rev().take(60).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// A new customer with a private chat with the bot.
    #[must_use]
    pub fn customer(&self, name: &str) -> Seat {
        self.sim.user(name).private(&self.bot)
    }

    /// The operator's seat in the topic of a customer, once it is there.
    ///
    /// # Errors
    /// Where no such topic comes up.
    pub async fn topic(&self, name: &str) -> Result<Seat> {
        let topic = self
            .group
            .wait_topic(name, SOON)
            .await
            .with_context(|| format!("the log:\n{}", self.log()))?;
        Ok(self.operator.in_topic(&self.group, topic.thread))
    }
}

impl Drop for Stage {
    /// Whatever happened in the test, no token stands in the log.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(!self.log().contains(SECRET), "the host's log holds a token");
        }
    }
}
