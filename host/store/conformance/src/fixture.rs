//! What the cases share: a stage with one connection, and rows with every column filled.

use std::sync::Arc;

use switchboard_store::*;

use crate::Database;

/// A database with one connection in it.
pub struct Stage<'a> {
    database: &'a dyn Database,
    pub store: Arc<dyn Store>,
    pub connection: ConnectionId,
}

impl std::fmt::Debug for Stage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

pub const GROUP: ChatId = -1_001_234_567_890;
pub const NOW: i64 = 1_790_000_000_000;

impl<'a> Stage<'a> {
    pub async fn new(database: &'a dyn Database) -> Self {
        let store = database.open().await;
        let connection = store.put_connection(&new_connection("support")).await.unwrap();
        Self {
            database,
            store,
            connection,
        }
    }

    /// Closes the store and opens it again.
    pub async fn reopen(&mut self) {
        self.store.close().await;
        self.store = self.database.open().await;
    }

    pub async fn add(&self, name: &str) -> ConnectionId {
        self.store.put_connection(&new_connection(name)).await.unwrap()
    }

    pub fn turn(&self, changes: Vec<Change>) -> TurnCommit {
        TurnCommit {
            connection: self.connection,
            now: NOW,
            changes,
            ..TurnCommit::default()
        }
    }

    pub async fn commit(&self, group: Vec<Write>) -> Vec<Written> {
        self.store.commit(group).await.unwrap()
    }

    /// Commits a turn of these changes alone.
    pub async fn put(&self, changes: Vec<Change>) {
        assert_eq!(
            self.commit(vec![Write::Turn(self.turn(changes))]).await,
            [Written::Done]
        );
    }

    pub fn claim(&self, delivery: DeliveryId, attempt: i64) -> Write {
        Write::Claim(Claim {
            connection: self.connection,
            delivery,
            attempt,
            now: NOW,
        })
    }

    pub fn settle(&self, delivery: DeliveryId, attempt: i64, outcome: Settled) -> Write {
        let changes = Vec::new();
        Write::Settle(Settlement {
            connection: self.connection,
            delivery,
            attempt,
            now: NOW,
            outcome,
            changes,
        })
    }

    /// Commits one write alone.
    pub async fn one(&self, write: Write) -> Written {
        let answers = self.commit(vec![write]).await;
        assert_eq!(answers.len(), 1);
        answers[0]
    }

    pub async fn delivery(&self, id: DeliveryId) -> Option<Delivery> {
        self.store.delivery(self.connection, id).await.unwrap()
    }

    pub async fn unsettled(&self) -> Vec<DeliveryId> {
        let all = self.store.unsettled(self.connection, 0, 1000).await.unwrap();
        all.iter().map(|delivery| delivery.id).collect()
    }

    pub async fn dialog(&self, chat: ChatId) -> Option<Dialog> {
        self.store.dialog(self.connection, chat).await.unwrap()
    }
}

pub fn new_connection(name: &str) -> NewConnection {
    NewConnection {
        name: name.to_owned(),
        bot: 110_201_543,
        token: vec![0, 255, 1, 254],
        group: GROUP,
        config: r#"{"mode":"direct"}"#.to_owned(),
    }
}

pub fn contact(chat: ChatId, version: i64) -> Contact {
    Contact {
        chat,
        first_name: "Zoë 🦊".to_owned(),
        last_name: "O'Hara \"Z\"".to_owned(),
        username: Some(format!("Zoe_{chat}")),
        language: Some("pt-br".to_owned()),
        blocked: true,
        start: Some("promo\\42".to_owned()),
        tags: vec!["Ж".to_owned(), "vip".to_owned()],
        properties: vec![
            ("city".to_owned(), "São Paulo".to_owned()),
            ("note".to_owned(), "{\"a\": 'b'}\n".to_owned()),
        ],
        first_seen: NOW - 5,
        last_seen: NOW,
        version,
    }
}

pub fn dialog(chat: ChatId, version: i64) -> Dialog {
    Dialog {
        chat,
        status: Status::Waiting,
        topic: Some(chat + 1000),
        title: Some("Zoë · №1".to_owned()),
        topic_closed: true,
        generation: 3,
        created: NOW - 9,
        last_activity: NOW - 1,
        welcomed: Some(NOW - 8),
        taken_over: Some(NOW - 2),
        takeover_ends: Some(NOW + 2),
        version,
    }
}

pub fn delivery(id: DeliveryId) -> Delivery {
    Delivery {
        id,
        lane: format!("group:{}", id % 3),
        chat: Some(42),
        op: format!(r#"{{"method":"sendMessage","text":"№{id} \"x\""}}"#),
        not_before: NOW + id,
        created: NOW,
        state: DeliveryState::Ready,
        attempt: 0,
        last_error: String::new(),
    }
}

pub fn mirror(chat: ChatId, customer_message: MessageId, group_message: MessageId, at: i64) -> Mirror {
    Mirror {
        chat,
        direction: Direction::Incoming,
        customer_message,
        group_message,
        topic: chat + 1000,
        kind: "photo".to_owned(),
        delivery: 7,
        at,
    }
}

pub fn album_part(place: Place, chat: ChatId, album: &str, message: MessageId, at: i64) -> AlbumPart {
    AlbumPart {
        place,
        chat,
        album: album.to_owned(),
        message,
        content: format!(r#"{{"photo":"id{message}"}}"#),
        at,
    }
}

pub fn entry(key: &str, version: i64) -> PluginEntry {
    PluginEntry {
        key: key.to_owned(),
        value: vec![0, 159, 146, 150, version as u8],
        expires: None,
        version,
    }
}

pub fn template(name: &str, version: i64) -> Template {
    Template {
        name: name.to_owned(),
        kind: "album".to_owned(),
        preview: "Grüße …".to_owned(),
        contents: r#"[{"photo":"a"},{"photo":"b"}]"#.to_owned(),
        source_chat: GROUP,
        source_topic: Some(5),
        source_messages: vec![9, 10, 11],
        saved: NOW,
        version,
    }
}

pub fn timer(plugin: &str, key: &str, due: i64, version: i64) -> Timer {
    Timer {
        plugin: plugin.to_owned(),
        key: key.to_owned(),
        due,
        payload: "{\"n\":1}".to_owned(),
        dialog: Some(42),
        version,
    }
}

pub fn bot_update(position: i64) -> BotUpdate {
    BotUpdate {
        position,
        update: position + 880_000_000,
        chat: Some(42),
        at: NOW + position,
        held: true,
        body: format!(
            r#"{{"update_id":{},"message":{{"text":"Grüße \n\"x\""}}}}"#,
            position + 880_000_000
        ),
    }
}

pub fn intercepted(seq: i64) -> Intercepted {
    Intercepted {
        seq,
        chat: 42,
        at: NOW + seq,
        body: format!(r#"{{"method":"sendMessage","text":"№{seq} 'x'"}}"#),
    }
}

pub fn expect(cell: Cell, version: i64) -> Expect {
    Expect { cell, version }
}
