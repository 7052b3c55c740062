//! Lanes, pacing and outcomes of one bot's calls, without I/O: time and answers are handed in.
//!
//! One [`Engine`] per connection. The driver adds committed deliveries, makes the calls that [`Engine::poll`] returns,
//! hands each outcome to [`Engine::finish`], and polls again when something happened or [`Engine::wake_at`] says so.
//! The engine has no clock, no randomness and no store; the same inputs give the same outputs.
//!
//! # Order
//! The deliveries of a lane go out by id, one call in flight a lane. A lane waits only behind its own head: not due
//! yet, in flight, asking, backing off, or held. Lanes run side by side, up to [`Engine::max_in_flight`] calls.
//!
//! # Pacing
//! The bot's and a group's limits are sliding windows, a private chat's is a token bucket. A call counts from its send
//! until one window after its end, since the server counts it somewhere in between; with a margin of 1 % (at most
//! 200 ms) the server never sees more than the limit in any window of its own, sliding or fixed. What that costs:
//! one call's latency and the margin per window. A 429 pauses the scope that it names, shrinks its budget by a quarter
//! (a private chat's burst to 1, its rate by half) and lets it grow back slowly. With a limit `off` only 429s count.
//!
//! # Who comes first
//! Where a budget is short, [`Priority`] decides, then who has waited longest, then who was served longest ago: a lane
//! that was just served stands behind all that wait already, so no chatty lane starves its equals. Between priorities
//! starvation is meant, with two bounds: a lane ranks as its most urgent delivery, and titles and broadcasts are the
//! only ones that leave slots free. A title may wait as long as its group is busy; replace it with the newest one
//! ([`Engine::remove`], [`Engine::add`]) instead of adding more.
#![forbid(unsafe_code)]

mod backoff;
mod bucket;
mod budget;
mod check;
mod control;
mod engine;
mod job;
mod lane;
mod limit;
mod listing;
mod outcome;
mod poll;
mod refill;
mod scope;
mod settle;
mod view;
mod window;

pub use engine::Engine;
pub use job::{DeliveryId, Job, Join, Millis, OnUnknown, Priority, Scope};
pub use limit::{Limit, LimitError, Pacing, Rate};
pub use outcome::{Added, Answer, BatchId, Flood, Outcome, Removed, Start, Verdict};
