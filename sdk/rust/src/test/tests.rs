//! The test host keeps the real one's rules.

use super::{Effect, TestHost};
use crate::Response;
use crate::prelude::*;
use crate::words::code;

#[test]
fn a_failed_turn_must_leave_nothing() {
    let host = TestHost::new();
    let dialog = host.with_dialog(7);
    let result = host.turn(|host| {
        host.store().set("key", "value")?;
        host.contacts().tag(dialog.contact, "vip")?;
        host.dialogs().send(dialog.id, "Hello")?;
        host.log().info("so far");
        Err::<(), _>(Error::refused("No."))
    });
    assert_eq!(result.unwrap_err().message, "No.");
    assert_eq!(host.store().get("key"), Ok(None));
    assert_eq!(host.contact(7).unwrap().tags, [""; 0]);
    assert_eq!(host.effects(), []);
    assert_eq!(host.log_lines().len(), 1, "log lines are no effects");
}

#[test]
fn values_must_expire() {
    let host = TestHost::new();
    host.store().set_for(60, "key", "value").unwrap();
    assert_eq!(host.store().text("key").unwrap().as_deref(), Some("value"));
    host.set_now(host.now() + 60_000);
    assert_eq!(host.store().get("key"), Ok(None));
}

#[test]
fn numbers_must_add_up() {
    let host = TestHost::new();
    assert_eq!(host.store().add("n", 2), Ok(2));
    assert_eq!(host.store().add("n", -5), Ok(-3));
    host.store().set("n", "many").unwrap();
    assert!(host.store().add("n", 1).unwrap_err().is(code::INVALID));
}

#[test]
fn pages_must_join_up() {
    let host = TestHost::new();
    for n in 0..5 {
        host.store().set(&format!("a{n}"), "").unwrap();
    }
    host.store().set("b", "").unwrap();
    let mut keys = Vec::new();
    let mut after = None;
    loop {
        let page = host.store().entries("a", after.as_deref(), 2).unwrap();
        keys.extend(page.items.into_iter().map(|(key, _)| key));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(keys, ["a0", "a1", "a2", "a3", "a4"]);
}

#[test]
fn limits_must_hold() {
    let host = TestHost::new();
    host.with_dialog(7);
    let send = |content: Content| host.dialogs().send(7, content).unwrap_err().code;
    assert_eq!(send("x".repeat(4097).into()), code::LIMIT);
    assert_eq!(send("".into()), code::INVALID);
    assert_eq!(
        send(Content::from("x").row([Button::press("b", "v".repeat(41))])),
        code::LIMIT
    );
    let mut split = StyledText::new().bold("é");
    split.entities[0].length = 1;
    assert_eq!(send(split.into()), code::INVALID);
    assert!(
        host.store()
            .set("k", vec![0; 64 * 1024 + 1])
            .unwrap_err()
            .is(code::LIMIT)
    );
    assert!(host.contacts().tag(7, "two words").unwrap_err().is(code::INVALID));
    assert!(host.dialogs().set_status(7, "lost").unwrap_err().is(code::INVALID));
    assert!(host.dialogs().send(8, "x").unwrap_err().is(code::NOT_FOUND));
    assert_eq!(host.effects(), []);
}

#[test]
fn dialogs_must_show_their_contacts_tags() {
    let host = TestHost::new();
    host.with_dialog(7);
    assert_eq!(host.contacts().tag(7, "vip"), Ok(true));
    assert_eq!(host.contacts().tag(7, "vip"), Ok(false));
    assert_eq!(host.contacts().tag(7, "new"), Ok(true));
    assert_eq!(host.dialog(7).unwrap().tags, ["new", "vip"]);
    let found = host.contacts().search("tag:vip and not blocked", None, 10).unwrap();
    assert_eq!(found.items.len(), 1);
}

#[test]
fn requests_must_get_the_responses_in_order() {
    let host = TestHost::new();
    host.add_response(Ok(Response {
        status: 204,
        ..Default::default()
    }));
    assert_eq!(host.http().get("https://example.org/").unwrap().status, 204);
    assert!(host.http().get("https://example.org/").is_err());
    assert_eq!(host.requests().len(), 2);
}

#[test]
fn random_numbers_must_repeat_in_the_next_run() {
    let (one, other) = (TestHost::new(), TestHost::new());
    assert_eq!([one.random(), one.random()], [other.random(), other.random()]);
    assert_ne!(one.random(), one.random());
}

#[test]
fn timers_must_move_and_go() {
    let host = TestHost::new();
    let now = host.now();
    host.schedule().set("nudge", now + 1, "a", None).unwrap();
    host.schedule().set("nudge", now + 2, "b", None).unwrap();
    assert_eq!(host.timers().len(), 1);
    assert_eq!(host.timers()[0].due, now + 2);
    assert_eq!(host.schedule().cancel("nudge"), Ok(true));
    assert_eq!(host.schedule().cancel("nudge"), Ok(false));
    assert!(matches!(host.effects().last(), Some(Effect::TimerCancelled { .. })));
}
