//! Flood limits: what counts, what a 429 says, that obeying it helps.

mod common;

use std::time::Duration;

use common::stage;
use serde_json::json;
use telegram_sim::Limits;

#[tokio::test]
async fn a_group_takes_so_many_and_says_how_long_to_wait() {
    let s = stage().await;
    let t = s.topic("A").await;
    s.sim.set_limits(Limits::group(3, Duration::from_secs(3)));
    let g = s.forum.id();
    let p = json!({"chat_id": g, "message_thread_id": t, "text": "x"});
    let m = s.api.ok("sendMessage", p.clone()).await;
    // Edits and renames spend from the same purse.
    s.api
        .ok(
            "editMessageText",
            json!({"chat_id": g, "message_id": m["message_id"], "text": "y"}),
        )
        .await;
    s.api
        .ok(
            "editForumTopic",
            json!({"chat_id": g, "message_thread_id": t, "name": "B"}),
        )
        .await;
    let a = s.api.call("sendMessage", p.clone()).await;
    assert_eq!(a.status, 429);
    let wait = a.body["parameters"]["retry_after"].as_u64().unwrap();
    assert!((1..=3).contains(&wait));
    assert_eq!(a.body["description"], format!("Too Many Requests: retry after {wait}"));
    assert_eq!(a.retry_after.unwrap(), wait.to_string());
    // Other chats, deletions and reactions go on.
    s.chat();
    s.api
        .ok("sendMessage", json!({"chat_id": s.alice.id, "text": "x"}))
        .await;
    s.api
        .ok("deleteMessage", json!({"chat_id": g, "message_id": m["message_id"]}))
        .await;
    tokio::time::sleep(Duration::from_secs(wait)).await;
    s.api.ok("sendMessage", p).await;
    let counts = s.sim.counts();
    assert_eq!(counts.refused_429, 1);
    let refused = s.sim.calls().into_iter().find(|c| c.code == 429).unwrap();
    assert_eq!(
        (refused.chat, refused.thread, refused.effect),
        (Some(g), Some(t), false)
    );
}

#[tokio::test]
async fn refused_and_failed_calls_spend_nothing_and_batches_spend_each() {
    let s = stage().await;
    let chat = s.chat();
    let ids: Vec<i64> = (0..3).map(|i| chat.text(&i.to_string()).bot_message_id).collect();
    s.sim.set_limits(Limits::group(4, Duration::from_secs(60)));
    let g = s.forum.id();
    for _ in 0..10 {
        s.api.err("sendMessage", json!({"chat_id": g, "text": ""})).await;
    }
    let batch = json!({"chat_id": g, "from_chat_id": s.alice.id, "message_ids": ids});
    s.api.ok("copyMessages", batch.clone()).await;
    assert_eq!(
        s.api.call("copyMessages", batch.clone()).await.status,
        429,
        "three more do not fit"
    );
    s.api.ok("sendMessage", json!({"chat_id": g, "text": "one does"})).await;
    s.sim.set_limits(Limits {
        batch_counts_each: false,
        ..Limits::group(2, Duration::from_secs(60))
    });
    s.api.ok("copyMessages", batch.clone()).await;
    s.api.ok("copyMessages", batch.clone()).await;
    assert_eq!(s.api.call("copyMessages", batch).await.status, 429);
    s.sim.set_limits(Limits::OFF);
    s.api.ok("sendMessage", json!({"chat_id": g, "text": "off"})).await;
}

#[tokio::test]
async fn private_chats_and_bots_have_limits_too() {
    let s = stage().await;
    s.chat();
    let bob = s.sim.user("Bob");
    bob.private(&s.bot).start(None);
    let p = |id: i64| json!({"chat_id": id, "text": "x"});
    let limits =
        |bot: &str, private: &str| serde_json::from_value::<Limits>(json!({"bot": bot, "private": private})).unwrap();
    s.sim.set_limits(limits("off", "1/60s"));
    s.api.ok("sendMessage", p(s.alice.id)).await;
    assert_eq!(s.api.call("sendMessage", p(s.alice.id)).await.status, 429);
    s.api.ok("sendMessage", p(bob.id)).await;
    s.sim.set_limits(limits("1/60s", "off"));
    s.api.ok("sendMessage", p(s.alice.id)).await;
    assert_eq!(s.api.call("sendMessage", p(bob.id)).await.status, 429);
}
