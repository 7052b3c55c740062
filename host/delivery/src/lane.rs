//! One lane: its deliveries by id, and what its next call would carry.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::{BatchId, DeliveryId, Job, Join, Millis, OnUnknown, Priority, Scope};

/// A delivery inside its lane.
#[derive(Debug)]
pub(crate) struct Entry {
    pub id: DeliveryId,
    pub not_before: Millis,
    pub attempt: i64,
    pub join: Option<Join>,
    pub scope: Scope,
    pub weight: u32,
    pub priority: Priority,
    pub on_unknown: OnUnknown,
    pub asking: bool,
    pub marked: bool,
    /// Shares no call but with its album.
    pub alone: bool,
    /// Removed while its call was under way.
    pub gone: bool,
}

impl Entry {
    pub fn new(job: Job) -> Self {
        Self {
            id: job.id,
            not_before: job.not_before,
            attempt: job.attempt,
            join: job.join,
            scope: job.scope,
            weight: job.weight,
            priority: job.priority,
            on_unknown: job.on_unknown,
            asking: job.asking,
            marked: false,
            alone: false,
            gone: false,
        }
    }

    fn album(&self) -> Option<&Arc<str>> {
        self.join.as_ref()?.album.as_ref()
    }

    /// Whether `next` may follow in the same call.
    fn joins(&self, next: &Self) -> bool {
        let (Some(a), Some(b)) = (&self.join, &next.join) else {
            return false;
        };
        a.key == b.key
            && a.once == b.once
            && a.order < b.order
            && self.scope == next.scope
            && self.on_unknown == next.on_unknown
            && self.marked == next.marked
            && !next.asking
    }
}

/// What goes out together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    pub count: usize,
    pub weight: u32,
    /// The newest part's time.
    pub due: Millis,
}

/// Where a lane is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    Nowhere,
    Timer(Millis),
    Ready(Scope, Place),
}

/// A ready lane's place in the line, the smallest first: by rank, then how long it has waited, then who was served longest ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// 0 for calls that cost nothing, then by priority.
    pub rank: u8,
    pub since: Millis,
    pub turn: u64,
    pub id: DeliveryId,
    pub lane: u32,
    pub weight: u32,
    pub priority: Priority,
}

/// How far the way to more of a spilled lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refill {
    None,
    Wanted,
    Reading,
}

/// What stands at a lane's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    Empty,
    Asking,
    Call(Load),
}

#[derive(Debug)]
pub(crate) struct Lane {
    pub name: Arc<str>,
    pub queue: VecDeque<Entry>,
    counts: [u32; Priority::COUNT],
    /// The call in flight carries this many deliveries from the front.
    pub flying: Option<(BatchId, usize)>,
    pub held: bool,
    /// Back-off: not before this time.
    pub wait_until: Millis,
    /// In a row, 429s apart.
    pub failures: u32,
    /// When the head became the head.
    pub fronted: Millis,
    pub turn: u64,
    pub listed: Listed,
    /// There are more in the store behind the last one here.
    pub spilled: bool,
    /// Some were turned away since the last refill was asked for.
    pub spilled_anew: bool,
    pub refill: Refill,
}

impl Lane {
    pub fn new(name: Arc<str>) -> Self {
        Self {
            name,
            queue: VecDeque::new(),
            counts: [0; Priority::COUNT],
            flying: None,
            held: false,
            wait_until: 0,
            failures: 0,
            fronted: 0,
            turn: 0,
            listed: Listed::Nowhere,
            spilled: false,
            spilled_anew: false,
            refill: Refill::None,
        }
    }

    pub fn in_flight(&self) -> usize {
        self.flying.map_or(0, |(_, count)| count)
    }

