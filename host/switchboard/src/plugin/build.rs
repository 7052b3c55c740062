//! `switchboard plugin build [DIR…]`.

use std::path::PathBuf;

use anyhow::Context as _;
use switchboard_plugin_build::{Options, build};

use crate::print;

pub fn run(plugins: &[PathBuf], out: Option<PathBuf>) -> anyhow::Result<()> {
    let options = Options {
        out,
        ..Options::default()
    };
    for dir in plugins {
        let built = build(dir, &options).with_context(|| format!("cannot build the plugin in {}", dir.display()))?;
        let size = built.shape.size.div_ceil(1024);
        print::line(&format!("{} ({size} KiB)", built.component.display()));
    }
    Ok(())
}
