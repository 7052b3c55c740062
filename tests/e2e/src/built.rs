//! Where the built programs and plugins are.

use std::path::PathBuf;

/// The folder of this build's profile. A test stands in its `deps/`, a program beside it.
fn target() -> PathBuf {
    let me = std::env::current_exe().unwrap_or_default();
    let folder = me.parent().map(PathBuf::from).unwrap_or_default();
    if folder.ends_with("deps") {
        folder.parent().map(PathBuf::from).unwrap_or_default()
    } else {
        folder
    }
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
    components("plugins", "quick-replies.wasm")
}

/// The folder with the tests' own plugins as components.
///
/// # Panics
/// Where they were not built.
#[must_use]
pub fn test_plugins_dir() -> PathBuf {
    components("test-plugins", "rogue.wasm")
}

fn components(folder: &str, one_of_them: &str) -> PathBuf {
    let path = target().parent().map(|target| target.join(folder)).unwrap_or_default();
    assert!(
        path.join(one_of_them).exists(),
        "{} has no plugins: run `make build` first",
        path.display()
    );
    path
}
