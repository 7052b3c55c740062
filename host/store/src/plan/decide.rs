//! Applying a group in memory: each write's answer, and what the group comes to.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::change::{Cell, Change, Expect};
use crate::error::StoreError;
use crate::plan::batch::{Attempt, Batch, DeliveryPatch};
use crate::plan::facts::{CellFact, DeliveryHead, Facts};
use crate::row::*;
use crate::write::{Claim, Settled, Settlement, TurnCommit, Write, Written};

/// Applies the writes in order, each by its own expectations. The facts are those of the group's footprint.
///
/// # Errors
/// [`StoreError::Rejected`] where a delivery's id is used twice: then nothing of the group may be written.
pub fn decide(group: Vec<Write>, facts: Facts) -> Result<(Vec<Written>, Batch), StoreError> {
    let mut ledger = Ledger {
        facts,
        batch: Batch::default(),
        deliveries: BTreeMap::new(),
    };
    let mut answers = Vec::with_capacity(group.len());
    for write in group {
        answers.push(match write {
            Write::Turn(turn) => ledger.turn(turn)?,
            Write::Claim(claim) => ledger.claim(claim),
            Write::Settle(settlement) => ledger.settle(settlement)?,
        });
    }
    Ok((answers, ledger.finish()))
}

/// The facts as the group's earlier writes have left them.
struct Ledger {
    facts: Facts,
    batch: Batch,
    deliveries: BTreeMap<(ConnectionId, DeliveryId), Slot>,
}

/// A delivery that the group touches.
struct Slot {
    /// `None` once it is gone.
    head: Option<DeliveryHead>,
    /// The database has a row of this id.
    stored: bool,
    /// The row, where the group itself brings it.
    new: Option<Delivery>,
    patch: DeliveryPatch,
    attempt: Option<Attempt>,
}

impl Ledger {
    fn turn(&mut self, turn: TurnCommit) -> Result<Written, StoreError> {
        let connection = turn.connection;
        if !self.facts.connections.contains(&connection) {
            return Ok(Written::Fenced);
        }
        if turn
            .updates
            .iter()
            .any(|update| self.facts.updates.contains(&(connection, *update)))
        {
            return Ok(Written::Repeat);
        }
        if turn
            .expect
            .iter()
            .any(|expect| !self.holds(connection, expect, turn.now))
        {
            return Ok(Written::Conflict);
        }
        for update in turn.updates {
            self.facts.updates.insert((connection, update));
            self.batch.updates.insert((connection, update), turn.now);
        }
        self.changes(connection, turn.changes, turn.now)?;
        Ok(Written::Done)
    }

    fn holds(&self, connection: ConnectionId, expect: &Expect, now: i64) -> bool {
        // The key is cloned for its strings only; the hot cells, contacts and dialogs, have none.
        let version = match self.facts.cells.get(&(connection, expect.cell.clone())) {
            Some(fact) if fact.expires.is_none_or(|expires| expires > now) => fact.version,
            _ => 0,
        };
        version == expect.version
    }

    fn claim(&mut self, claim: Claim) -> Written {
        let Some(slot) = self.slot(claim.connection, claim.delivery) else {
            return Written::Fenced;
        };
        match &mut slot.head {
            Some(head) if head.state == DeliveryState::Ready && claim.attempt == head.attempt + 1 => {
                *head = DeliveryHead {
                    state: DeliveryState::Open,
                    attempt: claim.attempt,
                    started_at: claim.now,
                };
                slot.attempt = Some(Attempt {
                    number: claim.attempt,
                    started_at: claim.now,
                    outcome: None,
                });
                Written::Done
            }
            _ => Written::Fenced,
        }
    }

    fn settle(&mut self, settlement: Settlement) -> Result<Written, StoreError> {
        let Some(slot) = self.slot(settlement.connection, settlement.delivery) else {
            return Ok(Written::Fenced);
        };
        let open = slot
            .head
            .is_some_and(|head| head.state == DeliveryState::Open && head.attempt == settlement.attempt);
        if !open {
            return Ok(Written::Fenced);
        }
        match settlement.outcome {
            Settled::Sent => slot.head = None,
            Settled::Refused { reason } => slot.end(DeliveryState::Refused, reason, settlement.now),
            Settled::Asking { reason } => slot.end(DeliveryState::Asking, reason, settlement.now),
            Settled::Again { not_before, reason, op } => {
                slot.end(DeliveryState::Ready, reason, settlement.now);
                slot.patch.not_before = Some(not_before);
                if op.is_some() {
                    slot.patch.op = op;
                }
            }
        }
        self.changes(settlement.connection, settlement.changes, settlement.now)?;
        Ok(Written::Done)
    }

