//! The way into the queue: updates from Telegram, and held ones that are handed over.

use std::sync::Arc;

use switchboard_store::{BotUpdate, Change};

use super::core::Core;
use super::queue::Position;
use super::rules::millis;
use super::{Taken, Verdict};
use crate::GatewayError;

/// How many held updates are handed over in one transaction.
const CHUNK: usize = 200;

struct Plan {
    changes: Vec<Change>,
    rows: Vec<(BotUpdate, Arc<str>)>,
    gone: Vec<Position>,
    mark: i64,
    now: i64,
}

impl Core {
    /// Durable on return: one commit for them all.
    pub(super) async fn take(&self, updates: Vec<Taken>) -> Result<(), GatewayError> {
        let _one = self.intake.lock().await;
        let Some(plan) = self.plan(updates)? else {
            return Ok(());
        };
        self.commit(plan.changes).await?;
        let mut state = self.state.lock();
        if state.index.oldest().is_none() {
            // Somebody has to look when these grow old.
            self.erase.notify_one();
        }
        for position in plan.gone {
            state.forget(position);
        }
        for (row, body) in plan.rows {
            state.index.add(&row);
            if !row.held {
                state.bodies.keep(row.position, &body);
            }
        }
        state.mark = plan.mark;
        state.marked_at = plan.now;
        drop(state);
        self.wake.notify_waiters();
        Ok(())
    }

    fn plan(&self, updates: Vec<Taken>) -> Result<Option<Plan>, GatewayError> {
        let now = self.rules.clock.now();
        let mut state = self.state.lock();
        if state.stopping {
            return Err(GatewayError::Stopped);
        }
        let fresh = now.saturating_sub(state.marked_at) < millis(self.rules.mark_life);
        let mut mark = fresh.then_some(state.mark);
        let mut rows = Vec::new();
        for taken in updates {
            if mark.is_some_and(|mark| taken.update <= mark) {
                continue;
            }
            mark = Some(taken.update);
            if taken.verdict == Verdict::Hide || !state.settings.kinds.wants(&taken.kind) {
                continue;
            }
            let row = BotUpdate {
                position: state.index.next(false),
                update: taken.update,
                chat: taken.chat,
                at: now,
                // One that belongs to no chat could never be handed over.
                held: taken.verdict == Verdict::Hold && taken.chat.is_some(),
                body: taken.body.as_ref().to_owned(),
            };
            rows.push((row, taken.body));
        }
        let Some(mark) = mark.filter(|mark| !fresh || *mark != state.mark) else {
            return Ok(None);
        };
        let gone = state.index.overflow(rows.len(), self.rules.most);
        if gone.is_empty() {
            state.warned &= state.index.open() + state.index.held() > self.rules.most / 2;
        } else if !std::mem::replace(&mut state.warned, true) {
            tracing::warn!(
                connection = self.name,
                most = self.rules.most,
                "the bot's program does not fetch its updates: the oldest are dropped from now on"
            );
        }
        let removed = gone
            .iter()
            .map(|position| Change::RemoveBotUpdate { position: *position });
        let put = rows.iter_mut().map(|(row, _)| {
            // The body is in the cache or in the store from here on.
            let body = std::mem::take(&mut row.body);
            Change::PutBotUpdate(BotUpdate { body, ..row.clone() })
        });
        let marked = Change::MarkIntake { update: mark, at: now };
        let changes = removed.chain(put).chain([marked]).collect();
        Ok(Some(Plan {
            changes,
            rows,
            gone,
            mark,
            now,
        }))
    }

    /// Held updates of a chat go to the end of the queue, or away. Each transaction moves some of them, the first ones first,
    /// so that a repeat after a failure goes on where it ended.
    pub(super) async fn release(&self, chat: i64, drop: bool) -> Result<(), GatewayError> {
        let _one = self.intake.lock().await;
        let held = {
            let state = self.state.lock();
            if state.stopping {
                return Err(GatewayError::Stopped);
            }
            state.index.held_of(chat)
        };
        for chunk in held.chunks(CHUNK) {
            if drop {
                self.drop_held(chunk).await?;
            } else {
                self.hand_over(chunk).await?;
            }
        }
        Ok(())
    }

    async fn drop_held(&self, chunk: &[Position]) -> Result<(), GatewayError> {
        let gone = chunk
            .iter()
            .map(|position| Change::RemoveBotUpdate { position: *position });
        self.commit(gone.collect()).await?;
        let mut state = self.state.lock();
        chunk.iter().for_each(|position| state.forget(*position));
        Ok(())
    }

    async fn hand_over(&self, chunk: &[Position]) -> Result<(), GatewayError> {
        let mut rows = self.rows(chunk).await?;
        let now = self.rules.clock.now();
        let mut changes: Vec<Change> = Vec::with_capacity(chunk.len() * 2);
        changes.extend(
            chunk
                .iter()
                .map(|position| Change::RemoveBotUpdate { position: *position }),
        );
        {
            let mut state = self.state.lock();
            for row in &mut rows {
                row.position = state.index.next(true);
                row.at = now;
                row.held = false;
            }
        }
        changes.extend(rows.iter().cloned().map(Change::PutBotUpdate));
        self.commit(changes).await?;
        let mut state = self.state.lock();
        chunk.iter().for_each(|position| state.forget(*position));
        rows.iter().for_each(|row| state.index.add(row));
        std::mem::drop(state);
        self.wake.notify_waiters();
        Ok(())
    }
}
