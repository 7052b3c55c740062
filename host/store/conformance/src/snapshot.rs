//! Everything that a store says of a small world, as lines to compare.

use std::fmt::Debug;

use switchboard_store::*;

use crate::history::{
    ALBUMS, CHATS, KEYS, LAST_POSITION, LAST_TIME, MESSAGES, NAMES, NOTICES, PLUGINS, TOPICS, USERNAMES,
};

/// Asks everything that the trait can be asked.
pub async fn snapshot(store: &dyn Store, connections: &[ConnectionId], deliveries: DeliveryId) -> Result<Vec<String>> {
    let mut lines = Lines(Vec::new());
    lines.add("connections", store.connections().await?);
    for &connection in connections {
        people(store, connection, &mut lines).await?;
        messages(store, connection, &mut lines).await?;
        outbox(store, connection, deliveries, &mut lines).await?;
        plugins(store, connection, &mut lines).await?;
        front_door(store, connection, &mut lines).await?;
    }
    Ok(lines.0)
}

struct Lines(Vec<String>);

impl Lines {
    fn add(&mut self, question: impl Debug, answer: impl Debug) {
        self.0.push(format!("{question:?}: {answer:?}"));
    }
}

async fn people(store: &dyn Store, connection: ConnectionId, lines: &mut Lines) -> Result<()> {
    for chat in CHATS {
        lines.add(("contact", connection, chat), store.contact(connection, chat).await?);
        lines.add(("dialog", connection, chat), store.dialog(connection, chat).await?);
    }
    for name in USERNAMES {
        lines.add(
            ("username", connection, name),
            store.contact_by_username(connection, &name.to_uppercase()).await?,
        );
    }
    for topic in TOPICS {
        lines.add(
            ("topic", connection, topic),
            store.dialog_by_topic(connection, topic).await?,
        );
    }
    lines.add(
        ("to close", connection),
        store.dialogs_to_close(connection, LAST_TIME / 2, 2).await?,
    );
    lines.add(
        ("takeovers", connection),
        store.takeovers_to_end(connection, LAST_TIME / 2, 2).await?,
    );
    lines.add(("counts", connection), store.dialog_counts(connection).await?);
    Ok(())
}

async fn messages(store: &dyn Store, connection: ConnectionId, lines: &mut Lines) -> Result<()> {
    for message in MESSAGES {
        for chat in CHATS {
            lines.add(
                ("twin", connection, chat, message),
                store.mirror_of_customer_message(connection, chat, message).await?,
            );
            lines.add(
                ("part", connection, chat, message),
                store.album_part(connection, Place::Topic, chat, message).await?,
            );
        }
        lines.add(
            ("original", connection, message),
            store.mirror_of_group_message(connection, message).await?,
        );
    }
    for album in ALBUMS {
        lines.add(
            ("album", connection, album),
            store.album(connection, Place::Topic, album).await?,
        );
    }
    for key in NOTICES {
        lines.add(("notice", connection, key), store.notice(connection, key).await?);
    }
    Ok(())
}

async fn outbox(store: &dyn Store, connection: ConnectionId, deliveries: DeliveryId, lines: &mut Lines) -> Result<()> {
    for id in 0..=deliveries {
        lines.add(("delivery", connection, id), store.delivery(connection, id).await?);
    }
    lines.add(("unsettled", connection), store.unsettled(connection, 0, 1000).await?);
    lines.add(
        ("unsettled page", connection),
        store.unsettled(connection, deliveries / 2, 2).await?,
    );
    lines.add(("last delivery", connection), store.last_delivery(connection).await?);
    Ok(())
}

async fn plugins(store: &dyn Store, connection: ConnectionId, lines: &mut Lines) -> Result<()> {
    for plugin in PLUGINS {
        for key in KEYS {
            lines.add(
                ("entry", connection, plugin, key),
                store.plugin_entry(connection, plugin, key, LAST_TIME / 2).await?,
            );
            lines.add(
                ("entries", connection, plugin, key),
                store
                    .plugin_entries(connection, plugin, key, Some("a"), 2, LAST_TIME / 3)
                    .await?,
            );
        }
        lines.add(
            ("usage", connection, plugin),
            store.plugin_usage(connection, plugin).await?,
        );
    }
    for name in NAMES {
        lines.add(("template", connection, name), store.template(connection, name).await?);
    }
    lines.add(
        ("templates", connection),
        store.templates(connection, "", Some("A"), 2).await?,
    );
    lines.add(
        ("due", connection),
        store.due_timers(connection, LAST_TIME / 2, 3).await?,
    );
    lines.add(("next", connection), store.next_timer(connection).await?);
    Ok(())
}

async fn front_door(store: &dyn Store, connection: ConnectionId, lines: &mut Lines) -> Result<()> {
    lines.add(("gateway", connection), store.gateway(connection).await?);
    for (after, limit) in [(0, 1000), (LAST_POSITION / 2, 2)] {
        lines.add(
            ("bot updates", connection, after),
            store.bot_updates(connection, after, limit).await?,
        );
        lines.add(
            ("intercepted", connection, after),
            store.intercepted(connection, after, limit).await?,
        );
    }
    Ok(())
}