    /// A delivery as the group finds it, or `None` where it never was.
    fn slot(&mut self, connection: ConnectionId, id: DeliveryId) -> Option<&mut Slot> {
        match self.deliveries.entry((connection, id)) {
            Entry::Occupied(slot) => Some(slot.into_mut()),
            Entry::Vacant(empty) => {
                let head = *self.facts.deliveries.get(&(connection, id))?;
                Some(empty.insert(Slot {
                    head: Some(head),
                    stored: true,
                    new: None,
                    patch: DeliveryPatch::default(),
                    attempt: None,
                }))
            }
        }
    }

    fn changes(&mut self, connection: ConnectionId, changes: Vec<Change>, now: i64) -> Result<(), StoreError> {
        for change in changes {
            self.change(connection, change, now)?;
        }
        Ok(())
    }

    fn change(&mut self, connection: ConnectionId, change: Change, now: i64) -> Result<(), StoreError> {
        let batch = &mut self.batch;
        match change {
            Change::PutContact(row) => {
                self.facts
                    .cells
                    .insert((connection, Cell::Contact(row.chat)), lasting(row.version));
                batch.contacts.insert((connection, row.chat), row);
            }
            Change::PutDialog(row) => {
                self.facts
                    .cells
                    .insert((connection, Cell::Dialog(row.chat)), lasting(row.version));
                batch.dialogs.insert((connection, row.chat), row);
            }
            Change::PutMirror(row) => {
                batch
                    .mirrors
                    .insert((connection, row.chat, row.customer_message, row.group_message), row);
            }
            Change::PutAlbumPart(row) => {
                batch
                    .albums
                    .insert((connection, row.place.word(), row.chat, row.message), row);
            }
            Change::PutDelivery(row) => self.put_delivery(connection, row)?,
            Change::DropDelivery { id, reason } => {
                if let Some(slot) = self.slot(connection, id) {
                    slot.drop(reason, now);
                }
            }
            Change::RetryDelivery { id, op } => {
                if let Some(slot) = self.slot(connection, id) {
                    slot.retry(op);
                }
            }
            Change::PutPluginEntry { plugin, entry } => {
                let cell = Cell::Plugin {
                    plugin: plugin.clone(),
                    key: entry.key.clone(),
                };
                self.facts.cells.insert(
                    (connection, cell),
                    CellFact {
                        version: entry.version,
                        expires: entry.expires,
                    },
                );
                batch
                    .entries
                    .insert((connection, plugin, entry.key.clone()), Some(entry));
            }
            Change::RemovePluginEntry { plugin, key } => {
                self.facts.cells.remove(&(
                    connection,
                    Cell::Plugin {
                        plugin: plugin.clone(),
                        key: key.clone(),
                    },
                ));
                batch.entries.insert((connection, plugin, key), None);
            }
            Change::PutTemplate(row) => {
                let name = row.name.to_lowercase();
                self.facts
                    .cells
                    .insert((connection, Cell::Template(name.clone())), lasting(row.version));
                batch.templates.insert((connection, name), Some(row));
            }
            Change::RemoveTemplate { name } => {
                let name = name.to_lowercase();
                self.facts.cells.remove(&(connection, Cell::Template(name.clone())));
                batch.templates.insert((connection, name), None);
            }
            Change::PutTimer(row) => {
                let cell = Cell::Timer {
                    plugin: row.plugin.clone(),
                    key: row.key.clone(),
                };
                self.facts.cells.insert((connection, cell), lasting(row.version));
                batch
                    .timers
                    .insert((connection, row.plugin.clone(), row.key.clone()), Some(row));
            }
            Change::RemoveTimer { plugin, key } => {
                self.facts.cells.remove(&(
                    connection,
                    Cell::Timer {
                        plugin: plugin.clone(),
                        key: key.clone(),
                    },
                ));
                batch.timers.insert((connection, plugin, key), None);
            }
            Change::MoveGroup { to } => batch.connections.entry(connection).or_default().group = Some(to),
            Change::PutNotice { key, at } => {
                batch.notices.insert((connection, key), Some(at));
            }
            Change::RemoveNotice { key } => {
                batch.notices.insert((connection, key), None);
            }
            Change::PutBotUpdate(row) => {
                batch.bot_updates.insert((connection, row.position), Some(row));
            }
            Change::RemoveBotUpdate { position } => {
                batch.bot_updates.insert((connection, position), None);
            }
            Change::PutIntercepted(row) => {
                batch.intercepted.insert((connection, row.seq), Some(row));
            }
            Change::RemoveIntercepted { seq } => {
                batch.intercepted.insert((connection, seq), None);
            }
            Change::PutGatewayState { state } => batch.gateways.entry(connection).or_default().state = Some(state),
            Change::MarkIntake { update, at } => {
                batch.gateways.entry(connection).or_default().mark = Some((update, at))
            }
            Change::Advance { cursor } => raise(&mut batch.connections.entry(connection).or_default().cursor, cursor),
        }
        Ok(())
    }

