//! Plugins that misbehave, in the real host: each is stopped, told of, undone; nobody else is harmed.

use std::time::Duration;

use anyhow::{Context, Result};
use switchboard_e2e::{SECRET, SOON, Setup, Stage};
use telegram_sim::{Forum, MessageView, Seat};

fn with(plugins: &str) -> Setup {
    Setup {
        plugins: plugins.to_owned(),
        ..Setup::default()
    }
}

/// A customer whose dialog has its topic.
async fn dialog(stage: &Stage, name: &str) -> Result<(Seat, Seat)> {
    let customer = stage.customer(name);
    customer.text("Hi");
    let topic = stage.topic(name).await?;
    topic.wait_text("Hi", SOON).await.with_context(|| stage.evidence())?;
    Ok((customer, topic))
}

async fn note(stage: &Stage, topic: &Seat, part: &str) -> Result<MessageView> {
    let found = topic.wait_message(SOON, |m| m.from_bot && m.text.contains(part)).await;
    found.with_context(|| format!("no “{part}”\n{}", stage.evidence()))
}

async fn shown(stage: &Stage, seat: &Seat, text: &str) -> Result<MessageView> {
    let found = seat.wait_text(text, SOON).await;
    found.with_context(|| format!("no “{text}”\n{}", stage.evidence()))
}

/// A second connection on the same host: another bot, another group.
struct Neighbour {
    group: Forum,
    customer: Seat,
    topic: Seat,
}

