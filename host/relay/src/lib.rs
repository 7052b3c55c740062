//! The relay: dialogs, turns, mirroring, commands, parameters.
//!
//! A [`Connection`] takes updates, runs a turn for each, commits it, and sends what the turns put into the outbox.
#![forbid(unsafe_code)]
// What came from outside is an error; what cannot fail says why beside it.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod arrivals;
mod cache;
mod commit;
pub mod config;
mod connection;
mod content;
mod error;
mod forum;
mod ingress;
mod intercept;
mod op;
pub mod parameters;
mod plugins;
pub mod probe;
pub mod program;
mod sender;
mod sight;
mod title;
mod topics;
mod turn;
mod upkeep;
mod words;

pub use commit::Committer;
pub use connection::{Connection, Deps, Status};
pub use error::RelayError;
pub use intercept::{ProgramCall, Tap};
pub use plugins::Shelf;
pub use probe::{Facts, FoundWebhook, Problem, probe};

/// An error with all its causes, on one line.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
