//! Where the built programs and plugins are.

use std::path::PathBuf;

/// The folder of this build: the one that holds `deps/`, where the test itself is.
fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    test.ancestors().nth(2).map(PathBuf::from).unwrap_or_default()
}

/// The `switchboard` program of this build.
///
/// # Panics
/// Where it was not built.
#[must_use]
pub fn program() -> PathBuf {
    let path = target().join("switchboard");
    assert!(path.exists(), "{} is missing: run `make build` first", path.display());
    path
}

/// The folder with the bundled and example plugins as components.
///
/// # Panics
/// Where they were not built.
#[must_use]
pub fn plugins_dir() -> PathBuf {
    let path = target().parent().map(|target| target.join("plugins")).unwrap_or_default();
    assert!(path.join("quick-replies.wasm").exists(), "{} has no plugins: run `make build` first", path.display());
    path
}
