//! The model's state, and what writes do to it.

use std::collections::{BTreeMap, BTreeSet};

use switchboard_store::*;

type Of<K> = (ConnectionId, K);

/// Everything that a store keeps.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub connections: BTreeMap<ConnectionId, Owned>,
    pub used_connection: ConnectionId,
    pub updates: BTreeMap<Of<i64>, i64>,
    pub contacts: BTreeMap<Of<ChatId>, Contact>,
    pub dialogs: BTreeMap<Of<ChatId>, Dialog>,
    pub mirrors: Vec<Of<Mirror>>,
    pub albums: Vec<Of<AlbumPart>>,
    pub deliveries: BTreeMap<Of<DeliveryId>, Delivery>,
    pub entries: BTreeMap<(ConnectionId, String, String), PluginEntry>,
    pub templates: BTreeMap<Of<String>, Template>,
    pub timers: BTreeMap<(ConnectionId, String, String), Timer>,
    pub notices: BTreeMap<Of<String>, i64>,
    pub bot_updates: BTreeMap<Of<i64>, BotUpdate>,
    pub intercepted: BTreeMap<Of<i64>, Intercepted>,
    pub gateways: BTreeMap<ConnectionId, Gateway>,
}

#[derive(Debug, Clone)]
pub struct Owned {
    pub row: Connection,
    pub configured_group: ChatId,
    pub last_delivery: DeliveryId,
}

impl State {
    pub fn write(&mut self, write: Write) -> Result<Written> {
        match write {
            Write::Turn(turn) => self.turn(turn),
            Write::Claim(claim) => Ok(self.claim(claim)),
            Write::Settle(settlement) => self.settle(settlement),
        }
    }

    fn turn(&mut self, turn: TurnCommit) -> Result<Written> {
        let connection = turn.connection;
        if !self.connections.contains_key(&connection) {
            return Ok(Written::Fenced);
        }
        if turn
            .updates
            .iter()
            .any(|id| self.updates.contains_key(&(connection, *id)))
        {
            return Ok(Written::Repeat);
        }
        if turn
            .expect
            .iter()
            .any(|it| self.version(connection, &it.cell, turn.now) != it.version)
        {
            return Ok(Written::Conflict);
        }
        self.updates
            .extend(turn.updates.into_iter().map(|id| ((connection, id), turn.now)));
        turn.changes
            .into_iter()
            .try_for_each(|change| self.change(connection, change))?;
        Ok(Written::Done)
    }

    fn version(&self, connection: ConnectionId, cell: &Cell, now: i64) -> i64 {
        let version = match cell {
            Cell::Contact(chat) => self.contacts.get(&(connection, *chat)).map(|it| it.version),
            Cell::Dialog(chat) => self.dialogs.get(&(connection, *chat)).map(|it| it.version),
            Cell::Plugin { plugin, key } => {
                let entry = self.entries.get(&(connection, plugin.clone(), key.clone()));
                entry
                    .filter(|it| it.expires.is_none_or(|at| at > now))
                    .map(|it| it.version)
            }
            Cell::Template(name) => self.templates.get(&(connection, name.clone())).map(|it| it.version),
            Cell::Timer { plugin, key } => self
                .timers
                .get(&(connection, plugin.clone(), key.clone()))
                .map(|it| it.version),
        };
        version.unwrap_or(0)
    }

    fn claim(&mut self, claim: Claim) -> Written {
        match self.deliveries.get_mut(&(claim.connection, claim.delivery)) {
            Some(it) if it.state == DeliveryState::Ready && it.attempt + 1 == claim.attempt => {
                it.state = DeliveryState::Open;
                it.attempt = claim.attempt;
                it.last_error = String::new();
                Written::Done
            }
            _ => Written::Fenced,
        }
    }

