//! `getUpdates`: offsets, limits, waits, conflicts, kinds.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use switchboard_gateway::{Taken, Verdict};
use tokio::time::{Instant, sleep};

use crate::stage::{Stage, body, call, ids, update};

const OTHER: &str = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
const SET: &str = "Conflict: terminated by setWebhook request";
const HOOKED: &str =
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
const HOOK: (&str, &str) = ("url", "http://127.0.0.1:9/hook");

/// Far enough from the last poll for the guard against hasty programs.
async fn calm() {
    sleep(Duration::from_secs(4)).await;
}

#[tokio::test(start_paused = true)]
async fn updates_come_byte_for_byte() {
    let stage = Stage::new().await;
    stage.take([7, 9]).await;
    let answer = stage.call("getupdates", &[]).await;
    let expected = format!(r#"{{"ok":true,"result":[{},{}]}}"#, body(7, 1), body(9, 1));
    assert_eq!(answer.body, Bytes::from(expected));
    assert_eq!((answer.status, answer.retry_after), (200, None));
}

#[tokio::test(start_paused = true)]
async fn a_positive_offset_confirms_all_lower() {
    let stage = Stage::new().await;
    stage.take([10, 11, 13, 14]).await;
    assert_eq!(stage.poll(&[("offset", "0")]).await, [10, 11, 13, 14]);
    assert_eq!(stage.poll(&[("offset", "12")]).await, [13, 14]);
    assert_eq!(stage.poll(&[("offset", "11")]).await, [13, 14]);
    assert_eq!(stage.poll(&[]).await, [13, 14]);
    assert_eq!(stage.poll(&[("offset", "15")]).await, [0; 0]);
    assert_eq!(stage.poll(&[]).await, [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_negative_offset_keeps_the_last() {
    let stage = Stage::new().await;
    stage.take(1..=5).await;
    assert_eq!(stage.poll(&[("offset", "-2")]).await, [4, 5]);
    assert_eq!(stage.poll(&[("offset", "-9")]).await, [4, 5]);
    calm().await;
    // It cuts once, and not again what comes while it waits.
    assert_eq!(stage.poll(&[("offset", "6")]).await, [0; 0]);
    let (waiting, ()) = tokio::join!(stage.poll(&[("offset", "-1"), ("timeout", "9")]), async {
        sleep(Duration::from_secs(1)).await;
        stage.take([6, 7]).await;
    });
    assert_eq!(waiting, [6, 7]);
}

#[tokio::test(start_paused = true)]
async fn an_offset_that_nobody_knows_starts_at_the_head() {
    let stage = Stage::new().await;
    stage.take([100, 101]).await;
    for offset in ["1", "-0", "113", "99999999999", "abc"] {
        assert_eq!(stage.poll(&[("offset", offset)]).await, [100, 101], "{offset}");
        calm().await;
    }
    // A little ahead is still the same numbering.
    assert_eq!(stage.poll(&[("offset", "112")]).await, [0; 0]);
    assert_eq!(stage.poll(&[]).await, [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn limits_are_brought_into_range() {
    let stage = Stage::new().await;
    stage.take(1..=150).await;
    for (limit, count) in [("3", 3), ("0", 1), ("-5", 1), ("abc", 1), ("", 100), ("101", 100)] {
        assert_eq!(stage.poll(&[("limit", limit)]).await.len(), count, "{limit}");
        calm().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_waits_for_an_update_and_no_longer_than_50_seconds() {
    let stage = Stage::new().await;
    let start = Instant::now();
    assert_eq!(stage.poll(&[("timeout", "1000")]).await, [0; 0]);
    assert_eq!(start.elapsed().as_secs(), 50);
    let (got, ()) = tokio::join!(stage.poll(&[("timeout", "30"), ("offset", "1")]), async {
        sleep(Duration::from_secs(5)).await;
        stage.take([5]).await;
    });
    assert_eq!(got, [5]);
    assert_eq!(start.elapsed().as_secs(), 55);
    assert_eq!(stage.poll(&[("timeout", "-3")]).await, [5]);
}

#[tokio::test(start_paused = true)]
async fn a_program_that_asks_the_same_over_and_over_is_slowed() {
    let stage = Stage::new().await;
    let start = Instant::now();
    assert_eq!(stage.poll(&[("offset", "3")]).await, [0; 0]);
    assert_eq!(start.elapsed().as_secs(), 0);
    assert_eq!(stage.poll(&[("offset", "3")]).await, [0; 0]);
    assert_eq!(start.elapsed().as_secs(), 3);
    stage.take([4, 5, 6]).await;
    assert_eq!(stage.poll(&[("offset", "4")]).await, [4, 5, 6]);
    assert_eq!(stage.poll(&[("offset", "4")]).await, [4]);
    sleep(Duration::from_millis(600)).await;
    assert_eq!(stage.poll(&[("offset", "4")]).await, [4, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_has_about_4_mib_at_most() {
    let stage = Stage::new().await;
    let long = |id: i64| Taken {
        body: format!(r#"{{"update_id":{id},"message":"{}"}}"#, "x".repeat(1 << 20)).into(),
        ..update(id, 1)
    };
    stage.front.take((1..=6).map(long).collect()).await.unwrap();
    assert_eq!(stage.poll(&[]).await, [1, 2, 3]);
    assert_eq!(stage.poll(&[("offset", "4")]).await, [4, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn a_second_poll_ends_the_first() {
    let stage = Stage::new().await;
    let start = Instant::now();
    let wait = &[("timeout", "20")];
    let (first, second, third) = tokio::join!(
        stage.says("getupdates", wait),
        async {
            sleep(Duration::from_secs(1)).await;
            (
                stage.says("getupdates", &[("timeout", "20"), ("offset", "1")]).await,
                start.elapsed(),
            )
        },
        async {
            sleep(Duration::from_secs(2)).await;
            // One that does not wait ends no other.
            assert_eq!(stage.poll(&[("offset", "9")]).await, [0; 0]);
            (stage.poll(&[("timeout", "20"), ("offset", "2")]).await, start.elapsed())
        }
    );
    assert_eq!(first, OTHER);
    // The second 409 within three seconds is held back for three more.
    assert_eq!((second.0.as_str(), second.1.as_secs()), (OTHER, 5));
    assert_eq!((third.0, third.1.as_secs()), (vec![], 22));
    assert_eq!(stage.call("getupdates", &[("offset", "5")]).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_went_away_ends_nothing() {
    let stage = Stage::new().await;
    let first = stage.poll(&[("timeout", "20")]);
    assert!(tokio::time::timeout(Duration::from_secs(1), first).await.is_err());
    let start = Instant::now();
    assert_eq!(stage.poll(&[("timeout", "20"), ("offset", "1")]).await, [0; 0]);
    assert_eq!(start.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_and_polls_exclude_each_other() {
    let stage = Stage::new().await;
    let (poll, set) = tokio::join!(stage.says("getupdates", &[("timeout", "20")]), async {
        sleep(Duration::from_secs(1)).await;
        stage.says("setwebhook", &[HOOK]).await
    });
    assert_eq!((poll.as_str(), set.as_str()), (SET, "Webhook was set"));
    sleep(Duration::from_secs(4)).await;
    let start = Instant::now();
    assert_eq!(stage.call("getupdates", &[]).await.status, 409);
    assert_eq!(stage.says("getupdates", &[]).await, HOOKED);
    assert_eq!(start.elapsed().as_secs(), 3);
    assert_eq!(stage.says("deletewebhook", &[]).await, "Webhook was deleted");
    assert_eq!(stage.poll(&[]).await, [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn kinds_are_chosen_once_and_kept() {
    let mut stage = Stage::new().await;
    let mut changed = stage.front.kinds_changed();
    assert!(!stage.front.kinds().contains(&"chat_member".to_owned()));
    stage.poll(&[("allowed_updates", r#"["poll","chat_member"]"#)]).await;
    changed.changed().await.unwrap();
    assert_eq!(*changed.borrow(), ["poll", "chat_member"]);
    stage.restart().await;
    assert_eq!(stage.front.kinds(), ["poll", "chat_member"]);
    let kind = |id: i64, kind: &str| Taken {
        kind: kind.into(),
        ..update(id, 1)
    };
    stage
        .front
        .take(vec![kind(1, "message"), kind(2, "poll"), kind(3, "chat_member")])
        .await
        .unwrap();
    for keep in [None, Some("null"), Some("[1]"), Some("message")] {
        let fields: Vec<_> = keep.map(|text| ("allowed_updates", text)).into_iter().collect();
        assert_eq!(stage.poll(&fields).await, [2, 3]);
        calm().await;
    }
    assert_eq!(stage.info().await["allowed_updates"], json!(["poll", "chat_member"]));
    stage.poll(&[("allowed_updates", "[]")]).await;
    assert!(stage.info().await.get("allowed_updates").is_none());
    stage
        .front
        .take(vec![kind(4, "message"), kind(5, "chat_member"), kind(6, "unheard_of")])
        .await
        .unwrap();
    assert_eq!(stage.poll(&[("offset", "4")]).await, [4, 6]);
}

#[tokio::test(start_paused = true)]
async fn only_calls_about_updates_are_answered_here() {
    let stage = Stage::new().await;
    for method in ["sendmessage", "getme", "getfile", "getupdatesx"] {
        assert!(stage.front.answer(method, &Default::default(), None).await.is_none());
    }
    for method in ["logout", "close"] {
        assert_eq!(stage.call(method, &[]).await.status, 400);
        assert!(stage.says(method, &[]).await.starts_with("Bad Request: "));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_polls_go() {
    let stage = Stage::new().await;
    stage.take([1]).await;
    let start = Instant::now();
    let (got, ()) = tokio::join!(
        call(&stage.front, "getupdates", &[("offset", "2"), ("timeout", "50")]),
        async {
            sleep(Duration::from_secs(1)).await;
            stage.front.stop().await;
        }
    );
    assert_eq!(ids(&got), [0; 0]);
    assert_eq!(start.elapsed().as_secs(), 1);
    assert_eq!(stage.says("getupdates", &[]).await, "Internal Server Error: restart");
    assert_eq!(
        stage.says("setwebhook", &[HOOK]).await,
        "Internal Server Error: restart"
    );
    assert!(stage.front.take(vec![update(2, 1)]).await.is_err());
    assert!(stage.front.release(1, false).await.is_err());
    assert!(stage.stored().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn hidden_updates_leave_holes() {
    let stage = Stage::new().await;
    let hidden = Taken {
        verdict: Verdict::Hide,
        ..update(2, 1)
    };
    stage
        .front
        .take(vec![update(1, 1), hidden, update(3, 1)])
        .await
        .unwrap();
    assert_eq!(stage.poll(&[]).await, [1, 3]);
    let kept = stage.store.gateway(stage.connection).await.unwrap();
    assert_eq!(kept.mark, 3);
    let hidden = Taken {
        verdict: Verdict::Hide,
        ..update(4, 1)
    };
    stage.front.take(vec![hidden]).await.unwrap();
    assert_eq!(stage.store.gateway(stage.connection).await.unwrap().mark, 4);
}
