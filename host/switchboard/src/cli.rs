//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{connection, plugin};

/// Connects Telegram bots to the people who answer in them.
#[derive(Debug, Parser)]
#[command(name = "switchboard", version, arg_required_else_help = true, after_long_help = crate::config::help())]
pub struct Cli {
    /// The configuration file; without it, switchboard.toml is read where it exists
    #[arg(long, global = true, value_name = "FILE", env = "SWITCHBOARD_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the host until SIGTERM or SIGINT
    Run {
        /// Writes the log as JSON, an object a line
        #[arg(long)]
        log_json: bool,
    },
    /// Creates, shows and removes connections, beside a running host or without one
    #[command(subcommand)]
    Connection(connection::Command),
    /// Makes, builds and looks at plugins
    #[command(subcommand)]
    Plugin(plugin::Command),
    /// Reports on configuration, database, reachability, plugins and each connection's rights
    Check,
}