    fn settle(&mut self, settlement: Settlement) -> Result<Written> {
        let key = (settlement.connection, settlement.delivery);
        let Some(it) = self
            .deliveries
            .get_mut(&key)
            .filter(|it| it.state == DeliveryState::Open && it.attempt == settlement.attempt)
        else {
            return Ok(Written::Fenced);
        };
        match settlement.outcome {
            Settled::Sent => {
                self.deliveries.remove(&key);
            }
            Settled::Refused { reason } => (it.state, it.last_error) = (DeliveryState::Refused, reason),
            Settled::Asking { reason } => (it.state, it.last_error) = (DeliveryState::Asking, reason),
            Settled::Again { not_before, reason, op } => {
                (it.state, it.last_error, it.not_before) = (DeliveryState::Ready, reason, not_before);
                it.op = op.unwrap_or(std::mem::take(&mut it.op));
            }
        }
        settlement
            .changes
            .into_iter()
            .try_for_each(|change| self.change(settlement.connection, change))?;
        Ok(Written::Done)
    }

    fn change(&mut self, connection: ConnectionId, change: Change) -> Result<()> {
        match change {
            Change::PutContact(row) => drop(self.contacts.insert((connection, row.chat), row)),
            Change::PutDialog(row) => drop(self.dialogs.insert((connection, row.chat), row)),
            Change::PutMirror(row) => {
                let key = |it: &Mirror| (it.chat, it.customer_message, it.group_message);
                self.mirrors
                    .retain(|(owner, it)| (*owner, key(it)) != (connection, key(&row)));
                self.mirrors.push((connection, row));
            }
            Change::PutAlbumPart(row) => {
                let key = |it: &AlbumPart| (it.place, it.chat, it.message);
                self.albums
                    .retain(|(owner, it)| (*owner, key(it)) != (connection, key(&row)));
                self.albums.push((connection, row));
            }
            Change::PutDelivery(row) => {
                let asks = row.state == DeliveryState::Asking;
                let row = Delivery {
                    state: if asks {
                        DeliveryState::Asking
                    } else {
                        DeliveryState::Ready
                    },
                    attempt: 0,
                    last_error: String::new(),
                    ..row
                };
                if let Some(owner) = self.connections.get_mut(&connection) {
                    owner.last_delivery = owner.last_delivery.max(row.id);
                }
                if let Some(there) = self.deliveries.insert((connection, row.id), row) {
                    return Err(StoreError::Rejected {
                        what: format!("delivery {} is there already", there.id),
                    });
                }
            }
            Change::DropDelivery { id, reason } => {
                if let Some(it) = self
                    .deliveries
                    .get_mut(&(connection, id))
                    .filter(|it| it.state != DeliveryState::Refused)
                {
                    (it.state, it.last_error) = (DeliveryState::Refused, reason);
                }
            }
            Change::RetryDelivery { id, op } => {
                if let Some(it) = self
                    .deliveries
                    .get_mut(&(connection, id))
                    .filter(|it| it.state == DeliveryState::Asking)
                {
                    (it.state, it.op) = (DeliveryState::Ready, op);
                }
            }
            Change::PutPluginEntry { plugin, entry } => {
                drop(self.entries.insert((connection, plugin, entry.key.clone()), entry))
            }
            Change::RemovePluginEntry { plugin, key } => drop(self.entries.remove(&(connection, plugin, key))),
            Change::PutTemplate(row) => drop(self.templates.insert((connection, row.name.to_lowercase()), row)),
            Change::RemoveTemplate { name } => drop(self.templates.remove(&(connection, name.to_lowercase()))),
            Change::PutTimer(row) => drop(
                self.timers
                    .insert((connection, row.plugin.clone(), row.key.clone()), row),
            ),
            Change::RemoveTimer { plugin, key } => drop(self.timers.remove(&(connection, plugin, key))),
            Change::PutNotice { key, at } => drop(self.notices.insert((connection, key), at).is_some()),
            Change::RemoveNotice { key } => drop(self.notices.remove(&(connection, key)).is_some()),
            Change::PutBotUpdate(row) => drop(self.bot_updates.insert((connection, row.position), row)),
            Change::RemoveBotUpdate { position } => drop(self.bot_updates.remove(&(connection, position))),
            Change::PutIntercepted(row) => drop(self.intercepted.insert((connection, row.seq), row)),
            Change::RemoveIntercepted { seq } => drop(self.intercepted.remove(&(connection, seq))),
            Change::PutGatewayState { state } => self.gateways.entry(connection).or_default().state = state,
            Change::MarkIntake { update, at } => {
                let gateway = self.gateways.entry(connection).or_default();
                (gateway.mark, gateway.marked_at) = (update, at);
            }
            Change::MoveGroup { to } => {
                if let Some(owner) = self.connections.get_mut(&connection) {
                    owner.row.group = to;
                }
            }
            Change::Advance { cursor } => {
                if let Some(owner) = self.connections.get_mut(&connection) {
                    owner.row.cursor = owner.row.cursor.max(cursor);
                }
            }
        }
        Ok(())
    }

