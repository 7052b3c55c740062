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
    async fn start(arguments: &[&str]) -> Result<Self> {
        // Fails only where another test installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir()?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_playground"))
            .arg("--keep")
            .arg(folder.path())
            .args(arguments)
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

/// The cast, and where they are.
struct Cast {
    sim: String,
    bot: i64,
    group: i64,
    beside: bool,
    marta: i64,
    kenji: i64,
    olga: i64,
}

impl Playground {
    async fn cast(&self) -> Result<Cast> {
        let stage = self.own("stage").await?;
        let person = |side, name| id_of(&stage, side, name).with_context(|| format!("no {name}"));
        Ok(Cast {
            sim: stage["sim"].as_str().context("no simulated Telegram")?.to_owned(),
            bot: stage["bot"]["id"].as_i64().context("no bot")?,
            group: stage["group"]["id"].as_i64().context("no group")?,
            beside: stage["beside"] == true,
            marta: person("customers", "Marta")?,
            kenji: person("customers", "Kenji")?,
            olga: person("operators", "Olga")?,
        })
    }

    async fn topics(&self, cast: &Cast) -> Result<Vec<(String, i64)>> {
        let Cast { sim, group, olga, .. } = cast;
        let all = self
            .get(&format!("{sim}/sim/groups/{group}/topics?user={olga}"))
            .await?;
        let all = all["result"].as_array().into_iter().flatten();
        Ok(all
            .filter_map(|it| Some((it["name"].as_str()?.to_owned(), it["thread"].as_i64()?)))
            .collect())
    }

    async fn thread(&self, cast: &Cast, name: &str) -> Result<i64> {
        let topics = self.topics(cast).await?;
        let found = topics.iter().find(|(title, _)| title.contains(name));
        Ok(found.with_context(|| format!("no topic of {name}: {topics:?}"))?.1)
    }

    async fn in_topic(&self, cast: &Cast, thread: i64) -> Result<Vec<(bool, String)>> {
        let Cast { sim, group, olga, .. } = cast;
        let url = format!("{sim}/sim/users/{olga}/chats/{group}/messages?thread={thread}");
        Ok(texts(&self.get(&url).await?))
    }

    async fn in_chat(&self, cast: &Cast, customer: i64) -> Result<Vec<(bool, String)>> {
        let Cast { sim, bot, .. } = cast;
        let url = format!("{sim}/sim/users/{customer}/chats/{bot}/messages");
        Ok(texts(&self.get(&url).await?))
    }

    async fn write(&self, cast: &Cast, person: i64, body: Value) -> Result<()> {
        let sent = self
            .web
            .post(format!("{}/sim/users/{person}/send", cast.sim))
            .json(&body);
        sent.send().await?.error_for_status()?;
        Ok(())
    }

    /// Waits until somebody has seen a message from the bot with this in it, also in the past.
    async fn sees(&self, cast: &Cast, person: i64, words: &str) -> Result<()> {
        let seen = async {
            let mut last = 0;
            loop {
                let url = format!("{}/sim/users/{person}/events?after={last}&timeout=20", cast.sim);
                let answer = self.get(&url).await?["result"].clone();
                last = answer["last"].as_i64().unwrap_or_default();
                let mut events = answer["events"].as_array().into_iter().flatten();
                let found = |event: &Value| {
                    let message = &event["message"];
                    message["from_bot"] == true && message["text"].as_str().is_some_and(|text| text.contains(words))
                };
                if events.any(found) {
                    return anyhow::Ok(());
                }
            }
        };
        tokio::time::timeout(SOON, seen)
            .await
            .with_context(|| format!("{words:?} did not arrive"))?
    }

    /// Waits for what the page is told of host and bot.
    async fn state(&self, good: impl Fn(&Value) -> bool) -> Result<Value> {
        let until = tokio::time::Instant::now() + SOON;
        loop {
            let state = self.own("host").await?;
            if good(&state) {
                return Ok(state);
            }
            ensure!(tokio::time::Instant::now() < until, "{state}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What is written while the host is down arrives.
    async fn survives_a_kill(&self, cast: &Cast) -> Result<()> {
        self.order("host/kill", json!({})).await?;
        let words = "Written while the host was down";
        self.write(cast, cast.kenji, json!({"chat": cast.bot, "text": words}))
            .await?;
        self.sees(cast, cast.olga, words).await?;
        let back = |it: &Value| it["state"]["kills"] == 1 && it["state"]["back_after_ms"].is_u64();
        self.state(back).await?;
        Ok(())
    }

    /// Whatever happened, no log holds the token.
    async fn ends_well(self) -> Result<()> {
        let folder = self.folder.path();
        for log in [folder.join("host.log"), folder.join("bot/bot.log")] {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            ensure!(!log.contains("playground-token"), "a log holds a token");
        }
        ensure!(self.stop().await? == 0, "it did not end well");
        Ok(())
    }
}

fn has(all: &[(bool, String)], words: &str) -> bool {
    all.iter().any(|(bot, text)| *bot && text.contains(words))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_look_shows_a_dialog_on_both_sides_and_survives_a_kill() -> Result<()> {
    let play = Playground::start(&["--direct"]).await?;
    ensure!(play.said.len() >= 4, "progress is told on the way: {:?}", play.said);
    let page = play.web.get(&play.address).send().await?.error_for_status()?;
    let page = page.text().await?;
    ensure!(page.contains("/page/app.js"), "this is not the page: {page}");
    for file in ["page/app.js", "page/style.css", "samples/machine.jpg"] {
        let url = format!("{}/{file}", play.address);
        play.web.get(url).send().await?.error_for_status()?;
    }

    let cast = play.cast().await?;
    ensure!(!cast.beside, "nothing stands beside the host");
    let topics = play.topics(&cast).await?;
    for title in ["🟨 Marta Oliveira", "🟪 Kenji Tanaka", "⬛ Lena Novak", "🟨 Tom Becker"] {
        let found = topics.iter().any(|(name, _)| name == title);
        ensure!(found, "no topic {title}: {topics:?}");
    }
    let there = play.in_topic(&cast, play.thread(&cast, "Marta").await?).await?;
    ensure!(
        has(&there, "espresso machine drips"),
        "the customer's message is not in the topic: {there:?}"
    );
    let here = play.in_chat(&cast, cast.marta).await?;
    for answer in ["group gasket", "worn out", "24 months", "You are welcome"] {
        ensure!(has(&here, answer), "the customer did not get {answer:?}: {here:?}");
    }
    ensure!(!has(&here, "in stock"), "a note reached the customer: {here:?}");
    play.survives_a_kill(&cast).await?;
    play.ends_well().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shop_has_its_own_bot_until_a_person_is_asked_for() -> Result<()> {
    let play = Playground::start(&[]).await?;
    let cast = play.cast().await?;
    if !cast.beside {
        // Where there is no Python, or no registry of packages, it says so and goes on without.
        let said = play.said.iter().any(|line| line.contains("left out"));
        println!("left out: the shop's own bot program ({:?})", play.said);
        ensure!(said, "nothing says why: {:?}", play.said);
        return play.ends_well().await;
    }
    let topics = play.topics(&cast).await?;
    for title in ["🟨 Marta Oliveira", "🟪 Kenji Tanaka", "⬛ Lena Novak"] {
        let found = topics.iter().any(|(name, _)| name == title);
        ensure!(found, "no topic {title}: {topics:?}");
    }
    let alone = !topics.iter().any(|(name, _)| name.contains("Tom"));
    ensure!(alone, "who asked for nobody has a topic: {topics:?}");
    let here = play.in_chat(&cast, cast.marta).await?;
    for words in [
        "This is Bean & Brew",
        "I only know coffee",
        "worn out",
        "Monday to Saturday",
    ] {
        ensure!(has(&here, words), "the customer did not get {words:?}: {here:?}");
    }
    let puzzled = here
        .iter()
        .filter(|(_, text)| text.contains("I only know coffee"))
        .count();
    ensure!(puzzled == 1, "the bot spoke while an operator had the dialog: {here:?}");
    let there = play.in_topic(&cast, play.thread(&cast, "Marta").await?).await?;
    for words in ["espresso machine drips", "I only know coffee", "Monday to Saturday"] {
        ensure!(has(&there, words), "the operators do not see {words:?}: {there:?}");
    }
    ensure!(
        !has(&there, "House blend"),
        "an order of before is in the topic: {there:?}"
    );

    // The relay goes on without the bot's program, which finds what it missed.
    let kenji = play.thread(&cast, "Kenji").await?;
    play.order("shop", json!({"on": false})).await?;
    play.state(|it| it["shop"]["phase"] == "down" && it["shop"]["stopped"] == true)
        .await?;
    play.write(&cast, cast.kenji, json!({"chat": cast.bot, "text": "/menu please"}))
        .await?;
    play.sees(&cast, cast.olga, "/menu please").await?;
    let answer = json!({"chat": cast.group, "thread": kenji, "text": "Your parcel comes today"});
    play.write(&cast, cast.olga, answer).await?;
    play.sees(&cast, cast.kenji, "Your parcel comes today").await?;
    ensure!(!has(&play.in_chat(&cast, cast.kenji).await?, "Roasted on Tuesdays"));
    play.order("shop", json!({"on": true})).await?;
    play.sees(&cast, cast.kenji, "Roasted on Tuesdays").await?;
    play.survives_a_kill(&cast).await?;
    play.ends_well().await
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
