//! The playground: a simulated Telegram with people in it, the real host beside it, and one page to be those people.
#![forbid(unsafe_code)]

mod built;
mod dialog;
mod files;
mod health;
mod host;
mod page;
mod server;
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

use crate::host::Supervisor;
use crate::page::Page;
use crate::server::App;
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
    files::write(folder.path(), &stage, &built, false)?;

    say("connecting the bot to the operators' group");
    host::apply(&built.program, folder.path()).await?;

    say("starting the host");
    let supervisor = Arc::new(Supervisor::start(built.program.clone(), folder.path().to_owned()));
    let ready = async {
        supervisor.wait_ready().await?;
        say("playing a short scripted dialog");
        dialog::play(&stage).await.context("the scripted dialog got stuck")
    };
    let outcome = tokio::select! {
        done = ready => done.with_context(|| format!("the end of the host's log:\n{}", supervisor.log_tail(30))),
        _ = interrupt.recv() => return supervisor.stop().await,
        _ = terminate.recv() => return supervisor.stop().await,
    };
    if let Err(error) = outcome {
        supervisor.stop().await?;
        return Err(error);
    }

    let listener = tokio::net::TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    let address = listener.local_addr()?;
    let app = App::new(
        stage,
        Arc::clone(&supervisor),
        built,
        folder.path().to_owned(),
        Page::of(arguments.page),
    );
    let router = server::router(app);
    say(&format!(
        "the host's log is {}",
        folder.path().join(host::LOG).display()
    ));
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
    supervisor.stop().await
}

/// A line of progress.
fn say(line: &str) {
    println!("· {line}");
    // Whoever reads through a pipe sees it at once; if nobody reads any more, that is no reason to stop.
    let _ = std::io::stdout().flush();
}
