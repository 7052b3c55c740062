//! The command line through the built binary.

mod common;
mod configuration;
mod connections;
