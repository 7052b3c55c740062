//! `switchboard run`: opens everything, starts every connection, serves, and drains on a signal.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use switchboard_store::{Store, StoreError};
use switchboard_store_sqlite::SqliteStore;
use switchboard_telegram::Api;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::beside::Gateway;
use crate::config::Config;
use crate::host::Host;
use crate::http;
use crate::local::AddressFile;
use crate::plugins::PluginFolder;
use crate::secrets::{Purpose, Secrets};

/// How long turns and open calls may take to end.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a command may hold the database.
const MOMENT: Duration = Duration::from_secs(1);
/// How often what no rule needs any more is swept out of the store.
const SWEEP: Duration = Duration::from_secs(3600);
/// Telegram repeats an update for a day at most.
const UPDATES_LIFE: i64 = 2 * 24 * 3_600_000;
/// An album can be saved whole for a day.
const ALBUMS_LIFE: i64 = 24 * 3_600_000;

/// Runs the host until it is told to stop.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let signals = Signals::listen().context("cannot listen for signals")?;
    let secrets = Secrets::load_or_create(&config.key_file)?;
    let store: Arc<dyn Store> = Arc::new(open(&config.store_url).await?);
    let done = serve(config, secrets, Arc::clone(&store), signals).await;
    store.close().await;
    done
}

/// Opens the database. A command that holds it for a moment, `connection list` say, is waited for.
async fn open(url: &str) -> Result<SqliteStore, StoreError> {
    let begun = Instant::now();
    loop {
        match SqliteStore::open(url).await {
            Err(StoreError::Held { .. }) if begun.elapsed() < MOMENT => tokio::time::sleep(MOMENT / 20).await,
            done => return done,
        }
    }
}

async fn serve(config: &Config, secrets: Secrets, store: Arc<dyn Store>, mut signals: Signals) -> anyhow::Result<()> {
    let api = Api::new(&config.telegram_api)?;
    let plugins = PluginFolder::open(config, &secrets)?;
    let local_key = secrets.derive(Purpose::LocalApi)?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    let _address_file =
        AddressFile::write(&config.store_path, address).context("cannot write the address file beside the database")?;
    let gateway = Gateway::open(config, Arc::clone(&store), secrets.seal_key()).await?;
    let door = gateway.address();
    let host = Arc::new(Host::new(
        secrets,
        Arc::clone(&store),
        plugins,
        api,
        config.pacing,
        gateway,
    ));
    let router = http::router(Arc::clone(&host), local_key);
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    say(&format!("listening on http://{address}"));
    if let Some(door) = door {
        say(&format!("gateway on http://{door}"));
    }
    let sweeper = tokio::spawn(sweep(store));

    let work = async {
        host.start().await?;
        host.settled().await;
        for (connection, why) in host.unhealthy() {
            tracing::warn!(connection, why, "ready without this connection");
        }
        say("ready");
        std::future::pending::<anyhow::Result<()>>().await
    };
    let outcome = tokio::select! {
        failed = work => failed,
        name = signals.next() => {
            tracing::info!(signal = name, "stopping: turns and open calls may end");
            Ok(())
        }
    };
    sweeper.abort();
    tokio::select! {
        in_time = host.stop(PATIENCE) => if !in_time {
            tracing::warn!("not everything ended in time; what was committed goes on at the next start");
        },
        _ = signals.next() => tracing::warn!("stopping at once"),
    }
    server.abort();
    outcome
}

/// What scripts read stands on stdout, a line each; nobody reading it is no reason to stop.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

async fn sweep(store: Arc<dyn Store>) {
    let mut ticks = tokio::time::interval(SWEEP);
    loop {
        ticks.tick().await;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as i64);
        loop {
            match store.prune(now, now - UPDATES_LIFE, now - ALBUMS_LIFE).await {
                Ok(0) => break,
                Ok(rows) => tracing::debug!(rows, "swept"),
                Err(error) => {
                    tracing::warn!(%error, "sweeping failed; it is tried again in an hour");
                    break;
                }
            }
        }
    }
}

/// SIGTERM and SIGINT, listened for from the very start.
struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.int.recv() => "SIGINT",
        }
    }
}
