//! Delivery to a webhook: order, retries, replies, and programs that are slow, dead or gone.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use switchboard_gateway::{Rules, Taken, Verdict};

use crate::receiver::{Receiver, url};
use crate::stage::{Stage, body, until, update};

/// Telegram's rules, a thousand times as quick where they pause.
fn quick() -> Rules {
    let ms = Duration::from_millis;
    Rules {
        set_gap: Duration::ZERO,
        retry: ms(2),
        retry_most: ms(60),
        probe: ms(2),
        conflict: ms(3),
        store: ms(5),
        drain: ms(2000),
        ..Rules::default()
    }
}

async fn set(stage: &Stage, fields: &[(&str, &str)]) {
    assert_eq!(stage.says("setwebhook", fields).await, "Webhook was set");
}

async fn empty(stage: &Stage) {
    until("all is delivered", async || stage.front.waiting().updates == 0).await;
}

fn status(code: u16) -> Response {
    StatusCode::from_u16(code).unwrap().into_response()
}

async fn rest(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

#[tokio::test]
async fn updates_are_posted_as_telegram_posts_them() {
    let stage = Stage::with(quick()).await;
    let receiver = Receiver::fine();
    let there = receiver.listen().await;
    stage.take([1]).await;
    set(&stage, &[("url", &there), ("secret_token", "Hush-1")]).await;
    stage.take([2]).await;
    empty(&stage).await;
    let hits = receiver.hits.lock().clone();
    assert_eq!(hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(hits[0].body, body(1, 1));
    assert_eq!(hits[0].headers["x-telegram-bot-api-secret-token"], "Hush-1");
    assert_eq!(hits[0].headers["content-type"], "application/json");
    assert_eq!(hits[0].headers["host"], there[7..].split('/').next().unwrap());
    until("the rows go", async || stage.stored().await.is_empty()).await;
    assert_eq!(stage.info().await["ip_address"], "127.0.0.1");
}

#[tokio::test]
async fn chats_keep_their_order_and_go_side_by_side() {
    let stage = Stage::with(quick()).await;
    let receiver = Receiver::new(|hit| async move {
        rest(5).await;
        // Every fifth fails at first.
        status(if hit.id % 5 == 0 && hit.time == 1 { 500 } else { 200 })
    });
    let there = receiver.listen().await;
    set(&stage, &[("url", &there), ("max_connections", "4")]).await;
    for part in 0..10 {
        let updates = (1..=20).map(|n| update(part * 20 + n, n % 7)).collect();
        stage.front.take(updates).await.unwrap();
    }
    empty(&stage).await;
    for chat in 0..7 {
        let first = receiver.first(chat);
        assert!(first.is_sorted(), "{first:?}");
        // A repeat comes before what is after it.
        let hits = receiver.hits.lock();
        assert!(hits.iter().filter(|hit| hit.chat == chat).map(|hit| hit.id).is_sorted());
    }
    assert_eq!(receiver.count(), 200 + 40);
    assert_eq!(receiver.most_inside.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn updates_of_no_chat_wait_for_nothing() {
    let stage = Stage::with(quick()).await;
    let receiver = Receiver::new(|hit| async move {
        if hit.id == 1 {
            rest(60_000).await;
        }
        status(200)
    });
    let there = receiver.listen().await;
    set(&stage, &[("url", &there)]).await;
    let alone = |id| Taken {
        chat: None,
        ..update(id, 0)
    };
    stage.front.take((1..=5).map(alone).collect()).await.unwrap();
    until("the others come", async || stage.front.waiting().updates == 1).await;
}

#[tokio::test]
async fn a_refusal_is_told_and_tried_again() {
    let stage = Stage::with(quick()).await;
    let receiver = Receiver::new(|hit| async move { status(if hit.time < 4 { 500 } else { 204 }) });
    let there = receiver.listen().await;
    set(&stage, &[("url", &there)]).await;
    stage.take([1, 2]).await;
    empty(&stage).await;
    assert_eq!(receiver.ids(), [1, 1, 1, 1, 2, 2, 2, 2]);
    let info = stage.info().await;
    assert_eq!(
        info["last_error_message"],
        "Wrong response from the webhook: 500 Internal Server Error"
    );
    assert_eq!(info["last_error_date"], 1_800_000_000);
    assert_eq!(
        stage.front.waiting().webhook.unwrap().last_error.unwrap().0,
        1_800_000_000_000
    );
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let stage = Stage::with(Rules {
        retry_after_most: Duration::from_millis(300),
        ..quick()
    })
    .await;
    let receiver = Receiver::new(|hit| async move {
        if hit.time == 1 {
            return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "9")]).into_response();
        }
        status(200)
    });
    let there = receiver.listen().await;
    set(&stage, &[("url", &there)]).await;
    stage.take([1]).await;
    empty(&stage).await;
    let hits = receiver.hits.lock();
    assert!(hits[1].at - hits[0].at >= Duration::from_millis(300));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let stage = Stage::with(quick()).await;
    let other = Receiver::fine();
    let elsewhere = other.listen().await;
    let receiver = Receiver::new(move |_| {
        let elsewhere = elsewhere.clone();
        async move { (StatusCode::FOUND, [(header::LOCATION, elsewhere)]).into_response() }
    });
    let there = receiver.listen().await;
    set(&stage, &[("url", &there)]).await;
    stage.take([1]).await;
    until("it is tried again", async || receiver.count() > 2).await;
    assert_eq!(
        stage.info().await["last_error_message"],
        "Wrong response from the webhook: 302 Found"
    );
    assert_eq!(other.count(), 0);
}

#[tokio::test]
async fn a_program_that_says_for_long_that_it_is_gone_loses_its_webhook() {
    let mut stage = Stage::with(Rules {
        gone: Duration::from_millis(50),
        retry_most: Duration::from_millis(5),
        ..quick()
    })
    .await;
    let receiver = Receiver::new(|_| async { status(410) });
    let there = receiver.listen().await;
    set(&stage, &[("url", &there)]).await;
    stage.take([1]).await;
    until("it is closed", async || stage.info().await["url"] == "").await;
    assert_eq!(stage.poll(&[]).await, [1]);
    stage.restart().await;
    assert_eq!(stage.info().await["url"], "");
    assert_eq!(stage.poll(&[]).await, [1]);
}

#[tokio::test]
async fn an_answer_may_ask_for_a_call() {
    let stage = Stage::with(quick()).await;
    *stage.calls.pause.lock() = Duration::from_millis(20);
    let calls = stage.calls.clone();
    let receiver = Receiver::new(move |hit| {
        let before = calls.made.lock().len();
        async move {
            let json = [(header::CONTENT_TYPE, "application/json")];
            let form = [(header::CONTENT_TYPE, "application/x-www-form-urlencoded")];
            match hit.id {
                1 => (json, r#"{"method":"sendMessage","chat_id":7,"text":"a"}"#.to_owned()).into_response(),
                2 => (form, format!("method=SENDMESSAGE&text=after+{before}")).into_response(),
                3 => (json, r#"{"method":"getMe"}"#.to_owned()).into_response(),
                4 => (json, r#"{"method":"deleteWebhook"}"#.to_owned()).into_response(),
                5 => (json, "x".repeat(5 << 20)).into_response(),
                _ => status(200),
            }
        }
    });
    let there = receiver.listen().await;
    stage.calls.fail.store(true, Ordering::SeqCst);
    set(&stage, &[("url", &there)]).await;
    stage.take(1..=6).await;
    empty(&stage).await;
    assert_eq!(receiver.ids(), [1, 2, 3, 4, 5, 6]);
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    };
    // The second update came after the first one's call was made, though that failed.
    let expected = [
        ("sendmessage".to_owned(), pairs(&[("chat_id", "7"), ("text", "a")])),
        ("sendmessage".to_owned(), pairs(&[("text", "after 1")])),
    ];
    assert_eq!(*stage.calls.made.lock(), expected);
}

#[tokio::test]
async fn a_program_that_hangs_gets_its_update_again() {
    let stage = Stage::with(Rules {
        answer: Duration::from_millis(100),
        ..quick()
    })
    .await;
    let receiver = Receiver::new(|hit| async move {
        if hit.time == 1 {
            rest(60_000).await;
        }
        status(200)
    });
    let there = receiver.listen().await;
    set(&stage, &[("url", &there)]).await;
    stage.take([1, 2]).await;
    empty(&stage).await;
    assert_eq!(receiver.ids(), [1, 1, 2, 2]);
    assert_eq!(stage.info().await["last_error_message"], "Read timeout expired");
}

#[tokio::test]
async fn a_dead_program_costs_little_and_finds_all_it_missed() {
    let stage = Stage::with(Rules {
        probe: Duration::from_millis(50),
        ..quick()
    })
    .await;
    // A port that nobody listens at: taken, not listened on.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    set(&stage, &[("url", &url(address))]).await;
    let start = Instant::now();
    stage
        .front
        .take((1..=300).map(|id| update(id, id % 100)).collect())
        .await
        .unwrap();
    until("it is noticed", async || {
        stage.info().await.get("last_error_message").is_some()
    })
    .await;
    assert_eq!(stage.info().await["last_error_message"], "Connection refused");
    assert_eq!(stage.info().await["pending_update_count"], 300);
    let receiver = Receiver::fine();
    receiver.serve(socket.listen(100).unwrap());
    empty(&stage).await;
    assert!(start.elapsed() >= Duration::from_millis(50));
    for chat in 0..100 {
        assert_eq!(receiver.first(chat).len(), 3);
        assert!(receiver.first(chat).is_sorted());
    }
    assert_eq!(receiver.count(), 300);
}

/// Most of what waits stays in the store until there is a connection for it, and nobody is busy meanwhile.
#[tokio::test]
async fn ten_thousand_that_wait_are_fetched_as_they_go() {
    let stage = Stage::with(quick()).await;
    let wide = |id: i64| Taken {
        body: format!(
            r#"{{"update_id":{id},"message":{{"chat":{{"id":{id}}},"text":"{}"}}}}"#,
            "x".repeat(500)
        )
        .into(),
        ..update(id, id)
    };
    for first in (0..10_000).step_by(100) {
        stage
            .front
            .take((first + 1..=first + 100).map(wide).collect())
            .await
            .unwrap();
    }
    let open = tokio::sync::watch::Sender::new(false);
    let opened = open.clone();
    let receiver = Receiver::new(move |_| {
        let mut opened = opened.subscribe();
        async move {
            let _ = opened.wait_for(|open| *open).await;
            status(200)
        }
    });
    let there = receiver.listen().await;
    let runtime = tokio::runtime::Handle::current().metrics();
    let before = runtime.num_alive_tasks();
    set(&stage, &[("url", &there), ("max_connections", "20")]).await;
    until("all connections are in use", async || receiver.hits.lock().len() == 20).await;
    // Two sides of 20 connections, an attempt for each, and a few that are always there.
    let tasks = runtime.num_alive_tasks() - before;
    assert!(tasks <= 20 * 4 + 10, "{tasks} tasks");
    let busy = runtime.worker_total_busy_duration(0);
    rest(300).await;
    let busy = runtime.worker_total_busy_duration(0) - busy;
    assert!(busy < Duration::from_millis(100), "busy for {busy:?} of 300 ms");
    assert_eq!(receiver.hits.lock().len(), 20);
    assert_eq!(stage.front.waiting().updates, 10_000);
    open.send_replace(true);
    until("they go on", async || stage.front.waiting().updates < 9_000).await;
    assert!(receiver.most_inside.load(Ordering::SeqCst) <= 20);
}

#[tokio::test]
async fn a_restart_in_the_middle_loses_nothing() {
    let mut stage = Stage::with(quick()).await;
    let receiver = Receiver::new(|_| async {
        rest(2).await;
        status(200)
    });
    let there = receiver.listen().await;
    set(&stage, &[("url", &there), ("max_connections", "3")]).await;
    let mut id = 0;
    for round in 0..6 {
        let updates = (0..50).map(|_| {
            id += 1;
            update(id, id % 5)
        });
        stage.front.take(updates.collect()).await.unwrap();
        let soon = receiver.count() + 20;
        until("some came", async || receiver.count() >= soon).await;
        if round % 2 == 0 {
            stage.kill().await;
        } else {
            stage.restart().await;
        }
    }
    empty(&stage).await;
    for chat in 0..5 {
        let expected: Vec<i64> = (1..=300).filter(|id| id % 5 == chat).collect();
        assert_eq!(receiver.first(chat), expected);
    }
}

#[tokio::test]
async fn a_stop_waits_for_what_is_under_way() {
    let mut stage = Stage::with(quick()).await;
    let receiver = Receiver::new(|_| async {
        rest(100).await;
        status(200)
    });
    let there = receiver.listen().await;
    set(&stage, &[("url", &there)]).await;
    stage.take([1, 2]).await;
    until("the first is there", async || receiver.count() == 1).await;
    stage.restart().await;
    empty(&stage).await;
    assert_eq!(receiver.ids(), [1, 2]);
}

#[tokio::test]
async fn another_webhook_goes_on_where_the_first_ended() {
    let stage = Stage::with(quick()).await;
    let slow = |_| async {
        rest(50).await;
        status(200)
    };
    let (a, b) = (Receiver::new(slow), Receiver::new(slow));
    let (at_a, at_b) = (a.listen().await, b.listen().await);
    set(&stage, &[("url", &at_a)]).await;
    stage.take([1, 2, 3]).await;
    until("the first is there", async || a.count() == 1).await;
    set(&stage, &[("url", &at_b)]).await;
    empty(&stage).await;
    assert_eq!((a.ids(), b.ids()), (vec![1], vec![2, 3]));
    // An update that is under way when its webhook is deleted is not handed out again once it is taken.
    stage.take([4]).await;
    until("it is there", async || b.count() == 3).await;
    assert_eq!(stage.says("deletewebhook", &[]).await, "Webhook was deleted");
    empty(&stage).await;
    stage.take([5]).await;
    assert_eq!(stage.poll(&[]).await, [5]);
}

#[tokio::test]
async fn a_release_reaches_the_webhook() {
    let stage = Stage::with(quick()).await;
    let receiver = Receiver::fine();
    let there = receiver.listen().await;
    set(&stage, &[("url", &there)]).await;
    let held = Taken {
        verdict: Verdict::Hold,
        ..update(1, 7)
    };
    stage.front.take(vec![held, update(2, 8)]).await.unwrap();
    empty(&stage).await;
    stage.front.release(7, false).await.unwrap();
    until("it comes", async || receiver.count() == 2).await;
    assert_eq!(receiver.ids(), [2, 1]);
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_given() {
    let stage = Stage::with(quick()).await;
    let receiver = Receiver::fine();
    let there = receiver.listen().await;
    let port = there.split(':').nth(2).unwrap().split('/').next().unwrap().to_owned();
    for (id, name) in [(1, "bot.invalid"), (2, "127.0.0.77")] {
        let url = format!("http://{name}:{port}/x");
        set(&stage, &[("url", &url), ("ip_address", "127.0.0.1")]).await;
        stage.take([id]).await;
        empty(&stage).await;
        let hit = receiver.hits.lock().last().cloned().unwrap();
        assert_eq!(hit.headers["host"], format!("{name}:{port}"));
        assert_eq!(stage.info().await["ip_address"], "127.0.0.1");
    }
}
