//! Long runs keep a flat memory: old messages, events and calls are forgotten.

mod common;

use common::{SOON, stage_with};
use serde_json::json;
use telegram_sim::Options;
use telegram_sim::world::Bounds;

#[tokio::test]
async fn old_things_are_forgotten() {
    let bounds = Bounds {
        messages_per_chat: Some(5),
        events: 10,
    };
    let s = stage_with(Options {
        bounds,
        journal: 4,
        ..Options::default()
    })
    .await;
    let chat = s.alice.private(&s.bot);
    let first = chat.text("0");
    for i in 1..20 {
        chat.text(&i.to_string());
    }
    assert_eq!(chat.texts(), ["15", "16", "17", "18", "19"]);
    let p = json!({"chat_id": s.forum.id(), "from_chat_id": s.alice.id, "message_id": first.bot_message_id});
    assert_eq!(
        s.api.err("copyMessage", p).await.1,
        "Bad Request: message to copy not found"
    );
    for _ in 0..6 {
        s.api.ok("getMe", json!({})).await;
    }
    assert_eq!(s.sim.calls().len(), 4);
    assert_eq!(s.sim.counts().by_method["getme"], 6, "the counters go on");
    assert_eq!(s.sim.calls_since(s.sim.last_call() - 1).len(), 1);
    let url = format!("{}/sim/users/{}/events?after=1", s.sim.api_url(), s.alice.id);
    let v: serde_json::Value = s.api.http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(v["result"]["lost"], true);
    chat.wait_count(5, SOON).await.unwrap();
}

#[tokio::test]
async fn a_wait_in_vain_says_what_was_there() {
    let s = stage_with(Options::default()).await;
    let chat = s.alice.private(&s.bot);
    chat.text("only this");
    let e = chat
        .wait_text("something else", std::time::Duration::from_millis(50))
        .await
        .unwrap_err();
    assert!(e.to_string().contains("only this"), "{e}");
    let e = s
        .forum
        .wait_topic("X", std::time::Duration::from_millis(50))
        .await
        .unwrap_err();
    assert!(e.to_string().contains("waited 50ms in vain"), "{e}");
}