    pub fn put_connection(&mut self, new: &NewConnection) -> ConnectionId {
        let NewConnection {
            name,
            bot,
            token,
            group,
            config,
        } = new.clone();
        let Some(found) = self.connections.values_mut().find(|it| it.row.name == name) else {
            self.used_connection += 1;
            let id = self.used_connection;
            let row = Connection {
                id,
                name,
                bot,
                token,
                group,
                config,
                cursor: 0,
            };
            self.connections.insert(
                id,
                Owned {
                    row,
                    configured_group: group,
                    last_delivery: 0,
                },
            );
            return id;
        };
        let id = found.row.id;
        let (new_bot, new_group) = (found.row.bot != bot, found.configured_group != group);
        found.configured_group = group;
        (found.row.bot, found.row.token, found.row.config) = (bot, token, config);
        if new_bot || new_group {
            found.row.group = group;
            self.mirrors.retain(|(owner, _)| *owner != id);
            self.albums.retain(|(owner, _)| *owner != id);
        }
        if new_bot {
            found.row.cursor = 0;
            self.updates.retain(|(owner, _), _| *owner != id);
            self.bot_updates.retain(|(owner, _), _| *owner != id);
            self.intercepted.retain(|(owner, _), _| *owner != id);
            self.gateways.remove(&id);
        }
        if new_group {
            for ((_, _), it) in self
                .dialogs
                .iter_mut()
                .filter(|((owner, _), it)| *owner == id && it.topic.is_some())
            {
                (it.topic, it.title, it.topic_closed, it.version) = (None, None, false, it.version + 1);
            }
        }
        id
    }

    pub fn remove_connection(&mut self, name: &str) -> bool {
        let before = self.connections.len();
        self.connections.retain(|_, it| it.row.name != name);
        let left: BTreeSet<ConnectionId> = self.connections.keys().copied().collect();
        self.updates.retain(|(owner, _), _| left.contains(owner));
        self.contacts.retain(|(owner, _), _| left.contains(owner));
        self.dialogs.retain(|(owner, _), _| left.contains(owner));
        self.mirrors.retain(|(owner, _)| left.contains(owner));
        self.albums.retain(|(owner, _)| left.contains(owner));
        self.deliveries.retain(|(owner, _), _| left.contains(owner));
        self.entries.retain(|(owner, _, _), _| left.contains(owner));
        self.templates.retain(|(owner, _), _| left.contains(owner));
        self.timers.retain(|(owner, _, _), _| left.contains(owner));
        self.notices.retain(|(owner, _), _| left.contains(owner));
        self.bot_updates.retain(|(owner, _), _| left.contains(owner));
        self.intercepted.retain(|(owner, _), _| left.contains(owner));
        self.gateways.retain(|owner, _| left.contains(owner));
        left.len() < before
    }

    pub fn prune(&mut self, now: i64, updates_before: i64, albums_before: i64) -> u64 {
        let before = self.prunable();
        self.updates.retain(|_, at| *at >= updates_before);
        self.albums.retain(|(_, it)| it.at >= albums_before);
        self.entries.retain(|_, it| it.expires.is_none_or(|at| at > now));
        self.bot_updates.retain(|_, it| it.at >= updates_before);
        self.intercepted.retain(|_, it| it.at >= updates_before);
        (before - self.prunable()) as u64
    }

    fn prunable(&self) -> usize {
        self.updates.len() + self.albums.len() + self.entries.len() + self.bot_updates.len() + self.intercepted.len()
    }
}
