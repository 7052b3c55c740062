//! `switchboard-plugin-build DIR… [--out DIR]`: builds plugins without the host.
#![forbid(unsafe_code)]
// What came from outside is an error; what cannot fail says why beside it.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use switchboard_plugin_build::{Options, build};

/// Builds plugins into components.
#[derive(Debug, Parser)]
struct Arguments {
    /// Folders of plugins, each with its Cargo.toml
    #[arg(required = true, value_name = "DIR")]
    plugins: Vec<PathBuf>,
    /// Where the components go; `plugins` in the target folder if not said
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Cargo's target folder
    #[arg(long, value_name = "DIR")]
    target_dir: Option<PathBuf>,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = Options {
        out: arguments.out,
        quiet: arguments.quiet,
        target_dir: arguments.target_dir,
    };
    for plugin in &arguments.plugins {
        match build(plugin, &options) {
            Ok(built) if !options.quiet => {
                println!(
                    "{} ({} KiB)",
                    built.component.display(),
                    built.shape.size.div_ceil(1024)
                );
            }
            Ok(_) => {}
            Err(error) => {
                eprintln!("error: {}: {:#}", plugin.display(), anyhow::Error::from(error));
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
