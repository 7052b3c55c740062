//! The load driver of `make bench`: messages per CPU-second of the host, added latency, and what a plugin's hook costs.
//!
//! The simulated Telegram and the driver share one process, the host is another; its CPU time is read from the kernel.
#![forbid(unsafe_code)]

mod beside;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use switchboard_e2e::{Setup, Stage};
use telegram_sim::Seat;

const CUSTOMERS: usize = 100;
const MESSAGES: usize = 20_000;
/// Messages under way at most, so that the driver does not run ahead of the host by minutes.
const AHEAD: usize = 2_000;
const PATIENCE: Duration = Duration::from_secs(120);

struct Crowd {
    stage: Stage,
    customers: Vec<Seat>,
    topics: Vec<Seat>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let plain = measure("quick-replies enabled", "[\"quick-replies\"]").await?;
    let hooked = measure(
        "quick-replies and a plugin that reads every incoming message",
        "[\"quick-replies\", \"bench-plugin\"]",
    )
    .await?;
    let per_message = |rate: f64| 1e6 / rate;
    println!(
        "cost of the incoming hook, all in: {:.0} µs of CPU per incoming message",
        2.0 * (per_message(hooked) - per_message(plain))
    );
    beside::measure().await
}

async fn measure(name: &str, plugins: &str) -> Result<f64> {
    println!("\n## {name}");
    // Nothing of the log is wanted here.
    let crowd = Crowd::gather(plugins).await?;
    let (rate, wall) = crowd.throughput().await?;
    crowd.latency(wall / 2.0).await?;
    let memory = crowd.stage.host.as_ref().context("running")?.memory()?;
    println!("memory: {:.0} MB resident", memory as f64 / 1e6);
    Ok(rate)
}

impl Crowd {
    async fn gather(plugins: &str) -> Result<Self> {
        let stage = Stage::start(Setup {
            plugins: plugins.to_owned(),
            ..Setup::default()
        })
        .await?;
        let customers: Vec<Seat> = (0..CUSTOMERS)
            .map(|n| stage.customer(&format!("Customer-{n:03}")))
            .collect();
        let mut topics = Vec::new();
        for customer in &customers {
            customer.text("hello");
        }
        for n in 0..CUSTOMERS {
            let topic = stage.topic(&format!("Customer-{n:03}")).await?;
            topic.wait_text("hello", PATIENCE).await?;
            topics.push(topic);
        }
        Ok(Self {
            stage,
            customers,
            topics,
        })
    }

    /// Half of the messages come from customers, half are answers. Messages per CPU-second and per second.
    async fn throughput(&self) -> Result<(f64, f64)> {
        let host = self.stage.host.as_ref().context("running")?;
        let (cpu, begun) = (host.cpu()?, Instant::now());
        let before = self.copies();
        for sent in 0..MESSAGES {
            if sent % 100 == 0 {
                self.wait_copies(before + sent.saturating_sub(AHEAD)).await?;
            }
            self.send(sent);
        }
        self.wait_copies(before + MESSAGES).await?;
        let (cpu, wall) = ((host.cpu()? - cpu).as_secs_f64(), begun.elapsed().as_secs_f64());
        let (per_cpu, per_second) = (MESSAGES as f64 / cpu, MESSAGES as f64 / wall);
        println!(
            "{MESSAGES} messages, {CUSTOMERS} dialogs: {per_cpu:.0} messages per CPU-second of the host, {per_second:.0} per second of wall time"
        );
        Ok((per_cpu, per_second))
    }

    fn send(&self, n: usize) {
        let who = (n / 2) % CUSTOMERS;
        if n.is_multiple_of(2) {
            self.customers[who].text("a message of an ordinary length, with a question at its end?")
        } else {
            self.topics[who].text("an answer of an ordinary length, with some good advice in it.")
        };
    }

    /// Messages that were carried over so far, by the counter of calls. Joined calls do not come up: nothing is paced.
    fn copies(&self) -> usize {
        usize::try_from(
            self.stage
                .sim
                .counts()
                .by_method
                .get("copymessage")
                .copied()
                .unwrap_or_default(),
        )
        .unwrap_or_default()
    }

    async fn wait_copies(&self, wanted: usize) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.copies() < wanted {
            anyhow::ensure!(
                Instant::now() < deadline,
                "{} of {wanted} messages after {PATIENCE:?}\n{}",
                self.copies(),
                self.stage.evidence()
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// From the moment a customer's message is there for the bot to the moment its copy is called for.
    async fn latency(&self, per_second: f64) -> Result<()> {
        let count = (per_second * 10.0) as usize;
        let threads: BTreeMap<i64, usize> = self
            .stage
            .group
            .own_topics()
            .iter()
            .filter_map(|topic| {
                let n: usize = topic.name.rsplit('-').next()?.parse().ok()?;
                Some((topic.thread, n))
            })
            .collect();
        let mut waiting: Vec<VecDeque<Instant>> = vec![VecDeque::new(); CUSTOMERS];
        let mut latencies = Vec::with_capacity(count);
        let mut seen = self.stage.sim.last_call();
        let begun = Instant::now();
        let mut sent = 0;
        while latencies.len() < count {
            anyhow::ensure!(
                begun.elapsed() < PATIENCE,
                "{} of {count} messages\n{}",
                latencies.len(),
                self.stage.evidence()
            );
            let due = (begun.elapsed().as_secs_f64() * per_second) as usize;
            while sent < due.min(count) {
                let who = sent % CUSTOMERS;
                waiting[who].push_back(Instant::now());
                self.customers[who].text("a message of an ordinary length, with a question at its end?");
                sent += 1;
            }
            for call in self.stage.sim.calls_since(seen) {
                if call.method == "copymessage" && call.code == 0 {
                    // Under way: its topic is not known yet. Look again from here.
                    break;
                }
                seen = seen.max(call.n);
                let Some(who) = call
                    .thread
                    .filter(|_| call.method == "copymessage")
                    .and_then(|thread| threads.get(&thread))
                else {
                    continue;
                };
                if let Some(at) = waiting[*who].pop_front() {
                    latencies.push(at.elapsed());
                }
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        latencies.sort();
        let at = |part: f64| latencies[((latencies.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
        println!(
            "added latency at {per_second:.0} messages/s: p50 {:.1} ms, p99 {:.1} ms (to within 1 ms: the driver looks every 0.2 ms and shares two cores)",
            at(0.5),
            at(0.99)
        );
        Ok(())
    }
}
