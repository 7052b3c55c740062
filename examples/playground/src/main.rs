//! The playground: a simulated Telegram with people in it, the real host beside it, and one page to be those people.
#![forbid(unsafe_code)]

mod beside;
mod built;
mod dialog;
mod files;
mod health;
mod host;
mod page;
mod python;
mod server;
mod shop;
mod stage;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::built::Built;
use crate::files::Way;
use crate::host::Supervisor;
use crate::page::Page;
use crate::server::App;
use crate::shop::Shop;
use crate::stage::Stage;

/// The whole system on this machine with a simulated Telegram: no account, no token, no network.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the page is served; port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Keeps configuration, database and log in this folder, which must be new or empty. Without it a temporary one is used.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Takes the page's files from this folder: for those who work on the page.
    #[arg(long, value_name = "DIR")]
    page: Option<PathBuf>,
    /// Leaves out the shop's own bot program: Switchboard is the bot's only one.
    #[arg(long)]
    direct: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match play(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn play(arguments: Arguments) -> Result<()> {
    let begun = Instant::now();
    // Listened for from the very start, so that a start can be broken off cleanly.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let built = built::find()?;
    let folder = files::Folder::open(arguments.keep.as_deref())?;

    say("starting the simulated Telegram");
    let stage = Arc::new(Stage::set().await?);
    let python = tokio::select! {
        python = python(&built, arguments.direct) => python,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    let way = if python.is_some() { Way::beside()? } else { Way::Direct };
    files::write(folder.path(), &stage, &built, way, false)?;

    say("connecting the bot to the operators' group");
    host::apply(&built.program, folder.path()).await?;

    say("starting the host");
    let supervisor = Arc::new(Supervisor::start(built.program.clone(), folder.path().to_owned()));
    let shop = match (python, way.door()) {
        (Some(python), Some(door)) => Some(Arc::new(Shop::open(python, &folder.path().join("bot"), door)?)),
        _ => None,
    };
    let ready = async {
        supervisor.wait_ready().await?;
        if let Some(shop) = &shop {
            say("starting the shop's own bot program beside it");
            shop.order(true).await?;
        }
        say("playing a short scripted dialog");
        let played = match &shop {
            Some(_) => beside::play(&stage).await,
            None => dialog::play(&stage).await,
        };
        played.context("the scripted dialog got stuck")
    };
    let outcome = tokio::select! {
        done = ready => done.with_context(|| format!("the end of the host's log:\n{}", supervisor.log_tail(30))),
        _ = interrupt.recv() => return stop(&supervisor, shop.as_deref()).await,
        _ = terminate.recv() => return stop(&supervisor, shop.as_deref()).await,
    };
    if let Err(error) = outcome {
        stop(&supervisor, shop.as_deref()).await?;
        return Err(error);
    }

    let listener = tokio::net::TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    let address = listener.local_addr()?;
    let app = App::new(
        stage,
        Arc::clone(&supervisor),
        shop.clone(),
        server::Setup {
            built,
            folder: folder.path().to_owned(),
            way,
        },
        Page::of(arguments.page),
    );
    let router = server::router(app);
    say(&format!(
        "the host's log is {}",
        folder.path().join(host::LOG).display()
    ));
    if let Some(shop) = &shop {
        say(&format!("the bot's log is {}", shop.log.display()));
    }
    say(&format!(
        "ready after {:.1} s; Ctrl-C stops everything; open this page:",
        begun.elapsed().as_secs_f32()
    ));
    println!("http://{address}");
    std::io::stdout().flush()?;

    tokio::select! {
        served = axum::serve(listener, router).into_future() => served.context("the page cannot be served any more")?,
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stop(&supervisor, shop.as_deref()).await
}

/// What runs the shop's bot, or nothing, with a line that says why.
async fn python(built: &Built, direct: bool) -> Option<PathBuf> {
    if direct {
        return None;
    }
    match python::find(&built.target, say).await {
        Ok(python) => Some(python),
        Err(missing) => {
            say(&format!(
                "{missing}: the shop's own bot program is left out, Switchboard is the bot's only program"
            ));
            None
        }
    }
}

async fn stop(host: &Supervisor, shop: Option<&Shop>) -> Result<()> {
    if let Some(shop) = shop {
        shop.close().await?;
    }
    host.stop().await
}

/// A line of progress.
fn say(line: &str) {
    println!("· {line}");
    // Whoever reads through a pipe sees it at once; if nobody reads any more, that is no reason to stop.
    let _ = std::io::stdout().flush();
}
