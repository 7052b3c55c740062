//! Each rule of the engine by itself.

mod albums;
mod bench;
mod lanes;
mod outcomes;
mod pacing;
mod priorities;
mod windows;
