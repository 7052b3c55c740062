//! Parallel connection: the Bot API front door for the bot's own program.
//!
//! A [`Door`] listens where the program's framework calls instead of Telegram. What concerns updates is answered by the
//! connection's [`Front`], by Telegram's own rules and from a durable queue; everything else is passed on byte for byte,
//! and what took effect is told to whoever stands [`Behind`].
#![forbid(unsafe_code)]

mod answer;
mod behind;
mod caller;
mod error;
mod params;

pub use answer::Answer;
pub use behind::{Behind, Called, Spent};
pub use caller::Caller;
pub use error::GatewayError;
pub use params::Params;
