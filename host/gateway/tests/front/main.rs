//! The virtual updates of a bot, held against Telegram's rules.

mod certificates;
mod deliveries;
mod holding;
mod lives;
mod model;
mod polls;
mod receiver;
mod stage;
mod webhooks;
