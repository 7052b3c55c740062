//! Commands of operators in topics and in General, a dialog's statuses, notes, and who is listened to.

use anyhow::{Context, Result};
use switchboard_e2e::{SOON, Setup, Stage};
use telegram_sim::faults::{Kind, Rule};
use telegram_sim::{MessageView, Seat};

async fn met(stage: &Stage, name: &str) -> Result<(Seat, Seat)> {
    let customer = stage.customer(name);
    customer.text("hello");
    let topic = stage.topic(name).await?;
    topic.wait_text("hello", SOON).await?;
    Ok((customer, topic))
}

/// What the bot answers to a command.
async fn answer(seat: &Seat, command: &str) -> Result<MessageView> {
    let sent = seat.text(command);
    let answered = seat
        .wait_message(SOON, |m| m.from_bot && m.reply_to == Some(sent.message_id))
        .await;
    answered.with_context(|| format!("no answer to {command}"))
}

async fn titled(stage: &Stage, title: &str) -> Result<()> {
    let found = stage
        .group
        .wait_topics(SOON, |all| all.iter().any(|topic| topic.name == title))
        .await;
    found.with_context(|| format!("no topic {title}\n{}", stage.log()))?;
    Ok(())
}

fn setup(parameters: &str) -> Setup {
    Setup {
        parameters: parameters.to_owned(),
        ..Setup::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_title_shows_the_status_through_a_whole_life() -> Result<()> {
    let stage = Stage::start(setup("WELCOME = \"Hello, {title}!\"")).await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    titled(&stage, "🟪 Alice").await?;
    topic.text("hi");
    titled(&stage, "🟨 Alice").await?;
    topic.text("/hold");
    titled(&stage, "🟪 Alice").await?;
    topic.text("/wait");
    titled(&stage, "🟨 Alice").await?;
    topic.text("/close");
    titled(&stage, "⬛ Alice").await?;
    alice.text("one more thing");
    titled(&stage, "🟪 Alice").await?;
    topic.text("/close@stage_bot");
    titled(&stage, "⬛ Alice").await?;
    topic.text("by the way");
    alice.wait_text("by the way", SOON).await?;
    titled(&stage, "🟨 Alice").await?;
    alice.text("thanks");
    topic.wait_text("thanks", SOON).await?;
    let texts = alice.texts();
    assert_eq!(
        texts,
        [
            "hello",
            "Hello, Alice!",
            "hi",
            "one more thing",
            "Hello, Alice!",
            "by the way",
            "thanks"
        ],
        "greeted when it opens, and after it was closed"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_and_a_message_are_greeted_once() -> Result<()> {
    let stage = Stage::start(setup("WELCOME = \"Welcome!\"\nAUTO_INFO = true")).await?;
    let bob = stage.sim.user("Bob");
    bob.set_username("bob_the_first");
    let bob = bob.private(&stage.bot);
    bob.start(Some("spring-sale"));
    bob.text("hello");
    let topic = stage.topic("Bob").await?;
    topic.wait_text("hello", SOON).await?;
    let card = topic
        .wait_message(SOON, |m| m.text.starts_with("👤 Bob"))
        .await
        .context(stage.log())?;
    for part in [
        "Username: @bob_the_first",
        &format!("User id: {}", bob.person),
        "Came with: /start spring-sale",
        "waiting for an answer",
    ] {
        assert!(card.text.contains(part), "{part} in {}", card.text);
    }
    bob.text("again");
    topic.wait_text("again", SOON).await?;
    assert_eq!(bob.texts().iter().filter(|text| *text == "Welcome!").count(), 1);
    assert_eq!(topic.texts().iter().filter(|text| text.starts_with("👤")).count(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_and_notes_stay_in_the_topic() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (carol, topic) = met(&stage, "Carol").await?;
    let help = answer(&topic, "/help").await?;
    for command in ["/close", "/hold", "/wait", "/info", "/ text", "/say"] {
        assert!(help.text.contains(command), "{command} in {}", help.text);
    }
    assert!(
        answer(&topic, "/info")
            .await?
            .text
            .contains(&format!("User id: {}", carol.person))
    );
    assert!(answer(&topic, "/INFO@Stage_Bot").await?.text.starts_with("👤"));
    let unknown = answer(&topic, "/colse").await?;
    assert!(
        unknown.text.contains("no command /colse")
            && unknown.text.contains("/close")
            && unknown.text.contains("Nothing was sent"),
        "{}",
        unknown.text
    );
    assert!(answer(&topic, "/new 5").await?.text.contains("General"));
    topic.text("/ a note");
    topic.text("/");
    topic.text("/\nanother note");
    topic.photo("/ a note with a picture");
    topic.text("/close@another_bot");
    topic.text("/frobnicate@another_bot now");
    topic.text("//// is no command");
    carol.wait_text("//// is no command", SOON).await.context(stage.log())?;
    topic.text("the end");
    carol.wait_text("the end", SOON).await?;
    assert_eq!(carol.texts(), ["hello", "//// is no command", "the end"]);
    titled(&stage, "🟨 Carol").await?;
    let answers = topic.content().iter().filter(|m| m.from_bot).count();
    assert_eq!(
        answers,
        6,
        "the customer's message and five answers: {:?}",
        topic.texts()
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_reply_only_nothing_else_goes_out() -> Result<()> {
    let stage = Stage::start(setup("WELCOME = \"OFF\"\nREPLY_ONLY = true")).await?;
    let (dan, topic) = met(&stage, "Dan").await?;
    let shown = topic.wait_text("hello", SOON).await?;
    let talk = topic.text("what do we tell him?");
    topic.reply(talk.message_id, "that we are closed");
    topic.reply(shown.message_id, "We are closed today.");
    let got = dan.wait_text("We are closed today.", SOON).await?;
    assert!(got.reply_to.is_some());
    assert_eq!(dan.texts(), ["hello", "We are closed today."]);
    assert!(
        answer(&topic, "/help")
            .await?
            .text
            .starts_with("Reply to a customer's message")
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_say_who_is_listened_to() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (eve, fay, gus) = (stage.customer("Eve"), stage.customer("Fay"), stage.customer("Gus"));
    stage.write_connections(&format!("WELCOME = \"Hi\"\nIGNORE_CHATS = [{}]", eve.person), "[]")?;
    assert_eq!(stage.apply().await?.code, 0);
    eve.text("ignored");
    fay.text("heard");
    stage.topic("Fay").await?.wait_text("heard", SOON).await?;
    stage.write_connections(&format!("WELCOME = \"Hi\"\nWHITE_LIST = [{}]", gus.person), "[]")?;
    assert_eq!(stage.apply().await?.code, 0);
    fay.text("not heard any more");
    eve.text("not heard");
    gus.text("the only one");
    stage.topic("Gus").await?.wait_text("the only one", SOON).await?;
    stage
        .sim
        .wait_calls(SOON, |calls| {
            calls
                .iter()
                .filter(|call| call.method == "sendmessage" && call.code == 200)
                .count()
                == 2
        })
        .await?;
    assert_eq!(stage.group.own_topics().len(), 2);
    assert_eq!(
        (eve.texts().len(), fay.texts().len(), gus.texts().len()),
        (2, 3, 2),
        "greeted is who is heard"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn new_opens_a_topic_with_whom_telegram_knows() -> Result<()> {
    let mut stage = Stage::prepare(setup("WELCOME = \"Hi\"")).await?;
    // He started the bot before Switchboard was there, and its updates went to another program.
    let henry = stage.customer("Henry");
    henry.start(None);
    stage
        .sim
        .with_world(|world| world.queues.get_mut(&stage.bot.id).map(|queue| queue.clear()));
    assert_eq!(stage.apply().await?.code, 0);
    stage.run().await?;
    let general = stage.operator.general(&stage.group);

    general.text(&format!("/new *{}", henry.person));
    let topic = stage.topic("Henry").await.context(stage.log())?;
    topic
        .wait_message(SOON, |m| m.text.starts_with("💬 Olga opened this dialog with Henry"))
        .await?;
    topic.text("Hello Henry, is all well?");
    henry.wait_text("Hello Henry, is all well?", SOON).await?;
    henry.text("It is!");
    topic.wait_text("It is!", SOON).await?;

    let thread = topic.thread.unwrap_or_default();
    for id in [henry.person.to_string(), format!("*{}", henry.person)] {
        let exists = answer(&general, &format!("/new {id}")).await?;
        assert!(
            exists.text.contains("t.me/c/") && exists.text.ends_with(&format!("/{thread}")),
            "{}",
            exists.text
        );
    }
    let unknown = answer(&general, "/new 99999999").await?;
    assert!(
        unknown.text.contains("No customer 99999999 is known"),
        "{}",
        unknown.text
    );
    assert!(answer(&general, "/new").await?.text.contains("/new USER_ID"));

    // Known to Switchboard: the topic is gone, the contact is not.
    stage.group.delete_topic(&stage.operator, thread);
    topic_gone(&stage, &general, &henry, "Henry").await?;
    assert_eq!(stage.group.own_topics().len(), 1);
    Ok(())
}

/// `/new` for a customer whose topic was deleted gives them one again.
async fn topic_gone(stage: &Stage, general: &Seat, customer: &Seat, name: &str) -> Result<()> {
    general.text(&format!("/new {}", customer.person));
    let topic = stage.topic(name).await.context(stage.log())?;
    topic.text("here is your new topic");
    customer.wait_text("here is your new topic", SOON).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn general_answers_what_is_meant_for_it() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (_, topic) = met(&stage, "Iris").await?;
    topic.text("hi");
    let general = stage.operator.general(&stage.group);
    assert!(answer(&general, "/help").await?.text.contains("/new USER_ID"));
    let info = answer(&general, "/info").await?;
    assert!(
        info.text.contains("Connection support, bot @stage_bot") && info.text.contains("quick-replies"),
        "{}",
        info.text
    );
    let unknown = answer(&general, "/hlep").await?;
    assert!(unknown.text.contains("Did you mean /help?"), "{}", unknown.text);
    assert!(
        answer(&general, "/close")
            .await?
            .text
            .contains("works in a customer's topic")
    );
    let before = stage.sim.last_call();
    general.text("/help@another_bot");
    general.text("/frobnicate@another_bot");
    general.text("a chat among colleagues");
    general.text("/ a slash and a space");
    answer(&general, "/info@stage_bot").await?;
    let calls = stage
        .sim
        .calls_since(before)
        .into_iter()
        .filter(|call| call.method == "sendmessage")
        .count();
    assert_eq!(calls, 1, "only what was meant for it is answered");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_given_by_hand_stays() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (jan, topic) = met(&stage, "Jan").await?;
    let thread = topic.thread.unwrap_or_default();
    let group = telegram_sim::world::chat::ChatKey::Group(stage.group.id());
    let rename = |name: &str| {
        stage
            .sim
            .with_world(|world| world.edit_topic(group, stage.operator.id, thread, Some(name), None))
    };
    rename("Jan, the big order")?;
    titled(&stage, "🟪 Jan, the big order").await?;
    topic.text("/close");
    titled(&stage, "⬛ Jan, the big order").await?;
    jan.text("again");
    titled(&stage, "🟪 Jan, the big order").await?;
    rename("🟨 Jan, shipped")?;
    titled(&stage, "🟪 Jan, shipped").await?;
    jan.block();
    topic
        .wait_message(SOON, |m| m.text.starts_with("⛔ Jan, shipped has blocked"))
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_that_come_twice_count_once() -> Result<()> {
    let stage = Stage::start(setup("WELCOME = \"Hi\"")).await?;
    stage.sim.set_faults(vec![
        Rule::new(Kind::DuplicateUpdates, "getUpdates").chance(0.5).seed(7),
    ]);
    let (moe, topic) = met(&stage, "Moe").await?;
    let thread = topic.thread.unwrap_or_default();
    let group = telegram_sim::world::chat::ChatKey::Group(stage.group.id());
    stage
        .sim
        .with_world(|world| world.edit_topic(group, stage.operator.id, thread, Some("Moe of the bar"), None))?;
    titled(&stage, "🟪 Moe of the bar").await?;
    for (command, mark) in [("/close", "⬛"), ("/hold", "🟪"), ("/wait", "🟨")] {
        topic.text(command);
        titled(&stage, &format!("{mark} Moe of the bar")).await?;
    }
    topic.text("one");
    moe.wait_text("one", SOON).await?;
    moe.text("two");
    topic.wait_text("two", SOON).await?;
    titled(&stage, "🟪 Moe of the bar").await?;
    assert_eq!(moe.texts(), ["hello", "Hi", "one", "two"]);
    assert_eq!(topic.texts(), ["hello", "/close", "/hold", "/wait", "one", "two"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anonymous_administrator_is_an_operator_too() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (kim, _) = met(&stage, "Kim").await?;
    let hidden = stage.sim.user("Lena");
    stage.group.add_admin(&hidden);
    stage.group.hide(&hidden);
    let thread = stage
        .group
        .topic_named("Kim")
        .map(|topic| topic.thread)
        .unwrap_or_default();
    let topic = hidden.in_topic(&stage.group, thread);
    topic.text("An answer of the group's own");
    kim.wait_text("An answer of the group's own", SOON)
        .await
        .context(stage.log())?;
    assert!(answer(&topic, "/info").await?.text.starts_with("👤 Kim"));
    topic.text("/close");
    titled(&stage, "⬛ Kim").await?;
    assert!(
        answer(&hidden.general(&stage.group), "/help")
            .await?
            .text
            .contains("/new")
    );
    Ok(())
}
