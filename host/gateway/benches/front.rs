//! What one update costs in the front: taken in, handed out by `getUpdates`, and confirmed by the next.
//!
//! `cargo bench -p switchboard-gateway --bench front [updates]`. The store is the one in memory, which copies all it has for each
//! transaction: nothing waits here but the batch under way, so that it is the front that is measured. Under `cargo test --benches`
//! it runs over few updates.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use switchboard_gateway::{Answer, Caller, Front, FrontDeps, GatewayError, Params, Rules, Taken, Verdict};
use switchboard_store::{NewConnection, SealKey};
use switchboard_store_conformance::{Backend as _, MemoryBackend};

/// Sizes of a batch: one by one, as a program that keeps up sees them, and as many as Telegram hands out at once.
const BATCHES: [usize; 3] = [1, 10, 100];
/// Bytes of an update, about those of a text message.
const SIZE: usize = 600;

#[derive(Debug)]
struct Nobody;

#[async_trait]
impl Caller for Nobody {
    async fn call(&self, _: &str, _: Params) -> Result<Answer, GatewayError> {
        Err(GatewayError::Unknown("no calls here"))
    }
}

async fn front() -> Arc<Front> {
    let store = MemoryBackend.create().await.open().await;
    let new = NewConnection {
        name: "support".into(),
        bot: 1,
        token: Vec::new(),
        group: -100,
        config: "{}".into(),
    };
    let connection = store.put_connection(&new).await.expect("a connection");
    let deps = FrontDeps {
        store,
        connection,
        name: "support".into(),
        seal: Arc::new(SealKey::ephemeral()),
        caller: Arc::new(Nobody),
    };
    Front::load_by(deps, Rules::default()).await.expect("a front")
}

fn update(id: i64) -> Taken {
    let text = "x".repeat(SIZE);
    Taken {
        update: id,
        kind: "message".into(),
        chat: Some(id % 50),
        body: format!(r#"{{"update_id":{id},"message":{{"text":"{text}"}}}}"#).into(),
        verdict: Verdict::Pass,
    }
}

async fn take(front: &Front, ids: impl Iterator<Item = i64>) {
    front.take(ids.map(update).collect()).await.expect("taken");
}

async fn poll(front: &Arc<Front>, offset: i64, limit: usize) -> usize {
    let mut params = Params::default();
    params.push("offset", offset.to_string());
    params.push("limit", limit.to_string());
    let answer = front.answer("getupdates", &params, None).await.expect("an answer");
    assert_eq!(answer.status, 200);
    answer.body.len()
}

/// Microseconds in `take` and in `getUpdates`, which confirms what the one before handed out; each per update.
async fn measure(count: usize, batch: usize) -> (f64, f64) {
    let front = front().await;
    let mut next = 1;
    let (mut taking, mut polling) = (Duration::ZERO, Duration::ZERO);
    let rounds = count.div_ceil(batch);
    for _ in 0..rounds {
        let last = next + batch as i64;
        let started = Instant::now();
        take(&front, next..last).await;
        taking += started.elapsed();
        let started = Instant::now();
        assert!(poll(&front, next, batch).await > SIZE);
        polling += started.elapsed();
        next = last;
    }
    front.stop().await;
    let each = |time: Duration| time.as_secs_f64() * 1e6 / (rounds * batch) as f64;
    (each(taking), each(polling))
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let measured = arguments.iter().any(|argument| argument == "--bench");
    let count = arguments.iter().find_map(|argument| argument.parse().ok());
    let count = count.unwrap_or(if measured { 20_000 } else { 200 });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    println!("{count} updates of {SIZE} bytes; microseconds per update");
    println!("batch     take  getUpdates + confirm     sum");
    for batch in BATCHES {
        let work = async move { tokio::spawn(measure(count, batch)).await };
        let (taking, polling) = runtime.block_on(work).expect("measured");
        let sum = taking + polling;
        println!("{batch:5}  {taking:7.2}  {polling:20.2}  {sum:6.2}");
    }
}
