//! What goes out now: timers, lines, budgets.

use std::cmp::Reverse;

use crate::budget::{Class, Fit};
use crate::engine::{Batch, Engine, Timer};
use crate::lane::Place;
use crate::{BatchId, Millis, Scope, Start};

impl Engine {
    /// The calls to make now, the most urgent first. Each must come back through [`Self::finish`].
    pub fn poll(&mut self, now: Millis) -> Vec<Start> {
        let now = self.tick(now);
        while let Some(&(at, timer)) = self.timers.first()
            && at <= now
        {
            self.timers.pop_first();
            match timer {
                Timer::Lane(ix) => {
                    self.lanes[ix as usize].listed = crate::lane::Listed::Nowhere;
                    self.list(ix);
                }
                Timer::Scope(scope) => {
                    self.chat(scope).standing = crate::scope::Standing::Idle;
                    self.weigh(scope);
                }
            }
        }
        self.forget_chats(now);

        let mut starts = Vec::new();
        while self.batches.len() < self.max_in_flight
            && self.bot.paused_until <= now
            && let Some((place, scope)) = self.open.first().copied()
            && self.bot_fit(&place) == Fit::Now
        {
            match self.start(place, scope) {
                Some(start) => starts.push(start),
                None => break,
            }
        }
        starts
    }

    /// When to call [`Self::poll`] next, if nothing happens before; a time in the past means now.
    pub fn wake_at(&self) -> Option<Millis> {
        let open = self
            .open
            .first()
            .filter(|_| self.batches.len() < self.max_in_flight)
            .and_then(|(place, _)| match self.bot_fit(place) {
                Fit::Now => Some(self.now.max(self.bot.paused_until)),
                Fit::At(at) => Some(at.max(self.bot.paused_until)),
                Fit::Later => None,
            });
        let timer = self.timers.first().map(|(at, _)| *at);
        open.into_iter().chain(timer).min()
    }

    fn bot_fit(&self, place: &Place) -> Fit {
        let class = bot_class(place.priority.into());
        // an answer always finds a free connection
        let spare = self.max_in_flight / 4;
        if class == Class::Broadcast && self.broadcasts >= (self.max_in_flight - spare).max(1) {
            return Fit::Later;
        }
        self.bot.budget.fit(self.now, place.weight, class)
    }

    fn start(&mut self, place: Place, scope: Scope) -> Option<Start> {
        let now = self.now;
        let class: Class = place.priority.into();
        let bot_room = self.bot.budget.free(now, bot_class(class));
        let chat = self.chats.get_mut(&scope)?;
        // joining serves a group whose budget makes lanes wait, and leaves each of them its share
        let room = if matches!(scope, Scope::Group(_)) && place.since <= chat.denied {
            let share = chat.budget.free(now, class) / u32::try_from(chat.ready.len()).unwrap_or(u32::MAX).max(1);
            Some(share.min(bot_room))
        } else {
            None
        };

        let lane = self.lanes.get_mut(place.lane as usize)?;
        let load = lane.load(now, room);
        self.last_batch += 1;
        let batch = BatchId(self.last_batch);
        lane.flying = Some((batch, load.count));
        let turn = std::mem::replace(&mut lane.turn, self.last_batch);
        let mut start = Start {
            batch,
            lane: lane.name.clone(),
            jobs: Vec::with_capacity(load.count),
            attempts: Vec::with_capacity(load.count),
            marked: false,
        };
        for entry in lane.queue.iter_mut().take(load.count) {
            entry.attempt += 1;
            start.jobs.push(entry.id);
            start.attempts.push(entry.attempt);
            start.marked |= entry.marked;
        }

        chat.flying += 1;
        chat.budget.take(load.weight, class);
        self.bot.budget.take(load.weight, bot_class(class));
        self.broadcasts += usize::from(class == Class::Broadcast);
        let started = Batch {
            lane: place.lane,
            scope,
            weight: load.weight,
            priority: place.priority,
            started: now,
            turn,
        };
        self.batches.insert(batch, started);
        self.list(place.lane);
        Some(start)
    }

    /// Drops chats whose past no longer matters.
    fn forget_chats(&mut self, now: Millis) {
        while let Some(Reverse((at, scope))) = self.leaving.peek().copied()
            && at <= now
        {
            self.leaving.pop();
            let Some(chat) = self.chats.get_mut(&scope) else {
                continue;
            };
            chat.leaving = false;
            match chat.idle_at() {
                Some(at) if at <= now => {
                    self.chats.remove(&scope);
                }
                Some(at) => {
                    chat.leaving = true;
                    self.leaving.push(Reverse((at, scope)));
                }
                None => {}
            }
        }
    }
}

/// Titles are held back in their group; to the bot's window they are like any other call.
pub(crate) fn bot_class(class: Class) -> Class {
    if class == Class::Title { Class::Plain } else { class }
}
