//! What happens beside the calls: an operator decides, the process dies, people hold, cancel and pause.

use std::cmp::Reverse;

use switchboard_delivery::*;

use crate::world::{Event, State, World};

impl World {
    /// The operator says what to do about a call whose outcome is unknown.
    pub fn operator(&mut self, id: DeliveryId) {
        // the one that was asked about may have been cancelled since, another part of its call not
        let lane = &self.rows[&id].job.lane;
        let asking = |id: &&DeliveryId| self.rows[*id].job.asking && self.rows[*id].job.lane == *lane;
        let Some(id) = self.open.range(id..).find(asking).copied() else {
            return;
        };
        let say = match self.random.below(3) {
            0 => Answer::Leave,
            n => Answer::Repeat { marked: n == 1 },
        };
        // one question for the whole call, of which a part may still be in the store
        let lane = &self.rows[&id].job.lane;
        let asking = |id: &&DeliveryId| self.rows[*id].job.asking && self.rows[*id].job.lane == *lane;
        let ids: Vec<DeliveryId> = self.open.iter().filter(asking).copied().collect();
        for id in &ids {
            if self.engine.contains(*id) {
                assert!(self.engine.answer(self.now, *id, say), "{id} asks");
            }
        }
        for id in ids {
            let row = self.rows.get_mut(&id).expect("a delivery that was committed");
            assert!(row.job.asking);
            row.job.asking = false;
            if let Answer::Repeat { marked } = say {
                row.marked = marked;
            }
            if say == Answer::Leave {
                row.state = State::Settled;
                self.open.remove(&id);
            }
            row.plain_repeats = true;
        }
    }

    /// kill -9, and a new engine from the store.
    pub fn crash(&mut self) {
        let mut flying: Vec<u64> = self.calls.keys().copied().collect();
        flying.sort_unstable();
        for serial in flying {
            let pending = self.events.iter().any(|Reverse((_, _, e))| *e == Event::Arrive(serial));
            if pending && self.random.chance(500) {
                self.arrive(serial);
            }
            let call = self.calls.remove(&serial).expect("a call in flight");
            self.spent.push((call.scope, call.weight, self.now));
        }
        self.events
            .retain(|Reverse((_, _, e))| !matches!(e, Event::Arrive(_) | Event::Answer(_) | Event::Refill(..)));
        self.busy.clear();
        self.cancelled.clear();
        self.pauses.clear();
        self.bot_pause = 0;
        self.now += self.random.below(500);

        self.engine = Self::engine(&self.plan);
        self.spent.retain(|(_, _, at)| *at > self.now - 3_600_000);
        for (scope, weight, at) in self.spent.clone() {
            self.engine.spent(self.now, scope, weight, at);
        }
        for lane in self.held.clone() {
            self.engine.hold_lane(&lane);
        }
        for id in self.open.clone() {
            let row = self.rows.get_mut(&id).expect("an open delivery");
            let cut = row.state == State::Open;
            row.unknowns += u32::from(cut);
            if cut {
                row.state = State::Unsure;
            }
            if cut {
                match row.job.on_unknown {
                    OnUnknown::Repeat => {}
                    OnUnknown::RepeatMarked => row.marked = true,
                    OnUnknown::Ask => {
                        row.job.asking = true;
                        let when = self.now + self.random.below(2000);
                        self.at(when, Event::Operator(id));
                    }
                    OnUnknown::Leave => {
                        row.state = State::Settled;
                        self.open.remove(&id);
                        continue;
                    }
                }
            }
            self.hand_over(id);
        }
    }

    /// Holds, releases, pauses, cancels.
    pub fn meddle(&mut self) {
        let Some(id) = self
            .open
            .iter()
            .nth(self.random.below(self.open.len().max(1) as i64) as usize)
            .copied()
        else {
            return;
        };
        let lane = self.rows[&id].job.lane.clone();
        match self.random.below(5) {
            0 => {
                self.engine.hold_lane(&lane);
                self.held.insert(lane);
            }
            1 => {
                let until = self.now + self.random.below(500);
                self.engine.pause(self.rows[&id].job.scope, until);
            }
            2 => self.engine.reconnected(self.now),
            3 => match self.engine.remove(id) {
                Removed::Gone => {
                    let row = self.rows.get_mut(&id).expect("an open delivery");
                    row.state = State::Settled;
                    row.job.asking = false;
                    self.open.remove(&id);
                }
                Removed::InFlight => {
                    self.cancelled.insert(id);
                }
                Removed::Missing => {}
            },
            _ => self.release(),
        }
    }

    pub fn release(&mut self) {
        for lane in std::mem::take(&mut self.held) {
            self.engine.release_lane(self.now, &lane);
        }
    }
}
