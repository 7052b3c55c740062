//! The world around an engine: a store, a driver, a server, an operator, time; and everything that can go wrong.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::sync::Arc;

use switchboard_delivery::*;

use crate::random::Random;
use crate::server::{Server, Windows};

/// What happens in a run; chances are per mille of calls.
#[derive(Clone, Debug)]
pub struct Plan {
    pub server: Pacing,
    pub engine: Pacing,
    pub windows: Windows,
    pub groups: i64,
    pub topics: i64,
    pub customers: i64,
    pub latency: Millis,
    /// Mean pause between arrivals.
    pub arrivals: Millis,
    pub lane_window: usize,
    pub refuse: u32,
    pub no_connection: u32,
    pub lost_before: u32,
    pub lost_after: u32,
    pub apart: u32,
    pub more: u32,
    /// The first call of each lane makes its topic.
    pub topics_first: bool,
    /// Per mille of steps.
    pub crash: u32,
    pub meddle: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Waiting,
    Open,
    /// Its last outcome is unknown.
    Unsure,
    Settled,
}

#[derive(Debug)]
pub struct Row {
    pub job: Job,
    pub state: State,
    pub unknowns: u32,
    /// Repeats that need no mark.
    pub plain_repeats: bool,
    pub must_arrive: bool,
    pub marked: bool,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub start: Start,
    pub scope: Scope,
    pub weight: u32,
    pub outcome: Outcome,
    pub arrives: bool,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    Arrive(u64),
    Answer(u64),
    Customer,
    Operator(DeliveryId),
    Refill(Arc<str>, Vec<DeliveryId>, bool),
}

#[derive(Debug)]
pub struct World {
    pub plan: Plan,
    pub random: Random,
    pub now: Millis,
    pub engine: Engine,
    pub server: Server,
    pub rows: BTreeMap<DeliveryId, Row>,
    pub open: BTreeSet<DeliveryId>,
    pub events: BinaryHeap<Reverse<(Millis, u64, Event)>>,
    serial: u64,
    pub calls: HashMap<u64, Call>,
    pub busy: BTreeSet<Arc<str>>,
    topics: BTreeSet<Arc<str>>,
    pub held: BTreeSet<Arc<str>>,
    /// Cancelled while in flight.
    pub cancelled: BTreeSet<DeliveryId>,
    pub pauses: HashMap<Scope, Millis>,
    pub bot_pause: Millis,
    pub spent: Vec<(Scope, u32, Millis)>,
    steps: u32,
    pub starts: u32,
    pub joined: u32,
    pub ended: Millis,
}

impl World {
    pub fn new(plan: Plan, seed: u64) -> Self {
        Self {
            engine: Self::engine(&plan),
            server: Server::new(plan.server, plan.windows),
            random: Random(seed),
            now: 1_700_000_000_000,
            rows: BTreeMap::new(),
            open: BTreeSet::new(),
            events: BinaryHeap::new(),
            serial: 0,
            calls: HashMap::new(),
            busy: BTreeSet::new(),
            topics: BTreeSet::new(),
            held: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            pauses: HashMap::new(),
            bot_pause: 0,
            spent: Vec::new(),
            steps: 0,
            starts: 0,
            joined: 0,
            ended: 0,
            plan,
        }
    }

    pub fn engine(plan: &Plan) -> Engine {
        Engine::new(plan.engine).lane_window(plan.lane_window).max_in_flight(16)
    }

    pub fn at(&mut self, at: Millis, event: Event) {
        self.serial += 1;
        self.events.push(Reverse((at, self.serial, event)));
    }

    /// Commits a delivery and hands it to the engine.
    pub fn commit(&mut self, job: Job) {
        let (id, plain) = (job.id, job.on_unknown == OnUnknown::Repeat);
        let row = Row {
            job: job.clone(),
            state: State::Waiting,
            unknowns: 0,
            plain_repeats: plain,
            must_arrive: false,
            marked: false,
        };
        self.rows.insert(id, row);
        self.open.insert(id);
        self.engine.add(job);
    }

