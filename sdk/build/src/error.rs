//! Why a plugin could not be built, each with what to do.

use std::path::{Path, PathBuf};

/// Why a plugin could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No crate there.
    #[error("there is no crate at {0}: it has no Cargo.toml")]
    NoCrate(PathBuf),
    /// Cargo could not read the manifest.
    #[error("cargo cannot read the crate:\n{0}")]
    Manifest(String),
    /// The library is not made for linking.
    #[error("{0} makes no module: add `[lib]` with `crate-type = [\"cdylib\"]` to its Cargo.toml")]
    NotCdylib(String),
    /// No compiler for the target.
    #[error(
        "there is no Rust compiler for wasm32-unknown-unknown here. Run `rustup target add wasm32-unknown-unknown`, \
         or, where rustup cannot fetch it, install Debian's `rustc-web`, `cargo-web`, \
         `rust-web-src` and `lld`{0}"
    )]
    NoToolchain(String),
    /// A program could not be started.
    #[error("cannot start {program}")]
    Start {
        /// Which one.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// The compiler refused it.
    #[error("{0} does not compile (see above)")]
    Compile(String),
    /// The module imports what plugins do not have.
    #[error("{}", crate::leak::report(.0))]
    Leaks(Vec<crate::leak::Leak>),
    /// It is no plugin.
    #[error("the module is no plugin: it exports no `describe`. Is `switchboard_plugin::export!` missing?")]
    NoDescribe,
    /// The module could not be wrapped.
    #[error("the module does not make a component: {0}")]
    Encode(String),
    /// Not a component, or a broken one.
    #[error("not a component: {0}")]
    NotComponent(String),
    /// A file could not be read or written.
    #[error("cannot use {}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `new` cannot make it.
    #[error("{0}")]
    Scaffold(String),
}

impl BuildError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}
