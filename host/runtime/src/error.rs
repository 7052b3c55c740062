//! Why a plugin does not load or is not linked: one line each, naming the rule and the way out.

use std::path::PathBuf;
use std::time::Duration;

use crate::failure::Failure;

/// The runtime itself could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    #[error("the WebAssembly engine could not be set up: {0}")]
    Engine(String),
    #[error("the thread behind plugins' deadlines could not be started")]
    Thread(#[source] std::io::Error),
    #[error("the folder for compiled plugins, {path}, could not be made", path = .path.display())]
    Cache {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// A file cannot be used as a plugin. The text follows the plugin's file name: "hello.wasm is not …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    #[error("cannot be read")]
    Read(#[source] std::io::Error),
    #[error("is too large: {size} bytes, {limit} are allowed (raise the limit for plugins that carry a script engine)")]
    TooLarge { size: u64, limit: u64 },
    #[error("is not a WebAssembly component: {what}")]
    NotComponent { what: String },
    #[error("is not valid WebAssembly: {0}")]
    Malformed(String),
    #[error(
        "is built for {package}@{version}, this host speaks {ours}: update Switchboard, or build the plugin with an SDK of {ours}",
        package = crate::contract::PACKAGE, ours = crate::contract::VERSION
    )]
    Version { version: String },
    #[error("imports `{import}`, {reason}")]
    UnknownImport { import: String, reason: String },
    #[error(
        "exports the hook `{export}`, which this host does not know: update Switchboard, or build the plugin without it"
    )]
    UnknownHook { export: String },
    #[error("has no `describe` hook ({package}/describe): every plugin exports it, the SDK's macro does so by itself", package = crate::contract::PACKAGE)]
    NoDescribe,
    #[error("does not fit the contract {package}@{ours}: {detail}: build it again with the SDK", package = crate::contract::PACKAGE, ours = crate::contract::VERSION)]
    Shape { detail: String },
    #[error("could not be compiled: {0}")]
    Compile(String),
    #[error("took longer than {} s to compile", .0.as_secs())]
    CompileTimeout(Duration),
    #[error("could not describe itself: it {0}")]
    Describe(#[from] Failure),
    #[error("describes itself wrongly: {0}")]
    Description(String),
}

/// A plugin asks for more than it was granted. The text follows the plugin's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    #[error(
        "imports `{interface}` ({words}), which was not granted: grant `{interface}` to it on this connection, or leave the plugin out"
    )]
    NotGranted { interface: String, words: String },
    #[error("cannot be linked: {0}")]
    Link(String),
}