    pub fn hand_over(&mut self, id: DeliveryId) {
        let row = &self.rows[&id];
        if self.engine.add(row.job.clone()) == Added::Queued && row.marked {
            assert!(self.engine.mark(id));
        }
    }

    fn customer(&mut self) {
        let lane = self
            .random
            .below(self.plan.groups * self.plan.topics + self.plan.customers);
        let (scope, lane): (Scope, Arc<str>) = if lane < self.plan.customers {
            (Scope::Private(lane), format!("chat {lane}").into())
        } else {
            let group = lane % self.plan.groups;
            (Scope::Group(-group - 1), format!("group {group} topic {lane}").into())
        };
        let many = 1 + self.random.below(4);
        let album: Option<Arc<str>> = self.random.chance(200).then(|| format!("album {}", self.serial).into());
        let kind = self.random.below(10);
        let weight = if kind == 9 { self.random.below(2) as u32 } else { 1 };
        for _ in 0..many {
            let id = self.rows.last_key_value().map_or(1, |(id, _)| id + 1);
            let quiet = if album.is_some() { self.now + 40 } else { 0 };
            let join = (matches!(scope, Scope::Group(_)) && kind < 8).then(|| Join {
                key: "copy from chat".into(),
                order: id,
                album: album.clone(),
                max: 100,
                once: false,
            });
            self.commit(Job {
                id,
                lane: lane.clone(),
                scope: if kind == 9 { Scope::None } else { scope },
                weight,
                priority: match (scope, kind) {
                    (_, 8) => Priority::Title,
                    (Scope::Private(_), 0..2) => Priority::Broadcast,
                    (Scope::Private(_), _) => Priority::Answer,
                    _ => Priority::Customer,
                },
                not_before: quiet,
                on_unknown: match kind {
                    0 => OnUnknown::Leave,
                    1..3 => OnUnknown::Ask,
                    3 | 8 => OnUnknown::Repeat,
                    _ => OnUnknown::RepeatMarked,
                },
                join,
                attempt: 0,
                asking: false,
            });
        }
    }

    /// The driver: makes the calls that are due.
    fn drive(&mut self) {
        for start in self.engine.poll(self.now) {
            assert!(
                self.busy.insert(start.lane.clone()),
                "two calls of {} in flight",
                start.lane
            );
            assert!(!self.held.contains(&start.lane), "{} is held", start.lane);
            assert_eq!(start.jobs.len(), start.attempts.len());
            self.starts += 1;
            self.joined += u32::from(start.jobs.len() > 1);
            let (mut weight, mut scope) = (0, Scope::None);
            for (id, attempt) in start.jobs.iter().zip(&start.attempts) {
                let row = self.rows.get_mut(id).expect("a delivery that was committed");
                assert!(
                    matches!(row.state, State::Waiting | State::Unsure),
                    "{id} is {:?}",
                    row.state
                );
                assert_eq!(*attempt, row.job.attempt + 1, "attempts are counted");
                assert!(
                    row.state == State::Waiting || start.marked || row.plain_repeats,
                    "{id} goes again unmarked"
                );
                assert!(row.job.not_before <= self.now, "{id} goes before its time");
                row.job.attempt = *attempt;
                row.state = State::Open;
                weight += row.job.weight;
                scope = row.job.scope;
            }
            let pause = self.pauses.get(&scope).copied().unwrap_or(0).max(self.bot_pause);
            assert!(
                pause <= self.now,
                "{scope:?} is paused until {pause}, it is {}",
                self.now
            );

            let fate = self.random.below(1000) as u32;
            let p = &self.plan;
            let mut sum = 0;
            let mut falls = |chance: u32| {
                sum += chance;
                fate < sum
            };
            let none = Outcome::NotSent {
                retry_after: None,
                scope_wide: Flood::None,
            };
            let (outcome, arrives) = if p.topics_first && self.topics.insert(start.lane.clone()) {
                (Outcome::More { after: 0 }, false)
            } else if falls(p.refuse) {
                (Outcome::Refused, false)
            } else if falls(p.no_connection) {
                (none, false)
            } else if falls(p.lost_before) {
                (Outcome::Unknown, false)
            } else if falls(p.lost_after) {
                (Outcome::Unknown, true)
            } else if falls(p.apart) && start.jobs.len() > 1 {
                (Outcome::Apart, false)
            } else if falls(p.more) {
                let after = i64::from(fate % 50);
                (Outcome::More { after }, false)
            } else {
                (Outcome::Sent, true)
            };
            let there = 1 + self.random.below(self.plan.latency);
            let back = 1 + self.random.below(self.plan.latency);
            self.serial += 1;
            let serial = self.serial;
            self.calls.insert(
                serial,
                Call {
                    start,
                    scope,
                    weight,
                    outcome,
                    arrives,
                },
            );
            self.at(self.now + there, Event::Arrive(serial));
            self.at(self.now + there + back, Event::Answer(serial));
        }
        for lane in self.engine.take_low() {
            let tail = self.engine.lane_tail(&lane).unwrap_or(0);
            let mut ids: Vec<DeliveryId> = self
                .open
                .range(tail + 1..)
                .filter(|id| self.rows[*id].job.lane == lane)
                .copied()
                .collect();
            let more = ids.len() > self.plan.lane_window;
            ids.truncate(self.plan.lane_window);
            let later = self.random.below(20);
            self.at(self.now + later, Event::Refill(lane, ids, more));
        }
    }

