//! The model as a store.

use async_trait::async_trait;
use switchboard_store::*;

use super::MemoryStore;
use std::sync::atomic::Ordering;

/// The rows of one connection.
fn of<'a, T: 'a>(
    rows: impl IntoIterator<Item = &'a (ConnectionId, T)>,
    connection: ConnectionId,
) -> impl Iterator<Item = &'a T> {
    rows.into_iter()
        .filter(move |(owner, _)| *owner == connection)
        .map(|(_, row)| row)
}

fn first<T>(rows: impl Iterator<Item = T>, limit: u32) -> Vec<T> {
    rows.take(limit as usize).collect()
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, group: Vec<Write>) -> Result<Vec<Written>> {
        self.write(|state| group.into_iter().map(|write| state.write(write)).collect())
    }

    async fn connections(&self) -> Result<Vec<Connection>> {
        let mut all: Vec<Connection> =
            self.read(|state| state.connections.values().map(|it| it.row.clone()).collect())?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }
    async fn put_connection(&self, connection: &NewConnection) -> Result<ConnectionId> {
        self.write(|state| Ok(state.put_connection(connection)))
    }
    async fn remove_connection(&self, name: &str) -> Result<bool> {
        self.write(|state| Ok(state.remove_connection(name)))
    }

    async fn contact(&self, connection: ConnectionId, chat: ChatId) -> Result<Option<Contact>> {
        self.read(|state| state.contacts.get(&(connection, chat)).cloned())
    }
    async fn contact_by_username(&self, connection: ConnectionId, username: &str) -> Result<Option<Contact>> {
        let named = |it: &&Contact| {
            it.username
                .as_ref()
                .is_some_and(|name| name.eq_ignore_ascii_case(username))
        };
        self.read(|state| {
            let ours = state
                .contacts
                .iter()
                .filter(|((owner, _), _)| *owner == connection)
                .map(|(_, it)| it);
            ours.filter(named).max_by_key(|it| (it.last_seen, it.chat)).cloned()
        })
    }
    async fn dialog(&self, connection: ConnectionId, chat: ChatId) -> Result<Option<Dialog>> {
        self.read(|state| state.dialogs.get(&(connection, chat)).cloned())
    }
    async fn dialog_by_topic(&self, connection: ConnectionId, topic: TopicId) -> Result<Option<Dialog>> {
        self.read(|state| {
            let ours = state
                .dialogs
                .iter()
                .filter(|((owner, _), _)| *owner == connection)
                .map(|(_, it)| it);
            ours.filter(|it| it.topic == Some(topic))
                .max_by_key(|it| (it.last_activity, it.chat))
                .cloned()
        })
    }
    async fn dialogs_to_close(&self, connection: ConnectionId, before: i64, limit: u32) -> Result<Vec<Dialog>> {
        self.read(|state| {
            let ours = state
                .dialogs
                .iter()
                .filter(|((owner, _), _)| *owner == connection)
                .map(|(_, it)| it);
            let mut quiet: Vec<_> = ours
                .filter(|it| it.status == Status::Answered && it.last_activity < before)
                .cloned()
                .collect();
            quiet.sort_by_key(|it| (it.last_activity, it.chat));
            first(quiet.into_iter(), limit)
        })
    }
    async fn takeovers_to_end(&self, connection: ConnectionId, now: i64, limit: u32) -> Result<Vec<Dialog>> {
        self.read(|state| {
            let ours = state
                .dialogs
                .iter()
                .filter(|((owner, _), _)| *owner == connection)
                .map(|(_, it)| it);
            let mut over: Vec<_> = ours
                .filter(|it| it.taken_over.is_some() && it.takeover_ends.is_some_and(|at| at <= now))
                .cloned()
                .collect();
            over.sort_by_key(|it| (it.takeover_ends, it.chat));
            first(over.into_iter(), limit)
        })
    }
    async fn dialog_counts(&self, connection: ConnectionId) -> Result<DialogCounts> {
        self.read(|state| {
            let count = |status| {
                state
                    .dialogs
                    .iter()
                    .filter(|((owner, _), it)| *owner == connection && it.status == status)
                    .count() as u64
            };
            DialogCounts {
                waiting: count(Status::Waiting),
                answered: count(Status::Answered),
                closed: count(Status::Closed),
            }
        })
    }

    async fn mirror_of_customer_message(
        &self,
        connection: ConnectionId,
        chat: ChatId,
        message: MessageId,
    ) -> Result<Option<Mirror>> {
        self.read(|state| {
            let twins = of(&state.mirrors, connection).filter(|it| it.chat == chat && it.customer_message == message);
            twins.max_by_key(|it| (it.at, it.group_message)).cloned()
        })
    }
    async fn mirror_of_group_message(&self, connection: ConnectionId, message: MessageId) -> Result<Option<Mirror>> {
        self.read(|state| {
            let twins = of(&state.mirrors, connection).filter(|it| it.group_message == message);
            twins.max_by_key(|it| (it.at, it.customer_message, it.chat)).cloned()
        })
    }
    async fn latest_mirrors(&self, connection: ConnectionId, limit: u32) -> Result<Vec<Mirror>> {
        self.read(|state| {
            let mut all: Vec<_> = of(&state.mirrors, connection).cloned().collect();
            all.sort_by_key(|it| std::cmp::Reverse((it.group_message, it.customer_message)));
            all.truncate(limit as usize);
            all
        })
    }
    async fn album(&self, connection: ConnectionId, place: Place, album: &str) -> Result<Vec<AlbumPart>> {
        self.read(|state| {
            let mut parts: Vec<_> = of(&state.albums, connection)
                .filter(|it| it.place == place && it.album == album)
                .cloned()
                .collect();
            parts.sort_by_key(|it| (it.message, it.chat));
            parts
        })
    }
    async fn album_part(
        &self,
        connection: ConnectionId,
        place: Place,
        chat: ChatId,
        message: MessageId,
    ) -> Result<Option<AlbumPart>> {
        self.read(|state| {
            of(&state.albums, connection)
                .find(|it| (it.place, it.chat, it.message) == (place, chat, message))
                .cloned()
        })
    }

    async fn unsettled(&self, connection: ConnectionId, after: DeliveryId, limit: u32) -> Result<Vec<Delivery>> {
        self.read(|state| {
            let ours = state
                .deliveries
                .iter()
                .filter(|((owner, id), _)| *owner == connection && *id > after)
                .map(|(_, it)| it);
            first(ours.filter(|it| it.state != DeliveryState::Refused).cloned(), limit)
        })
    }
    async fn delivery(&self, connection: ConnectionId, id: DeliveryId) -> Result<Option<Delivery>> {
        self.read(|state| state.deliveries.get(&(connection, id)).cloned())
    }
    async fn last_delivery(&self, connection: ConnectionId) -> Result<DeliveryId> {
        self.read(|state| state.connections.get(&connection).map_or(0, |it| it.last_delivery))
    }

    async fn plugin_entry(
        &self,
        connection: ConnectionId,
        plugin: &str,
        key: &str,
        now: i64,
    ) -> Result<Option<PluginEntry>> {
        let all = self.plugin_entries(connection, plugin, key, None, 1, now).await?;
        Ok(all.into_iter().find(|it| it.key == key))
    }
    async fn plugin_entries(
        &self,
        connection: ConnectionId,
        plugin: &str,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
        now: i64,
    ) -> Result<Vec<PluginEntry>> {
        self.read(|state| {
            let ours = state
                .entries
                .iter()
                .filter(|((owner, holder, _), _)| *owner == connection && holder == plugin)
                .map(|(_, it)| it);
            let alive = ours.filter(|it| it.expires.is_none_or(|at| at > now));
            let asked =
                alive.filter(|it| it.key.starts_with(prefix) && after.is_none_or(|after| it.key.as_str() > after));
            first(asked.cloned(), limit)
        })
    }
    async fn plugin_usage(&self, connection: ConnectionId, plugin: &str) -> Result<PluginUsage> {
        self.read(|state| {
            let ours = state
                .entries
                .iter()
                .filter(|((owner, holder, _), _)| *owner == connection && holder == plugin);
            ours.fold(PluginUsage::default(), |sum, (_, it)| PluginUsage {
                keys: sum.keys + 1,
                bytes: sum.bytes + (it.key.len() + it.value.len()) as u64,
            })
        })
    }
    async fn template(&self, connection: ConnectionId, name: &str) -> Result<Option<Template>> {
        self.read(|state| state.templates.get(&(connection, name.to_lowercase())).cloned())
    }
    async fn templates(
        &self,
        connection: ConnectionId,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Template>> {
        let (prefix, after) = (prefix.to_lowercase(), after.map(str::to_lowercase));
        self.read(|state| {
            let ours = state.templates.iter().filter(|((owner, _), _)| *owner == connection);
            let asked = ours
                .filter(|((_, name), _)| name.starts_with(&prefix) && after.as_ref().is_none_or(|after| name > after));
            first(asked.map(|(_, it)| it.clone()), limit)
        })
    }
    async fn due_timers(&self, connection: ConnectionId, now: i64, limit: u32) -> Result<Vec<Timer>> {
        self.read(|state| {
            let ours = state
                .timers
                .iter()
                .filter(|((owner, _, _), it)| *owner == connection && it.due <= now);
            let mut due: Vec<_> = ours.map(|(_, it)| it.clone()).collect();
            due.sort_by_key(|it| it.due);
            first(due.into_iter(), limit)
        })
    }
    async fn timer(&self, connection: ConnectionId, plugin: &str, key: &str) -> Result<Option<Timer>> {
        self.read(|state| {
            let mut ours = state.timers.iter().filter(|((owner, _, _), _)| *owner == connection);
            ours.find(|(_, it)| it.plugin == plugin && it.key == key)
                .map(|(_, it)| it.clone())
        })
    }
    async fn next_timer(&self, connection: ConnectionId) -> Result<Option<i64>> {
        self.read(|state| {
            state
                .timers
                .iter()
                .filter(|((owner, _, _), _)| *owner == connection)
                .map(|(_, it)| it.due)
                .min()
        })
    }

    async fn gateway(&self, connection: ConnectionId) -> Result<Gateway> {
        self.read(|state| state.gateways.get(&connection).cloned().unwrap_or_default())
    }
    async fn bot_updates(&self, connection: ConnectionId, after: i64, limit: u32) -> Result<Vec<BotUpdate>> {
        self.read(|state| {
            let ours = state.bot_updates.iter().filter(|((owner, _), _)| *owner == connection);
            first(ours.map(|(_, it)| it.clone()).filter(|it| it.position > after), limit)
        })
    }
    async fn intercepted(&self, connection: ConnectionId, after: i64, limit: u32) -> Result<Vec<Intercepted>> {
        self.read(|state| {
            let ours = state.intercepted.iter().filter(|((owner, _), _)| *owner == connection);
            first(ours.map(|(_, it)| it.clone()).filter(|it| it.seq > after), limit)
        })
    }

    async fn notice(&self, connection: ConnectionId, key: &str) -> Result<Option<i64>> {
        self.read(|state| state.notices.get(&(connection, key.to_owned())).copied())
    }
    async fn prune(&self, now: i64, updates_before: i64, albums_before: i64) -> Result<u64> {
        self.write(|state| Ok(state.prune(now, updates_before, albums_before)))
    }
    async fn ping(&self) -> Result<()> {
        self.read(|_| ())
    }
    async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }
}
