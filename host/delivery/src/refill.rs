//! Long lanes stay in the store: only a lane's first deliveries are kept here.

use std::sync::Arc;

use crate::engine::Engine;
use crate::lane::Refill;
use crate::{Added, Job};

impl Engine {
    /// The lanes that have run low and have more in the store. For each, read deliveries of larger id than
    /// [`Self::lane_tail`] (a full lane window is a good number) and hand them to [`Self::refill`], even when there
    /// are none or the read failed (then with `more`). Call it, and read, after the commits whose deliveries were added.
    pub fn take_low(&mut self) -> Vec<Arc<str>> {
        let mut names = Vec::with_capacity(self.low.len());
        for ix in std::mem::take(&mut self.low) {
            if let Some(lane) = self.lanes.get_mut(ix as usize)
                && lane.refill == Refill::Wanted
            {
                lane.refill = Refill::Reading;
                lane.spilled_anew = false;
                names.push(lane.name.clone());
            }
        }
        names
    }

    /// Takes what was read from the store behind a lane's tail, by rising id; also at start, lane by lane.
    /// `more`: the store had more than was read. All are taken, even beyond the lane's window.
    pub fn refill(&mut self, lane: &Arc<str>, jobs: impl IntoIterator<Item = Job>, more: bool) -> Vec<Added> {
        let ix = self.lane_named(lane);
        let mut added = Vec::new();
        for job in jobs {
            if job.lane != *lane || self.homes.contains_key(&job.id) {
                added.push(Added::Known);
            } else {
                self.place(ix, job);
                added.push(Added::Queued);
            }
        }
        let lane = &mut self.lanes[ix as usize];
        lane.spilled = more || lane.spilled_anew;
        lane.refill = Refill::None;
        self.list(ix);
        added
    }

    /// Asks for a refill where one is due, once.
    pub(crate) fn want_more(&mut self, ix: u32) {
        let lane = &mut self.lanes[ix as usize];
        if lane.spilled && lane.refill == Refill::None && lane.queue.len() <= self.lane_window / 2 {
            lane.refill = Refill::Wanted;
            self.low.push(ix);
        }
    }
}