    pub fn arrive(&mut self, serial: u64) {
        let Some(call) = self.calls.get_mut(&serial) else {
            return;
        };
        // what the server refuses or loses on the way in is counted there, too, in the worst case
        if matches!(call.outcome, Outcome::NotSent { .. }) {
            return;
        }
        let weight = match call.outcome {
            Outcome::More { .. } => call.weight.min(1),
            _ => call.weight,
        };
        if let Err((wait, whom)) = self.server.admit(self.now, call.scope, weight) {
            call.outcome = Outcome::NotSent {
                retry_after: Some(wait),
                scope_wide: whom,
            };
            call.arrives = false;
        } else if call.arrives {
            self.server.take(self.now, &call.start.lane, &call.start.jobs);
            for id in &call.start.jobs {
                let row = &self.rows[id];
                let times = self.server.arrived[id];
                assert!(
                    times <= row.unknowns + 1,
                    "{id} arrived {times} times after {} unknowns",
                    row.unknowns
                );
            }
        }
    }

    fn answer(&mut self, serial: u64) {
        let Some(call) = self.calls.remove(&serial) else {
            return;
        };
        self.busy.remove(&call.start.lane);
        let verdict = self.engine.finish(self.now, call.start.batch, call.outcome);
        assert_eq!(
            self.engine.finish(self.now, call.start.batch, Outcome::Sent),
            Verdict::Stale
        );
        if !matches!(call.outcome, Outcome::NotSent { .. }) {
            self.spent.push((call.scope, call.weight, self.now));
        }
        if let Outcome::NotSent {
            retry_after: Some(wait),
            scope_wide,
        } = call.outcome
        {
            let until = self.now + wait;
            let pause = match scope_wide {
                Flood::Chat => self.pauses.entry(call.scope).or_insert(0),
                _ => &mut self.bot_pause,
            };
            *pause = until.max(*pause);
            let again = matches!(verdict, Verdict::Again { at, .. } if at >= until);
            let gone = call.start.jobs.iter().all(|id| self.cancelled.contains(id));
            assert!(again != gone, "{verdict:?} after a 429");
        }
        for id in &call.start.jobs {
            let row = self.rows.get_mut(id).expect("a delivery that was committed");
            row.unknowns += u32::from(call.outcome == Outcome::Unknown);
            row.must_arrive = call.outcome == Outcome::Sent;
            let unsure = row.unknowns > 0;
            row.state = match verdict {
                Verdict::Settled => State::Settled,
                Verdict::Again { .. } | Verdict::Ask if unsure => State::Unsure,
                Verdict::Again { .. } | Verdict::Ask => State::Waiting,
                Verdict::Stale => panic!("{id}: a batch in flight is not stale"),
            };
            if self.cancelled.remove(id) {
                row.state = State::Settled;
            }
            if let Verdict::Again { marked, .. } = verdict {
                row.marked = marked;
            }
            row.job.asking = verdict == Verdict::Ask && row.state != State::Settled;
            if row.state == State::Settled {
                self.open.remove(id);
            }
        }
        if verdict == Verdict::Ask {
            let when = self.now + self.random.below(2000);
            self.at(when, Event::Operator(call.start.jobs[0]));
        }
        self.ended = self.now;
    }

