//! The stage of the end-to-end tests: a simulated Telegram with a bot, a group and people, and the real host beside it.
//!
//! Programs and plugins must have been built: `make test` does it, by hand `make build` is enough.
#![forbid(unsafe_code)]

mod bot;
mod built;
mod host;
mod programs;
pub mod script;
mod stage;

pub use bot::Bot;
pub use built::{plugins_dir, program, test_plugins_dir};
pub use host::{Host, Output, get};
pub use programs::{Mode, PATIENCE, Program};
pub use stage::{SECRET, SOON, Setup, Stage, TOKEN};
