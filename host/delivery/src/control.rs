//! What is done to lanes and chats from outside: holds, pauses, calls made elsewhere, moves.

use std::sync::Arc;

use crate::engine::{Engine, Timer};
use crate::scope::Chat;
use crate::{Millis, Scope};

impl Engine {
    /// Nothing of this lane goes out until it is released; a call in flight ends as usual.
    pub fn hold_lane(&mut self, lane: &Arc<str>) {
        let ix = self.lane_named(lane);
        self.lanes[ix as usize].held = true;
        self.list(ix);
    }

    pub fn release_lane(&mut self, now: Millis, lane: &str) {
        let now = self.tick(now);
        if let Some(ix) = self.names.get(lane).copied() {
            let lane = &mut self.lanes[ix as usize];
            lane.held = false;
            lane.fronted = now;
            self.list(ix);
        }
    }

    /// Nothing goes to this chat before `until`; a longer pause stays.
    pub fn pause(&mut self, scope: Scope, until: Millis) {
        let chat = self.chat(scope);
        chat.paused_until = chat.paused_until.max(until);
        self.weigh(scope);
    }

    /// Nothing goes out at all before `until`; a longer pause stays.
    pub fn pause_bot(&mut self, until: Millis) {
        self.bot.paused_until = self.bot.paused_until.max(until);
    }

    /// Calls that count against the same limits and ended at `at`: made before a restart (from the attempts in the
    /// store), or by the bot's own program beside us.
    /// One window's worth suffices for windows; a private chat that was busy for long may have a burst too much.
    pub fn spent(&mut self, now: Millis, scope: Scope, weight: u32, at: Millis) {
        let now = self.tick(now);
        let at = at.min(now);
        self.bot.budget.spent(now, at, weight);
        if scope != Scope::None {
            self.chat(scope).budget.spent(now, at, weight);
            self.weigh(scope);
        }
    }

    /// The connection works again: lanes that back off after failures go at once. O(n log n) of the waiting lanes.
    pub fn reconnected(&mut self, now: Millis) {
        let now = self.tick(now);
        let waiting: Vec<u32> = self
            .timers
            .iter()
            .filter_map(|(_, t)| if let Timer::Lane(ix) = t { Some(*ix) } else { None })
            .collect();
        for ix in waiting {
            let lane = &mut self.lanes[ix as usize];
            if lane.wait_until > now {
                lane.wait_until = now;
                self.list(ix);
            }
        }
    }

    /// A group became a supergroup: what waits for the old id goes to the new one, whose budget starts with the old
    /// one's past. Lanes keep their names. O(n) of all deliveries.
    pub fn scope_moved(&mut self, old: i64, new: i64) {
        let (old, new) = (Scope::Group(old), Scope::Group(new));
        if let Some(chat) = self.chats.get(&old)
            && !self.chats.contains_key(&new)
        {
            let mut moved = Chat::with(chat.budget.settled());
            moved.paused_until = chat.paused_until;
            self.chats.insert(new, moved);
        }
        let touched: Vec<u32> = self
            .lanes
            .iter_mut()
            .filter_map(|(ix, lane)| {
                let mut any = false;
                for entry in lane.queue.iter_mut().filter(|entry| entry.scope == old) {
                    entry.scope = new;
                    any = true;
                }
                any.then_some(ix as u32)
            })
            .collect();
        for ix in touched {
            self.list(ix);
        }
        self.weigh(old);
        self.weigh(new);
    }
}
