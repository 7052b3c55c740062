//! `switchboard plugin new NAME`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use switchboard_plugin_build::scaffold;

use crate::print;

pub fn run(name: &str, parent: &Path, sdk: Option<PathBuf>) -> anyhow::Result<()> {
    let sdk = sdk
        .or_else(scaffold::find_sdk)
        .context("the SDK is not found beside this program: name the folder sdk/rust of a checkout with --sdk")?;
    let dir = scaffold::create(name, parent, &sdk)?;
    let dir = dir.display();
    print::line(&format!(
        "{dir} is a new plugin.\n\n  cd {dir}\n  cargo test                 # natively\n  \
         switchboard plugin build   # makes target/plugins/{name}.wasm"
    ));
    Ok(())
}
