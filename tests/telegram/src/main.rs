//! The simulated Telegram as a program: prints its address, serves until it is ended.

#![forbid(unsafe_code)]

use std::io::Write as _;

use clap::Parser;
use telegram_sim::limits::{Rate, rate_or_off};
use telegram_sim::{Limits, Options, Sim};

/// A simulated Telegram on loopback: a Bot API server with people in it.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Address to listen on; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: std::net::SocketAddr,
    /// Flood limits: off, or telegram for the real ones. The three below override it.
    #[arg(long, default_value = "off", value_parser = ["off", "telegram"])]
    limits: String,
    /// Messages per bot: 30/1s, 500/100ms, off.
    #[arg(long)]
    bot_limit: Option<String>,
    /// Messages per bot and private chat.
    #[arg(long)]
    private_limit: Option<String>,
    /// Messages per bot and group.
    #[arg(long)]
    group_limit: Option<String>,
    /// A batch (copyMessages, forwardMessages, an album) counts as one message.
    #[arg(long)]
    batch_counts_once: bool,
    /// Seed of fault rules that bring none.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Fault rules as JSON: [{"fault":"reset_after","method":"send*","chance":0.1}, …]
    #[arg(long)]
    faults: Option<String>,
    /// Messages kept per chat.
    #[arg(long)]
    keep_messages: Option<usize>,
    /// Calls kept in the journal.
    #[arg(long, default_value_t = 200_000)]
    journal: usize,
    /// Divides the pauses that only cost time (409 delays, webhook retries); 1 is Telegram's pace.
    #[arg(long, default_value_t = 20.0)]
    hurry: f64,
}

fn limits(a: &Args) -> Result<Limits, String> {
    let mut l = if a.limits == "telegram" {
        Limits::telegram()
    } else {
        Limits::OFF
    };
    let read = |s: &Option<String>, to: &mut Option<Rate>| -> Result<(), String> {
        if let Some(s) = s {
            *to = rate_or_off(s).map_err(|e| e.to_string())?;
        }
        Ok(())
    };
    read(&a.bot_limit, &mut l.bot)?;
    read(&a.private_limit, &mut l.private)?;
    read(&a.group_limit, &mut l.group)?;
    l.batch_counts_each = !a.batch_counts_once;
    Ok(l)
}

async fn run(args: Args) -> Result<(), String> {
    let mut options = Options {
        listen: args.listen,
        limits: limits(&args)?,
        seed: args.seed,
        journal: args.journal,
        hurry: args.hurry,
        ..Options::default()
    };
    options.bounds.messages_per_chat = args.keep_messages;
    let sim = Sim::start(options)
        .await
        .map_err(|e| format!("cannot listen on {}: {e}", args.listen))?;
    if let Some(rules) = &args.faults {
        let rules = serde_json::from_str(rules).map_err(|e| format!("--faults: {e}"))?;
        sim.set_faults(rules);
    }
    println!("{}", sim.api_url());
    std::io::stdout().flush().map_err(|e| e.to_string())?;
    tokio::signal::ctrl_c().await.map_err(|e| e.to_string())
}

fn main() -> std::process::ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let result = match runtime {
        Ok(r) => r.block_on(run(Args::parse())),
        Err(e) => Err(e.to_string()),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("telegram-sim: {e}");
            std::process::ExitCode::FAILURE
        }
    }
}
