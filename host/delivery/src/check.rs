//! The engine's invariants, for tests: every list agrees with every other.

use std::collections::HashMap;

use crate::engine::{Engine, Timer};
use crate::lane::{Head, Lane, Listed};
use crate::scope::Standing;

macro_rules! ensure {
    ($condition:expr, $($words:tt)+) => {
        if !$condition {
            return Err(format!($($words)+));
        }
    };
}

impl Engine {
    /// Says what is wrong inside. O(n); simulations call it after each step.
    #[doc(hidden)]
    pub fn check_invariants(&self) -> Result<(), String> {
        let mut deliveries = 0;
        for (ix, lane) in &self.lanes {
            let ix = ix as u32;
            ensure!(
                self.names.get(&lane.name) == Some(&ix),
                "lane {} has no name",
                lane.name
            );
            ensure!(!lane.is_idle(), "lane {} is kept for nothing", lane.name);
            deliveries += lane.queue.len();
            for entry in &lane.queue {
                ensure!(
                    self.homes.get(&entry.id) == Some(&ix),
                    "delivery {} is not at home",
                    entry.id
                );
            }
            self.check_lane(ix, lane)?;
        }
        ensure!(
            deliveries == self.homes.len(),
            "{} homes for {deliveries} deliveries",
            self.homes.len()
        );
        ensure!(self.names.len() == self.lanes.len(), "names and lanes differ");
        self.check_flight()?;
        self.check_chats()
    }

    fn check_lane(&self, ix: u32, lane: &Lane) -> Result<(), String> {
        let flying = lane.in_flight();
        ensure!(flying <= lane.queue.len(), "lane {} lost what is in flight", lane.name);
        for part in [lane.queue.range(..flying), lane.queue.range(flying..)] {
            ensure!(
                part.clone().is_sorted_by(|a, b| a.id < b.id),
                "lane {} is out of order",
                lane.name
            );
        }
        let rests = lane.flying.is_some() || lane.held || !matches!(lane.head(), Head::Call(_));
        match lane.listed {
            Listed::Nowhere => ensure!(rests, "lane {} is forgotten", lane.name),
            _ if rests => return Err(format!("lane {} should rest", lane.name)),
            Listed::Timer(at) => ensure!(
                self.timers.contains(&(at, Timer::Lane(ix))),
                "lane {} has no timer",
                lane.name
            ),
            Listed::Ready(scope, place) => {
                let here = self.chats.get(&scope).is_some_and(|chat| chat.ready.contains(&place));
                ensure!(here && place.lane == ix, "lane {} stands in no line", lane.name);
            }
        }
        if let Some((batch, _)) = lane.flying {
            let known = self.batches.get(&batch).is_some_and(|b| b.lane == ix);
            ensure!(known, "lane {} waits for a batch that is not in flight", lane.name);
        }
        Ok(())
    }

    fn check_flight(&self) -> Result<(), String> {
        ensure!(
            self.batches.len() <= self.max_in_flight,
            "{} calls in flight",
            self.batches.len()
        );
        let lanes = self.lanes.iter().filter(|(_, lane)| lane.flying.is_some()).count();
        ensure!(
            lanes == self.batches.len(),
            "{lanes} lanes for {} batches",
            self.batches.len()
        );
        let mut chats = HashMap::new();
        let mut all = 0;
        for batch in self.batches.values() {
            let sum: &mut (u32, u64) = chats.entry(batch.scope).or_default();
            *sum = (sum.0 + 1, sum.1 + u64::from(batch.weight));
            all += u64::from(batch.weight);
        }
        let bot = self.bot.budget.flying();
        ensure!(
            bot.is_none_or(|bot| bot == all),
            "the bot's budget has {bot:?} in flight, not {all}"
        );
        for (scope, chat) in &self.chats {
            let (calls, weight) = chats.remove(scope).unwrap_or_default();
            ensure!(
                chat.flying == calls,
                "{scope:?} has {} calls in flight, not {calls}",
                chat.flying
            );
            let flying = chat.budget.flying();
            ensure!(
                flying.is_none_or(|w| w == weight),
                "{scope:?} has {flying:?} in flight, not {weight}"
            );
        }
        ensure!(chats.is_empty(), "chats of calls in flight are forgotten: {chats:?}");
        Ok(())
    }

    fn check_chats(&self) -> Result<(), String> {
        let (mut open, mut timers, mut ready) = (0, 0, 0);
        for (scope, chat) in &self.chats {
            ready += chat.ready.len();
            ensure!(
                (chat.standing == Standing::Idle) == chat.ready.is_empty(),
                "{scope:?} stands wrong"
            );
            match chat.standing {
                Standing::Idle => {}
                Standing::Open(place) => {
                    open += 1;
                    ensure!(chat.ready.first() == Some(&place), "{scope:?} offers the wrong lane");
                    ensure!(self.open.contains(&(place, *scope)), "{scope:?} is not open");
                }
                Standing::Waits(Some(at)) => {
                    timers += 1;
                    ensure!(
                        self.timers.contains(&(at, Timer::Scope(*scope))),
                        "{scope:?} has no timer"
                    );
                }
                Standing::Waits(None) => ensure!(chat.flying > 0, "{scope:?} waits for nothing"),
            }
        }
        let lanes = self
            .lanes
            .iter()
            .filter(|(_, lane)| matches!(lane.listed, Listed::Timer(_)))
            .count();
        let lined = self
            .lanes
            .iter()
            .filter(|(_, lane)| matches!(lane.listed, Listed::Ready(..)))
            .count();
        ensure!(lined == ready, "{ready} places for {lined} lanes");
        ensure!(open == self.open.len(), "{} open for {open} chats", self.open.len());
        ensure!(
            timers + lanes == self.timers.len(),
            "{} timers for {timers} chats, {lanes} lanes",
            self.timers.len()
        );
        Ok(())
    }
}
