//! How calls start and end: starts, outcomes, verdicts.

use std::sync::Arc;

use crate::{DeliveryId, Millis};

/// One call in flight. Never used twice by one engine, so a late answer is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchId(pub u64);

/// A call to make now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub batch: BatchId,
    pub lane: Arc<str>,
    /// What goes into the call, in order; more than one only where [`Join`](crate::Join) allows it.
    pub jobs: Vec<DeliveryId>,
    /// The number of this attempt for each of `jobs`.
    pub attempts: Vec<i64>,
    /// An earlier attempt's outcome is unknown: say so in the message.
    pub marked: bool,
}

/// Whom a "too many requests" names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flood {
    /// It was none.
    None,
    /// The chat of the call.
    Chat,
    /// The bot as a whole.
    Bot,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Sent,
    /// Permanently; the delivery is settled, the lane goes on.
    Refused,
    /// It surely had no effect. With neither a time nor a flood it did not reach the server, and the lane backs off.
    NotSent {
        /// How long to wait; without a flood this holds for the lane alone and is no failure.
        retry_after: Option<Millis>,
        scope_wide: Flood,
    },
    /// It may have had its effect.
    Unknown,
    /// A joined call had no effect as a whole: its parts shall go one by one, at once. Albums stay whole, unless the
    /// call carried nothing but one album.
    Apart,
    /// A call was made on the way (it counts as one), and the same deliveries need another, no sooner than `after`
    /// from now: the topic for them was made first, say. No failure; they keep their place in the line.
    More {
        after: Millis,
    },
}

/// What the engine made of an outcome, for every delivery of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Done with: the deliveries have left the engine.
    Settled,
    /// Goes out again, not before `at`.
    Again { at: Millis, marked: bool },
    /// The lane waits for [`Engine::answer`](crate::Engine::answer).
    Ask,
    /// That batch is not in flight (any more): ignored.
    Stale,
}

/// Someone's answer to [`Verdict::Ask`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    Repeat { marked: bool },
    Leave,
}

/// What became of an [`Engine::add`](crate::Engine::add).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Added {
    Queued,
    /// A delivery with this id is there already: ignored.
    Known,
    /// The lane's window is full: not taken, ask for it again through [`Engine::take_low`](crate::Engine::take_low).
    Spilled,
}

/// What became of an [`Engine::remove`](crate::Engine::remove).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Removed {
    Gone,
    /// Its call is under way: it leaves when that ends, whatever the outcome.
    InFlight,
    Missing,
}