    /// Whether nothing needs this lane to be remembered.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.flying.is_none() && !self.held && !self.spilled
    }

    fn position(&self, id: DeliveryId) -> Result<usize, usize> {
        let flying = self.in_flight();
        if let Some(i) = self.queue.iter().take(flying).position(|entry| entry.id == id) {
            return Ok(i);
        }
        // nothing goes before what is in flight, whatever its id
        let last = self.queue.back().filter(|_| self.queue.len() > flying);
        if last.is_none_or(|last| last.id < id) {
            return Err(self.queue.len());
        }
        let (mut low, mut high) = (flying, self.queue.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.queue[middle].id.cmp(&id) {
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    pub fn insert(&mut self, entry: Entry) {
        if let Err(at) = self.position(entry.id) {
            self.counts[entry.priority as usize] += 1;
            self.queue.insert(at, entry);
        }
    }

    pub fn remove(&mut self, id: DeliveryId) -> Option<Entry> {
        let entry = self.queue.remove(self.position(id).ok()?)?;
        self.counts[entry.priority as usize] -= 1;
        Some(entry)
    }

    pub fn get_mut(&mut self, id: DeliveryId) -> Option<&mut Entry> {
        let at = self.position(id).ok()?;
        self.queue.get_mut(at)
    }

    pub fn pop(&mut self) -> Option<Entry> {
        let entry = self.queue.pop_front()?;
        self.counts[entry.priority as usize] -= 1;
        Some(entry)
    }

    /// The most urgent delivery's priority: what stands before it must go out first anyway.
    pub fn priority(&self) -> Priority {
        const ALL: [Priority; Priority::COUNT] = [
            Priority::Answer,
            Priority::Customer,
            Priority::Intercepted,
            Priority::Notice,
            Priority::Title,
            Priority::Broadcast,
        ];
        ALL.into_iter()
            .find(|p| self.counts[*p as usize] > 0)
            .unwrap_or(Priority::Broadcast)
    }

    pub fn head(&self) -> Head {
        match self.queue.front() {
            None => Head::Empty,
            Some(first) if first.asking => Head::Asking,
            Some(_) => Head::Call(self.unit(0)),
        }
    }

    /// The least that can go out from `from` on: one delivery, or one album.
    fn unit(&self, from: usize) -> Load {
        let mut load = Load {
            count: 0,
            weight: 0,
            due: 0,
        };
        let mut before: Option<&Entry> = None;
        for entry in self.queue.range(from..) {
            if let Some(before) = before {
                let max = before.join.as_ref().map_or(1, |join| join.max);
                let same = before.album().is_some() && before.album() == entry.album();
                if !same || load.count >= max || !before.joins(entry) {
                    break;
                }
            }
            load.count += 1;
            load.weight = load.weight.saturating_add(entry.weight);
            load.due = load.due.max(entry.not_before);
            before = Some(entry);
        }
        load
    }

    /// The first `count` went in one call, and shall no more: what is not of one album goes alone.
    pub fn take_apart(&mut self, count: usize) {
        let one_unit = self.unit(0).count >= count;
        for entry in self.queue.iter_mut().take(count) {
            entry.alone = true;
            if one_unit {
                entry.join = None;
            }
        }
    }

    /// The head, and as many of its neighbours as one call may carry and `room` (in calls) has place for; none to join none.
    pub fn load(&self, now: Millis, room: Option<u32>) -> Load {
        let mut load = self.unit(0);
        let Some(room) = room else { return load };
        let Some((max, once)) = self
            .queue
            .front()
            .and_then(|first| first.join.as_ref())
            .map(|join| (join.max, join.once))
        else {
            return load;
        };
        while let (Some(last), Some(next)) = (self.queue.get(load.count - 1), self.queue.get(load.count)) {
            // another part of the album that was just closed stays apart
            let apart = last.alone || next.alone;
            if apart || !last.joins(next) || (last.album().is_some() && last.album() == next.album()) {
                break;
            }
            let unit = self.unit(load.count);
            let more = if once { 0 } else { unit.weight };
            let weight = load.weight.saturating_add(more);
            if unit.due > now || load.count + unit.count > max || (more > 0 && weight > room) {
                break;
            }
            load = Load {
                count: load.count + unit.count,
                weight,
                due: load.due.max(unit.due),
            };
        }
        load
    }
}
