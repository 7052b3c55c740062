//! The door against servers and clients that write their own bytes.

mod big;
mod breaking;
mod chaos;
mod files;
mod framing;
mod harness;
mod holding;
mod passing;
mod secrets;
mod telling;
mod tls;
