//! Where lanes and chats are listed: timers, lines, nowhere.

use std::cmp::Reverse;

use crate::Scope;
use crate::engine::{Engine, Timer};
use crate::lane::{Head, Listed, Place};
use crate::scope::Standing;

impl Engine {
    /// Lists a lane where it belongs, after anything about it changed; forgets it when nothing is left.
    pub(crate) fn list(&mut self, ix: u32) {
        let now = self.now;
        let lane = &mut self.lanes[ix as usize];
        let was = lane.listed;
        let is = if lane.flying.is_some() || lane.held {
            Listed::Nowhere
        } else {
            match lane.head() {
                Head::Empty | Head::Asking => Listed::Nowhere,
                Head::Call(load) => {
                    let due = load.due.max(lane.wait_until);
                    match lane.queue.front() {
                        Some(first) if due <= now => {
                            let priority = lane.priority();
                            let rank = if load.weight == 0 { 0 } else { 1 + priority as u8 };
                            let since = due.max(lane.fronted);
                            let place = Place {
                                rank,
                                since,
                                turn: lane.turn,
                                id: first.id,
                                lane: ix,
                                weight: load.weight,
                                priority,
                            };
                            Listed::Ready(first.scope, place)
                        }
                        _ => Listed::Timer(due),
                    }
                }
            }
        };
        if is != was {
            lane.listed = is;
            match was {
                Listed::Nowhere => {}
                Listed::Timer(at) => {
                    self.timers.remove(&(at, Timer::Lane(ix)));
                }
                Listed::Ready(scope, place) => {
                    self.chat(scope).ready.remove(&place);
                    if !matches!(is, Listed::Ready(same, _) if same == scope) {
                        self.weigh(scope);
                    }
                }
            }
            match is {
                Listed::Nowhere => {}
                Listed::Timer(at) => {
                    self.timers.insert((at, Timer::Lane(ix)));
                }
                Listed::Ready(scope, place) => {
                    self.chat(scope).ready.insert(place);
                    self.weigh(scope);
                }
            }
        }
        self.want_more(ix);
        if self.lanes[ix as usize].is_idle() {
            let lane = self.lanes.remove(ix as usize);
            self.names.remove(&lane.name);
        }
    }

    /// Lists a chat where it belongs, after anything about it changed.
    pub(crate) fn weigh(&mut self, scope: Scope) {
        let now = self.now;
        let Some(chat) = self.chats.get_mut(&scope) else {
            return;
        };
        let was = chat.standing;
        let is = chat.weigh(now);
        if is != was {
            chat.standing = is;
            match was {
                Standing::Open(place) => {
                    self.open.remove(&(place, scope));
                }
                Standing::Waits(Some(at)) => {
                    self.timers.remove(&(at, Timer::Scope(scope)));
                }
                Standing::Waits(None) | Standing::Idle => {}
            }
            match is {
                Standing::Open(place) => {
                    self.open.insert((place, scope));
                }
                Standing::Waits(Some(at)) => {
                    self.timers.insert((at, Timer::Scope(scope)));
                }
                Standing::Waits(None) | Standing::Idle => {}
            }
        }
        if let Some(at) = chat.idle_at()
            && !chat.leaving
        {
            chat.leaving = true;
            self.leaving.push(Reverse((at, scope)));
        }
    }
}
