//! The component runtime for plugins: load, grant, limit, run.
//!
//! A [`Runtime`] loads a file into a [`Plugin`], links it with [`Grants`] into a [`Linked`], whose methods call its hooks.
//! Each call runs in a fresh instance under [`Limits`] and lends the plugin a [`Host`]. Nothing here names a type of the
//! WebAssembly engine. [`pipeline`] and [`circuit`] hold what is decided around the calls, as plain functions.
#![deny(unsafe_code)]
// What came from outside is an error; what cannot fail says why beside it.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod bindings;
mod cache;
mod call;
mod checks;
pub mod circuit;
pub mod compile;
mod contract;
mod description;
mod digest;
mod engine;
mod error;
mod failure;
mod glue;
mod host;
mod inspect;
mod limits;
mod link;
pub mod pipeline;
mod plugin;
mod runtime;
mod state;
mod ticker;
pub mod types;

pub use cache::CacheKey;
pub use call::Run;
pub use compile::Compiler;
pub use contract::{CAPABILITIES, Capability, Direction, Hook, Hooks, PACKAGE, VERSION};
pub use digest::Digest;
pub use error::{GrantError, LoadError, RuntimeError};
pub use failure::Failure;
pub use host::{Host, NoConnection};
pub use inspect::{Inspection, Permission, inspect};
pub use limits::Limits;
pub use link::{Grants, Linked};
pub use plugin::Plugin;
pub use runtime::{Runtime, RuntimeOptions};
