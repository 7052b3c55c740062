//! A Python with the packages of the existing bot, in the target folder: made once, kept until the versions change.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

const REQUIREMENTS: &str = include_str!("../../existing-bot/requirements.txt");
/// Longest wait for the packages: a playground without them is better than one that hangs.
const INSTALL: Duration = Duration::from_secs(180);

/// The interpreter, or what is missing. `say` is told where it takes a while.
pub async fn find(target: &Path, say: impl Fn(&str)) -> Result<PathBuf, String> {
    let mut hasher = DefaultHasher::new();
    REQUIREMENTS.hash(&mut hasher);
    let folder = target.join(format!("existing-bot-{:x}", hasher.finish()));
    let (python, done) = (folder.join("bin/python"), folder.join("complete"));
    if done.exists() && runs(&mut Command::new(&python)).await.is_ok() {
        return Ok(python);
    }
    runs(&mut Command::new("python3"))
        .await
        .map_err(|_| "python3 is missing".to_owned())?;
    say("installing aiogram for the shop's bot into the target folder (once)");
    let made = tokio::time::timeout(INSTALL, install(&folder, &python)).await;
    made.unwrap_or_else(|_| Err("installing aiogram took too long".to_owned()))?;
    std::fs::write(done, "").map_err(|error| error.to_string())?;
    Ok(python)
}

async fn runs(program: &mut Command) -> Result<(), String> {
    quiet(program.arg("--version")).await
}

async fn install(folder: &Path, python: &Path) -> Result<(), String> {
    let _ = std::fs::remove_dir_all(folder);
    let venv = quiet(Command::new("python3").args(["-m", "venv"]).arg(folder)).await;
    venv.map_err(|why| format!("python3 -m venv does not work: {why}"))?;
    let list = folder.join("requirements.txt");
    std::fs::write(&list, REQUIREMENTS).map_err(|error| error.to_string())?;
    let patience = ["--no-input", "--retries", "1", "--timeout", "15"];
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(patience)
        .arg("-r")
        .arg(list);
    let installed = quiet(&mut pip).await;
    installed.map_err(|why| format!("pip cannot install aiogram: {why}"))
}

/// The last line of a program's errors says why it failed.
async fn quiet(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().rev().find(|line| !line.trim().is_empty());
    Err(last.unwrap_or("it gave no reason").to_owned())
}
