//! How calls end: outcomes, 429s, failures, and answers to what is unknown.

use crate::backoff::{margin, pause};
use crate::budget::Class;
use crate::engine::{Batch, Engine};
use crate::poll::bot_class;
use crate::{Answer, BatchId, DeliveryId, Flood, Millis, OnUnknown, Outcome, Verdict};

/// The longest wait that is believed: a year.
const LONGEST: Millis = 365 * 86_400_000;

impl Engine {
    /// Takes a call's outcome. A batch that is not in flight is ignored ([`Verdict::Stale`]).
    ///
    /// A 429 ([`Flood::Chat`], [`Flood::Bot`]) pauses exactly that scope, shrinks its budget for a while, and is no
    /// failure: the same deliveries go first when the pause ends. 429s from several chats in short time pause the bot.
    pub fn finish(&mut self, now: Millis, batch: BatchId, outcome: Outcome) -> Verdict {
        let now = self.tick(now);
        let Some(ended) = self.batches.remove(&batch) else {
            return Verdict::Stale;
        };
        self.pay(now, &ended, outcome);

        let ix = ended.lane;
        let lane = &mut self.lanes[ix as usize];
        let count = lane.in_flight();
        lane.flying = None;
        let keeps_place = matches!(
            outcome,
            Outcome::NotSent {
                scope_wide: Flood::Chat | Flood::Bot,
                ..
            } | Outcome::More { .. }
        );
        if keeps_place {
            lane.turn = ended.turn;
        } else {
            lane.fronted = now;
        }
        let verdict = match outcome {
            Outcome::Sent | Outcome::Refused => {
                lane.failures = 0;
                self.settle(ix, count);
                Verdict::Settled
            }
            Outcome::NotSent {
                retry_after,
                scope_wide,
            } => {
                let at = self.not_sent(now, &ended, retry_after, scope_wide);
                let marked = self.lanes[ix as usize].queue.front().is_some_and(|first| first.marked);
                Verdict::Again { at, marked }
            }
            Outcome::Unknown => self.unknown(now, ix, count),
            Outcome::More { after } => {
                lane.failures = 0;
                let at = now + after.clamp(0, LONGEST);
                if at > now {
                    lane.wait_until = at;
                }
                let marked = lane.queue.front().is_some_and(|first| first.marked);
                Verdict::Again { at, marked }
            }
            Outcome::Apart => {
                if count < 2 {
                    lane.failures = lane.failures.saturating_add(1);
                    lane.wait_until = now + pause(lane.failures, batch.0 as i64);
                }
                lane.take_apart(count);
                let marked = lane.queue.front().is_some_and(|first| first.marked);
                Verdict::Again {
                    at: now.max(lane.wait_until),
                    marked,
                }
            }
        };
        let verdict = self.sweep(ix, count, verdict);
        self.list(ix);
        self.weigh(ended.scope);
        verdict
    }

    /// Someone's answer to [`Verdict::Ask`] for one delivery. Whether it did ask; with [`Answer::Leave`] it has left the engine.
    ///
    /// A call of several asks for each of them; answer them all before the next [`Self::poll`], and they go together again.
    pub fn answer(&mut self, now: Millis, id: DeliveryId, answer: Answer) -> bool {
        let now = self.tick(now);
        let Some(ix) = self.homes.get(&id).copied() else {
            return false;
        };
        let lane = &mut self.lanes[ix as usize];
        let Some(entry) = lane.get_mut(id).filter(|entry| entry.asking) else {
            return false;
        };
        match answer {
            Answer::Repeat { marked } => {
                entry.asking = false;
                entry.marked = marked;
            }
            Answer::Leave => {
                lane.remove(id);
                self.homes.remove(&id);
            }
        }
        let lane = &mut self.lanes[ix as usize];
        lane.fronted = now;
        lane.wait_until = lane.wait_until.min(now);
        self.list(ix);
        true
    }