    fn put_delivery(&mut self, connection: ConnectionId, mut row: Delivery) -> Result<(), StoreError> {
        let id = row.id;
        let before = self.slot(connection, id);
        if before.as_ref().is_some_and(|slot| slot.head.is_some()) {
            return Err(StoreError::Rejected {
                what: format!("delivery {id} of connection {connection} is there already"),
            });
        }
        let stored = before.is_some_and(|slot| slot.stored);
        if row.state != DeliveryState::Asking {
            row.state = DeliveryState::Ready;
        }
        row.attempt = 0;
        row.last_error.clear();
        let head = DeliveryHead {
            state: row.state,
            attempt: 0,
            started_at: 0,
        };
        let slot = Slot {
            head: Some(head),
            stored,
            new: Some(row),
            patch: DeliveryPatch::default(),
            attempt: None,
        };
        self.deliveries.insert((connection, id), slot);
        raise(
            &mut self.batch.connections.entry(connection).or_default().last_delivery,
            id,
        );
        Ok(())
    }

    fn finish(self) -> Batch {
        let mut batch = self.batch;
        for ((connection, id), slot) in self.deliveries {
            let Slot {
                head,
                stored,
                new,
                patch,
                attempt,
            } = slot;
            if stored && (head.is_none() || new.is_some()) {
                batch.gone_deliveries.push((connection, id));
            }
            match new {
                _ if head.is_none() => continue,
                None if patch == DeliveryPatch::default() => {}
                None => batch.changed_deliveries.push((connection, id, patch)),
                Some(mut row) => {
                    row.state = patch.state.unwrap_or(row.state);
                    row.not_before = patch.not_before.unwrap_or(row.not_before);
                    row.op = patch.op.unwrap_or(row.op);
                    batch.new_deliveries.push((connection, row));
                }
            }
            if let Some(attempt) = attempt {
                batch.attempts.push((connection, id, attempt));
            }
        }
        batch
    }
}

impl Slot {
    /// Closes the present attempt, or marks one that never began, and leaves the delivery in `state`.
    fn end(&mut self, state: DeliveryState, reason: String, now: i64) {
        let Some(head) = &mut self.head else { return };
        head.state = state;
        if head.attempt == 0 {
            head.started_at = now;
        }
        self.attempt = Some(Attempt {
            number: head.attempt,
            started_at: head.started_at,
            outcome: Some(reason),
        });
        self.patch.state = Some(state);
    }

    fn drop(&mut self, reason: String, now: i64) {
        if self.head.is_some_and(|head| head.state != DeliveryState::Refused) {
            self.end(DeliveryState::Refused, reason, now);
        }
    }

    fn retry(&mut self, op: String) {
        if let Some(head) = self.head.as_mut().filter(|head| head.state == DeliveryState::Asking) {
            head.state = DeliveryState::Ready;
            self.patch.state = Some(DeliveryState::Ready);
            self.patch.op = Some(op);
        }
    }
}

fn lasting(version: i64) -> CellFact {
    CellFact { version, expires: None }
}

fn raise(mark: &mut Option<i64>, to: i64) {
    *mark = Some(mark.map_or(to, |at| at.max(to)));
}
