//! From the outbox into memory: at the start, and when what is in memory runs low.

use switchboard_delivery::{OnUnknown, Scope};
use switchboard_store::{Change, Delivery, DeliveryState, Direction, Place, Settled, Settlement, Write};

use super::conclude::{ADOPTION_WAIT, as_repeat, ask};
use super::{IN_MEMORY, Loaded, Sender};
use crate::RelayError;
use crate::op::{Op, decode, encode};
use crate::sender::job::on_unknown;
use crate::turn::draft::new_delivery;
use crate::words;

/// Rows read at a time.
const PAGE: u32 = 2_000;

/// Calls to the group that are remembered across a restart; no window is larger in practice.
const REMEMBERED: u32 = 200;

impl Sender {
    /// What the group's budget was spent on before the restart still counts at Telegram.
    pub(super) async fn remember_spent(&mut self) {
        let mirrors = match self.inner.store.latest_mirrors(self.inner.id, REMEMBERED).await {
            Ok(mirrors) => mirrors,
            Err(error) => {
                tracing::warn!(connection = %self.inner.name, error = %crate::chain(&error), "calls of before the start are not counted");
                return;
            }
        };
        let (now, scope) = (self.inner.now(), Scope::Group(self.inner.group()));
        for mirror in mirrors
            .iter()
            .rev()
            .filter(|mirror| mirror.direction != Direction::Outgoing)
        {
            self.engine.spent(now, scope, 1, mirror.at);
        }
    }

    /// Reads further deliveries, in the order of their ids.
    pub(super) async fn refill(&mut self) {
        while let Some(above) = self.spilled_above {
            if self.loaded.len() >= IN_MEMORY {
                return;
            }
            let rows = match self.inner.store.unsettled(self.inner.id, above, PAGE).await {
                Ok(rows) => rows,
                Err(error) => {
                    tracing::error!(connection = %self.inner.name, error = %crate::chain(&error), "the outbox could not be read; trying again");
                    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                    return;
                }
            };
            let last = rows.last().map(|row| row.id);
            let complete = rows.len() < PAGE as usize;
            for row in rows {
                if let Err(error) = self.take(row).await {
                    tracing::error!(connection = %self.inner.name, error = %crate::chain(&error), "a delivery was left in the outbox");
                }
            }
            self.spilled_above = if complete { None } else { last };
        }
    }

    async fn take(&mut self, row: Delivery) -> Result<(), RelayError> {
        if self.loaded.contains_key(&row.id) {
            return Ok(());
        }
        let op = decode(row.id, &row.op)?;
        if let Op::Title { chat } = &op {
            self.inner.title_waits(*chat);
        }
        if row.state == DeliveryState::Open {
            return self.take_interrupted(row, op).await;
        }
        self.put(row, op);
        Ok(())
    }

    /// The process ended with this attempt open: nobody knows its outcome.
    async fn take_interrupted(&mut self, mut row: Delivery, op: Op) -> Result<(), RelayError> {
        let now = self.inner.now();
        if op.destination() != Place::Customer {
            self.engine.spent(now, Scope::Group(self.inner.group()), 1, now);
        }
        let reason = "the host was stopped while the call was open".to_owned();
        let chat = op.chat();
        // Where the dialog has no topic yet, the open call was the one that makes it.
        let making_topic = match (&op, chat) {
            (Op::Show { .. } | Op::Post { .. }, Some(chat)) => self
                .inner
                .book
                .person(chat)
                .await?
                .dialog
                .as_ref()
                .is_some_and(|dialog| dialog.topic.is_none()),
            _ => false,
        };
        let mut changes = Vec::new();
        let mut added = Vec::new();
        let mut next = Some((row.not_before, op.clone(), DeliveryState::Ready));
        let settled = if making_topic {
            next = Some((now + ADOPTION_WAIT, op.clone(), DeliveryState::Ready));
            Settled::Again {
                not_before: now + ADOPTION_WAIT,
                reason,
                op: None,
            }
        } else {
            match on_unknown(&op, self.inner.config.parameters.unconfirmed) {
                OnUnknown::Repeat => Settled::Again {
                    not_before: row.not_before,
                    reason,
                    op: None,
                },
                OnUnknown::RepeatMarked => {
                    let repeat = as_repeat(&op);
                    next = Some((row.not_before, repeat.clone(), DeliveryState::Ready));
                    Settled::Again {
                        not_before: row.not_before,
                        reason,
                        op: Some(encode(&repeat)),
                    }
                }
                OnUnknown::Ask => {
                    next = Some((row.not_before, op.clone(), DeliveryState::Asking));
                    let loaded = Loaded {
                        delivery: row.clone(),
                        op: op.clone(),
                    };
                    added.push(ask(&self.inner, std::slice::from_ref(&loaded)));
                    Settled::Asking { reason }
                }
                OnUnknown::Leave => {
                    next = None;
                    if let Some(chat) = chat {
                        let name = self.inner.known_name(chat);
                        let text = match op.asked_by() {
                            Some(_) => words::left_by_rule(&name),
                            None => words::left_unasked(&name),
                        };
                        added.push(Op::Post {
                            chat: Some(chat),
                            content: crate::content::Content::text(text),
                            reply: op.asked_by(),
                            more: vec![],
                        });
                    }
                    Settled::Refused { reason }
                }
            }
        };
        let added: Vec<(Delivery, Op)> = added
            .into_iter()
            .map(|op| (new_delivery(self.inner.next_id(), &op, now, now), op))
            .collect();
        changes.extend(added.iter().map(|(delivery, _)| Change::PutDelivery(delivery.clone())));
        let settlement = Settlement {
            connection: self.inner.id,
            delivery: row.id,
            attempt: row.attempt,
            now,
            outcome: settled,
            changes,
        };
        self.inner.committer.commit(vec![Write::Settle(settlement)]).await?;
        if let Some((not_before, op, state)) = next {
            let (id, marked) = (row.id, matches!(&op, Op::Show { carry, .. } if !carry.marks.is_empty()));
            row.not_before = not_before;
            row.state = state;
            self.put(row, op);
            if marked {
                // It must not share a call with messages that are no repeats.
                self.engine.mark(id);
            }
        }
        // They are above what is loaded, or are read again; the core knows ids that it has.
        for (delivery, op) in added {
            self.put(delivery, op);
        }
        Ok(())
    }
}
