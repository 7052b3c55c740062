//! What changes under us in the backend group: its id, its forum mode, the bot's rights and its membership.

use anyhow::{Context, Result};
use switchboard_e2e::{SOON, Setup, Stage};
use telegram_sim::Seat;
use telegram_sim::faults::{Kind, Rule};

async fn met(stage: &Stage, name: &str) -> Result<(Seat, Seat)> {
    let customer = stage.customer(name);
    customer.text(&format!("{name} begins"));
    let topic = stage.topic(name).await?;
    topic.wait_text(&format!("{name} begins"), SOON).await?;
    Ok((customer, topic))
}

/// What General says about the group's fitness.
fn notices(general: &Seat) -> Vec<String> {
    general
        .texts()
        .into_iter()
        .filter(|text| text.starts_with("🔧"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgraded_group_is_followed() -> Result<()> {
    let mut stage = Stage::start(Setup::default()).await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    let old = stage.group.clone();
    stage.group = old.upgrade();
    alice.text("still there?");
    let moved = stage.topic("Alice").await?;
    moved.wait_text("still there?", SOON).await.context(stage.log())?;
    moved.text("yes, in the new group");
    alice.wait_text("yes, in the new group", SOON).await?;
    assert_eq!(topic.texts(), ["Alice begins"], "nothing more in the old one");

    // The store knows the new id, and the file's old one does not bring it back.
    assert_eq!(stage.stop().await?, 0);
    stage.run().await?;
    alice.text("and after a restart?");
    moved
        .wait_text("and after a restart?", SOON)
        .await
        .context(stage.log())?;
    assert_eq!(stage.group.own_topics().len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_while_the_host_is_down_is_told_by_the_call_that_fails() -> Result<()> {
    let mut stage = Stage::start(Setup::default()).await?;
    let (alice, _) = met(&stage, "Alice").await?;
    alice.text("just before");
    stage.topic("Alice").await?.wait_text("just before", SOON).await?;
    assert_eq!(stage.stop().await?, 0);
    // The customer's update comes first, so the call meets the old id.
    alice.text("first");
    stage.group = stage.group.upgrade();
    alice.text("second");
    stage.run().await?;
    let moved = stage.topic("Alice").await.context(stage.log())?;
    moved.wait_text("second", SOON).await.context(stage.log())?;
    assert_eq!(moved.texts(), ["first", "second"]);
    assert_eq!(stage.group.own_topics().len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_is_told_once_and_messages_wait_for_it() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let general = stage.operator.general(&stage.group);
    stage.group.add_admin_bot_with(
        &stage.bot,
        &["can_manage_chat", "can_delete_messages", "can_pin_messages"],
    );
    let seats: Vec<Seat> = (0..6).map(|n| stage.customer(&format!("Customer-{n}"))).collect();
    for seat in &seats {
        seat.text("one");
        seat.text("two");
    }
    let told = general
        .wait_message(SOON, |m| m.text.starts_with("🔧"))
        .await
        .context(stage.log())?;
    assert!(told.text.contains("Manage topics"), "names the right: {}", told.text);
    // Each customer's delivery has met the wall before the right comes back.
    stage
        .sim
        .wait_calls(SOON, |calls| {
            calls
                .iter()
                .filter(|call| call.method == "createforumtopic" && call.code == 400)
                .count()
                >= seats.len()
        })
        .await?;
    assert_eq!(notices(&general).len(), 1, "exactly one: {:?}", notices(&general));
    assert!(stage.group.own_topics().is_empty());

    stage.group.add_admin_bot(&stage.bot);
    for n in 0..seats.len() {
        let topic = stage.topic(&format!("Customer-{n}")).await?;
        topic.wait_text("two", SOON).await.context(stage.log())?;
        assert_eq!(topic.texts(), ["one", "two"]);
    }
    assert_eq!(notices(&general).len(), 1);

    // Lost again, told again.
    stage.group.add_admin_bot_with(&stage.bot, &["can_manage_chat"]);
    general
        .wait_for(SOON, |_| notices(&general).len() == 2)
        .await
        .context(stage.log())?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_is_no_administrator_any_more_says_it_once() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let general = stage.operator.general(&stage.group);
    stage.group.add_bot(&stage.bot);
    general
        .wait_message(SOON, |m| m.text.starts_with("🔧"))
        .await
        .context(stage.log())?;
    let seats: Vec<Seat> = (0..3).map(|n| stage.customer(&format!("Customer-{n}"))).collect();
    seats.iter().for_each(|seat| drop(seat.text("one")));
    let refused = |calls: &[telegram_sim::Call]| {
        calls
            .iter()
            .filter(|call| call.method == "createforumtopic" && call.code == 400)
            .count()
    };
    stage
        .sim
        .wait_calls(SOON, |calls| refused(calls) >= seats.len())
        .await?;
    stage.group.add_admin_bot(&stage.bot);
    for n in 0..seats.len() {
        stage
            .topic(&format!("Customer-{n}"))
            .await?
            .wait_text("one", SOON)
            .await
            .context(stage.log())?;
    }
    assert_eq!(
        notices(&general).len(),
        1,
        "one right mends it all: {:?}",
        notices(&general)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mended_before_it_could_be_told_is_not_told() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let general = stage.operator.general(&stage.group);
    let (alice, topic) = met(&stage, "Alice").await?;
    // Nobody but administrators may write, and the bot is none any more.
    stage.sim.with_world(|world| {
        if let Ok(group) = world.group_mut(stage.group.id()) {
            group.permissions.set("can_send_messages", false);
        }
    });
    stage.group.add_bot(&stage.bot);
    alice.text("one");
    let refused =
        |calls: &[telegram_sim::Call], method: &str| calls.iter().any(|call| call.method == method && call.code == 400);
    stage
        .sim
        .wait_calls(SOON, |calls| {
            refused(calls, "copymessage") && refused(calls, "sendmessage")
        })
        .await
        .context(stage.log())?;
    stage.group.add_admin_bot(&stage.bot);
    topic.wait_text("one", SOON).await.context(stage.log())?;
    alice.text("two");
    topic.wait_text("two", SOON).await?;
    let help = general.text("/help");
    general
        .wait_message(SOON, |m| m.reply_to == Some(help.message_id))
        .await?;
    assert_eq!(
        notices(&general),
        [""; 0],
        "the lane of General has passed what is moot"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_closed_for_a_bot_without_the_right_waits_for_it() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let general = stage.operator.general(&stage.group);
    let (alice, topic) = met(&stage, "Alice").await?;
    stage.group.add_admin_bot_with(&stage.bot, &["can_manage_chat"]);
    general
        .wait_message(SOON, |m| m.text.starts_with("🔧"))
        .await
        .context(stage.log())?;
    // A topic that is not the bot's own, closed without a word of it coming through.
    let thread = topic.thread.unwrap_or_default();
    stage.sim.with_world(|world| {
        let group = world.group_mut(stage.group.id()).ok();
        if let Some(topic) = group.and_then(|group| group.topics.get_mut(&thread)) {
            topic.creator = stage.operator.id;
            topic.closed = true;
        }
    });
    for n in 0..3 {
        alice.text(&format!("knock {n}"));
    }
    stage
        .sim
        .wait_calls(SOON, |calls| {
            calls.iter().any(|call| {
                call.description
                    .as_deref()
                    .is_some_and(|text| text.contains("TOPIC_CLOSED"))
            })
        })
        .await?;
    stage.group.add_admin_bot(&stage.bot);
    topic.wait_text("knock 2", SOON).await.context(stage.log())?;
    assert_eq!(topic.texts(), ["Alice begins", "knock 0", "knock 1", "knock 2"]);
    stage
        .group
        .wait_topics(SOON, |all| !all[0].closed)
        .await
        .context(stage.log())?;
    let calls = stage.sim.calls();
    assert_eq!(
        calls.iter().filter(|call| call.method == "reopenforumtopic").count(),
        1,
        "opened once"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_topics_switched_off_nothing_lands_in_the_wrong_place() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let general = stage.operator.general(&stage.group);
    let (alice, topic) = met(&stage, "Alice").await?;
    stage.group.set_forum(false);
    // Anything said in the group shows the host that it is no forum any more.
    general.text("who switched the topics off?");
    let told = general
        .wait_message(SOON, |m| m.text.starts_with("🔧"))
        .await
        .context(stage.log())?;
    assert!(told.text.contains("topics are switched off"), "{}", told.text);
    let before = stage.sim.last_call();
    alice.text("are you there?");
    let bob = stage.customer("Bob");
    bob.text("hello");
    stage
        .sim
        .wait_calls(SOON, |calls| {
            calls.iter().any(|call| call.method == "getchat" && call.n > before)
        })
        .await
        .context(stage.log())?;
    let strays: Vec<String> = general
        .texts()
        .into_iter()
        .filter(|text| text == "are you there?" || text == "hello")
        .collect();
    assert!(strays.is_empty(), "{strays:?}");
    assert_eq!(notices(&general).len(), 1);

    stage.group.set_forum(true);
    general.text("on again");
    topic.wait_text("are you there?", SOON).await.context(stage.log())?;
    stage
        .topic("Bob")
        .await?
        .wait_text("hello", SOON)
        .await
        .context(stage.log())?;
    assert_eq!(notices(&general).len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_was_thrown_out_goes_on_when_it_is_added_again() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    stage.group.kick(stage.bot.id);
    alice.text("one");
    alice.text("two");
    stage
        .sim
        .wait_calls(SOON, |calls| {
            calls
                .iter()
                .any(|call| call.method.starts_with("copy") && call.code == 403)
        })
        .await
        .context(stage.log())?;
    let listed = stage.command(&["connection", "list"]).await?;
    assert!(
        listed.stdout.contains("not in the backend group any more"),
        "{}{}",
        listed.stdout,
        listed.stderr
    );
    stage.group.add_bot(&stage.bot);
    stage.group.add_admin_bot(&stage.bot);
    topic.wait_text("two", SOON).await.context(stage.log())?;
    assert_eq!(topic.texts(), ["Alice begins", "one", "two"]);
    let listed = stage.command(&["connection", "list"]).await?;
    assert!(
        listed.stdout.contains("running") && !listed.stdout.contains("not in the"),
        "{}",
        listed.stdout
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_meets_the_bot_thrown_out_waits() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    let later = Rule {
        chat: Some(alice.person),
        delay_ms: 1_000,
        ..Rule::new(Kind::TooMany, "copyMessage")
    };
    stage.sim.set_faults(vec![later.times(1)]);
    topic.text("one");
    stage
        .sim
        .wait_calls(SOON, |calls| calls.iter().any(|call| call.code == 429))
        .await?;
    stage.group.kick(stage.bot.id);
    stage
        .sim
        .wait_calls(SOON, |calls| {
            calls
                .iter()
                .any(|call| call.chat == Some(alice.person) && call.code == 403)
        })
        .await
        .context(stage.log())?;
    stage.group.add_admin_bot(&stage.bot);
    alice.wait_text("one", SOON).await.context(stage.log())?;
    assert!(
        topic.texts().iter().all(|text| !text.contains("Not delivered")),
        "{:?}",
        topic.texts()
    );
    Ok(())
}
