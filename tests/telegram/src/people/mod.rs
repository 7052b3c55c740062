//! The people's side: what persons can do, and the HTTP API over it (see the README).

pub mod act;
pub mod ask;
pub mod compose;
pub mod control;
pub mod events;
pub mod http;
pub mod person;
pub mod setup;

pub use http::handle;
