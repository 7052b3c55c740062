//! The journal: every call of every bot in the order in which the server took it, and what became of it.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::faults::Kind;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// Rises by one with every call.
    pub n: u64,
    /// Unix time in milliseconds.
    pub at: u64,
    pub bot: i64,
    /// Lower case.
    pub method: String,
    /// The `User-Agent` of the HTTP client: tells whose program called.
    pub client: Option<String>,
    pub chat: Option<i64>,
    pub thread: Option<i64>,
    /// HTTP status of the answer, or what it would have been; 0 while the call is under way.
    pub code: u16,
    pub description: Option<String>,
    pub retry_after: Option<u64>,
    pub fault: Option<Kind>,
    /// The call was carried out (and not refused).
    pub effect: bool,
    /// Messages that the flood limits counted.
    pub cost: usize,
    /// From the request's head to the answer, in microseconds.
    pub took_us: u64,
}

impl Call {
    /// The caller cannot know what became of it.
    pub fn ambiguous(&self) -> bool {
        self.fault.is_some_and(Kind::is_ambiguous)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Counts {
    pub calls: u64,
    pub refused_429: u64,
    /// Calls other than getUpdates.
    pub other: u64,
    pub by_method: BTreeMap<String, u64>,
    pub by_code: BTreeMap<u16, u64>,
}

#[derive(Debug)]
pub struct Journal {
    calls: VecDeque<Call>,
    cap: usize,
    next: u64,
    pub counts: Counts,
}

impl Journal {
    pub fn new(cap: usize) -> Self {
        Self {
            calls: VecDeque::new(),
            cap,
            next: 1,
            counts: Counts::default(),
        }
    }

    pub fn begin(&mut self, at: u64, bot: i64, method: &str, client: Option<String>) -> u64 {
        let n = self.next;
        self.next += 1;
        self.counts.calls += 1;
        if method != "getupdates" {
            self.counts.other += 1;
        }
        match self.counts.by_method.get_mut(method) {
            Some(c) => *c += 1,
            None => {
                self.counts.by_method.insert(method.to_owned(), 1);
            }
        }
        self.calls.push_back(Call {
            n,
            at,
            bot,
            method: method.to_owned(),
            client,
            chat: None,
            thread: None,
            code: 0,
            description: None,
            retry_after: None,
            fault: None,
            effect: false,
            cost: 0,
            took_us: 0,
        });
        if self.calls.len() > self.cap {
            self.calls.pop_front();
        }
        n
    }

    pub fn get_mut(&mut self, n: u64) -> Option<&mut Call> {
        let first = self.calls.front()?.n;
        self.calls.get_mut(n.checked_sub(first)? as usize)
    }

    pub fn end(&mut self, n: u64, code: u16, description: Option<String>, retry_after: Option<u64>, took_us: u64) {
        *self.counts.by_code.entry(code).or_default() += 1;
        if code == 429 {
            self.counts.refused_429 += 1;
        }
        if let Some(c) = self.get_mut(n) {
            c.code = code;
            c.description = description;
            c.retry_after = retry_after;
            c.took_us = took_us;
        }
    }

    /// Calls after number `after`, oldest first.
    pub fn since(&self, after: u64) -> impl Iterator<Item = &Call> {
        let first = self.calls.front().map_or(1, |c| c.n);
        self.calls.iter().skip((after + 1).saturating_sub(first) as usize)
    }

    pub fn last(&self) -> u64 {
        self.next - 1
    }

    pub fn clear(&mut self) {
        self.calls.clear();
        self.counts = Counts::default();
    }
}
