//! Random histories, run on a backend and on the model side by side: every answer and everything that can be read has to be the same.

use std::sync::Arc;

use proptest::test_runner::{Config, TestCaseError, TestRunner};
use switchboard_store::*;

use crate::fixture::new_connection;
use crate::history::{CONNECTIONS, Draft, Guess, Step, history};
use crate::memory::MemoryStore;
use crate::snapshot::snapshot;
use crate::{Backend, Database, block_on};

/// Runs as many histories as `PROPTEST_CASES` says, 48 by default.
pub fn random_histories(backend: &dyn Backend) {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(48);
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&history(), |steps| {
        block_on(async {
            let database = backend.create().await;
            Pair::new(&*database).await.run(steps).await
        })
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// A backend's store and the model, and what is known of both.
struct Pair<'a> {
    database: &'a dyn Database,
    real: Arc<dyn Store>,
    model: MemoryStore,
    /// Of [`CONNECTIONS`], in their order.
    connections: Vec<ConnectionId>,
    last_delivery: DeliveryId,
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, real: Result<T>, model: Result<T>) -> Outcome<Option<T>> {
    match (real, model) {
        (Ok(real), Ok(model)) if real == model => Ok(Some(real)),
        (Err(StoreError::Rejected { .. }), Err(StoreError::Rejected { .. })) => Ok(None),
        (real, model) => Err(TestCaseError::fail(format!(
            "{what}: the store says {real:?}, the model {model:?}"
        ))),
    }
}

type Outcome<T> = std::result::Result<T, TestCaseError>;

impl<'a> Pair<'a> {
    async fn new(database: &'a dyn Database) -> Self {
        let mut pair = Self {
            database,
            real: database.open().await,
            model: MemoryStore::new(),
            connections: vec![0, 0],
            last_delivery: 0,
        };
        for (place, name) in CONNECTIONS.iter().enumerate() {
            let new = new_connection(name);
            let id = pair.real.put_connection(&new).await;
            // The numbers of connections are a backend's own; here both count from one.
            pair.connections[place] = same("put_connection", id, pair.model.put_connection(&new).await)
                .unwrap_or_default()
                .unwrap_or_default();
        }
        pair
    }

    async fn run(mut self, steps: Vec<Step>) -> Outcome<()> {
        for (number, step) in steps.into_iter().enumerate() {
            let told = format!("step {number}, {step:?}");
            self.step(step, &told).await?;
            self.compare(&told).await?;
        }
        self.reopen().await;
        self.compare("after opening again").await
    }

    async fn step(&mut self, step: Step, told: &str) -> Outcome<()> {
        match step {
            Step::Commit(drafts) => {
                let mut group = Vec::new();
                for draft in drafts {
                    group.push(self.finish(draft).await);
                }
                same(
                    told,
                    self.real.commit(group.clone()).await,
                    self.model.commit(group).await,
                )?;
            }
            Step::Prune {
                now,
                updates_before,
                albums_before,
            } => {
                let real = self.real.prune(now, updates_before, albums_before).await;
                same(told, real, self.model.prune(now, updates_before, albums_before).await)?;
            }
            Step::PutConnection { name, bot, group } => {
                let new = NewConnection {
                    bot,
                    group,
                    ..new_connection(name)
                };
                let id = same(
                    told,
                    self.real.put_connection(&new).await,
                    self.model.put_connection(&new).await,
                )?;
                let place = CONNECTIONS.iter().position(|known| *known == name);
                if let (Some(id), Some(place)) = (id, place) {
                    self.connections[place] = id;
                }
            }
            Step::RemoveConnection { name } => {
                same(
                    told,
                    self.real.remove_connection(name).await,
                    self.model.remove_connection(name).await,
                )?;
            }
            Step::Reopen => self.reopen().await,
        }
        Ok(())
    }

    async fn reopen(&mut self) {
        self.real.close().await;
        self.real = self.database.open().await;
    }

    async fn compare(&self, told: &str) -> Outcome<()> {
        let real = snapshot(&*self.real, &self.connections, self.last_delivery).await;
        let model = snapshot(&self.model, &self.connections, self.last_delivery).await;
        let (Ok(real), Ok(model)) = (real, model) else {
            return Err(TestCaseError::fail(format!("{told}: a read failed")));
        };
        match real.iter().zip(&model).find(|(real, model)| real != model) {
            None => Ok(()),
            Some((real, model)) => Err(TestCaseError::fail(format!("{told}\n store: {real}\n model: {model}"))),
        }
    }

    /// Fills in what depends on the state before the group.
    async fn finish(&mut self, draft: Draft) -> Write {
        match draft {
            Draft::Turn {
                connection,
                updates,
                now,
                expect,
                changes,
            } => {
                let connection = self.connections[connection];
                let mut right = Vec::new();
                for (cell, guess) in expect {
                    let version = self.version(connection, &cell, now).await;
                    right.push(Expect {
                        cell,
                        version: guess.around(version),
                    });
                }
                Write::Turn(TurnCommit {
                    connection,
                    updates,
                    now,
                    expect: right,
                    changes: self.changes(connection, changes).await,
                })
            }
            Draft::Claim {
                connection,
                delivery,
                attempt,
                now,
            } => {
                let connection = self.connections[connection];
                let (delivery, last) = self.pick(connection, delivery, DeliveryState::Ready).await;
                Write::Claim(Claim {
                    connection,
                    delivery,
                    attempt: attempt.around(last + 1),
                    now,
                })
            }
            Draft::Settle {
                connection,
                delivery,
                attempt,
                now,
                outcome,
                changes,
            } => {
                let connection = self.connections[connection];
                let (delivery, last) = self.pick(connection, delivery, DeliveryState::Open).await;
                let changes = self.changes(connection, changes).await;
                Write::Settle(Settlement {
                    connection,
                    delivery,
                    attempt: attempt.around(last),
                    now,
                    outcome,
                    changes,
                })
            }
        }
    }

    async fn changes(&mut self, connection: ConnectionId, mut changes: Vec<Change>) -> Vec<Change> {
        for change in &mut changes {
            match change {
                Change::PutDelivery(row) if row.id < 0 => row.id = self.last_delivery,
                Change::PutDelivery(row) => {
                    self.last_delivery += 1;
                    row.id = self.last_delivery;
                }
                Change::DropDelivery { id, .. } => {
                    *id = self.pick(connection, *id as usize, DeliveryState::Ready).await.0
                }
                Change::RetryDelivery { id, .. } => {
                    *id = self.pick(connection, *id as usize, DeliveryState::Asking).await.0
                }
                _ => {}
            }
        }
        changes
    }

    /// A delivery and its last attempt: mostly one in `state`, sometimes any.
    async fn pick(&self, connection: ConnectionId, choice: usize, state: DeliveryState) -> (DeliveryId, i64) {
        let all = self.model.unsettled(connection, 0, u32::MAX).await.unwrap_or_default();
        let fit: Vec<_> = all.iter().filter(|it| it.state == state).collect();
        let any: Vec<_> = all.iter().collect();
        let from = if choice.is_multiple_of(8) || fit.is_empty() {
            any
        } else {
            fit
        };
        from.get(choice / 8 % from.len().max(1))
            .map_or((self.last_delivery, 0), |it| (it.id, it.attempt))
    }

    async fn version(&self, connection: ConnectionId, cell: &Cell, now: i64) -> i64 {
        let store = &self.model;
        let version = match cell {
            Cell::Contact(chat) => store
                .contact(connection, *chat)
                .await
                .ok()
                .flatten()
                .map(|it| it.version),
            Cell::Dialog(chat) => store
                .dialog(connection, *chat)
                .await
                .ok()
                .flatten()
                .map(|it| it.version),
            Cell::Plugin { plugin, key } => store
                .plugin_entry(connection, plugin, key, now)
                .await
                .ok()
                .flatten()
                .map(|it| it.version),
            Cell::Template(name) => store
                .template(connection, name)
                .await
                .ok()
                .flatten()
                .map(|it| it.version),
            Cell::Timer { plugin, key } => {
                let due = store
                    .due_timers(connection, i64::MAX, u32::MAX)
                    .await
                    .unwrap_or_default();
                due.into_iter()
                    .find(|it| it.plugin == *plugin && it.key == *key)
                    .map(|it| it.version)
            }
        };
        version.unwrap_or(0)
    }
}

impl Guess {
    fn around(self, right: i64) -> i64 {
        match self {
            Self::Right => right,
            Self::Off(by) => right + by,
        }
    }
}
