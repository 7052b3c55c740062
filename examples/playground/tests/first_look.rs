//! The playground as people start it: the address comes last, and the scripted dialog is there on both sides.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Generous, for a loaded machine that compiles the plugin first.
const START: Duration = Duration::from_secs(150);
const SOON: Duration = Duration::from_secs(30);

struct Playground {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    said: Vec<String>,
    address: String,
    folder: tempfile::TempDir,
    web: reqwest::Client,
}

impl Playground {
    async fn start() -> Result<Self> {
        // Fails only where another test installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir()?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_playground"))
            .arg("--keep")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let mut said = Vec::new();
        let address = async {
            while let Some(line) = lines.next_line().await? {
                said.push(line.clone());
                if line.starts_with("http://") {
                    return Ok(line);
                }
            }
            anyhow::bail!("it ended before it said its address")
        };
        let found = tokio::time::timeout(START, address)
            .await
            .context("no address came in time");
        match found.and_then(|address| address) {
            Ok(address) => Ok(Self {
                child,
                lines,
                said,
                address,
                folder,
                web: reqwest::Client::new(),
            }),
            Err(error) => {
                child.start_kill()?;
                let output = child.wait_with_output().await?;
                Err(error.context(format!(
                    "{}\n{}",
                    said.join("\n"),
                    String::from_utf8_lossy(&output.stderr)
                )))
            }
        }
    }

    async fn get(&self, url: &str) -> Result<Value> {
        Ok(self.web.get(url).send().await?.error_for_status()?.json().await?)
    }

    async fn own(&self, path: &str) -> Result<Value> {
        self.get(&format!("{}/api/{path}", self.address)).await
    }

    async fn order(&self, path: &str, body: Value) -> Result<Value> {
        let request = self.web.post(format!("{}/api/{path}", self.address)).json(&body);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// Ctrl-C, as `make demo` gets it; the exit code.
    async fn stop(mut self) -> Result<i32> {
        let pid = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()))
            .context("it is gone already")?;
        kill_process(pid, Signal::INT)?;
        let status = tokio::time::timeout(SOON, self.child.wait())
            .await
            .context("it did not stop")??;
        let rest = self.lines.next_line().await?;
        ensure!(rest.is_none(), "the address was not the last line: {rest:?}");
        Ok(status.code().unwrap_or(-1))
    }
}

fn id_of(stage: &Value, side: &str, name: &str) -> Option<i64> {
    let people = stage[side].as_array()?;
    people
        .iter()
        .find(|person| person["name"].as_str().is_some_and(|it| it.starts_with(name)))?["id"]
        .as_i64()
}

fn texts(messages: &Value) -> Vec<(bool, String)> {
    let all = messages["result"].as_array().into_iter().flatten();
    all.map(|message| {
        (
            message["from_bot"] == true,
            message["text"].as_str().unwrap_or_default().to_owned(),
        )
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_look_shows_a_dialog_on_both_sides_and_survives_a_kill() -> Result<()> {
    let play = Playground::start().await?;
    ensure!(play.said.len() >= 4, "progress is told on the way: {:?}", play.said);

    let page = play
        .web
        .get(&play.address)
        .send()
        .await?
        .error_for_status()?
        .text()
        .await?;
    ensure!(page.contains("/page/app.js"), "this is not the page: {page}");
    for file in ["page/app.js", "page/style.css", "samples/machine.jpg"] {
        play.web
            .get(format!("{}/{file}", play.address))
            .send()
            .await?
            .error_for_status()?;
    }

    let stage = play.own("stage").await?;
    let sim = stage["sim"].as_str().context("no simulated Telegram")?;
    let (bot, group) = (&stage["bot"]["id"], &stage["group"]["id"]);
    let marta = id_of(&stage, "customers", "Marta").context("no Marta")?;
    let kenji = id_of(&stage, "customers", "Kenji").context("no Kenji")?;
    let olga = id_of(&stage, "operators", "Olga").context("no Olga")?;

    let topics = play
        .get(&format!("{sim}/sim/groups/{group}/topics?user={olga}"))
        .await?;
    let titles: Vec<&str> = topics["result"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|it| it["name"].as_str())
        .collect();
    for title in ["🟨 Marta Oliveira", "🟪 Kenji Tanaka", "⬛ Lena Novak", "🟨 Tom Becker"] {
        ensure!(titles.contains(&title), "no topic {title}: {titles:?}");
    }
    let named = topics["result"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|it| it["name"] == "🟨 Marta Oliveira");
    let thread = named.map(|it| it["thread"].clone()).context("no topic of Marta")?;

    let there = texts(
        &play
            .get(&format!(
                "{sim}/sim/users/{olga}/chats/{group}/messages?thread={thread}"
            ))
            .await?,
    );
    let question = |(bot, text): &(bool, String)| *bot && text.contains("espresso machine drips");
    ensure!(
        there.iter().any(question),
        "the customer's message is not in the topic: {there:?}"
    );
    let here = texts(
        &play
            .get(&format!("{sim}/sim/users/{marta}/chats/{bot}/messages"))
            .await?,
    );
    for answer in ["group gasket", "worn out", "24 months", "You are welcome"] {
        let found = here.iter().any(|(bot, text)| *bot && text.contains(answer));
        ensure!(found, "the customer did not get {answer:?}: {here:?}");
    }
    ensure!(
        !here.iter().any(|(_, text)| text.contains("in stock")),
        "a note reached the customer: {here:?}"
    );

    // What is written while the host is down arrives.
    play.order("host/kill", json!({})).await?;
    let words = "Written while the host was down";
    let sent = play
        .web
        .post(format!("{sim}/sim/users/{kenji}/send"))
        .json(&json!({"chat": bot, "text": words}));
    sent.send().await?.error_for_status()?;
    let arrived = async {
        let mut last = 0;
        loop {
            let url = format!("{sim}/sim/users/{olga}/events?after={last}&timeout=20");
            let answer = play.get(&url).await?["result"].clone();
            last = answer["last"].as_i64().unwrap_or_default();
            let mut events = answer["events"].as_array().into_iter().flatten();
            if events.any(|event| event["message"]["text"] == words) {
                return anyhow::Ok(());
            }
        }
    };
    tokio::time::timeout(SOON, arrived)
        .await
        .context("the message of the dead time did not arrive")??;
    let host = play.own("host").await?;
    ensure!(
        host["state"]["kills"] == 1 && host["state"]["back_after_ms"].is_u64(),
        "{host}"
    );

    let log = std::fs::read_to_string(play.folder.path().join("host.log"))?;
    ensure!(!log.contains("playground-token"), "the host's log holds a token");
    ensure!(play.stop().await? == 0, "it did not end well");
    Ok(())
}

#[tokio::test]
async fn a_folder_with_something_in_it_is_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("switchboard.db"), "old")?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_playground"));
    let output = command
        .arg("--keep")
        .arg(folder.path())
        .stdin(Stdio::null())
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success() && said.contains("is not empty"), "{said}");
    Ok(())
}
