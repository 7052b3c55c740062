//! Types of the Bot API, under its own names: the fields that the relay reads. The raw JSON is kept beside each update,
//! so nothing that Telegram adds is lost.

mod chat;
mod media;
mod message;
mod query;
mod update;

pub use chat::*;
pub use media::*;
pub use message::*;
pub use query::*;
pub use update::*;