    /// Gives the call's slots back, or counts them from now on.
    fn pay(&mut self, now: Millis, ended: &Batch, outcome: Outcome) {
        let class: Class = ended.priority.into();
        self.broadcasts -= usize::from(class == Class::Broadcast);
        // what did not arrive, and what a 429 turned away, does not count there
        let counted = match outcome {
            Outcome::Sent | Outcome::Refused | Outcome::Unknown | Outcome::Apart => ended.weight,
            Outcome::NotSent {
                retry_after: Some(_),
                scope_wide: Flood::None,
            } => ended.weight,
            Outcome::NotSent { .. } => 0,
            Outcome::More { .. } => ended.weight.min(1),
        };
        if let Some(chat) = self.chats.get_mut(&ended.scope) {
            chat.flying = chat.flying.saturating_sub(1);
            chat.budget.done(now, ended.weight, counted, class);
        }
        self.bot.budget.done(now, ended.weight, counted, bot_class(class));
    }

    fn not_sent(&mut self, now: Millis, ended: &Batch, retry_after: Option<Millis>, flood: Flood) -> Millis {
        let lane = &mut self.lanes[ended.lane as usize];
        let seed = lane.queue.front().map_or(0, |first| first.id);
        let told = retry_after
            .map(|wait| wait.clamp(0, LONGEST))
            .map(|wait| now + wait + margin(wait));
        if flood == Flood::None {
            let until = told.unwrap_or_else(|| {
                lane.failures = lane.failures.saturating_add(1);
                now + pause(lane.failures, seed)
            });
            lane.wait_until = until;
            return until;
        }

        let until = told.unwrap_or_else(|| now + pause(lane.failures.saturating_add(3), seed));
        let mut at = until;
        if flood == Flood::Chat {
            let chat = self.chat(ended.scope);
            chat.paused_until = chat.paused_until.max(until);
            chat.budget.flood(now, ended.started, until);
            at = chat.paused_until;
        }
        if flood == Flood::Bot || self.bot.flooded(now, ended.scope) {
            self.bot.paused_until = self.bot.paused_until.max(until);
            self.bot.budget.flood(now, ended.started, until);
            at = at.max(self.bot.paused_until);
        }
        at
    }

    fn unknown(&mut self, now: Millis, ix: u32, count: usize) -> Verdict {
        let lane = &mut self.lanes[ix as usize];
        let Some(first) = lane.queue.front() else {
            return Verdict::Settled;
        };
        let (id, on_unknown, marked) = (first.id, first.on_unknown, first.marked);
        match on_unknown {
            OnUnknown::Repeat | OnUnknown::RepeatMarked => {
                lane.failures = lane.failures.saturating_add(1);
                let at = now + pause(lane.failures, id);
                lane.wait_until = at;
                let marked = marked || on_unknown == OnUnknown::RepeatMarked;
                for entry in lane.queue.iter_mut().take(count) {
                    entry.marked = marked;
                }
                Verdict::Again { at, marked }
            }
            OnUnknown::Ask => {
                for entry in lane.queue.iter_mut().take(count) {
                    entry.asking = true;
                }
                Verdict::Ask
            }
            OnUnknown::Leave => {
                self.settle(ix, count);
                Verdict::Settled
            }
        }
    }

    fn settle(&mut self, ix: u32, count: usize) {
        let lane = &mut self.lanes[ix as usize];
        for _ in 0..count {
            if let Some(entry) = lane.pop() {
                self.homes.remove(&entry.id);
            }
        }
    }

    /// Lets those go that were removed while in flight.
    fn sweep(&mut self, ix: u32, count: usize, verdict: Verdict) -> Verdict {
        if verdict == Verdict::Settled {
            return verdict;
        }
        let lane = &mut self.lanes[ix as usize];
        let gone: Vec<DeliveryId> = lane.queue.iter().take(count).filter(|e| e.gone).map(|e| e.id).collect();
        for id in &gone {
            lane.remove(*id);
            self.homes.remove(id);
        }
        if gone.len() == count { Verdict::Settled } else { verdict }
    }
}
