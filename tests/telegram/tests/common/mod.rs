//! What the suites share: a simulation with a bot, a forum and two people, and a bare Bot API client.

#![allow(dead_code, reason = "every suite uses a part of it")]

use std::time::Duration;

use serde_json::{Value, json};
use telegram_sim::{BotHandle, Forum, Options, Person, Seat, Sim};

pub const TOKEN: &str = "777000:the-secret";
pub const SOON: Duration = Duration::from_secs(5);

pub struct Stage {
    pub sim: Sim,
    pub bot: BotHandle,
    pub alice: Person,
    pub owner: Person,
    pub forum: Forum,
    pub api: Api,
}

pub async fn stage() -> Stage {
    stage_with(Options::default()).await
}

pub async fn stage_with(options: Options) -> Stage {
    let sim = Sim::start(options).await.unwrap();
    let bot = sim.bot(TOKEN, "desk_bot");
    let alice = sim.user("Alice");
    let owner = sim.user("Olga");
    let forum = sim.forum("Support", &owner);
    forum.add_admin_bot(&bot);
    let api = Api::new(&sim, TOKEN);
    Stage {
        sim,
        bot,
        alice,
        owner,
        forum,
        api,
    }
}

impl Stage {
    /// Alice's chat with the bot, begun.
    pub fn chat(&self) -> Seat {
        let seat = self.alice.private(&self.bot);
        seat.start(None);
        seat
    }

    /// A topic made by the bot.
    pub async fn topic(&self, name: &str) -> i64 {
        let t = self
            .api
            .ok("createForumTopic", json!({"chat_id": self.forum.id(), "name": name}))
            .await;
        t["message_thread_id"].as_i64().unwrap()
    }
}

/// Calls methods with JSON bodies.
#[derive(Clone)]
pub struct Api {
    pub http: reqwest::Client,
    pub root: String,
    pub token: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<String>,
    pub body: Value,
}

pub fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

impl Api {
    pub fn new(sim: &Sim, token: &str) -> Self {
        Self {
            http: http(),
            root: sim.api_url(),
            token: token.to_owned(),
        }
    }

    pub fn url(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.root, self.token)
    }

    pub async fn try_call(&self, method: &str, params: Value) -> Result<Answer, reqwest::Error> {
        let r = self.http.post(self.url(method)).json(&params).send().await?;
        let status = r.status().as_u16();
        let retry_after = r.headers().get("retry-after").map(|v| v.to_str().unwrap().to_owned());
        let body = r.json().await?;
        Ok(Answer {
            status,
            retry_after,
            body,
        })
    }

    pub async fn call(&self, method: &str, params: Value) -> Answer {
        self.try_call(method, params).await.unwrap()
    }

    /// The result of a call that must work.
    #[track_caller]
    pub fn ok(&self, method: &str, params: Value) -> impl Future<Output = Value> + use<> {
        let (this, method) = (self.clone(), method.to_owned());
        let at = std::panic::Location::caller();
        async move {
            let a = this.call(&method, params).await;
            assert_eq!(a.body["ok"], true, "{method} at {at}: {}", a.body);
            assert_eq!(a.status, 200);
            a.body["result"].clone()
        }
    }

    /// The description of a call that must fail, with its code.
    pub async fn err(&self, method: &str, params: Value) -> (u16, String) {
        let a = self.call(method, params).await;
        assert_eq!(a.body["ok"], false, "{method}: {}", a.body);
        assert_eq!(a.body["error_code"], a.status, "the HTTP status is the error code");
        (a.status, a.body["description"].as_str().unwrap().to_owned())
    }

    /// Everything that waits, confirmed.
    pub async fn updates(&self) -> Vec<Value> {
        let mut out = Vec::new();
        let mut offset = 0;
        loop {
            let list = self.ok("getUpdates", json!({"offset": offset, "timeout": 0})).await;
            let list = list.as_array().unwrap().clone();
            let Some(last) = list.last() else { return out };
            offset = last["update_id"].as_i64().unwrap() + 1;
            out.extend(list);
        }
    }

    /// The messages among what waits.
    pub async fn incoming(&self) -> Vec<Value> {
        self.updates()
            .await
            .into_iter()
            .filter_map(|u| u.get("message").cloned())
            .collect()
    }
}
