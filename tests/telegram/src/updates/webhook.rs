//! Webhooks: one deliverer per bot, each chat's updates in order, failures repeated with growing pauses.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::queue::Update;
use crate::api::params::{self, Params};
use crate::core::{Core, now_ms};
use crate::faults::Kind;
use crate::world::Id;
use crate::world::chat::ChatKey;

/// The longest pause between attempts.
const MAX_PAUSE_MS: u64 = 60_000;
/// Doubled before it is first waited for.
const FIRST_PAUSE_MS: u64 = 1000;
/// The longest pause that an endpoint may ask for.
const MAX_ASKED_MS: u64 = 3_600_000;
/// How long an endpoint may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Methods that a webhook's answer may not call.
const NO_REPLY: [&str; 4] = ["setwebhook", "deletewebhook", "close", "logout"];

#[derive(Debug, Clone)]
pub struct Webhook {
    pub url: String,
    pub secret: Option<String>,
    pub max_connections: usize,
    pub ip_address: Option<String>,
    pub certificate: bool,
    pub generation: u64,
    pub last_error: Option<(i64, String)>,
    /// A deliverer runs for this generation.
    pub running: bool,
}

impl Webhook {
    pub fn new(url: String, secret: Option<String>, max: usize, ip: Option<String>, certificate: bool) -> Self {
        Self {
            url,
            secret,
            max_connections: max,
            ip_address: ip,
            certificate,
            generation: now_ms(),
            last_error: None,
            running: false,
        }
    }

    pub fn same(&self, other: &Self) -> bool {
        !self.certificate
            && !other.certificate
            && self.url == other.url
            && self.secret == other.secret
            && self.max_connections == other.max_connections
            && self.ip_address == other.ip_address
    }
}

/// Updates of one chat keep their order; those of no chat have none to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Lane {
    Chat(ChatKey),
    Alone(i64),
}

fn lane(u: &Update) -> Lane {
    u.chat.map_or(Lane::Alone(u.id), Lane::Chat)
}

enum Outcome {
    Delivered(Option<(String, Params)>),
    Failed { text: String, retry_after: Option<u64> },
}

/// Starts the deliverer of a bot's webhook when one was set and none runs yet.
pub fn start(core: &Arc<Core>, bot: Id) {
    let found = core.with(|i| {
        let w = i.world.queues.get_mut(&bot)?.webhook.as_mut()?;
        (!std::mem::replace(&mut w.running, true)).then(|| w.clone())
    });
    if let Some(hook) = found {
        tokio::spawn(deliver_all(Arc::clone(core), bot, hook));
    }
}

async fn deliver_all(core: Arc<Core>, bot: Id, hook: Webhook) {
    let client = match client() {
        Ok(c) => c,
        Err(text) => {
            fail(&core, bot, hook.generation, text);
            return;
        }
    };
    let Some(wake) = core.with(|i| i.world.queues.get(&bot).map(|q| q.wake.clone())) else {
        return;
    };
    let mut busy: HashSet<Lane> = HashSet::new();
    let mut pauses: HashMap<Lane, (u64, u64)> = HashMap::new();
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let notified = wake.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        let now = now_ms();
        let work = core.with(|i| {
            let q = i.world.queues.get_mut(&bot)?;
            if q.webhook.as_ref().map(|w| w.generation) != Some(hook.generation) {
                return None;
            }
            q.expire(now);
            let mut seen: HashSet<Lane> = busy.clone();
            let mut out = Vec::new();
            for u in q.iter() {
                if busy.len() + out.len() >= hook.max_connections {
                    break;
                }
                let l = lane(u);
                if seen.insert(l) && pauses.get(&l).is_none_or(|(at, _)| *at <= now) {
                    out.push(u.clone());
                }
            }
            let faulty: Vec<_> = out
                .into_iter()
                .map(|u| {
                    let chat = u.chat.map(ChatKey::api_id);
                    let hit = i.faults.strike(bot, "webhook", chat);
                    (u, hit)
                })
                .collect();
            Some(faulty)
        });
        let Some(work) = work else { break };
        for (u, hit) in work {
            busy.insert(lane(&u));
            let (client, hook) = (client.clone(), hook.clone());
            tasks.spawn(async move {
                if let Some(h) = hit
                    && matches!(h.kind, Kind::LateUpdates | Kind::Latency)
                {
                    tokio::time::sleep(Duration::from_millis(h.delay_ms)).await;
                }
                let mut outcome = post(&client, &hook, u.body.clone()).await;
                if hit.is_some_and(|h| h.kind == Kind::DuplicateUpdates) {
                    outcome = post(&client, &hook, u.body.clone()).await;
                }
                (u, outcome)
            });
        }
        let next = pauses
            .values()
            .map(|(at, _)| at.saturating_sub(now))
            .min()
            .unwrap_or(1000)
            .max(1);
        tokio::select! {
            Some(done) = tasks.join_next(), if !tasks.is_empty() => {
                let Ok((u, outcome)) = done else { continue };
                let l = lane(&u);
                busy.remove(&l);
                match outcome {
                    Outcome::Delivered(reply) => {
                        pauses.remove(&l);
                        core.with(|i| if let Some(q) = i.world.queues.get_mut(&bot) { q.remove(u.id) });
                        if let Some((method, params)) = reply {
                            // Whatever comes of it: nobody is told.
                            let _ = crate::server::execute::run(&core, bot, &method, params, None);
                        }
                    }
                    Outcome::Failed { text, retry_after } => {
                        fail(&core, bot, hook.generation, text);
                        // Once more at once, then after growing pauses, or when the endpoint says.
                        let (wait, next) = match (retry_after, pauses.get(&l)) {
                            (Some(s), last) => ((s * 1000).min(MAX_ASKED_MS), last.map_or(FIRST_PAUSE_MS, |(_, p)| *p)),
                            (None, None) => (0, FIRST_PAUSE_MS),
                            (None, Some((_, last))) => {
                                let doubled = (last * 2).min(MAX_PAUSE_MS);
                                (doubled, doubled)
                            }
                        };
                        pauses.insert(l, (now_ms() + core.options.pause(wait), next));
                    }
                }
            }
            () = &mut notified => {}
            () = tokio::time::sleep(Duration::from_millis(next)) => {}
        }
    }
}

