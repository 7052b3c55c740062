//! The door beside nginx: the same calls through both, in turns; CPU of each per call, and the latency that each adds.
//!
//! `cargo bench -p switchboard-gateway --bench door [milliseconds per round]`. Without nginx, the door alone is measured.

#[path = "door/bulk.rs"]
mod bulk;
#[path = "door/load.rs"]
mod load;
#[path = "door/nginx.rs"]
mod nginx;
#[path = "door/upstream.rs"]
mod upstream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use load::{Load, Round, median};
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

const ROUNDS: usize = 9;

fn main() {
    // `cargo bench` hands its own arguments on.
    let milliseconds = std::env::args()
        .filter_map(|word| word.parse().ok())
        .next()
        .unwrap_or(400);
    let round = Duration::from_millis(milliseconds);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("home")
        .enable_all()
        .build()
        .expect("a runtime");
    let home = runtime.handle().clone();
    let (upstream, bulk) = (upstream::start(), bulk::start());
    let (plain, seen, carrier) = runtime.block_on(async {
        let token = Token::new(load::TOKEN).expect("a token");
        let open = async |upstream, behind: Arc<dyn Behind>| {
            let root = format!("http://{upstream}");
            let door = Door::listen(([127, 0, 0, 1], 0).into(), &root).await.expect("a door");
            door.open(&token, None, behind);
            door
        };
        (
            open(upstream, Arc::new(())).await,
            open(upstream, Arc::new(Sees)).await,
            open(bulk, Arc::new(Sees)).await,
        )
    });
    let nginx = nginx::Nginx::start(upstream);
    let doors = load::threads_named("front-door");
    assert_eq!(doors.len(), 3, "each door has one thread");
    // Who sees does so at home.
    let seeing = [doors[1..2].to_vec(), load::threads_named("home")].concat();
    for clients in [1, 16, 64] {
        println!("\n{clients} connections, medians of {ROUNDS} rounds of {milliseconds} ms each, all in turns");
        let mut all: Vec<(&str, SocketAddr, &[String], Vec<Round>)> = vec![("direct", upstream, &[], Vec::new())];
        let workers = nginx.as_ref().map(nginx::Nginx::cpu).unwrap_or_default();
        if let Some(nginx) = &nginx {
            all.push(("nginx", nginx.address, &workers, Vec::new()));
        }
        all.push(("door", plain.address(), &doors[..1], Vec::new()));
        all.push(("door, seen", seen.address(), &seeing, Vec::new()));
        for _ in 0..ROUNDS {
            for (_, address, cpu, rounds) in &mut all {
                let address = *address;
                rounds.push(Round::run(
                    &Load {
                        address,
                        clients,
                        round,
                    },
                    cpu,
                ));
            }
        }
        let nginx: Vec<f64> = all[1].3.iter().map(|round| round.cpu).collect();
        for (name, _, _, rounds) in &all {
            let of = |value: fn(&Round) -> f64| median(rounds.iter().map(value));
            // Each round beside the nginx of the same turn: what else the machine does falls on both.
            let beside = if workers.is_empty() || *name == "direct" {
                String::new()
            } else {
                let ratios = rounds.iter().zip(&nginx).map(|(round, nginx)| round.cpu / nginx);
                format!("{:5.2} × nginx", median(ratios))
            };
            println!(
                "{name:12} {:8.0} calls/s   p50 {:7.1} µs   p99 {:7.1} µs   CPU {:6.2} µs/call   {beside}",
                of(|round| round.rate),
                of(|round| round.p50),
                of(|round| round.p99),
                of(|round| round.cpu),
            );
        }
    }
    println!("\na file of 1 GiB, SHA-256 {} at either end", bulk::hash());
    let passages = |name: &str, address, cpu: &[String]| {
        for (way, up) in [("up", true), ("down", false)] {
            let passage = bulk::pass(address, up, cpu);
            println!(
                "{name:12} {way:5} {:6.2} s   CPU {:5.2} s   {:5.1} MiB of memory",
                passage.seconds,
                passage.cpu_seconds,
                passage.held as f64 / f64::from(1 << 20),
            );
        }
    };
    passages("direct", bulk, &[]);
    if let Some(nginx) = nginx::Nginx::start(bulk) {
        passages("nginx", nginx.address, &nginx.cpu());
        println!("             (the memory is this process's, of which nginx is no part)");
    }
    passages("door, seen", carrier.address(), &doors[2..]);
    home.block_on(async {
        for door in [plain, seen, carrier] {
            door.stop().await;
        }
    });
}
