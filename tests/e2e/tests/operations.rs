//! What an admin does with a host: health, stopping, applying beside it, checking, rotating a token, replacing a plugin.

use std::time::Duration;

use anyhow::{Context, Result};
use switchboard_e2e::{SOON, Setup, Stage, TOKEN};
use telegram_sim::faults::{Kind, Rule};
use telegram_sim::{BotHandle, Forum, Seat};

/// A second bot.
const SALES: &str = "700200:AAE2eSecretPartOfTheTokenThatNoLogShows";
/// The first bot's token after @BotFather made a new one.
const ROTATED: &str = "700100:AAE2eSecretPartOfTheTokenThatNoLogShows2";
const APPLY: [&str; 3] = ["connection", "apply", "connections.toml"];

fn plain() -> Setup {
    Setup {
        plugins: "[]".into(),
        ..Setup::default()
    }
}

/// Asks `/health` until it answers so; each question is a condition of its own, and the end is generous.
async fn health(stage: &Stage, wanted: u16) -> Result<String> {
    let host = stage.host.as_ref().context("no host runs")?;
    let asked = async {
        loop {
            let (status, body) = host.health().await?;
            if status == wanted {
                return Ok(body);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, asked)
        .await
        .with_context(|| format!("never {wanted}; the log:\n{}", stage.evidence()))?
}

/// Runs a command that must be in order; what it prints.
async fn done(stage: &Stage, arguments: &[&str]) -> Result<String> {
    let ran = stage.command(arguments).await?;
    anyhow::ensure!(
        ran.code == 0 && ran.stderr.is_empty(),
        "{arguments:?}: {} {}{}",
        ran.code,
        ran.stdout,
        ran.stderr
    );
    Ok(ran.stdout)
}

fn connection(name: &str, token: &str, group: &Forum, lines: &str) -> String {
    format!(
        "[[connection]]\nname = \"{name}\"\ntoken = \"{token}\"\ngroup = {}\n{lines}\n",
        group.id()
    )
}

fn write(stage: &Stage, text: &str) -> Result<()> {
    Ok(std::fs::write(stage.dir.path().join("connections.toml"), text)?)
}

/// A second bot with its group.
fn sales(stage: &Stage) -> (BotHandle, Forum) {
    let bot = stage.sim.bot(SALES, "sales_bot");
    let group = stage.sim.forum("Sales", &stage.operator);
    group.add_admin_bot(&bot);
    (bot, group)
}

async fn met(stage: &Stage, name: &str) -> Result<(Seat, Seat)> {
    let customer = stage.customer(name);
    customer.text("hello");
    let topic = stage.topic(name).await?;
    topic.wait_text("hello", SOON).await.context(stage.log())?;
    Ok((customer, topic))
}

fn count(seat: &Seat, text: &str) -> usize {
    seat.texts().iter().filter(|it| *it == text).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_why_while_telegram_is_away_and_what_waited_goes_on() -> Result<()> {
    let stage = Stage::start(plain()).await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    assert_eq!(health(&stage, 200).await?, "{\"status\":\"ok\"}");
    stage.sim.set_online(false);
    let why = health(&stage, 503).await?;
    assert!(
        why.contains("\"support\":\"broken: ") && why.contains("Telegram cannot be reached"),
        "{why}"
    );
    let list = done(&stage, &["connection", "list"]).await?;
    assert!(list.contains("broken: Telegram cannot be reached"), "{list}");
    // Not a call is lost on the way: people go on writing.
    alice.text("are you there?");
    topic.text("yes, soon");
    stage.sim.set_online(true);
    health(&stage, 200).await?;
    topic.wait_text("are you there?", SOON).await.context(stage.log())?;
    alice.wait_text("yes, soon", SOON).await.context(stage.log())?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failed_poll_is_no_outage() -> Result<()> {
    let stage = Stage::start(plain()).await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    stage
        .sim
        .set_faults(vec![Rule::new(Kind::ErrorBefore, "getUpdates").times(1)]);
    alice.text("wakes the poll");
    topic.wait_text("wakes the poll", SOON).await?;
    stage
        .sim
        .wait_calls(SOON, |calls| {
            let polls = calls.iter().filter(|call| call.method == "getupdates");
            polls.skip_while(|call| call.code < 500).any(|call| call.code == 200)
        })
        .await
        .context(stage.log())?;
    assert!(!stage.log().contains("no updates"), "{}", stage.log());
    assert_eq!(health(&stage, 200).await?, "{\"status\":\"ok\"}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_waits_for_an_open_call_and_nothing_is_repeated() -> Result<()> {
    for fault in [Kind::Latency, Kind::Drip] {
        let mut stage = Stage::start(plain()).await?;
        let (alice, topic) = met(&stage, "Alice").await?;
        let rule = Rule::new(fault, "copyMessage").delay(Duration::from_secs(2));
        stage.sim.set_faults(vec![rule]);
        let before = stage.sim.last_call();
        alice.text("on the way in");
        topic.text("on the way out");
        let open = |calls: &[telegram_sim::Call]| {
            let copies = calls
                .iter()
                .filter(|call| call.n > before && call.method == "copymessage");
            copies.count() == 2
        };
        stage.sim.wait_calls(SOON, open).await.context(stage.log())?;
        assert_eq!(stage.stop().await?, 0, "{fault:?}");
        assert!(!stage.log().contains("still open"), "{}", stage.log());
        // What waited for the calls' end is settled: nothing goes out again, and nobody is asked.
        stage.sim.clear_faults();
        let stopped = stage.sim.last_call();
        stage.run().await?;
        alice.text("after");
        topic.wait_text("after", SOON).await.context(stage.log())?;
        topic.text("answer");
        alice.wait_text("answer", SOON).await.context(stage.log())?;
        assert_eq!(
            (count(&topic, "on the way in"), count(&alice, "on the way out")),
            (1, 1),
            "{fault:?}"
        );
        assert!(!topic.texts().iter().any(|text| text.contains("Not confirmed")));
        let copies = stage.sim.calls_since(stopped);
        let copies = copies.iter().filter(|call| call.method == "copymessage").count();
        assert_eq!(copies, 2, "{fault:?}: the two new ones and no other");
        assert_eq!(stage.stop().await?, 0);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_beside_a_running_host_creates_changes_leaves_and_removes() -> Result<()> {
    let mut stage = Stage::prepare(plain()).await?;
    stage.run().await?;
    let (sales_bot, team) = sales(&stage);
    assert_eq!(
        done(&stage, &["connection", "list"]).await?,
        "no connections yet; write a connections file and run: switchboard connection apply FILE\n"
    );
    let support = |welcome: &str| {
        let lines = format!("[connection.parameters]\nWELCOME = \"{welcome}\"");
        connection("support", TOKEN, &stage.group, &lines)
    };
    let selling = connection("sales", SALES, &team, "[connection.parameters]\nWELCOME = \"OFF\"");
    write(&stage, &(support("One") + &selling))?;
    assert_eq!(done(&stage, &APPLY).await?, "support: created\nsales: created\n");
    health(&stage, 200).await?;

    // Two connections on one host, each in its own group.
    let alice = stage.customer("Alice");
    alice.text("to support");
    alice.wait_text("One", SOON).await.context(stage.log())?;
    let in_support = stage.topic("Alice").await?;
    in_support.wait_text("to support", SOON).await?;
    let at_sales = stage.sim.person(alice.person).private(&sales_bot);
    at_sales.text("to sales");
    let topic = team.wait_topic("Alice", SOON).await.context(stage.log())?;
    let in_sales = stage.operator.in_topic(&team, topic.thread);
    in_sales.wait_text("to sales", SOON).await?;
    in_sales.text("from sales");
    at_sales.wait_text("from sales", SOON).await?;
    assert_eq!(count(&alice, "from sales"), 0);

    // One is changed while it runs; the other is left alone, poll and all.
    let polls = |from: u64| {
        let calls = stage.sim.calls_since(from);
        calls.iter().filter(|call| call.bot == sales_bot.id).count()
    };
    let before = stage.sim.last_call();
    write(&stage, &(support("Two") + &selling))?;
    assert_eq!(done(&stage, &APPLY).await?, "support: changed\nsales: unchanged\n");
    health(&stage, 200).await?;
    let bob = stage.customer("Bob");
    bob.text("hi");
    bob.wait_text("Two", SOON).await.context(stage.log())?;
    alice.text("still here?");
    in_support.wait_text("still here?", SOON).await.context(stage.log())?;
    assert_eq!(polls(before), 4, "the four questions of a check");
    assert_eq!(done(&stage, &APPLY).await?, "support: unchanged\nsales: unchanged\n");
    assert_eq!(polls(before), 8, "and again");

    let list = done(&stage, &["connection", "list"]).await?;
    let lines: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["NAME", "MODE", "BOT", "GROUP", "PLUGINS", "STATUS"]);
    let (ours, theirs) = (stage.group.id().to_string(), team.id().to_string());
    let mut rows = lines[1..].to_vec();
    rows.sort();
    assert_eq!(
        rows,
        [
            ["sales", "direct", "@sales_bot", theirs.as_str(), "-", "running"],
            ["support", "direct", "@stage_bot", ours.as_str(), "-", "running"]
        ]
    );
    let shown = done(&stage, &["connection", "show", "support"]).await?;
    for line in [
        "# status: running",
        "name = \"support\"",
        "mode = \"direct\"",
        "# token: kept sealed; it is not shown",
        &format!("group = {ours}"),
        "WELCOME = \"Two\"",
        "AUTOCLOSE = 48",
    ] {
        assert!(shown.lines().any(|it| it == line), "{line:?} is not in:\n{shown}");
    }
    // What is shown can be applied as it is, once the token is put in.
    write(
        &stage,
        &shown.replace("# token: kept sealed; it is not shown", &format!("token = \"{TOKEN}\"")),
    )?;
    assert_eq!(done(&stage, &APPLY).await?, "support: unchanged\n");

    assert_eq!(
        done(&stage, &["connection", "remove", "sales"]).await?,
        "sales: removed\n"
    );
    let again = stage.command(&["connection", "remove", "sales"]).await?;
    assert_eq!(
        (again.code, again.stderr.as_str()),
        (1, "error: there is no connection \"sales\"; there are support\n")
    );
    let gone = stage.command(&["connection", "show", "sales"]).await?;
    assert_eq!((gone.code, gone.stdout.as_str()), (1, ""));
    let removed = stage.sim.last_call();
    at_sales.text("anybody?");
    alice.text("and support?");
    in_support.wait_text("and support?", SOON).await.context(stage.log())?;
    assert_eq!(polls(removed), 0, "a removed connection asks Telegram nothing");
    assert_eq!(count(&in_sales, "anybody?"), 0);
    assert_eq!(stage.stop().await?, 0);
    let list = done(&stage, &["connection", "list"]).await?;
    assert!(list.contains("host not running") && !list.contains("sales"), "{list}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn check_reports_what_is_in_order_and_what_is_not() -> Result<()> {
    let mut stage = Stage::prepare(Setup::default()).await?;
    let fresh = done(&stage, &["check"]).await?;
    assert!(fresh.ends_with("\neverything is in order\n"), "{fresh}");
    assert!(!stage.dir.path().join("switchboard.db").exists(), "check makes nothing");
    done(&stage, &APPLY).await?;
    stage.run().await?;
    for round in ["beside a host", "without one"] {
        let good = done(&stage, &["check"]).await?;
        let good_words = good.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "configuration ok switchboard.toml",
            "key file ok switchboard.key",
            "database ok switchboard.db, 1 connection",
            "telegram ok http://",
            "plugin quick-replies ok version",
            "connection support ok @stage_bot in the group \"Support\"",
        ] {
            assert!(good_words.contains(part), "{round}: {part:?} is not in:\n{good}");
        }
        assert!(good.ends_with("\neverything is in order\n"), "{round}: {good}");
        if stage.host.is_some() {
            assert!(good.contains("held by the host running at http://"), "{good}");
            assert_eq!(stage.stop().await?, 0);
        }
    }
    // A recommended right is a warning; a needed one is wrong.
    stage
        .group
        .add_admin_bot_with(&stage.bot, &["can_manage_topics", "can_delete_messages"]);
    let warned = done(&stage, &["check"]).await?;
    assert!(
        warned.contains("warning") && warned.contains("lacks the right \"Pin messages\""),
        "{warned}"
    );
    stage
        .group
        .add_admin_bot_with(&stage.bot, &["can_delete_messages", "can_pin_messages"]);
    let wrong = stage.command(&["check"]).await?;
    assert_eq!((wrong.code, wrong.stderr.as_str()), (1, ""), "{}", wrong.stdout);
    assert!(
        wrong.stdout.contains("WRONG")
            && wrong.stdout.contains("may not manage topics in the group \"Support\"")
            && wrong.stdout.ends_with("\n1 thing is wrong\n"),
        "{}",
        wrong.stdout
    );
    stage.sim.set_online(false);
    let away = stage.command(&["check"]).await?;
    assert_eq!((away.code, away.stderr.as_str()), (1, ""), "{}", away.stdout);
    assert!(away.stdout.contains("Telegram cannot be reached"), "{}", away.stdout);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_host_on_the_same_database_is_refused() -> Result<()> {
    let stage = Stage::start(plain()).await?;
    let second = stage.command(&["run"]).await?;
    assert_eq!((second.code, second.stdout.as_str()), (1, ""), "{}", second.stderr);
    assert_eq!(second.stderr.lines().count(), 1, "{}", second.stderr);
    assert!(
        second.stderr.starts_with("error: ")
            && second.stderr.contains("switchboard.db")
            && second.stderr.contains("another process holds the database"),
        "{}",
        second.stderr
    );
    health(&stage, 200).await?;
    met(&stage, "Alice").await?;
    done(&stage, &["connection", "list"]).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_rotated_and_what_waited_goes_out() -> Result<()> {
    let mut stage = Stage::start(plain()).await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    // A message is taken and waits when the token dies.
    let wait = Rule::new(Kind::TooMany, "copyMessage").delay(Duration::from_secs(1));
    stage.sim.set_faults(vec![wait.times(1)]);
    alice.text("waits");
    stage
        .sim
        .wait_calls(SOON, |calls| calls.iter().any(|call| call.code == 429))
        .await?;
    stage.sim.with_world(|world| {
        world.tokens.remove(TOKEN);
        world.tokens.insert(ROTATED.to_owned(), stage.bot.id);
        if let Some(bot) = world.bots.get_mut(&stage.bot.id) {
            bot.token = ROTATED.to_owned();
        }
    });
    topic.text("an answer that wakes the poll");
    let why = health(&stage, 503).await?;
    assert!(why.contains("Telegram does not accept the bot's token; apply"), "{why}");
    // The old one is refused as anybody else's would be; the new one is taken.
    let old = stage.command(&APPLY).await?;
    assert!(
        old.code == 1 && old.stderr.contains("Telegram does not know the bot of this token"),
        "{}",
        old.stderr
    );
    let file = std::fs::read_to_string(stage.dir.path().join("connections.toml"))?;
    write(&stage, &file.replace(TOKEN, ROTATED))?;
    assert_eq!(done(&stage, &APPLY).await?, "support: changed\n");
    health(&stage, 200).await?;
    // Its next try was seconds away for the old token, not for the new one.
    topic
        .wait_text("waits", Duration::from_secs(10))
        .await
        .context(stage.log())?;
    alice
        .wait_text("an answer that wakes the poll", SOON)
        .await
        .context(stage.log())?;
    assert_eq!(
        (count(&topic, "waits"), count(&alice, "an answer that wakes the poll")),
        (1, 1)
    );
    assert_eq!(done(&stage, &APPLY).await?, "support: unchanged\n");
    // It is the one that is kept.
    assert_eq!(stage.stop().await?, 0);
    stage.run().await?;
    alice.text("after a start");
    topic.wait_text("after a start", SOON).await.context(stage.log())?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_plugin_runs_from_the_next_apply_or_start_on() -> Result<()> {
    let mut stage = Stage::start(Setup {
        plugins: "[\"hello-plugin\"]".into(),
        ..Setup::default()
    })
    .await?;
    let (_alice, topic) = met(&stage, "Alice").await?;
    let path = stage.dir.path().join("plugins/hello-plugin.wasm");
    let mut asked = 0;
    let mut greets = async |word: &str| -> Result<()> {
        topic.text("/hello");
        asked += 1;
        let all = topic
            .wait_for(SOON, |all| {
                all.iter().filter(|m| m.from_bot && m.text.contains("Olga!")).count() == asked
            })
            .await?;
        let last = all.iter().rfind(|m| m.from_bot && m.text.contains("Olga!"));
        let last = last.map(|m| m.text.clone()).unwrap_or_default();
        assert!(last.contains(&format!("{word}, Olga!")), "{last}, not {word}");
        Ok(())
    };
    let replace = |from: &[u8], to: &[u8]| -> Result<()> {
        let mut bytes = std::fs::read(&path)?;
        let at = bytes.windows(from.len()).position(|part| part == from);
        let at = at.context("no such text in the plugin")?;
        bytes[at..at + from.len()].copy_from_slice(to);
        // As an upgrade does it: beside, then over it.
        let beside = path.with_extension("new");
        std::fs::write(&beside, bytes)?;
        Ok(std::fs::rename(beside, &path)?)
    };
    greets("Hello").await.context(stage.log())?;
    replace(b"Hello, ", b"Howdy, ")?;
    // What runs stays as it is until an admin says so.
    greets("Hello").await?;
    assert_eq!(done(&stage, &APPLY).await?, "support: changed\n");
    health(&stage, 200).await?;
    greets("Howdy").await.context(stage.log())?;
    assert_eq!(done(&stage, &APPLY).await?, "support: unchanged\n");
    replace(b"Howdy, ", b"Salut, ")?;
    assert_eq!(stage.stop().await?, 0);
    stage.run().await?;
    greets("Salut").await.context(stage.log())?;
    // A broken one is refused, and the good one runs on.
    std::fs::write(&path, b"garbage")?;
    let refused = stage.command(&APPLY).await?;
    assert!(
        refused.code == 1
            && refused
                .stderr
                .contains("hello-plugin.wasm is not a WebAssembly component"),
        "{}",
        refused.stderr
    );
    greets("Salut").await?;
    Ok(())
}
