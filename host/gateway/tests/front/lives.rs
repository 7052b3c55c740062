//! What lasts: over restarts and crashes, a day, and no longer.

use futures_util::FutureExt as _;
use switchboard_gateway::{Front, FrontDeps, GatewayError, Rules, Taken};

use crate::receiver::Receiver;
use crate::stage::{DAY, Stage, call, ids, until, update};

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_in_a_crash() {
    let mut stage = Stage::new().await;
    stage.take(1..=5).await;
    assert_eq!(stage.poll(&[("limit", "2")]).await, [1, 2]);
    stage.kill().await;
    assert_eq!(stage.poll(&[]).await, [1, 2, 3, 4, 5]);
    // Repeats of what was taken are passed over, as they come from Telegram after a crash.
    stage.take(3..=6).await;
    assert_eq!(stage.poll(&[]).await.len(), 1);
    assert_eq!(stage.poll(&[("offset", "5")]).await, [5, 6]);
}

#[tokio::test(start_paused = true)]
async fn confirmations_outlive_an_orderly_stop() {
    let mut stage = Stage::new().await;
    stage.take(1..=3000).await;
    assert_eq!(stage.poll(&[("offset", "2999")]).await, [2999, 3000]);
    stage.restart().await;
    assert_eq!(stage.stored().await, [(2999, false), (3000, false)]);
    assert_eq!(stage.poll(&[]).await, [2999, 3000]);
}

#[tokio::test(start_paused = true)]
async fn confirmed_updates_leave_the_store() {
    let stage = Stage::new().await;
    stage.take(1..=10).await;
    stage.poll(&[("offset", "9")]).await;
    until("they are erased", async || stage.stored().await.len() == 2).await;
}

#[tokio::test(start_paused = true)]
async fn updates_live_a_day() {
    let stage = Stage::new().await;
    stage.take([1]).await;
    stage.pass(DAY / 2);
    stage.take([2]).await;
    stage.pass(DAY / 2 - 1000);
    assert_eq!(stage.front.waiting().oldest, Some(1_800_000_000_000));
    assert_eq!(stage.poll(&[]).await, [1, 2]);
    stage.pass(2000);
    assert_eq!(stage.poll(&[("offset", "1")]).await, [2]);
    stage.pass(DAY);
    // Without a call too.
    until("the last is erased", async || stage.stored().await.is_empty()).await;
    assert_eq!(stage.front.waiting().oldest, None);
}

#[tokio::test(start_paused = true)]
async fn telegram_may_count_anew_after_days_without_updates() {
    let mut stage = Stage::new().await;
    stage.take([1000, 1001]).await;
    assert_eq!(stage.poll(&[("offset", "1002")]).await, [0; 0]);
    stage.pass(DAY);
    stage.take([500]).await;
    assert_eq!(stage.poll(&[]).await, [0; 0]);
    stage.pass(DAY + 1000);
    stage.restart().await;
    stage.take([500, 501, 501]).await;
    assert_eq!(stage.poll(&[]).await, [500, 501]);
    stage.take([501, 502]).await;
    assert_eq!(stage.poll(&[("offset", "501")]).await, [501, 502]);
}

