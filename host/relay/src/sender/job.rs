//! What the delivery core needs to know of an op.

use switchboard_delivery::{Job, Join, OnUnknown, Priority, Scope};
use switchboard_store::{ChatId, Delivery, DeliveryState, Direction, Place};

use crate::content::copyable;
use crate::op::{Carry, Op};
use crate::parameters::Unconfirmed;
use crate::sender::program;

/// The most messages that one `copyMessages` takes.
const COPY_MAX: usize = 100;
/// The most parts of an album.
const ALBUM_MAX: usize = 10;

/// The job of a delivery.
pub fn job(delivery: &Delivery, op: &Op, group: ChatId, unconfirmed: Unconfirmed) -> Job {
    Job {
        id: delivery.id,
        lane: delivery.lane.as_str().into(),
        scope: scope(op, group),
        weight: weight(op),
        priority: priority(op),
        not_before: delivery.not_before,
        on_unknown: on_unknown(op, unconfirmed),
        join: join(op),
        attempt: delivery.attempt,
        asking: delivery.state == DeliveryState::Asking,
    }
}

fn scope(op: &Op, group: ChatId) -> Scope {
    match op.destination() {
        Place::Customer => op.chat().map_or(Scope::None, Scope::Private),
        Place::Topic | Place::General => Scope::Group(group),
    }
}

fn weight(op: &Op) -> u32 {
    let calls = match op {
        Op::Send { contents, .. } => contents.len(),
        Op::Forward { messages, .. } => messages.len(),
        Op::Post { more, .. } => 1 + more.len(),
        _ => 1,
    };
    u32::try_from(calls).unwrap_or(u32::MAX)
}

fn priority(op: &Op) -> Priority {
    match op {
        Op::Answer { .. } | Op::Send { asked: Some(_), .. } | Op::Forward { .. } => Priority::Answer,
        Op::Show {
            direction: Direction::Intercepted,
            ..
        }
        | Op::Revise { .. }
        | Op::Gone { .. }
        | Op::Pin { .. } => Priority::Intercepted,
        Op::Show { .. } | Op::Edit { .. } | Op::React { .. } | Op::Reopen { .. } => Priority::Customer,
        Op::Send { .. } | Op::Post { .. } | Op::Unfit { .. } | Op::Loose { .. } | Op::EditPost { .. } => {
            Priority::Notice
        }
        Op::Held { then, .. } => priority(then),
        Op::Title { .. } => Priority::Title,
    }
}

/// What to do when the outcome is not known: by what a repeat would do to whom.
pub fn on_unknown(op: &Op, unconfirmed: Unconfirmed) -> OnUnknown {
    match op {
        Op::Show { .. } => OnUnknown::RepeatMarked,
        Op::Answer { .. } | Op::Send { asked: Some(_), .. } | Op::Forward { .. } => match unconfirmed {
            Unconfirmed::Ask => OnUnknown::Ask,
            Unconfirmed::Repeat => OnUnknown::Repeat,
            Unconfirmed::Leave => OnUnknown::Leave,
        },
        Op::Send { .. } => OnUnknown::Leave,
        Op::Post { .. }
        | Op::Unfit { .. }
        | Op::Loose { .. }
        | Op::Edit { .. }
        | Op::EditPost { .. }
        | Op::Revise { .. }
        | Op::Gone { .. }
        | Op::Pin { .. }
        | Op::React { .. }
        | Op::Title { .. }
        | Op::Reopen { .. } => OnUnknown::Repeat,
        Op::Held { .. } => OnUnknown::Ask,
    }
}

fn join(op: &Op) -> Option<Join> {
    let (carry, way) = match op {
        Op::Show {
            carry,
            direction: Direction::Intercepted,
        } if carry.album.is_none() => return program::joins(carry),
        Op::Show { carry, .. } => (carry, "show"),
        Op::Answer { carry, .. } => (carry, "answer"),
        _ => return None,
    };
    let album = carry.album.as_deref();
    let (key, max) = match album {
        // By itself: one part that a plugin changed makes another call of the whole.
        Some(album) => (format!("{way}:{}:{album}", carry.chat), ALBUM_MAX),
        // A call for many cannot carry the marks of each.
        None if can_copy_many(carry) && carry.marks.is_empty() => (format!("{way}:{}", carry.chat), COPY_MAX),
        None => return None,
    };
    Some(Join {
        key: key.into(),
        order: carry.message,
        album: album.map(Into::into),
        max,
        once: false,
    })
}

/// `copyMessages` knows no replies and no other contents.
pub fn can_copy_many(carry: &Carry) -> bool {
    // Polls go one by one: beside a bot's own program they are no copies.
    carry.reply.is_none() && !carry.replaced && copyable(&carry.kind) && carry.kind != "poll"
}
