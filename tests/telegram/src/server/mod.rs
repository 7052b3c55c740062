//! The HTTP server: connections that can be broken at will, the Bot API, files, and the people's API.

pub mod body;
pub mod bot;
pub mod connection;
pub mod download;
pub mod execute;
pub mod listen;
pub mod read;

pub use listen::Server;
