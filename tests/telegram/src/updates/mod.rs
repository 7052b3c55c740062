//! How updates reach a bot: one queue each, emptied by long polls or pushed to a webhook.

pub mod kinds;
pub mod poll;
pub mod queue;
pub mod webhook;

pub use queue::Queue;
