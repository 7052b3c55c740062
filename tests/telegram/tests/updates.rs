//! getUpdates: offsets, limits, kinds, waiting, and the two conflicts.

mod common;

use std::time::{Duration, Instant};

use common::{Api, TOKEN, stage, stage_with};
use serde_json::{Value, json};
use telegram_sim::Options;

fn ids(v: &Value) -> Vec<i64> {
    v.as_array()
        .unwrap()
        .iter()
        .map(|u| u["update_id"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn offsets_confirm_and_negative_ones_keep_the_tail() {
    let s = stage().await;
    s.api.updates().await;
    let chat = s.alice.private(&s.bot);
    for i in 0..5 {
        chat.text(&format!("m{i}"));
    }
    let all = ids(&s.api.ok("getUpdates", json!({})).await);
    assert_eq!(all.len(), 5);
    assert!(all.windows(2).all(|w| w[1] == w[0] + 1));
    assert_eq!(
        ids(&s.api.ok("getUpdates", json!({"offset": all[1], "limit": 2})).await),
        all[1..3]
    );
    assert_eq!(
        ids(&s.api.ok("getUpdates", json!({"offset": all[0]})).await),
        all[1..],
        "what was confirmed stays confirmed"
    );
    assert_eq!(ids(&s.api.ok("getUpdates", json!({"offset": -2})).await), all[3..]);
    assert_eq!(ids(&s.api.ok("getUpdates", json!({"offset": all[4]})).await), all[4..]);
    assert_eq!(s.bot.pending_updates(), 1);
}

#[tokio::test]
async fn a_poll_waits_and_is_woken() {
    let s = stage().await;
    s.api.updates().await;
    let started = Instant::now();
    let waiting = tokio::spawn(s.api.ok("getUpdates", json!({"timeout": 30})));
    let waits = |c: &[telegram_sim::Call]| c.iter().any(|c| c.method == "getupdates" && c.code == 0);
    s.sim.wait_calls(common::SOON, waits).await.unwrap();
    s.alice.private(&s.bot).text("wake");
    let got = waiting.await.unwrap();
    assert_eq!(got[0]["message"]["text"], "wake");
    assert!(started.elapsed() < Duration::from_secs(5));
    // Without news a poll ends empty when its time is over.
    let offset = got[0]["update_id"].as_i64().unwrap() + 1;
    let started = Instant::now();
    assert_eq!(
        s.api.ok("getUpdates", json!({"timeout": 1, "offset": offset})).await,
        json!([])
    );
    assert!(started.elapsed() >= Duration::from_millis(990));
}

#[tokio::test]
async fn a_second_poll_ends_the_first() {
    let s = stage().await;
    s.api.updates().await;
    // Whichever comes second ends the other.
    let poll = || {
        let api = s.api.clone();
        tokio::spawn(async move { api.call("getUpdates", json!({"timeout": 30})).await })
    };
    let (mut a, mut b) = (poll(), poll());
    let (ended, other) = tokio::select! {
        x = &mut a => (x.unwrap(), b),
        x = &mut b => (x.unwrap(), a),
    };
    s.alice.private(&s.bot).text("for the one that is left");
    let fine = other.await.unwrap();
    assert_eq!((ended.status, fine.status), (409, 200));
    let text = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    assert_eq!(ended.body["description"], text);
}

#[tokio::test]
async fn kinds_are_chosen_and_remembered() {
    let s = stage().await;
    s.api
        .ok("getUpdates", json!({"allowed_updates": ["callback_query"]}))
        .await;
    let chat = s.alice.private(&s.bot);
    chat.text("unseen");
    assert!(ids(&s.api.ok("getUpdates", json!({"offset": -1})).await).len() <= 1);
    let unseen = s.api.updates().await;
    assert!(
        unseen.iter().all(|u| u["message"]["text"] != "unseen"),
        "absent keeps the previous choice"
    );
    let info = s.api.ok("getWebhookInfo", json!({})).await;
    assert_eq!(info["allowed_updates"], json!(["callback_query"]));
    s.api.ok("getUpdates", json!({"allowed_updates": "[]"})).await;
    chat.text("seen");
    assert_eq!(s.api.incoming().await[0]["text"], "seen");
    // chat_member comes only by name.
    let bob = s.sim.user("Bob");
    s.forum.add(&bob);
    assert!(s.api.updates().await.iter().all(|u| u.get("chat_member").is_none()));
    s.api
        .ok("getUpdates", json!({"allowed_updates": ["chat_member"]}))
        .await;
    s.forum.remove(bob.id);
    let u = s.api.updates().await;
    assert_eq!(u[0]["chat_member"]["new_chat_member"]["status"], "left");
}

#[tokio::test]
async fn polls_and_webhooks_exclude_each_other() {
    let s = stage_with(Options {
        hurry: 1000.0,
        ..Options::default()
    })
    .await;
    s.api.updates().await;
    let api = s.api.clone();
    let poll = tokio::spawn(async move { api.err("getUpdates", json!({"timeout": 30})).await });
    let again = s.api.clone();
    // Set until the waiting poll was there to be ended.
    let mut port = 1;
    while !poll.is_finished() {
        port += 1;
        let a = again
            .call("setWebhook", json!({"url": format!("http://127.0.0.1:{port}/")}))
            .await;
        assert!(a.status == 200 || a.status == 429, "{}", a.body);
        if !poll.is_finished() {
            tokio::task::yield_now().await;
        }
    }
    let (code, text) = poll.await.unwrap();
    assert_eq!(code, 409);
    assert!(
        text == "Conflict: terminated by setWebhook request"
            || text
                == "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        "{text}"
    );
    let (code, text) = s.api.err("getUpdates", json!({})).await;
    assert_eq!(
        (code, text.as_str()),
        (
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        )
    );
    let a = s.api.call("deleteWebhook", json!({})).await;
    assert_eq!(a.body["description"], "Webhook was deleted");
    let a = s.api.call("deleteWebhook", json!({})).await;
    assert_eq!(a.body["description"], "Webhook is already deleted");
    s.api.ok("getUpdates", json!({})).await;
}

#[tokio::test]
async fn bots_have_queues_of_their_own() {
    let s = stage().await;
    let other = s.sim.bot("888:s", "other_bot");
    let api = Api::new(&s.sim, "888:s");
    s.api.updates().await;
    s.alice.private(&other).text("to the other");
    assert!(s.api.updates().await.is_empty());
    assert_eq!(api.incoming().await.len(), 1);
    assert_eq!(s.api.token, TOKEN);
}