    /// The next thing that happens; false when nothing ever will.
    pub fn step(&mut self) -> bool {
        let event = self.events.peek().map(|Reverse((at, ..))| *at);
        let Some(next) = event.into_iter().chain(self.engine.wake_at()).min() else {
            return false;
        };
        self.now = self.now.max(next);
        if event == Some(next)
            && let Some(Reverse((_, _, event))) = self.events.pop()
        {
            match event {
                Event::Arrive(serial) => self.arrive(serial),
                Event::Answer(serial) => self.answer(serial),
                Event::Operator(id) => self.operator(id),
                Event::Customer => {
                    // enough waits to tell; a longer queue only takes longer
                    if self.open.len() < 150 {
                        self.customer();
                    }
                    let next = self.now + self.random.below(2 * self.plan.arrivals);
                    self.at(next, Event::Customer);
                }
                Event::Refill(lane, ids, more) => {
                    let ids = || ids.iter().filter(|id| self.open.contains(id));
                    let jobs: Vec<Job> = ids().map(|id| self.rows[id].job.clone()).collect();
                    self.engine.refill(&lane, jobs, more);
                    for id in ids().filter(|id| self.rows[*id].marked) {
                        assert!(self.engine.mark(*id));
                    }
                }
            }
        }
        if self.random.chance(self.plan.crash) {
            self.crash();
        }
        if self.random.chance(self.plan.meddle) {
            self.meddle();
        }
        self.drive();
        let wake = self.engine.wake_at();
        assert!(
            wake.is_none_or(|at| at > self.now),
            "nothing left to start, yet it wakes at once"
        );
        // a whole check costs as much as hundreds of steps when a lot waits
        self.steps += 1;
        if self.engine.len() < 32 || self.steps.is_multiple_of(16) {
            let checked = self.engine.check_invariants();
            assert!(checked.is_ok(), "{checked:?}");
        }
        true
    }

    pub fn begin(&mut self) {
        self.at(self.now, Event::Customer);
    }

    /// No more arrivals and faults: everything must come to its end.
    pub fn drain(&mut self) {
        self.plan = Plan {
            refuse: 0,
            no_connection: 0,
            lost_before: 0,
            lost_after: 0,
            apart: 0,
            more: 0,
            crash: 0,
            meddle: 0,
            ..self.plan.clone()
        };
        self.events.retain(|Reverse((_, _, event))| *event != Event::Customer);
        self.release();
        let mut steps = 0;
        while !self.open.is_empty() {
            steps += 1;
            assert!(steps < 200_000, "{} deliveries never end", self.open.len());
            assert!(self.step(), "{} deliveries are stuck", self.open.len());
        }
        while self.step() {}
        assert!(self.engine.is_empty() && self.engine.lanes() == 0 && self.engine.flying() == 0);
        for (id, row) in &self.rows {
            assert_eq!(row.state, State::Settled, "{id}");
            assert!(!row.must_arrive || self.server.arrived.contains_key(id), "{id} is lost");
        }
    }
}
