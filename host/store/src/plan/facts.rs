//! What a group of writes asks about, and what the database says of it.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::change::{Cell, Change};
use crate::row::*;
use crate::write::Write;

/// The keys whose present state decides what comes of a group.
#[derive(Debug, Default)]
pub struct Footprint {
    pub connections: BTreeSet<ConnectionId>,
    pub updates: BTreeSet<(ConnectionId, i64)>,
    /// Cells whose versions are expected, by kind.
    pub contacts: BTreeSet<(ConnectionId, ChatId)>,
    pub dialogs: BTreeSet<(ConnectionId, ChatId)>,
    pub entries: BTreeSet<(ConnectionId, String, String)>,
    pub templates: BTreeSet<(ConnectionId, String)>,
    pub timers: BTreeSet<(ConnectionId, String, String)>,
    /// Deliveries that are claimed, settled, dropped or retried.
    pub deliveries: BTreeSet<(ConnectionId, DeliveryId)>,
}

impl Footprint {
    pub fn of(group: &[Write]) -> Self {
        let mut all = Self::default();
        for write in group {
            match write {
                Write::Turn(turn) => {
                    all.connections.insert(turn.connection);
                    all.updates
                        .extend(turn.updates.iter().map(|update| (turn.connection, *update)));
                    for expect in &turn.expect {
                        all.cell(turn.connection, &expect.cell);
                    }
                    all.changes(turn.connection, &turn.changes);
                }
                Write::Claim(claim) => {
                    all.connections.insert(claim.connection);
                    all.deliveries.insert((claim.connection, claim.delivery));
                }
                Write::Settle(settle) => {
                    all.connections.insert(settle.connection);
                    all.deliveries.insert((settle.connection, settle.delivery));
                    all.changes(settle.connection, &settle.changes);
                }
            }
        }
        all
    }

    fn cell(&mut self, connection: ConnectionId, cell: &Cell) {
        match cell {
            Cell::Contact(chat) => drop(self.contacts.insert((connection, *chat))),
            Cell::Dialog(chat) => drop(self.dialogs.insert((connection, *chat))),
            Cell::Plugin { plugin, key } => drop(self.entries.insert((connection, plugin.clone(), key.clone()))),
            Cell::Template(name) => drop(self.templates.insert((connection, name.clone()))),
            Cell::Timer { plugin, key } => drop(self.timers.insert((connection, plugin.clone(), key.clone()))),
        }
    }

    fn changes(&mut self, connection: ConnectionId, changes: &[Change]) {
        for change in changes {
            if let Change::DropDelivery { id, .. } | Change::RetryDelivery { id, .. } = change {
                self.deliveries.insert((connection, *id));
            }
        }
    }
}

/// What the database says of a footprint. What is not in here is not in the database.
#[derive(Debug, Default)]
pub struct Facts {
    pub connections: HashSet<ConnectionId>,
    pub updates: HashSet<(ConnectionId, i64)>,
    pub cells: HashMap<(ConnectionId, Cell), CellFact>,
    pub deliveries: HashMap<(ConnectionId, DeliveryId), DeliveryHead>,
}

/// The version of a stored cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellFact {
    pub version: i64,
    /// When a plugin's entry vanishes; from then on its version counts as 0, although its row may still be there.
    pub expires: Option<i64>,
}

/// What fences a stored delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryHead {
    pub state: DeliveryState,
    pub attempt: i64,
    /// When that attempt was opened; 0 before the first.
    pub started_at: i64,
}
