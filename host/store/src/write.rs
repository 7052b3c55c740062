//! Writes: the three shapes of a transaction, and what comes of each.

use crate::change::{Change, Expect};
use crate::row::*;

/// One member of a group commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    Turn(TurnCommit),
    Claim(Claim),
    Settle(Settlement),
}

/// The outcome of a turn: everything that it wants to be true, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TurnCommit {
    pub connection: ConnectionId,
    /// The updates that the turn handled; if one is known already the turn is a repeat and nothing is written.
    pub updates: Vec<i64>,
    pub now: i64,
    pub expect: Vec<Expect>,
    pub changes: Vec<Change>,
}

/// Opens an attempt on a delivery, before the call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    pub connection: ConnectionId,
    pub delivery: DeliveryId,
    /// The attempt's number: one above the last.
    pub attempt: i64,
    pub now: i64,
}

/// Closes an attempt. Applied only while that attempt is the open one, so a late answer changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub connection: ConnectionId,
    pub delivery: DeliveryId,
    pub attempt: i64,
    pub now: i64,
    pub outcome: Settled,
    /// Written together with the outcome: mirrors, the dialog's topic, notices, …
    pub changes: Vec<Change>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Done; the delivery's row goes.
    Sent,
    /// Permanent; the row is kept as a record with the reason.
    Refused { reason: String },
    /// To be tried again at `not_before`, with `op` in place of the old one where it is given.
    Again {
        not_before: i64,
        reason: String,
        op: Option<String>,
    },
    /// Nobody knows; a person decides. The row waits as `Asking`.
    Asking { reason: String },
}

/// What came of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    Done,
    /// The update was handled before.
    Repeat,
    /// A cell has another version than expected: run the turn again.
    Conflict,
    /// The attempt is not the open one, or the delivery is gone; for every kind of write: the connection is gone.
    Fenced,
}
