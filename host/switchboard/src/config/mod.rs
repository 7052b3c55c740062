//! Configuration: `switchboard.toml` with its overrides from the environment, and connections files.

pub mod connections;
mod document;
mod environment;
mod error;
mod keys;
mod nearest;
mod settings;
pub mod webhook;

pub use error::ConfigError;
pub use keys::help;
pub use nearest::hint;
pub use settings::Config;
