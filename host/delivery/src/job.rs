//! What the engine is told about a delivery: its lane, its budget, its rank.

use std::sync::Arc;

/// Milliseconds since the Unix epoch.
pub type Millis = i64;

/// The id of a delivery; ids rise in the order in which the deliveries of a lane must go out.
pub type DeliveryId = i64;

/// The chat whose budget a call spends, beside the bot's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// A private chat: paced by [`Pacing::chat`](crate::Pacing::chat).
    Private(i64),
    /// A group, all its topics together: paced by [`Pacing::group`](crate::Pacing::group).
    Group(i64),
    /// A call that goes to no chat: only the bot's budget.
    None,
}

/// Who is served first where a budget is short, the first case first.
///
/// A lane ranks as its most urgent delivery does, for what stands before that one must go out first anyway:
/// a broadcast or a title at the head of a lane does not hold up the answer behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Priority {
    Answer,
    Customer,
    Intercepted,
    Notice,
    /// Renames of topics: only from a group's slack (at most a quarter of its window, and the last quarter stays free).
    Title,
    /// Leaves a quarter of the bot's window and of the calls in flight to the others.
    Broadcast,
}

impl Priority {
    pub(crate) const COUNT: usize = 6;
}

/// What to do when a call's outcome stays unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnUnknown {
    /// Repeatable calls (edit, delete, reaction, pin …): once more.
    Repeat,
    /// Once more, marked as perhaps a repeat.
    RepeatMarked,
    /// The lane waits until someone says (see [`Engine::answer`](crate::Engine::answer)).
    Ask,
    /// Given up: it counts as settled.
    Leave,
}

/// How a delivery may share one call with its neighbours in the lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Same source and kind of call: only deliveries with equal keys share a call.
    pub key: Arc<str>,
    /// Rises strictly inside one call (the source's message id).
    pub order: i64,
    /// Parts of one album always share a call; it goes out once the newest part is due.
    pub album: Option<Arc<str>>,
    /// The most deliveries that one call may carry (100 for `copyMessages`).
    pub max: usize,
    /// The call counts as its first delivery does, however many it carries (texts that become one message).
    pub once: bool,
}

/// A delivery, as the engine needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: DeliveryId,
    /// Deliveries of one lane go out one after another, by id.
    pub lane: Arc<str>,
    pub scope: Scope,
    /// How many calls it counts for at the server; 0 is free (spends no budget, obeys pauses).
    pub weight: u32,
    pub priority: Priority,
    /// Not before this time; 0 for at once.
    pub not_before: Millis,
    pub on_unknown: OnUnknown,
    pub join: Option<Join>,
    /// The number of its last attempt; 0 when there was none. Each start uses the next one.
    pub attempt: i64,
    /// It waits for someone's answer (loaded after a restart).
    pub asking: bool,
}