async fn neighbour(stage: &mut Stage) -> Result<Neighbour> {
    let token = format!("700200:{SECRET}");
    let bot = stage.sim.bot(&token, "other_bot");
    let group = stage.sim.forum("Sales", &stage.operator);
    group.add_admin_bot(&bot);
    let text = format!(
        "[[connection]]\nname = \"sales\"\nmode = \"direct\"\ntoken = \"{token}\"\ngroup = {}\nplugins = [\"quick-replies\"]\n[connection.parameters]\nWELCOME = \"OFF\"\n",
        group.id()
    );
    std::fs::write(stage.dir.path().join("sales.toml"), text)?;
    for file in ["connections.toml", "sales.toml"] {
        let applied = stage.command(&["connection", "apply", file]).await?;
        anyhow::ensure!(applied.code == 0, "{file}: {}{}", applied.stdout, applied.stderr);
    }
    stage.run().await?;
    let customer = stage.sim.user("Nora").private(&bot);
    customer.text("Hi");
    let thread = group
        .wait_topic("Nora", SOON)
        .await
        .with_context(|| stage.evidence())?
        .thread;
    let topic = stage.operator.in_topic(&group, thread);
    topic.wait_text("Hi", SOON).await?;
    Ok(Neighbour { group, customer, topic })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rogue_is_stopped_undone_and_harms_nobody() -> Result<()> {
    let mut stage = Stage::prepare(with(r#"["rogue", "quick-replies"]"#)).await?;
    let other = neighbour(&mut stage).await?;
    let (alice, topic) = dialog(&stage, "Alice").await?;
    let (bob, bobs) = dialog(&stage, "Bob").await?;
    topic.text("/info");
    let before = note(&stage, &topic, "👤 Alice").await?;
    let failures = [
        ("/loop", "used up its budget of 100,000,000 fuel"),
        ("/eat", "asked for more than 8 MiB of memory"),
        ("/trap", "crashed:"),
        ("/flood", "asked for more than 64 effects in one turn"),
        ("/deep", "nested its calls too deeply (stack of 256 KiB exhausted)"),
    ];
    for (round, (command, limit)) in failures.into_iter().enumerate() {
        let asked = topic.text(command);
        // Meanwhile, in another dialog and on another connection.
        bob.text(&format!("bob {round}"));
        bobs.text(&format!("to bob {round}"));
        other.customer.text(&format!("nora {round}"));
        other.topic.text(&format!("to nora {round}"));
        let told = note(&stage, &topic, limit).await?;
        assert!(
            told.text.contains("Plugin rogue failed") && told.text.contains("undone"),
            "{}",
            told.text
        );
        assert_eq!(told.reply_to, Some(asked.message_id), "it stands under the command");
        for (seat, text) in [
            (&bobs, "bob"),
            (&bob, "to bob"),
            (&other.topic, "nora"),
            (&other.customer, "to nora"),
        ] {
            shown(&stage, seat, &format!("{text} {round}")).await?;
        }
        // The same dialog goes on.
        alice.text(&format!("alice {round}"));
        shown(&stage, &topic, &format!("alice {round}")).await?;
    }
    topic.text("/info");
    let infos = |all: &[MessageView]| all.iter().filter(|m| m.text.contains("👤 Alice")).count() == 2;
    topic.wait_for(SOON, infos).await.with_context(|| stage.evidence())?;
    let after = topic
        .content()
        .into_iter()
        .rfind(|m| m.text.contains("👤 Alice"))
        .context("no card")?;
    assert_eq!(after.text, before.text, "no tag, no other status");
    assert!(
        alice.content().iter().all(|m| !m.from_bot),
        "nothing reached the customer"
    );
    assert!(topic.texts().iter().all(|text| !text.contains("rogue: ")), "no note");
    assert_eq!(stage.group.own_topics().len(), 2);
    assert_eq!(other.group.own_topics().len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_of_a_plugin_answer_and_fail_in_words() -> Result<()> {
    let stage = Stage::start(with(r#"["rogue"]"#)).await?;
    let (alice, topic) = dialog(&stage, "Alice").await?;
    topic.text("/offer");
    let offer = note(&stage, &topic, "Shall I?").await?;
    let query = topic.press_text(offer.message_id, "Crash");
    let answer = topic.answer(&query, SOON).await.context("no answer")?;
    let text = answer.text.unwrap_or_default();
    assert!(
        answer.show_alert && text.contains("Plugin rogue failed: crashed"),
        "{text}"
    );
    assert_eq!(alice.texts(), ["Hi"]);
    let query = topic.press_text(offer.message_id, "Behave");
    let answer = topic.answer(&query, SOON).await.context("no answer")?;
    assert_eq!(answer.text.as_deref(), Some("Behaved"));
    shown(&stage, &alice, "rogue: sent").await?;
    shown(&stage, &topic, "rogue: note").await?;
    let edited = shown(&stage, &topic, "I did").await?;
    assert!(edited.message_id == offer.message_id && edited.buttons.is_none());
    Ok(())
}

/// The questions about messages that are not shown, as far as they wait for an answer.
fn questions(topic: &Seat) -> Vec<MessageView> {
    let all = topic.content().into_iter();
    all.filter(|m| m.from_bot && m.buttons.is_some() && m.text.contains("sentry"))
        .collect()
}

async fn question(stage: &Stage, topic: &Seat, count: usize) -> Result<MessageView> {
    let asked = topic.wait_for(SOON, |_| questions(topic).len() == count).await;
    asked.with_context(|| stage.evidence())?;
    let question = questions(topic).pop().context("no question")?;
    assert!(!question.text.contains("secret"), "{}", question.text);
    Ok(question)
}

/// What the topic holds of the customer, in order.
fn of_customer(topic: &Seat) -> Vec<String> {
    let words = ["Hi", "loop", "trap", "after"];
    let is_of = |text: &String| words.iter().any(|word| text.starts_with(word));
    topic.texts().into_iter().filter(is_of).collect()
}

/// `kill -9` once nothing is under way, so that no outcome is unknown, and a start.
async fn kill_and_start(stage: &mut Stage) -> Result<()> {
    stage.sim.wait_idle(Duration::from_millis(300), SOON).await?;
    stage.kill().await?;
    stage.run().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sanitizer_fails_on_is_set_aside_unseen() -> Result<()> {
    let mut stage = Stage::start(with(r#"["sentry"]"#)).await?;
    let (alice, topic) = dialog(&stage, "Alice").await?;
    let (bob, bobs) = dialog(&stage, "Bob").await?;
    alice.html("loop with a <b>secret</b>");
    alice.text("after one");
    // It works but for this message, so what comes after need not wait.
    shown(&stage, &topic, "after one").await?;
    let first = question(&stage, &topic, 1).await?;
    bob.text("after Bob");
    shown(&stage, &bobs, "after Bob").await?;
    topic.text("An answer meanwhile");
    shown(&stage, &alice, "An answer meanwhile").await?;
    kill_and_start(&mut stage).await?;
    alice.text("trap with a secret");
    alice.text("after two");
    shown(&stage, &topic, "after two").await?;
    let second = question(&stage, &topic, 2).await?;
    assert_eq!(of_customer(&topic), ["Hi", "after one", "after two"]);

    // In any order.
    let query = topic.press_text(second.message_id, "Skip");
    let answer = topic.answer(&query, SOON).await.context("no answer")?;
    assert!(answer.text.unwrap_or_default().contains("Skipped by Olga"));
    note(&stage, &topic, "Skipped by Olga").await?;
    topic.press_text(first.message_id, "Release");
    let released = shown(&stage, &topic, "loop with a secret").await?;
    assert_eq!(released.entities[0]["type"], "bold", "unchanged");
    note(&stage, &topic, "Released unchanged by Olga").await?;
    assert_eq!(
        of_customer(&topic),
        ["Hi", "after one", "after two", "loop with a secret"]
    );
    assert!(questions(&topic).is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_and_an_edit_are_held_as_well() -> Result<()> {
    let stage = Stage::start(with(r#"["sentry"]"#)).await?;
    let (alice, topic) = dialog(&stage, "Alice").await?;
    let asked = topic.text("a trap for Alice");
    topic.text("and more");
    let held = question(&stage, &topic, 1).await?;
    assert_eq!(held.reply_to, Some(asked.message_id));
    shown(&stage, &alice, "and more").await?;
    topic.press_text(held.message_id, "Release");
    shown(&stage, &alice, "a trap for Alice").await?;

    let first = alice.text("after all");
    shown(&stage, &topic, "after all").await?;
    alice.edit(first.message_id, "trap with a secret");
    let held = question(&stage, &topic, 1).await?;
    assert!(of_customer(&topic).contains(&"after all".to_owned()), "the edit waits");
    topic.press_text(held.message_id, "Release");
    shown(&stage, &topic, "trap with a secret").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn three_failing_messages_open_the_circuit_and_all_wait_in_order() -> Result<()> {
    let mut stage = Stage::start(with(r#"["sentry"]"#)).await?;
    let general = stage.operator.general(&stage.group);
    let (dora, doras) = dialog(&stage, "Dora").await?;
    let mut topics = Vec::new();
    for name in ["Anna", "Bert", "Cleo"] {
        topics.push(dialog(&stage, name).await?);
    }
    for (customer, topic) in &topics {
        customer.text("trap with a secret");
        question(&stage, topic, 1).await?;
    }
    let opened = note(&stage, &general, "Plugin sentry failed on three messages in a row").await?;
    assert!(!opened.text.contains("secret"), "{}", opened.text);

    // Left alone, whatever comes is held, until a probe after eight messages finds it well.
    for index in 0..10 {
        dora.text(&format!("after {index}"));
    }
    let mut due = vec!["Hi".to_owned()];
    for index in 0..8 {
        let held = question(&stage, &doras, 1).await?;
        assert_eq!(of_customer(&doras), due);
        if index == 2 {
            kill_and_start(&mut stage).await?;
            assert_eq!(of_customer(&doras), due, "it waits on");
        }
        let skips = index == 4;
        doras.press_text(held.message_id, if skips { "Skip" } else { "Release" });
        let told = |_: &[MessageView]| questions(&doras).iter().all(|m| m.message_id != held.message_id);
        doras.wait_for(SOON, told).await.with_context(|| stage.evidence())?;
        if !skips {
            let text = format!("after {index}");
            shown(&stage, &doras, &text).await?;
            due.push(text);
        }
    }
    shown(&stage, &doras, "after 9").await?;
    due.extend(["after 8".to_owned(), "after 9".to_owned()]);
    assert_eq!(of_customer(&doras), due, "in order, without the one that was skipped");
    doras.wait_for(SOON, |_| questions(&doras).is_empty()).await?;
    let told = general.texts().iter().filter(|text| text.contains("sentry")).count();
    assert_eq!(told, 1, "once");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lenient_plugin_fails_on_goes_on_marked() -> Result<()> {
    let stage = Stage::start(with(r#"["lenient"]"#)).await?;
    let general = stage.operator.general(&stage.group);
    let (alice, topic) = dialog(&stage, "Alice").await?;
    let mark = |m: &MessageView| {
        m.buttons
            .as_ref()
            .is_some_and(|rows| rows.to_string().contains("not checked by lenient"))
    };
    let odd = alice.text("an odd one");
    assert!(mark(&shown(&stage, &topic, "an odd one").await?));
    alice.text("an even one");
    assert!(!mark(&shown(&stage, &topic, "an even one").await?));
    alice.edit(odd.message_id, "an odd one again");
    assert!(
        mark(&shown(&stage, &topic, "an odd one again").await?),
        "an edit is marked too"
    );
    alice.text("even");
    shown(&stage, &topic, "even").await?;

    let answer = topic.text("an odd answer");
    shown(&stage, &alice, "an odd answer").await?;
    let told = note(&stage, &topic, "not checked by lenient").await?;
    assert_eq!(told.reply_to, Some(answer.message_id));
    alice.text("even again");
    shown(&stage, &topic, "even again").await?;

    alice.album(&[("photo", "odd photos"), ("photo", "")]);
    let photos = |all: &[MessageView]| all.iter().filter(|m| m.kind == "photo").count() == 2;
    topic.wait_for(SOON, photos).await.with_context(|| stage.evidence())?;
    let album: Vec<_> = topic.content().into_iter().filter(|m| m.kind == "photo").collect();
    assert!(album[0].media_group.is_some() && album[0].media_group == album[1].media_group);
    assert_eq!(album[0].text, "odd photos");
    let under = |m: &MessageView| m.text.contains("not checked by lenient") && m.reply_to == Some(album[0].message_id);
    topic
        .wait_message(SOON, under)
        .await
        .with_context(|| stage.evidence())?;

    for index in 0..3 {
        alice.text(&format!("odd {index}"));
    }
    for index in 0..3 {
        assert!(
            mark(&shown(&stage, &topic, &format!("odd {index}")).await?),
            "each of a burst is marked"
        );
    }
    note(&stage, &general, "Plugin lenient failed on three messages in a row").await?;
    topic.text("/info");
    let info = note(&stage, &topic, "👤 Alice").await?;
    assert!(!info.text.contains("odd"), "{}", info.text);
    Ok(())
}

fn entity(view: &MessageView, kind: &str) -> Option<String> {
    let entity = view.entities.iter().find(|entity| entity["type"] == kind)?;
    let units: Vec<u16> = view.text.encode_utf16().collect();
    let at = usize::try_from(entity["offset"].as_u64()?).ok()?;
    let length = usize::try_from(entity["length"].as_u64()?).ok()?;
    String::from_utf16(units.get(at..at + length)?).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn masked_texts_keep_their_formatting_and_stay_masked() -> Result<()> {
    let stage = Stage::start(with(r#"["mask"]"#)).await?;
    let (alice, topic) = dialog(&stage, "Alice").await?;
    let first =
        alice.html("😀 call +356-2123-4567 or <b>à vous</b> a.b@example.org, <a href=\"https://example.org/\">see</a>");
    let masked = shown(&stage, &topic, "😀 call ‹phone› or à vous ‹mail› see").await?;
    assert_eq!(entity(&masked, "bold").as_deref(), Some("à vous"));
    assert_eq!(entity(&masked, "text_link").as_deref(), Some("see"));

    alice.edit(first.message_id, "now 0035621234567 😀");
    let edited = shown(&stage, &topic, "now ‹phone› 😀").await?;
    assert_eq!(edited.message_id, masked.message_id);

    alice.photo("me@example.org and I");
    let photo = shown(&stage, &topic, "‹mail› and I").await?;
    assert_eq!(photo.kind, "photo");
    alice.album(&[("photo", "ours: 99887766"), ("photo", ""), ("photo", "end")]);
    let photos = |all: &[MessageView]| all.iter().filter(|m| m.kind == "photo").count() == 4;
    topic.wait_for(SOON, photos).await.with_context(|| stage.evidence())?;
    let album: Vec<_> = topic
        .content()
        .into_iter()
        .filter(|m| m.kind == "photo")
        .skip(1)
        .collect();
    assert_eq!(
        album.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(),
        ["ours: ‹phone›", "", "end"]
    );
    assert!(
        album
            .iter()
            .all(|m| m.media_group.is_some() && m.media_group == album[0].media_group),
        "still one album"
    );

    // A quote of what was masked says no more than the topic does.
    let number = alice.text("mine is 99887766 today");
    shown(&stage, &topic, "mine is ‹phone› today").await?;
    alice.quote(number.message_id, "99887766", "that one");
    shown(&stage, &topic, "that one").await?;
    assert!(!format!("{:?}", topic.messages()).contains("99887766"));

    let asked = topic.text("Send me your password please");
    let told = note(&stage, &topic, "Not sent: mask says: never ask for a password").await?;
    assert_eq!(told.reply_to, Some(asked.message_id));
    topic.text("Thank you");
    shown(&stage, &alice, "Thank you").await?;
    assert!(alice.texts().iter().all(|text| !text.contains("password")));
    Ok(())
}
