//! Bots in frameworks that others wrote run against the simulation, unchanged.

mod common;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use common::{TOKEN, stage};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;

/// Interpreters start slowly on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

static PYTHON: OnceCell<Option<PathBuf>> = OnceCell::const_new();
static JAVASCRIPT: OnceCell<Option<PathBuf>> = OnceCell::const_new();

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

async fn runs(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await
        .is_ok_and(|s| s.success())
}

async fn must(command: &mut Command) {
    let out = command.output().await.unwrap();
    assert!(
        out.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
}

/// A folder for this content of the pinned versions; `fill` makes it when it is not there yet.
async fn cached<F: Future<Output = ()>>(name: &str, pins: &Path, fill: impl FnOnce(PathBuf) -> F) -> PathBuf {
    use std::hash::{Hash as _, Hasher as _};
    let mut h = std::hash::DefaultHasher::new();
    std::fs::read(pins).unwrap().hash(&mut h);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clients-{name}-{:x}", h.finish()));
    let done = dir.join("complete");
    if !done.exists() {
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        fill(dir.clone()).await;
        std::fs::write(done, "").unwrap();
    }
    dir
}

/// The interpreter of the virtual environment, or nothing where there is no Python.
async fn python() -> Option<&'static PathBuf> {
    let found = PYTHON.get_or_init(|| async {
        if !runs("python3").await {
            println!("left out: Python client tests (python3 not found)");
            return None;
        }
        let pins = sources().join("python/requirements.txt");
        let dir = cached("python", &pins, |dir| async move {
            must(Command::new("python3").args(["-m", "venv"]).arg(&dir)).await;
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
            must(
                Command::new(dir.join("bin/python"))
                    .args(pip)
                    .arg(sources().join("python/requirements.txt")),
            )
            .await;
        })
        .await;
        Some(dir.join("bin/python"))
    });
    found.await.as_ref()
}

/// The folder with the installed packages, or nothing where there is no Node.
async fn javascript() -> Option<&'static PathBuf> {
    let found = JAVASCRIPT.get_or_init(|| async {
        for program in ["node", "npm"] {
            if !runs(program).await {
                println!("left out: JavaScript client tests ({program} not found)");
                return None;
            }
        }
        let pins = sources().join("javascript/package-lock.json");
        let dir = cached("javascript", &pins, |dir| async move {
            for f in ["package.json", "package-lock.json", ".npmrc"] {
                std::fs::copy(sources().join("javascript").join(f), dir.join(f)).unwrap();
            }
            must(Command::new("npm").args(["ci", "--silent"]).current_dir(&dir)).await;
        })
        .await;
        Some(dir)
    });
    found.await.as_ref()
}

/// Starts a bot and waits until it says that it listens.
async fn start(mut command: Command, api: &str, mode: &str) -> Child {
    let mut child = command
        .args([api, TOKEN, mode])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = async {
        while let Some(l) = lines.next_line().await.unwrap() {
            if l == "ready" {
                return;
            }
        }
        panic!("the bot ended before it was ready");
    };
    tokio::time::timeout(PATIENCE, ready).await.expect("the bot gets ready");
    child
}

async fn talk(command: Command, mode: &str) {
    let s = stage().await;
    let mut child = start(command, &s.sim.api_url(), mode).await;
    let chat = s.alice.private(&s.bot);
    chat.start(None);
    let hello = chat.wait_text("hello", PATIENCE).await.unwrap();
    assert_eq!(hello.entities[0]["type"], "bold");
    let query = chat.press_text(hello.message_id, "Ping");
    assert_eq!(
        chat.answer(&query, PATIENCE).await.unwrap().text.as_deref(),
        Some("pong")
    );
    assert!(chat.wait_text("pressed", PATIENCE).await.unwrap().edited);

    let photo = chat.photo("for you");
    let caption = format!("{} bytes", telegram_sim::sim::samples::PNG.len());
    let back = chat.wait_text(&caption, PATIENCE).await.unwrap();
    assert_eq!(
        (back.kind.as_str(), back.reply_to),
        ("document", Some(photo.message_id))
    );
    let media = back.media.unwrap();
    assert_eq!(
        (media.file_name.as_deref(), media.mime.as_str()),
        (Some("echo.png"), "image/png")
    );
    let bytes = common::http()
        .get(s.sim.api_url() + &media.url)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(bytes, telegram_sim::sim::samples::PNG);

    chat.text("album");
    let first = chat.wait_text("no 0", PATIENCE).await.unwrap();
    let second = chat.wait_text("no 1", PATIENCE).await.unwrap();
    assert!(first.media_group.is_some() && first.media_group == second.media_group);
    let words = chat.text("wörds 😀");
    assert_eq!(
        chat.wait_text("echo: wörds 😀", PATIENCE).await.unwrap().reply_to,
        Some(words.message_id)
    );

    let bad: Vec<_> = s
        .sim
        .calls()
        .into_iter()
        .filter(|c| c.code >= 400 && c.code != 409)
        .collect();
    assert!(bad.is_empty(), "no call is refused: {bad:?}");
    child.kill().await.unwrap();
}

async fn talk_python(script: &str, mode: &str) {
    let Some(python) = python().await else { return };
    let mut c = Command::new(python);
    c.arg(sources().join("python").join(script));
    talk(c, mode).await;
}

async fn talk_javascript(script: &str, mode: &str) {
    let Some(dir) = javascript().await else { return };
    // Modules are looked for beside the program.
    let program = dir.join(format!("{mode}-{script}"));
    std::fs::copy(sources().join("javascript").join(script), &program).unwrap();
    let mut c = Command::new("node");
    c.arg(program);
    talk(c, mode).await;
}

#[tokio::test]
async fn aiogram_polls() {
    talk_python("aiogram_bot.py", "polling").await;
}

#[tokio::test]
async fn aiogram_takes_webhooks() {
    talk_python("aiogram_bot.py", "webhook").await;
}

#[tokio::test]
async fn python_telegram_bot_polls() {
    talk_python("ptb_bot.py", "polling").await;
}

#[tokio::test]
async fn python_telegram_bot_takes_webhooks() {
    talk_python("ptb_bot.py", "webhook").await;
}

#[tokio::test]
async fn pytelegrambotapi_polls() {
    talk_python("telebot_bot.py", "polling").await;
}

#[tokio::test]
async fn grammy_polls() {
    talk_javascript("grammy_bot.js", "polling").await;
}

#[tokio::test]
async fn grammy_takes_webhooks() {
    talk_javascript("grammy_bot.js", "webhook").await;
}
