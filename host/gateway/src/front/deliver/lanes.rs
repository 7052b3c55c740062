//! Who is next: updates of one chat one after another, those of different chats side by side. No I/O.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use rand::RngExt as _;
use tokio::time::Instant;

use super::super::queue::{Entry, Index, Position};
use super::super::rules::Rules;

/// Updates that stand in lanes at one time. More of them wait in the index.
const LOADED: usize = 20_000;

/// What keeps its order: a chat; an update of no chat is alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    Chat(i64),
    Alone(Position),
}

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Position>,
    fails: u32,
    delay: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: HashMap<Key, Lane>,
    /// Lanes that are not under way, by when they may go.
    due: BTreeSet<(Instant, Key)>,
    /// All up to here have been put into lanes.
    reached: Position,
    loaded: usize,
}

impl Lanes {
    /// Puts what is new into its lanes, as far as there is room.
    pub(super) fn pull(&mut self, index: &Index, now: Instant) {
        for (position, entry) in index.after(self.reached, LOADED.saturating_sub(self.loaded)) {
            self.push(position, entry, now);
        }
    }

    fn push(&mut self, position: Position, entry: Entry, now: Instant) {
        self.reached = position;
        self.loaded += 1;
        let key = entry.chat.map_or(Key::Alone(position), Key::Chat);
        let lane = self.lanes.entry(key).or_insert_with(|| {
            self.due.insert((now, key));
            Lane::default()
        });
        lane.waiting.push_back(position);
    }

    /// The next update that may go; its lane is under way then, until one of the other functions is told.
    pub(super) fn go(&mut self, now: Instant) -> Option<(Key, Position)> {
        let (at, key) = self.due.first().copied()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        let position = *self.lanes.get(&key)?.waiting.front()?;
        Some((key, position))
    }

    /// When the next lane may go.
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// The first of this lane is delivered or gone.
    pub(super) fn done(&mut self, key: Key, now: Instant) {
        let Some(lane) = self.lanes.get_mut(&key) else {
            return;
        };
        lane.waiting.pop_front();
        self.loaded -= 1;
        if lane.waiting.is_empty() {
            self.lanes.remove(&key);
        } else {
            lane.fails = 0;
            lane.delay = Duration::ZERO;
            self.due.insert((now, key));
        }
    }

    /// The first of this lane was not delivered: its next try comes after a pause that grows.
    pub(super) fn failed(&mut self, key: Key, now: Instant, retry_after: Option<Duration>, rules: &Rules) {
        let Some(lane) = self.lanes.get_mut(&key) else {
            return;
        };
        let pause = match retry_after.filter(|pause| !pause.is_zero()) {
            Some(pause) => pause.min(rules.retry_after_most),
            None if lane.fails == 0 => Duration::ZERO,
            None => {
                let most = rules.retry_most.mul_f64(rand::rng().random_range(1.0..=2.0));
                lane.delay = most.min((lane.delay * 2).max(rules.retry));
                // A little less, so that lanes that failed together do not return together.
                lane.delay.mul_f64(rand::rng().random_range(0.8..=1.0))
            }
        };
        lane.fails += 1;
        self.due.insert((now + pause, key));
    }

    /// This lane's next try comes at a time of its own.
    pub(super) fn later(&mut self, key: Key, at: Instant) {
        if self.lanes.contains_key(&key) {
            self.due.insert((at, key));
        }
    }
}

#[cfg(test)]
mod tests {
    use switchboard_store::BotUpdate;

    use super::*;

    fn lanes(chats: &[Option<i64>]) -> (Lanes, Instant) {
        let mut index = Index::new(0);
        for (n, chat) in chats.iter().enumerate() {
            index.add(&BotUpdate {
                position: 2 * (n as i64 + 1),
                update: n as i64,
                chat: *chat,
                at: 0,
                held: false,
                body: String::new(),
            });
        }
        let now = Instant::now();
        let mut lanes = Lanes::default();
        lanes.pull(&index, now);
        lanes.pull(&index, now);
        (lanes, now)
    }

    #[test]
    fn one_of_a_chat_at_a_time_and_chats_side_by_side() {
        let (mut lanes, now) = lanes(&[Some(1), Some(1), Some(2), None, None]);
        let mut first = Vec::new();
        while let Some((_, position)) = lanes.go(now) {
            first.push(position);
        }
        first.sort_unstable();
        assert_eq!(first, [2, 6, 8, 10]);
        lanes.done(Key::Chat(1), now);
        assert_eq!(lanes.go(now), Some((Key::Chat(1), 4)));
        lanes.done(Key::Chat(1), now);
        assert_eq!(lanes.go(now), None);
    }

    #[test]
    fn pauses_grow_to_their_bound_and_end_with_a_success() {
        let (mut lanes, now) = lanes(&[Some(1), Some(1)]);
        let rules = Rules::default();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let at = lanes.next().unwrap();
            let (key, position) = lanes.go(at).unwrap();
            assert_eq!(position, 2);
            lanes.failed(key, now, None, &rules);
            pauses.push((lanes.next().unwrap() - now).as_secs_f64());
        }
        assert_eq!(pauses[0], 0.0);
        for (n, pause) in pauses.iter().enumerate().skip(1) {
            let most = f64::from(2u32.pow(n as u32)).min(120.0);
            assert!(*pause <= most && *pause >= most.min(60.0) * 0.8, "{n}: {pause}");
        }
        lanes.go(now + Duration::from_secs(120));
        lanes.failed(Key::Chat(1), now, Some(Duration::from_secs(7)), &rules);
        assert_eq!(lanes.next(), Some(now + Duration::from_secs(7)));
        lanes.go(now + Duration::from_secs(7));
        lanes.done(Key::Chat(1), now);
        assert_eq!(lanes.go(now), Some((Key::Chat(1), 4)));
        lanes.failed(Key::Chat(1), now, None, &rules);
        assert_eq!(lanes.next(), Some(now));
    }
}
