//! A workbench for one engine: jobs in few words, calls that end when told.

use std::sync::Arc;

use switchboard_delivery::*;

pub fn rate(calls: u32, per: Millis) -> Limit {
    Limit::Rate(Rate { calls, per })
}

/// To a private chat of its own, without anything special.
pub fn job(id: DeliveryId, lane: &str) -> Job {
    Job {
        id,
        lane: Arc::from(lane),
        scope: Scope::None,
        weight: 1,
        priority: Priority::Customer,
        not_before: 0,
        on_unknown: OnUnknown::RepeatMarked,
        join: None,
        attempt: 0,
        asking: false,
    }
}

/// To a topic of group 1.
pub fn to_group(id: DeliveryId, lane: &str) -> Job {
    Job {
        scope: Scope::Group(1),
        ..job(id, lane)
    }
}

/// As [`to_group`], copied from one chat.
pub fn copy(id: DeliveryId, lane: &str, album: Option<&str>) -> Job {
    let join = Join {
        key: "copy".into(),
        order: id,
        album: album.map(Into::into),
        max: 100,
        once: false,
    };
    Job {
        join: Some(join),
        ..to_group(id, lane)
    }
}

pub const FAILED: Outcome = Outcome::NotSent {
    retry_after: None,
    scope_wide: Flood::None,
};

pub fn flood(wait: Millis, scope_wide: Flood) -> Outcome {
    Outcome::NotSent {
        retry_after: Some(wait),
        scope_wide,
    }
}

/// An engine without limits.
pub fn free() -> Engine {
    Engine::new(Pacing::OFF)
}

/// An engine with a group limit only.
pub fn grouped(calls: u32, per: Millis) -> Engine {
    Engine::new(Pacing {
        group: rate(calls, per),
        ..Pacing::OFF
    })
}

pub trait Work {
    fn all(&mut self, jobs: impl IntoIterator<Item = Job>);
    /// Starts what may start and says which deliveries, call by call.
    fn go(&mut self, now: Millis) -> Vec<Vec<DeliveryId>>;
    /// The one call that starts.
    fn one(&mut self, now: Millis) -> Start;
    /// Starts calls and ends them at the same time, until no more start.
    fn run(&mut self, now: Millis) -> Vec<Vec<DeliveryId>>;
}

impl Work for Engine {
    fn all(&mut self, jobs: impl IntoIterator<Item = Job>) {
        for job in jobs {
            assert_eq!(self.add(job), Added::Queued);
        }
    }

    fn go(&mut self, now: Millis) -> Vec<Vec<DeliveryId>> {
        let starts = self.poll(now);
        self.check_invariants().unwrap();
        starts.into_iter().map(|start| start.jobs).collect()
    }

    fn one(&mut self, now: Millis) -> Start {
        let mut starts = self.poll(now);
        self.check_invariants().unwrap();
        assert_eq!(starts.len(), 1, "{starts:?}");
        starts.remove(0)
    }

    fn run(&mut self, now: Millis) -> Vec<Vec<DeliveryId>> {
        let mut order = Vec::new();
        loop {
            let starts = self.poll(now);
            self.check_invariants().unwrap();
            if starts.is_empty() {
                return order;
            }
            for start in starts {
                assert_eq!(self.finish(now, start.batch, Outcome::Sent), Verdict::Settled);
                order.push(start.jobs);
            }
        }
    }
}
