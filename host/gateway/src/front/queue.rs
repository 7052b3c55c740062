//! The light index of the waiting updates: everything about them but their bodies, and no I/O.

use std::collections::{BTreeMap, HashSet};

use switchboard_store::BotUpdate;

/// A place in the queue. Even: the update came in its turn. Odd: it was handed over late, after updates with higher ids.
pub(super) type Position = i64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) update: i64,
    pub(super) chat: Option<i64>,
    pub(super) at: i64,
}

/// What waits for one bot's program, in order.
#[derive(Debug, Default)]
pub(super) struct Index {
    open: BTreeMap<Position, Entry>,
    held: BTreeMap<Position, Entry>,
    /// Late ones that were in an answer. An offset confirms no other late ones: it may stand above their ids for long.
    handed: HashSet<Position>,
    last: i64,
}

pub(super) fn is_late(position: Position) -> bool {
    position & 1 == 1
}

impl Index {
    /// `floor` is below every place that will be given out. A clock makes a good one: no place is used again then, even where
    /// all rows are gone.
    pub(super) fn new(floor: i64) -> Self {
        Self {
            last: floor,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, row: &BotUpdate) {
        let entry = Entry {
            update: row.update,
            chat: row.chat,
            at: row.at,
        };
        self.last = self.last.max(row.position >> 1);
        let queue = if row.held { &mut self.held } else { &mut self.open };
        queue.insert(row.position, entry);
    }

    pub(super) fn next(&mut self, late: bool) -> Position {
        self.last += 1;
        self.last << 1 | i64::from(late)
    }

    /// The chats with held updates.
    pub(super) fn held_chats(&self) -> Vec<i64> {
        let chats: HashSet<i64> = self.held.values().filter_map(|entry| entry.chat).collect();
        chats.into_iter().collect()
    }

    pub(super) fn get(&self, position: Position) -> Option<Entry> {
        self.open.get(&position).copied()
    }

    /// Those that are not held.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// When the oldest came.
    pub(super) fn oldest(&self) -> Option<i64> {
        let firsts = [self.open.first_key_value(), self.held.first_key_value()];
        firsts.into_iter().flatten().map(|(_, entry)| entry.at).min()
    }

    /// The first `limit` that are not held, after `after`.
    pub(super) fn after(&self, after: Position, limit: usize) -> impl Iterator<Item = (Position, Entry)> {
        let range = self
            .open
            .range((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded));
        range.take(limit).map(|(position, entry)| (*position, *entry))
    }

    /// These late ones are in an answer now.
    pub(super) fn hand(&mut self, position: Position) {
        if is_late(position) && self.open.contains_key(&position) {
            self.handed.insert(position);
        }
    }

    pub(super) fn handed(&self) -> Vec<Position> {
        let mut handed: Vec<Position> = self.handed.iter().copied().collect();
        handed.sort_unstable();
        handed
    }

    /// Takes out what an offset confirms: all lower ids, but for late ones that the program has not seen.
    pub(super) fn confirm(&mut self, offset: i64) -> Vec<Position> {
        let in_turn = self.open.iter().filter(|(position, _)| !is_late(**position));
        let mut gone: Vec<Position> = in_turn
            .take_while(|(_, entry)| entry.update < offset)
            .map(|(position, _)| *position)
            .collect();
        let late = self.handed.iter().copied();
        gone.extend(late.filter(|position| self.open.get(position).is_none_or(|entry| entry.update < offset)));
        for position in &gone {
            self.remove(*position);
        }
        gone
    }

    /// Takes out all but the last `count`.
    pub(super) fn keep_last(&mut self, count: u64) -> Vec<Position> {
        let drop = (self.open.len() as u64).saturating_sub(count);
        let gone: Vec<Position> = self.open.keys().copied().take(drop as usize).collect();
        for position in &gone {
            self.remove(*position);
        }
        gone
    }

    /// Takes out all, held or not.
    pub(super) fn clear(&mut self) -> Vec<Position> {
        self.handed.clear();
        let (open, held) = (std::mem::take(&mut self.open), std::mem::take(&mut self.held));
        open.into_keys().chain(held.into_keys()).collect()
    }

    /// Takes out what came before `before`, held or not.
    pub(super) fn expire(&mut self, before: i64) -> Vec<Position> {
        let mut gone = Vec::new();
        for queue in [&mut self.open, &mut self.held] {
            while let Some(first) = queue.first_entry()
                && first.get().at < before
            {
                let (position, _) = first.remove_entry();
                self.handed.remove(&position);
                gone.push(position);
            }
        }
        gone
    }

    /// The oldest that must go so that no more than `most` wait after `coming` more.
    pub(super) fn overflow(&self, coming: usize, most: usize) -> Vec<Position> {
        let over = (self.open.len() + self.held.len() + coming).saturating_sub(most);
        let (mut open, mut held) = (self.open.keys().peekable(), self.held.keys().peekable());
        let mut gone = Vec::with_capacity(over);
        while gone.len() < over {
            let next = match (open.peek(), held.peek()) {
                (Some(a), Some(b)) if b < a => held.next(),
                (Some(_), _) => open.next(),
                (None, _) => held.next(),
            };
            match next {
                Some(position) => gone.push(*position),
                None => break,
            }
        }
        gone
    }

    pub(super) fn remove(&mut self, position: Position) -> bool {
        self.handed.remove(&position);
        self.open.remove(&position).is_some() || self.held.remove(&position).is_some()
    }

    /// The held ones of a chat, in order.
    pub(super) fn held_of(&self, chat: i64) -> Vec<Position> {
        let ours = self.held.iter().filter(|(_, entry)| entry.chat == Some(chat));
        ours.map(|(position, _)| *position).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(position: Position, update: i64, held: bool) -> BotUpdate {
        BotUpdate {
            position,
            update,
            chat: Some(update % 3),
            at: update,
            held,
            body: String::new(),
        }
    }

    fn index(rows: &[(Position, i64, bool)]) -> Index {
        let mut index = Index::new(0);
        for (position, update, held) in rows {
            index.add(&row(*position, *update, *held));
        }
        index
    }

    fn ids(index: &Index) -> Vec<i64> {
        index.after(0, 1000).map(|(_, entry)| entry.update).collect()
    }

    #[test]
    fn an_offset_confirms_all_lower_ones() {
        let mut index = index(&[(2, 10, false), (4, 11, false), (6, 13, false)]);
        assert_eq!(index.confirm(12), [2, 4]);
        assert_eq!(ids(&index), [13]);
        assert!(index.confirm(12).is_empty());
    }

    #[test]
    fn an_offset_spares_late_ones_that_nobody_has_seen() {
        let mut index = index(&[(2, 10, false), (5, 3, false), (7, 4, false), (8, 11, false)]);
        index.hand(5);
        assert_eq!(index.handed(), [5]);
        assert_eq!(index.confirm(11), [2, 5]);
        assert_eq!(ids(&index), [4, 11]);
        assert!(index.handed().is_empty());
    }

    #[test]
    fn held_ones_are_out_of_reach() {
        let mut index = index(&[(2, 10, true), (4, 11, false), (6, 13, true)]);
        assert_eq!(index.confirm(100), [4]);
        assert!(index.keep_last(0).is_empty());
        assert_eq!(index.held_of(1), [2, 6]);
        assert_eq!((index.open(), index.held()), (0, 2));
        assert_eq!(index.expire(11), [2]);
        assert_eq!(index.clear(), [6]);
        assert_eq!((index.open(), index.held()), (0, 0));
    }

    #[test]
    fn the_oldest_make_room() {
        let index = index(&[(2, 10, true), (4, 11, false), (6, 13, true)]);
        assert_eq!(index.overflow(2, 3), [2, 4]);
        assert_eq!(index.overflow(9, 3), [2, 4, 6]);
        assert!(index.overflow(0, 3).is_empty());
    }

    #[test]
    fn places_rise_and_say_who_is_late() {
        let mut index = index(&[(8, 1, false)]);
        let (a, b, c) = (index.next(false), index.next(true), index.next(false));
        assert!(8 < a && a < b && b < c);
        assert!(!is_late(a) && is_late(b) && !is_late(c));
    }
}
