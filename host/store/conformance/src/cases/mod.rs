//! One case for each promise of the trait.

#![allow(missing_docs, reason = "a case's name is the promise that it checks")]

pub mod commit;
pub mod gateway;
pub mod messages;
pub mod outbox;
pub mod people;
pub mod plugins;
pub mod upkeep;
