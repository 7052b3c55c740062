//! The folder of the host: its two configuration files, its database and its log.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::beside::OPENED_BY;
use crate::built::Built;
use crate::stage::{Stage, TOKEN};

/// Temporary, or kept.
#[derive(Debug)]
pub enum Folder {
    Temporary(TempDir),
    Kept(PathBuf),
}

impl Folder {
    /// An older database would know topics that the new simulation does not, so a kept folder must be empty.
    pub fn open(keep: Option<&Path>) -> Result<Self> {
        let Some(path) = keep else {
            let made = tempfile::Builder::new().prefix("switchboard-playground-").tempdir();
            return Ok(Self::Temporary(made.context("cannot make a temporary folder")?));
        };
        std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
        let mut entries = std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(
            entries.next().is_none(),
            "{} is not empty: each start has a new simulated Telegram, which an older database does not fit",
            path.display()
        );
        Ok(Self::Kept(path.canonicalize()?))
    }

    pub fn path(&self) -> &Path {
        match self {
            Self::Temporary(dir) => dir.path(),
            Self::Kept(path) => path,
        }
    }
}

/// The group limit that the page can switch on: Telegram's 20 in 60 s, three times as fast.
pub const GROUP_LIMIT: &str = "20/20s";

/// How the bot is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Switchboard is its only program.
    Direct,
    /// Its own program calls the gateway on this port, which stays the same when the host is started anew.
    Beside(u16),
}

impl Way {
    /// A port that is free now.
    pub fn beside() -> Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").context("no port is free")?;
        Ok(Self::Beside(listener.local_addr()?.port()))
    }

    /// What the bot's own program takes for Telegram.
    pub fn door(self) -> Option<String> {
        match self {
            Self::Direct => None,
            Self::Beside(port) => Some(format!("http://127.0.0.1:{port}")),
        }
    }
}

/// Writes `switchboard.toml` and `connections.toml`.
pub fn write(folder: &Path, stage: &Stage, built: &Built, way: Way, limited: bool) -> Result<()> {
    let plugins = plugins(folder, built)?;
    let group = if limited { GROUP_LIMIT } else { "off" };
    let (mode, gateway, parameters) = match way {
        Way::Direct => (
            "direct",
            String::new(),
            "WELCOME = \"Hello, {title}! Write us what you need; a person will answer here.\"\n".to_owned(),
        ),
        Way::Beside(port) => (
            "gateway",
            format!("[gateway]\nlisten = \"127.0.0.1:{port}\"\n\n"),
            format!("WELCOME = \"OFF\"\nOPENED_BY = {OPENED_BY:?}\nTAKEOVER_RELEASE = \"drop\"\n"),
        ),
    };
    let config = format!(
        "listen = \"127.0.0.1:0\"\n\n[telegram]\napi = {api:?}\n\n{gateway}[plugins]\ndir = {plugins:?}\n\n\
         [pacing]\nbot = \"off\"\nchat = \"off\"\ngroup = \"{group}\"\n",
        api = stage.sim.api_url(),
        plugins = plugins.display().to_string(),
    );
    let connections = format!(
        "[[connection]]\nname = \"shop\"\nmode = \"{mode}\"\ntoken = \"{TOKEN}\"\ngroup = {group}\nadmins = [{admin}]\n\
         plugins = [\"quick-replies\"]\n\n[connection.parameters]\n{parameters}",
        group = stage.group.id(),
        admin = stage.operators[0].id,
    );
    for (name, text) in [("switchboard.toml", config), ("connections.toml", connections)] {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// A copy, so that what the host compiles stays in its own folder.
fn plugins(folder: &Path, built: &Built) -> Result<PathBuf> {
    let copies = folder.join("plugins");
    std::fs::create_dir_all(&copies).with_context(|| format!("cannot make {}", copies.display()))?;
    let entries =
        std::fs::read_dir(&built.plugins).with_context(|| format!("cannot read {}", built.plugins.display()))?;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let Some(name) = path
            .file_name()
            .filter(|_| path.extension().is_some_and(|end| end == "wasm"))
        else {
            continue;
        };
        let copy = copies.join(name);
        if !copy.exists() {
            std::fs::copy(&path, &copy).with_context(|| format!("cannot copy {}", path.display()))?;
        }
    }
    Ok(copies)
}