#[tokio::test(start_paused = true)]
async fn the_oldest_make_room() {
    let mut stage = Stage::with(Rules {
        most: 10,
        ..Rules::default()
    })
    .await;
    stage.take(1..=8).await;
    stage.take(9..=13).await;
    let expected: Vec<i64> = (4..=13).collect();
    assert_eq!(stage.poll(&[]).await, expected);
    stage.kill().await;
    assert_eq!(stage.poll(&[]).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_takes_nothing() {
    let mut stage = Stage::new().await;
    stage.take([1]).await;
    stage.store.close().await;
    assert!(matches!(
        stage.front.take(vec![update(2, 1)]).await,
        Err(GatewayError::Store(_))
    ));
    assert_eq!(stage.front.waiting().updates, 1);
    assert_eq!(
        stage.says("getupdates", &[("allowed_updates", r#"["poll"]"#)]).await,
        "Internal Server Error"
    );
    stage.kill().await;
    stage.take([1, 2]).await;
    assert_eq!(stage.poll(&[]).await, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_gone_takes_nothing() {
    let stage = Stage::new().await;
    stage.store.remove_connection("support").await.unwrap();
    assert!(matches!(
        stage.front.take(vec![update(2, 1)]).await,
        Err(GatewayError::Stopped)
    ));
}

#[tokio::test(start_paused = true)]
async fn rows_that_others_erased_do_no_harm() {
    let stage = Stage::new().await;
    // More than is kept at hand.
    let long = |id: i64| Taken {
        body: format!(r#"{{"update_id":{id},"text":"{}"}}"#, "x".repeat(20_000)).into(),
        ..update(id, 1)
    };
    stage.front.take((1..=50).map(long).collect()).await.unwrap();
    stage.store.prune(0, i64::MAX, 0).await.unwrap();
    let got = stage.poll(&[]).await;
    assert!(got.len() < 10 && got.is_sorted());
    assert_eq!(stage.front.waiting().updates, got.len());
}

#[tokio::test(start_paused = true)]
async fn settings_are_sealed() {
    let stage = Stage::new().await;
    let fields = [("url", "https://127.0.0.1/Path-Secret"), ("secret_token", "Hush-Hush")];
    let certificate = include_bytes!("self-signed.pem").to_vec();
    let answer = stage
        .front
        .answer("setwebhook", &crate::stage::params(&fields), Some(certificate.into()))
        .await;
    assert_eq!(answer.unwrap().status, 200);
    let kept = stage.store.gateway(stage.connection).await.unwrap();
    for secret in ["Hush-Hush", "Path-Secret", "CERTIFICATE"] {
        let found = kept
            .state
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "{secret}");
        assert!(
            !format!("{:?} {:?}", stage.front, stage.front.waiting()).contains(secret),
            "{secret}"
        );
    }
    assert_eq!(stage.front.waiting().webhook.unwrap().origin, "https://127.0.0.1");
    // Another key, or another connection, does not open them.
    let deps = FrontDeps {
        store: stage.store.clone(),
        connection: stage.connection,
        name: "support".into(),
        seal: switchboard_store::SealKey::ephemeral().into(),
        caller: stage.calls.clone(),
    };
    assert!(matches!(Front::load(deps).await, Err(GatewayError::Stored(_))));
}

/// A runtime of its own, as the door's threads have.
fn elsewhere<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let work = move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(work)
    };
    std::thread::spawn(work).join().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_may_come_from_any_runtime_and_leave_nothing_there() {
    let stage = Stage::new().await;
    let front = stage.front.clone();
    let poll = tokio::task::spawn_blocking(move || {
        elsewhere(async move { call(&front, "getupdates", &[("timeout", "20")]).await })
    });
    until("it waits", async || stage.front.waiting().polled.is_some()).await;
    stage.take([1]).await;
    assert_eq!(ids(&poll.await.unwrap()), [1]);
    let receiver = Receiver::fine();
    let there = receiver.listen().await;
    let front = stage.front.clone();
    let set = tokio::task::spawn_blocking(move || {
        elsewhere(async move { call(&front, "setwebhook", &[("url", &there)]).await })
    });
    assert_eq!(set.await.unwrap().status, 200);
    stage.take([2]).await;
    until("they come", async || receiver.ids() == [1, 2]).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_is_carried_out_all_the_same() {
    let stage = Stage::new().await;
    let kinds = [("allowed_updates", r#"["poll"]"#), ("timeout", "50")];
    let mut set = Box::pin(stage.call("setwebhook", &[("url", "http://127.0.0.1:9/x")]));
    assert!((&mut set).now_or_never().is_none());
    drop(set);
    until("it is set", async || stage.front.waiting().webhook.is_some()).await;
    stage.call("deletewebhook", &[]).await;
    let mut poll = Box::pin(stage.call("getupdates", &kinds));
    assert!((&mut poll).now_or_never().is_none());
    drop(poll);
    until("they are chosen", async || stage.front.kinds() == ["poll"]).await;
    let mut take = Box::pin(stage.front.take(vec![Taken {
        kind: "poll".into(),
        ..update(1, 1)
    }]));
    assert!((&mut take).now_or_never().is_none());
    drop(take);
    until("it is taken", async || stage.front.waiting().updates == 1).await;
}
