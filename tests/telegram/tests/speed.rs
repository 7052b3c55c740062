//! The referee must be far quicker than what it measures: messages per second through one bot's whole cycle.

mod common;

use std::time::Instant;

use common::{SOON, stage};
use serde_json::json;

/// Far below what the machine does, so that only a real slowdown (a scan per call) fails.
const LEAST_PER_SECOND: f64 = 500.0;
const MESSAGES: usize = 3000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_messages_a_second() {
    let s = stage().await;
    let t = s.topic("A").await;
    s.api.updates().await;
    let chat = s.alice.private(&s.bot);
    let started = Instant::now();
    for i in 0..MESSAGES {
        chat.text(&format!("message {i}"));
    }
    let mut copied = 0;
    let mut offset = 0;
    while copied < MESSAGES {
        let list = s.api.ok("getUpdates", json!({"offset": offset})).await;
        let ids: Vec<i64> = list
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|u| u["message"]["message_id"].as_i64())
            .collect();
        offset = list.as_array().unwrap().last().unwrap()["update_id"].as_i64().unwrap() + 1;
        let sends = ids.iter().map(|id| {
            let p =
                json!({"chat_id": s.forum.id(), "message_thread_id": t, "from_chat_id": s.alice.id, "message_id": id});
            s.api.ok("copyMessage", p)
        });
        copied += futures_util::future::join_all(sends).await.len();
    }
    let rate = MESSAGES as f64 / started.elapsed().as_secs_f64();
    println!("{rate:.0} messages a second (typed, fetched, copied), client included");
    s.owner
        .in_topic(&s.forum, t)
        .wait_count(MESSAGES + 1, SOON)
        .await
        .unwrap();
    assert!(rate > LEAST_PER_SECOND, "{rate:.0} a second");
}
