//! A front on a store in memory, with a clock that is set by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use switchboard_gateway::{Answer, Caller, Clock, Front, FrontDeps, GatewayError, Params, Rules, Taken, Verdict};
use switchboard_store::{ConnectionId, NewConnection, SealKey, Store};
use switchboard_store_conformance::{Backend as _, Database, MemoryBackend};

/// Parameters by name, in order.
pub type Fields = Vec<(String, String)>;

/// Remembers the calls that were asked for.
#[derive(Debug, Default)]
pub struct Calls {
    pub made: Mutex<Vec<(String, Fields)>>,
    /// How long each takes.
    pub pause: Mutex<Duration>,
    pub fail: std::sync::atomic::AtomicBool,
}

#[async_trait]
impl Caller for Calls {
    async fn call(&self, method: &str, params: Params) -> Result<Answer, GatewayError> {
        let pause = *self.pause.lock();
        tokio::time::sleep(pause).await;
        let fields = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.made.lock().push((method.to_owned(), fields.collect()));
        if self.fail.load(Ordering::SeqCst) {
            return Err(GatewayError::Unknown("no answer"));
        }
        Ok(Answer::ok("true", None))
    }
}

pub struct Stage {
    database: Box<dyn Database>,
    pub store: Arc<dyn Store>,
    pub connection: ConnectionId,
    pub seal: Arc<SealKey>,
    pub calls: Arc<Calls>,
    pub clock: Arc<AtomicI64>,
    pub rules: Rules,
    pub front: Arc<Front>,
}

pub const DAY: i64 = 24 * 3_600_000;

impl Stage {
    pub async fn new() -> Self {
        Self::with(Rules::default()).await
    }

    pub async fn with(rules: Rules) -> Self {
        let database = MemoryBackend.create().await;
        let store = database.open().await;
        let connection = store
            .put_connection(&NewConnection {
                name: "support".into(),
                bot: 1,
                token: Vec::new(),
                group: -100,
                config: "{}".into(),
            })
            .await
            .unwrap();
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000));
        let ours = clock.clone();
        let rules = Rules {
            clock: Clock::new(move || ours.load(Ordering::SeqCst)),
            ..rules
        };
        let (seal, calls) = (Arc::new(SealKey::ephemeral()), Arc::new(Calls::default()));
        let deps = FrontDeps {
            store: store.clone(),
            connection,
            name: "support".into(),
            seal: seal.clone(),
            caller: calls.clone(),
        };
        let front = Front::load_by(deps, rules.clone()).await.unwrap();
        Self {
            database,
            store,
            connection,
            seal,
            calls,
            clock,
            rules,
            front,
        }
    }

    /// An orderly end and a new start.
    pub async fn restart(&mut self) {
        self.front.stop().await;
        self.store.close().await;
        self.rise().await;
    }

    /// As `kill -9`: nothing is written any more from one moment to the other.
    pub async fn kill(&mut self) {
        self.store.close().await;
        self.rise().await;
    }

    async fn rise(&mut self) {
        self.pass(1);
        self.store = self.database.open().await;
        let deps = FrontDeps {
            store: self.store.clone(),
            connection: self.connection,
            name: "support".into(),
            seal: self.seal.clone(),
            caller: self.calls.clone(),
        };
        self.front = Front::load_by(deps, self.rules.clone()).await.unwrap();
    }

    pub fn pass(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// Takes updates of chat 1.
    pub async fn take(&self, ids: impl IntoIterator<Item = i64>) {
        let updates = ids.into_iter().map(|id| update(id, 1));
        self.front.take(updates.collect()).await.unwrap();
    }

    pub async fn call(&self, method: &str, fields: &[(&str, &str)]) -> Answer {
        call(&self.front, method, fields).await
    }

    /// The description of an answer, or nothing.
    pub async fn says(&self, method: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.call(method, fields).await;
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["ok"] == json!(true), answer.status == 200);
        body["description"].as_str().unwrap_or_default().to_owned()
    }

    pub async fn poll(&self, fields: &[(&str, &str)]) -> Vec<i64> {
        ids(&self.call("getupdates", fields).await)
    }

    pub async fn info(&self) -> Value {
        let answer = self.call("getwebhookinfo", &[]).await;
        let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
        body["result"].take()
    }

    /// What stands in the store for the program: update ids in order, and whether each is held.
    pub async fn stored(&self) -> Vec<(i64, bool)> {
        let rows = self.store.bot_updates(self.connection, 0, 1_000_000).await.unwrap();
        rows.into_iter().map(|row| (row.update, row.held)).collect()
    }
}

pub async fn call(front: &Arc<Front>, method: &str, fields: &[(&str, &str)]) -> Answer {
    front.answer(method, &params(fields), None).await.unwrap()
}

pub fn params(fields: &[(&str, &str)]) -> Params {
    let mut params = Params::default();
    for (name, value) in fields {
        params.push(*name, *value);
    }
    params
}

pub fn ids(answer: &Answer) -> Vec<i64> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer.status, 200, "{body}");
    let updates = body["result"].as_array().unwrap();
    updates
        .iter()
        .map(|update| update["update_id"].as_i64().unwrap())
        .collect()
}

pub fn update(id: i64, chat: i64) -> Taken {
    Taken {
        update: id,
        kind: "message".into(),
        chat: Some(chat),
        body: body(id, chat).into(),
        verdict: Verdict::Pass,
    }
}

/// With spaces that no serialiser of ours would write.
pub fn body(id: i64, chat: i64) -> String {
    format!(r#"{{"update_id" : {id},  "message":{{"chat":{{"id":{chat}}}}}}}"#)
}

/// Waits until something is so.
pub async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    for _ in 0..3000 {
        if so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came about: {what}");
}
