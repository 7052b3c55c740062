//! Where the built programs and plugins are.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

/// What the playground needs of the build.
#[derive(Debug, Clone)]
pub struct Built {
    /// The target folder.
    pub target: PathBuf,
    pub program: PathBuf,
    pub plugins: PathBuf,
}

/// The `switchboard` program beside this one, and the plugins of the same target folder.
pub fn find() -> Result<Built> {
    let own = std::env::current_exe().context("cannot find this program's own file")?;
    let folder = own.parent().context("this program stands in no folder")?;
    let program = folder.join("switchboard");
    ensure!(
        program.exists(),
        "{} is missing: run `make build` first",
        program.display()
    );
    let target = folder.parent().unwrap_or(folder).to_owned();
    let plugins = target.join("plugins");
    let quick_replies = plugins.join("quick-replies.wasm");
    ensure!(
        quick_replies.exists(),
        "{} is missing: run `make build` first",
        quick_replies.display()
    );
    Ok(Built {
        target,
        program,
        plugins,
    })
}
