//! Bots in frameworks that others wrote, as processes: their packages are installed once, their output is kept.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{OnceCell, watch};

/// Interpreters start slowly on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Where it is set, programs whose packages cannot be had are left out.
const WITHOUT: &str = "E2E_WITHOUT_PROGRAMS";
/// How the reason ends where there is no interpreter at all.
const NOT_FOUND: &str = "not found";

static PYTHON: OnceCell<Result<PathBuf, String>> = OnceCell::const_new();
static JAVASCRIPT: OnceCell<Result<PathBuf, String>> = OnceCell::const_new();

/// How a program takes its updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Polling,
    Webhook,
}

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::Webhook => "webhook",
        }
    }
}

/// A running bot. It is killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs")
}

impl Program {
    /// Starts `programs/python/*.py` or `programs/javascript/*.mjs` and waits until it says that it is ready. Packages are
    /// kept below `cache`. Nothing comes back where they cannot be had and the environment allows to go without.
    ///
    /// # Errors
    /// Where it cannot be installed, ends, or says nothing in time; the error holds what it said.
    pub async fn start(cache: &Path, file: &str, api: &str, token: &str, mode: Mode) -> Result<Option<Self>> {
        let python = Path::new(file).extension().is_some_and(|end| end == "py");
        let script = sources().join(if python { "python" } else { "javascript" }).join(file);
        let settings = [("BOT_API", api), ("BOT_TOKEN", token), ("BOT_MODE", mode.word())];
        let Some((program, mut ready)) = Self::launch(cache, &script, &settings).await? else {
            return Ok(None);
        };
        // The sender goes away when the program closes its output.
        let come = tokio::time::timeout(PATIENCE, ready.wait_for(|ready| *ready)).await;
        let come = matches!(come, Ok(Ok(_)));
        ensure!(come, "{file} did not get ready:\n{}", program.said().join("\n"));
        Ok(Some(program))
    }

    /// Starts any script with these settings, in an interpreter that has the packages.
    ///
    /// # Errors
    /// Where it cannot be installed or started.
    pub async fn run(cache: &Path, script: &Path, settings: &[(&str, &str)]) -> Result<Option<Self>> {
        let launched = Self::launch(cache, script, settings).await?;
        Ok(launched.map(|(program, _)| program))
    }

    async fn launch(
        cache: &Path,
        script: &Path,
        settings: &[(&str, &str)],
    ) -> Result<Option<(Self, watch::Receiver<bool>)>> {
        let python_program = script.extension().is_some_and(|end| end == "py");
        let installed = if python_program {
            PYTHON.get_or_init(|| python(cache)).await
        } else {
            JAVASCRIPT.get_or_init(|| javascript(cache)).await
        };
        let file = script.display();
        let installed = match installed {
            Ok(path) => path,
            // A machine without the interpreter is no broken one; the same rule as for the simulation's own clients.
            Err(why) if why.ends_with(NOT_FOUND) || std::env::var_os(WITHOUT).is_some() => {
                println!("left out: {file} ({why})");
                return Ok(None);
            }
            Err(why) => bail!("{file} cannot run: {why} ({WITHOUT}=1 leaves such programs out)"),
        };
        let folder = tempfile::tempdir()?;
        let mut command = if python_program {
            let mut python = Command::new(installed);
            python.arg(script);
            python
        } else {
            // Modules are looked for beside the program.
            let copy = folder.path().join("bot.mjs");
            std::fs::copy(script, &copy)?;
            std::os::unix::fs::symlink(installed.join("node_modules"), folder.path().join("node_modules"))?;
            let mut node = Command::new("node");
            node.arg(copy);
            node
        };
        let child = command
            .envs(settings.iter().copied())
            .env("NO_PROXY", "127.0.0.1")
            .env("PYTHONUNBUFFERED", "1")
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = child.with_context(|| format!("cannot start {file}"))?;
        let said = Arc::new(Mutex::new(Vec::new()));
        let (tell, ready) = watch::channel(false);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        tokio::spawn(keep(stdout.context("no standard output")?, said.clone(), Some(tell)));
        tokio::spawn(keep(stderr.context("no standard error")?, said.clone(), None));
        let program = Self {
            child,
            said,
            _folder: folder,
        };
        Ok(Some((program, ready)))
    }

    /// All lines of its output and its errors so far.
    #[must_use]
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The updates that it was handed, as text.
    #[must_use]
    pub fn updates(&self) -> Vec<String> {
        let said = self.said().into_iter();
        said.filter_map(|line| line.strip_prefix("update ").map(str::to_owned))
            .collect()
    }

    /// Kills it, and waits until it is gone.
    ///
    /// # Errors
    /// Where it cannot be killed.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

async fn keep(from: impl AsyncRead + Unpin, to: Arc<Mutex<Vec<String>>>, ready: Option<watch::Sender<bool>>) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line == "ready"
            && let Some(ready) = &ready
        {
            ready.send_replace(true);
        }
        to.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

async fn runs(program: &str) -> Result<(), String> {
    let mut command = Command::new(program);
    let quiet = command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    match quiet.status().await {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("{program} {NOT_FOUND}")),
    }
}

/// The last line of a failed installer's errors says why.
async fn must(command: &mut Command) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().rev().find(|line| !line.trim().is_empty());
    Err(format!(
        "packages cannot be installed: {}",
        last.unwrap_or("no reason given")
    ))
}

/// A folder for this content of the pinned versions; `fill` makes it when it is not there yet. Other processes wait for it.
async fn cached<F>(cache: &Path, name: &str, pins: &Path, fill: impl FnOnce(PathBuf) -> F) -> Result<PathBuf, String>
where
    F: Future<Output = Result<(), String>>,
{
    use std::hash::{Hash as _, Hasher as _};
    let io = |error: std::io::Error| error.to_string();
    let mut hasher = std::hash::DefaultHasher::new();
    std::fs::read(pins).map_err(io)?.hash(&mut hasher);
    let dir = cache.join(format!("programs-{name}-{:x}", hasher.finish()));
    let done = dir.join("complete");
    std::fs::create_dir_all(cache).map_err(io)?;
    let lock = File::create(dir.with_extension("lock")).map_err(io)?;
    let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await;
    let _lock = lock.map_err(|error| error.to_string())?.map_err(io)?;
    if !done.exists() {
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).map_err(io)?;
        fill(dir.clone()).await?;
        std::fs::write(done, "").map_err(io)?;
    }
    Ok(dir)
}

/// The interpreter of a virtual environment with the packages.
async fn python(cache: &Path) -> Result<PathBuf, String> {
    runs("python3").await?;
    let pins = sources().join("python/requirements.txt");
    let dir = cached(cache, "python", &pins, |dir| async move {
        must(Command::new("python3").args(["-m", "venv"]).arg(&dir)).await?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
        let mut command = Command::new(dir.join("bin/python"));
        must(command.args(pip).arg(sources().join("python/requirements.txt"))).await
    });
    Ok(dir.await?.join("bin/python"))
}

/// The folder with the installed packages.
async fn javascript(cache: &Path) -> Result<PathBuf, String> {
    for program in ["node", "npm"] {
        runs(program).await?;
    }
    let pins = sources().join("javascript/package-lock.json");
    let fill = |dir: PathBuf| async move {
        for file in ["package.json", "package-lock.json", ".npmrc"] {
            let copied = std::fs::copy(sources().join("javascript").join(file), dir.join(file));
            copied.map_err(|error| error.to_string())?;
        }
        must(Command::new("npm").args(["ci", "--silent"]).current_dir(&dir)).await
    };
    cached(cache, "javascript", &pins, fill).await
}