fn fail(core: &Core, bot: Id, generation: u64, text: String) {
    core.with(|i| {
        let date = i.world.date();
        if let Some(w) = i.world.queues.get_mut(&bot).and_then(|q| q.webhook.as_mut())
            && w.generation == generation
        {
            w.last_error = Some((date, text));
        }
    });
}

fn client() -> Result<reqwest::Client, String> {
    // A second installation only says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .danger_accept_invalid_certs(true)
        .no_proxy()
        .timeout(ANSWER_WITHIN)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|e| e.to_string())
}

async fn post(client: &reqwest::Client, hook: &Webhook, body: Bytes) -> Outcome {
    let mut request = client
        .post(&hook.url)
        .header("content-type", "application/json")
        .body(body);
    if let Some(s) = &hook.secret {
        request = request.header("x-telegram-bot-api-secret-token", s);
    }
    let response = match request.send().await {
        Ok(r) => r,
        Err(e) => {
            let text = if e.is_timeout() {
                "Read timeout expired"
            } else {
                "Connection refused"
            };
            return Outcome::Failed {
                text: text.into(),
                retry_after: None,
            };
        }
    };
    let status = response.status();
    let header = |k: &str| {
        response
            .headers()
            .get(k)
            .and_then(|v| v.to_str().ok())
            .map(str::to_owned)
    };
    if !status.is_success() {
        let retry_after = header("retry-after").and_then(|v| v.parse().ok());
        let reason = status.canonical_reason().unwrap_or_default();
        return Outcome::Failed {
            text: format!("Wrong response from the webhook: {} {reason}", status.as_u16()),
            retry_after,
        };
    }
    let content_type = header("content-type").unwrap_or_default();
    let bytes = response.bytes().await.unwrap_or_default();
    Outcome::Delivered(reply(&content_type, bytes).await)
}

/// A call that the endpoint's answer asks for.
async fn reply(content_type: &str, body: Bytes) -> Option<(String, Params)> {
    if body.is_empty() {
        return None;
    }
    let mut p = Params::default();
    if content_type.starts_with("application/json") {
        params::json(&mut p, &body).ok()?;
    } else if content_type.starts_with("multipart/") {
        params::multipart(&mut p, content_type, body).await.ok()?;
    } else if content_type.starts_with("application/x-www-form-urlencoded") {
        params::form(&mut p, &body);
    } else {
        return None;
    }
    let method = p.raw("method").and_then(Value::as_str)?.to_lowercase();
    if method.starts_with("get") || NO_REPLY.contains(&method.as_str()) {
        return None;
    }
    Some((method, p))
}
