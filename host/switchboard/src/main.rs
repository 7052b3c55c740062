//! The binary `switchboard`: command line, configuration, wiring, supervision.
#![forbid(unsafe_code)]
// What came from outside is an error; what cannot fail says why beside it.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod access;
mod apply;
mod beside;
mod check;
mod cli;
mod config;
mod connection;
mod host;
mod http;
mod local;
mod logging;
mod moving;
mod plugin;
mod plugins;
mod print;
mod redact;
mod run;
mod secrets;
mod show;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};
use config::{Config, ConfigError};
use redact::{one_line, redact};

/// Something is wrong with what was given: the command line or a configuration.
const WRONG_INPUT: u8 = 2;

fn main() -> ExitCode {
    // Before any thread: the compiler's process limits itself first.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == switchboard_runtime::compile::SUBCOMMAND)
    {
        return switchboard_runtime::compile::child_main();
    }
    logging::guard_panics();
    // Fails only where one is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            eprint!("{}", redact(&error.render().to_string()));
            return ExitCode::from(WRONG_INPUT);
        }
        Err(help) => {
            print::text(&help.render().to_string());
            return ExitCode::SUCCESS;
        }
    };
    let log_json = matches!(cli.command, Command::Run { log_json: true });
    if let Err(error) = logging::start(log_json) {
        eprintln!("error: {}", one_line(&error));
        return ExitCode::from(WRONG_INPUT);
    }
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", one_line(&format!("{error:#}")));
            let wrong_input = error.chain().any(|cause| cause.is::<ConfigError>());
            ExitCode::from(if wrong_input { WRONG_INPUT } else { 1 })
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    // An author's workshop reads no configuration.
    let load = || Config::load(cli.config.as_deref());
    match cli.command {
        Command::Plugin(command) => plugin::run(command)?,
        Command::Run { .. } => started(run::run(&load()?))?,
        Command::Connection(command) => {
            if !started(connection::run(command, &load()?))? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Check => {
            if !started(check::run(&load()?))? {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a task on threads of its own.
fn started<T>(task: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(task)
}
