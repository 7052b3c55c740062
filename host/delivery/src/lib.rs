//! Lanes, pacing and outcomes of one bot's calls, without I/O: time and answers are handed in.
//!
//! One [`Engine`] per connection. The driver adds committed deliveries, makes the calls that [`Engine::poll`] returns,
//! hands each outcome to [`Engine::finish`], and polls again when something happened or [`Engine::wake_at`] says so.
//! The engine has no clock, no randomness and no store; the same inputs give the same outputs.
//!
//! ```
//! use switchboard_delivery::{Engine, Job, OnUnknown, Outcome, Pacing, Priority, Scope, Verdict};
//!
//! let mut engine = Engine::new(Pacing::default());
//! engine.add(Job {
//!     id: 1,
//!     lane: "group -100, topic 7".into(),
//!     scope: Scope::Group(-100),
//!     weight: 1,
//!     priority: Priority::Customer,
//!     not_before: 0,
//!     on_unknown: OnUnknown::RepeatMarked,
//!     join: None,
//!     attempt: 0,
//!     asking: false,
//! });
//! let now = 1_700_000_000_000;
//! for start in engine.poll(now) {
//!     // write the attempt rows, make the call, commit what came of it, then:
//!     assert_eq!(engine.finish(now + 50, start.batch, Outcome::Sent), Verdict::Settled);
//! }
//! assert_eq!(engine.wake_at(), None);
//! ```
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
//! (a private chat's burst to 1, its rate by half) and lets it grow back slowly. With a limit `off` there is nothing
//! to shrink: 429s pause, and no more. What was learnt and what was spent dies with the process: hand it in again with
//! [`Engine::pause`] and [`Engine::spent`].
//!
//! # Who comes first
//! Where a budget is short, [`Priority`] decides, then who has waited longest, then who was served longest ago: a lane
//! that was just served stands behind all that wait already, so no chatty lane starves its equals. Between priorities
//! starvation is meant, with two bounds: a lane ranks as its most urgent delivery, and titles and broadcasts are the
//! only ones that leave slots free. A title may wait as long as its group is busy; replace it with the newest one
//! ([`Engine::remove`], [`Engine::add`]) instead of adding more.
#![forbid(unsafe_code)]
// What came from outside is an error; what cannot fail says why beside it.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

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
