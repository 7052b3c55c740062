//! The door beside nginx: the same calls through both, in turns; CPU of each per call, and the latency that each adds.
//!
//! `cargo bench -p switchboard-gateway --bench door [seconds per round]`. Without nginx, the door alone is measured.

#[path = "door/load.rs"]
mod load;
#[path = "door/nginx.rs"]
mod nginx;
#[path = "door/upstream.rs"]
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use load::{Load, Round};
use switchboard_gateway::{Behind, Called, Door, Spent};
use switchboard_telegram::Token;

/// Somebody who wants to see every call and asks nothing more of it.
#[derive(Debug)]
struct Sees;

#[async_trait]
impl Behind for Sees {
    fn watches(&self, _method: &str) -> bool {
        true
    }
    async fn called(&self, _call: Called) {}
    fn spent(&self, _spent: Spent) {}
}

fn main() {
    // `cargo bench` hands its own arguments on.
    let seconds = std::env::args()
        .filter_map(|word| word.parse().ok())
        .next()
        .unwrap_or(2);
    let round = Duration::from_secs(seconds);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let home = runtime.handle().clone();
    let upstream = upstream::start();
    let (plain, seen) = runtime.block_on(async {
        let root = format!("http://{upstream}");
        let token = Token::new(load::TOKEN).expect("a token");
        let open = async |behind: Arc<dyn Behind>| {
            let door = Door::listen(([127, 0, 0, 1], 0).into(), &root).await.expect("a door");
            door.open(&token, None, behind);
            door
        };
        (open(Arc::new(())).await, open(Arc::new(Sees)).await)
    });
    let nginx = nginx::Nginx::start(upstream);
    let threads = load::threads_named("front-door");
    assert_eq!(threads.len(), 2, "each door has one thread");
    for clients in [1, 16, 64] {
        let run = |address, cpu: &[String]| {
            Round::run(
                &Load {
                    address,
                    clients,
                    round,
                },
                cpu,
            )
        };
        let mut rounds: Vec<(&str, Vec<Round>)> = Vec::new();
        for _ in 0..3 {
            let mut note = |name, round| match rounds.iter_mut().find(|(known, _)| *known == name) {
                Some((_, all)) => all.push(round),
                None => rounds.push((name, vec![round])),
            };
            note("direct", run(upstream, &[]));
            if let Some(nginx) = &nginx {
                note("nginx", run(nginx.address, &nginx.cpu()));
            }
            note("door", run(plain.address(), &threads[..1]));
            note("door, seen", run(seen.address(), &threads[1..]));
        }
        println!("\n{clients} connections, medians of 3 rounds of {seconds} s each");
        let reference = rounds
            .iter()
            .find(|(name, _)| *name == "nginx")
            .map(|(_, all)| Round::median(all, |r| r.cpu));
        for (name, all) in &rounds {
            let cpu = Round::median(all, |r| r.cpu);
            let ratio = match reference {
                Some(nginx) if *name != "direct" => format!("{:5.2} × nginx", cpu / nginx),
                _ => String::new(),
            };
            println!(
                "{name:12} {:8.0} calls/s   p50 {:7.1} µs   p99 {:7.1} µs   CPU {cpu:6.2} µs/call   {ratio}",
                Round::median(all, |r| r.rate),
                Round::median(all, |r| r.p50),
                Round::median(all, |r| r.p99),
            );
        }
    }
    home.block_on(async {
        plain.stop().await;
        seen.stop().await;
    });
}
