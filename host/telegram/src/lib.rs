//! The Bot API as data and calls: types that lose no unknown field, a client, and errors that say what is known.
//!
//! Facts about Telegram's behaviour come from the Bot API documentation and from the public Bot API server's source.
#![forbid(unsafe_code)]
// What came from outside is an error; what cannot fail says why beside it.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod client;
mod error;
mod token;
pub mod types;

pub use client::{Api, Client};
pub use error::{ApiError, CallError};
pub use token::{Token, TokenError};
