//! A simulated Telegram: a Bot API server on loopback with people in it. See the README beside this crate.

#![forbid(unsafe_code)]

pub mod api;
pub mod core;
pub mod error;
pub mod faults;
pub mod journal;
pub mod limits;
pub mod options;
pub mod people;
pub mod server;
pub mod sim;
pub mod text;
pub mod updates;
pub mod world;

pub use faults::{Kind as Fault, Rule as FaultRule};
pub use journal::{Call, Counts};
pub use limits::{Limits, Rate};
pub use options::Options;
pub use people::act::Post;
pub use people::compose::Item;
pub use sim::{BotHandle, Forum, Person, Seat, Sent, Sim};
pub use world::view::{MessageView, TopicView};
