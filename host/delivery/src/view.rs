//! What the engine says about itself.

use crate::DeliveryId;
use crate::engine::Engine;
use crate::lane::{Head, Lane};

impl Engine {
    /// Deliveries in the engine, those in flight too.
    pub fn len(&self) -> usize {
        self.homes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.homes.is_empty()
    }

    pub fn contains(&self, id: DeliveryId) -> bool {
        self.homes.contains_key(&id)
    }

    /// Calls in flight.
    pub fn flying(&self) -> usize {
        self.batches.len()
    }

    /// Lanes with something in them.
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }

    fn lane_at(&self, lane: &str) -> Option<&Lane> {
        self.lanes.get(*self.names.get(lane)? as usize)
    }

    /// Deliveries of a lane, those in flight too.
    pub fn lane_len(&self, lane: &str) -> usize {
        self.lane_at(lane).map_or(0, |lane| lane.queue.len())
    }

    /// The largest id of a lane that is here.
    pub fn lane_tail(&self, lane: &str) -> Option<DeliveryId> {
        self.lane_at(lane)?.queue.back().map(|last| last.id)
    }

    /// Whether a call of this lane is in flight.
    pub fn in_flight(&self, lane: &str) -> bool {
        self.lane_at(lane).is_some_and(|lane| lane.flying.is_some())
    }

    /// Whether the lane waits for [`Self::answer`].
    pub fn is_asking(&self, lane: &str) -> bool {
        self.lane_at(lane)
            .is_some_and(|lane| lane.flying.is_none() && lane.head() == Head::Asking)
    }

    pub fn is_held(&self, lane: &str) -> bool {
        self.lane_at(lane).is_some_and(|lane| lane.held)
    }

    /// Nothing of this lane is left: not here, not in flight, not known to be in the store.
    pub fn quiet(&self, lane: &str) -> bool {
        self.lane_at(lane)
            .is_none_or(|lane| lane.queue.is_empty() && lane.flying.is_none() && !lane.spilled)
    }
}
