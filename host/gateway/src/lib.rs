//! Parallel connection: the Bot API front door for the bot's own program.
//!
//! A [`Door`] listens where the program's framework calls instead of Telegram. What concerns updates is answered by the
//! connection's [`Front`], by Telegram's own rules and from a durable queue; everything else is passed on byte for byte,
//! and what took effect is told to whoever stands [`Behind`].
#![forbid(unsafe_code)]
// What came from outside is an error; what cannot fail says why beside it.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod answer;
mod behind;
mod caller;
mod door;
mod error;
mod front;
mod params;
pub mod request;

pub use answer::Answer;
pub use behind::{Behind, Called, Spent};
pub use caller::Caller;
pub use door::Door;
pub use error::GatewayError;
pub use front::{
    Adopted, Clock, Front, FrontDeps, MAX_UPDATES, Rules, Taken, Verdict, Waiting, WebhookState, webhook_of,
};
pub use params::Params;
