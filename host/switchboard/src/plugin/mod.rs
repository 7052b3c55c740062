//! `switchboard plugin new|build|inspect`: what authors do at home and admins before enabling.

mod build;
mod inspect;
mod new;

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Writes a new plugin in Rust: a crate that builds, tests and answers a command
    New {
        /// Small Latin letters, digits and hyphens, such as order-status
        name: String,
        /// The folder to write NAME into
        #[arg(long, value_name = "DIR", default_value = ".")]
        path: PathBuf,
        /// The SDK: the folder sdk/rust of a checkout of Switchboard; found by itself beside this program
        #[arg(long, value_name = "DIR", env = "SWITCHBOARD_SDK")]
        sdk: Option<PathBuf>,
    },
    /// Builds plugins into components
    Build {
        /// Folders of plugins, each with its Cargo.toml
        #[arg(value_name = "DIR", default_value = ".")]
        plugins: Vec<PathBuf>,
        /// Where NAME.wasm goes; plugins/ in the target folder if not said
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Shows what a plugin is, when it is called and what it may do, before it is enabled
    Inspect {
        /// A component, such as quick-replies.wasm
        file: PathBuf,
    },
}

/// Runs one of them. Reads no configuration and needs no database. Blocks.
pub fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::New { name, path, sdk } => new::run(&name, &path, sdk),
        Command::Build { plugins, out } => build::run(&plugins, out),
        Command::Inspect { file } => inspect::run(&file),
    }
}
