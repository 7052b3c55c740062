//! The engine: what is in it, what goes in and comes out, what it says about itself.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use slab::Slab;

use crate::lane::{Entry, Lane, Place};
use crate::scope::{Bot, Chat};
use crate::{Added, BatchId, DeliveryId, Job, Millis, Pacing, Removed, Scope};

/// A call in flight.
#[derive(Debug)]
pub(crate) struct Batch {
    pub lane: u32,
    pub scope: Scope,
    pub weight: u32,
    pub priority: crate::Priority,
    pub started: Millis,
    /// The lane's turn before this call.
    pub turn: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    Lane(u32),
    Scope(Scope),
}

/// Lanes, pacing and outcomes of one bot's calls.
///
/// Every operation costs O(log n), where it does not say otherwise. Times that go backwards are taken as the latest
/// time seen: hand in a monotone clock.
#[derive(Debug)]
pub struct Engine {
    pub(crate) now: Millis,
    pub(crate) pacing: Pacing,
    pub(crate) max_in_flight: usize,
    pub(crate) lane_window: usize,
    pub(crate) lanes: Slab<Lane>,
    pub(crate) names: FxHashMap<Arc<str>, u32>,
    pub(crate) homes: FxHashMap<DeliveryId, u32>,
    pub(crate) chats: FxHashMap<Scope, Chat>,
    /// The chats with a lane that may go, by their first lane.
    pub(crate) open: BTreeSet<(Place, Scope)>,
    pub(crate) timers: BTreeSet<(Millis, Timer)>,
    pub(crate) leaving: BinaryHeap<Reverse<(Millis, Scope)>>,
    pub(crate) bot: Bot,
    pub(crate) batches: FxHashMap<BatchId, Batch>,
    pub(crate) broadcasts: usize,
    pub(crate) last_batch: u64,
    pub(crate) low: Vec<u32>,
}

impl Engine {
    /// At most 64 calls in flight, lanes of any length.
    pub fn new(pacing: Pacing) -> Self {
        Self {
            now: 0,
            pacing,
            max_in_flight: 64,
            lane_window: usize::MAX,
            lanes: Slab::new(),
            names: FxHashMap::default(),
            homes: FxHashMap::default(),
            chats: FxHashMap::default(),
            open: BTreeSet::new(),
            timers: BTreeSet::new(),
            leaving: BinaryHeap::new(),
            bot: Bot::new(&pacing),
            batches: FxHashMap::default(),
            broadcasts: 0,
            last_batch: 0,
            low: Vec::new(),
        }
    }

    /// How many calls may be in flight at once (at least 1).
    #[must_use]
    pub fn max_in_flight(mut self, calls: usize) -> Self {
        self.max_in_flight = calls.max(1);
        self
    }

    /// How many deliveries of one lane are kept here (at least 1); see [`Self::take_low`].
    #[must_use]
    pub fn lane_window(mut self, deliveries: usize) -> Self {
        self.lane_window = deliveries.max(1);
        self
    }

    /// Takes a delivery: after its commit, or from the store at start.
    ///
    /// It is placed by its id, though never before what is in flight. Cheap where ids rise; a smaller id costs a shift
    /// of the lane's larger ones.
    pub fn add(&mut self, job: Job) -> Added {
        if self.homes.contains_key(&job.id) {
            return Added::Known;
        }
        let ix = self.lane_named(&job.lane);
        let window = self.lane_window;
        let lane = &mut self.lanes[ix as usize];
        let behind = lane.queue.back().is_none_or(|last| last.id < job.id);
        if behind && (lane.spilled || lane.queue.len() >= window) {
            lane.spilled = true;
            lane.spilled_anew = true;
            self.want_more(ix);
            return Added::Spilled;
        }
        self.place(ix, job);
        self.list(ix);
        Added::Queued
    }

    pub(crate) fn place(&mut self, ix: u32, job: Job) {
        let now = self.now;
        let lane = &mut self.lanes[ix as usize];
        self.homes.insert(job.id, ix);
        let before = lane.queue.front().map(|first| first.id);
        lane.insert(Entry::new(job));
        if lane.queue.front().map(|first| first.id) != before {
            lane.fronted = now;
        }
    }

    /// Forgets a delivery, whatever its state; one in flight leaves when its call ends.
    pub fn remove(&mut self, id: DeliveryId) -> Removed {
        let Some(ix) = self.homes.get(&id).copied() else {
            return Removed::Missing;
        };
        let now = self.now;
        let lane = &mut self.lanes[ix as usize];
        let flying = lane.in_flight();
        if let Some(entry) = lane.queue.iter_mut().take(flying).find(|entry| entry.id == id) {
            entry.gone = true;
            return Removed::InFlight;
        }
        if lane.queue.front().is_some_and(|first| first.id == id) {
            lane.fronted = now;
        }
        lane.remove(id);
        self.homes.remove(&id);
        self.list(ix);
        Removed::Gone
    }

    /// The next attempt of this delivery is to be marked, since the outcome of an earlier one is unknown: for what is
    /// loaded after a restart. Marked deliveries share no call with others. False when it is not here.
    pub fn mark(&mut self, id: DeliveryId) -> bool {
        let Some(ix) = self.homes.get(&id).copied() else {
            return false;
        };
        let Some(entry) = self.lanes[ix as usize].get_mut(id) else {
            return false;
        };
        entry.marked = true;
        self.list(ix);
        true
    }

    pub(crate) fn tick(&mut self, now: Millis) -> Millis {
        self.now = self.now.max(now);
        self.now
    }

    pub(crate) fn lane_named(&mut self, name: &Arc<str>) -> u32 {
        if let Some(ix) = self.names.get(name) {
            return *ix;
        }
        let ix = self.lanes.insert(Lane::new(name.clone())) as u32;
        self.names.insert(name.clone(), ix);
        ix
    }

    pub(crate) fn chat(&mut self, scope: Scope) -> &mut Chat {
        self.chats
            .entry(scope)
            .or_insert_with(|| Chat::new(&self.pacing, scope))
    }
}
