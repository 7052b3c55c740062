//! The queue against a plain model: whatever is done in whatever order, each update that was wanted and is not confirmed is
//! handed out, in order, and again only where the program asks again or the host was killed.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use switchboard_gateway::{Taken, Verdict};

use crate::stage::{Stage, update};

#[derive(Debug, Clone)]
enum Act {
    /// Verdicts and chats of some updates in a row; the first so many come once more, as after a crash.
    Take {
        again: usize,
        new: Vec<(u8, i64)>,
    },
    /// A poll that goes on from the last answer.
    Go {
        limit: usize,
    },
    /// One that repeats the last offset.
    Same,
    /// One from the head.
    Zero,
    /// One that keeps the last few.
    Last {
        count: u64,
    },
    Release {
        chat: i64,
        drop: bool,
    },
    Restart,
    Kill,
}

fn act() -> impl Strategy<Value = Act> {
    let new = prop::collection::vec((0u8..10, 1i64..4), 0..8);
    prop_oneof![
        4 => (0usize..4, new).prop_map(|(again, new)| Act::Take { again, new }),
        5 => (1usize..6).prop_map(|limit| Act::Go { limit }),
        1 => Just(Act::Same),
        1 => Just(Act::Zero),
        1 => (0u64..6).prop_map(|count| Act::Last { count: count + 1 }),
        2 => (1i64..4, prop::bool::weighted(0.3)).prop_map(|(chat, drop)| Act::Release { chat, drop }),
        1 => Just(Act::Restart),
        1 => Just(Act::Kill),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Waits {
    id: i64,
    late: bool,
    handed: bool,
    /// That it was handed out outlives a crash.
    kept: bool,
}

/// What should be, in the plainest words.
#[derive(Debug, Default)]
struct Model {
    queue: Vec<Waits>,
    held: Vec<(i64, i64)>,
    mark: i64,
    offset: i64,
    /// Ids that the program may not see again.
    confirmed: BTreeSet<i64>,
    /// Ids in answers, and how often.
    seen: BTreeMap<i64, usize>,
    /// Wanted by the program and not dropped by anybody.
    due: BTreeSet<i64>,
    /// A repeat was asked for, so some may be seen twice.
    repeats: bool,
}

impl Model {
    fn confirm(&mut self, gone: impl Fn(&Waits) -> bool) {
        let confirmed = &mut self.confirmed;
        self.queue.retain(|it| {
            let goes = gone(it);
            if goes {
                confirmed.insert(it.id);
            }
            !goes
        });
    }

    fn poll(&mut self, offset: i64, limit: usize) -> Vec<i64> {
        if offset < 0 {
            let from = self.queue.len().saturating_sub(offset.unsigned_abs() as usize);
            let kept: Vec<i64> = self.queue[from..].iter().map(|it| it.id).collect();
            for it in &self.queue[..from] {
                self.due.remove(&it.id);
            }
            self.confirm(|it| !kept.contains(&it.id));
        } else if offset > 0 && offset <= self.mark + 11 {
            self.confirm(|it| it.id < offset && (it.handed || !it.late));
        }
        let mut answer: Vec<i64> = Vec::new();
        for it in self.queue.iter_mut().take(limit) {
            it.handed = true;
            answer.push(it.id);
        }
        answer.sort_unstable();
        answer
    }
}

async fn poll(stage: &Stage, offset: i64, limit: usize) -> Vec<i64> {
    stage
        .poll(&[("offset", &offset.to_string()), ("limit", &limit.to_string())])
        .await
}

async fn check(stage: &Stage, model: &mut Model, offset: i64, limit: usize) -> Vec<i64> {
    let expected = model.poll(offset, limit);
    let got = poll(stage, offset, limit).await;
    assert_eq!(got, expected, "offset {offset}, limit {limit}");
    for id in &got {
        *model.seen.entry(*id).or_default() += 1;
    }
    if let Some(last) = got.last() {
        model.offset = last + 1;
    }
    // Past the guard against hasty programs, which has its own tests.
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    got
}

async fn take(stage: &Stage, model: &mut Model, again: usize, new: &[(u8, i64)]) {
    let mut batch: Vec<Taken> = Vec::new();
    for back in (0..again as i64).rev() {
        if model.mark > back {
            batch.push(update(model.mark - back, 1));
        }
    }
    for (what, chat) in new {
        model.mark += 1;
        let id = model.mark;
        let (kind, verdict) = match what {
            0 => ("message", Verdict::Hide),
            1 => ("chat_member", Verdict::Pass),
            2..=4 => ("message", Verdict::Hold),
            _ => ("message", Verdict::Pass),
        };
        if kind == "message" && verdict != Verdict::Hide {
            model.due.insert(id);
            if verdict == Verdict::Hold {
                model.held.push((id, *chat));
            } else {
                model.queue.push(Waits {
                    id,
                    late: false,
                    handed: false,
                    kept: false,
                });
            }
        }
        batch.push(Taken {
            kind: kind.into(),
            verdict,
            ..update(id, *chat)
        });
    }
    stage.front.take(batch).await.unwrap();
}

/// After a crash confirmed updates may be there again; none that is not confirmed may be missing.
async fn kill(stage: &mut Stage, model: &mut Model) {
    stage.kill().await;
    let there: Vec<i64> = stage
        .stored()
        .await
        .into_iter()
        .filter(|(_, held)| !held)
        .map(|(id, _)| id)
        .collect();
    let ours: Vec<i64> = there
        .iter()
        .copied()
        .filter(|id| !model.confirmed.contains(id))
        .collect();
    let expected: Vec<i64> = model.queue.iter().map(|it| it.id).collect();
    assert_eq!(ours, expected);
    model.repeats |= there.len() > ours.len();
    let mut highest = 0;
    let again = |id| {
        let late = id < highest;
        highest = highest.max(id);
        Waits {
            id,
            late,
            handed: false,
            kept: false,
        }
    };
    let known: BTreeMap<i64, Waits> = model.queue.iter().map(|it| (it.id, *it)).collect();
    model.queue = there.into_iter().map(again).collect();
    for it in &mut model.queue {
        // What is late is known to the store; an answer before the crash is not.
        if let Some(known) = known.get(&it.id) {
            it.late = known.late;
            it.kept = known.kept;
            it.handed = known.kept;
        }
        model.repeats |= it.late && !it.kept && model.seen.contains_key(&it.id);
    }
}

async fn play(acts: Vec<Act>) {
    let mut stage = Stage::new().await;
    let mut model = Model::default();
    for act in acts {
        match act {
            Act::Take { again, new } => take(&stage, &mut model, again, &new).await,
            Act::Go { limit } => {
                let offset = model.offset;
                check(&stage, &mut model, offset, limit).await;
            }
            Act::Same => {
                model.repeats = true;
                let offset = model.offset.saturating_sub(1);
                check(&stage, &mut model, offset, 100).await;
            }
            Act::Zero => {
                model.repeats = true;
                check(&stage, &mut model, 0, 3).await;
            }
            Act::Last { count } => {
                model.repeats = true;
                check(&stage, &mut model, -(count as i64), 2).await;
            }
            Act::Release { chat, drop } => {
                stage.front.release(chat, drop).await.unwrap();
                let (ours, rest) = model.held.iter().partition(|(_, of)| *of == chat);
                model.held = rest;
                let ours: Vec<(i64, i64)> = ours;
                for (id, _) in ours {
                    if drop {
                        model.due.remove(&id);
                    } else {
                        model.queue.push(Waits {
                            id,
                            late: true,
                            handed: false,
                            kept: false,
                        });
                    }
                }
            }
            Act::Restart => {
                stage.restart().await;
                model.queue.iter_mut().for_each(|it| it.kept |= it.handed);
            }
            Act::Kill => kill(&mut stage, &mut model).await,
        }
    }
    // In the end the program goes on until nothing comes any more.
    for chat in 1..4 {
        stage.front.release(chat, false).await.unwrap();
        let (ours, rest) = model.held.iter().partition(|(_, of)| *of == chat);
        model.held = rest;
        let ours: Vec<(i64, i64)> = ours;
        model.queue.extend(ours.iter().map(|(id, _)| Waits {
            id: *id,
            late: true,
            handed: false,
            kept: false,
        }));
    }
    loop {
        let offset = model.offset;
        if check(&stage, &mut model, offset, 100).await.is_empty() {
            break;
        }
    }
    for id in &model.due {
        assert!(model.seen.contains_key(id), "{id} was never handed out");
    }
    if !model.repeats {
        let twice: Vec<_> = model.seen.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_queue_is_as_the_model(acts in prop::collection::vec(act(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(play(acts));
    }
}
