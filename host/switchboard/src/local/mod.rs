//! The local API: how the command line reaches the running host, which holds the database.

mod address;
mod auth;
mod client;
mod server;
mod wire;

pub use address::AddressFile;
pub use client::RunningHost;
pub use server::router;
pub use wire::{Doing, Gone, ProgramState};
