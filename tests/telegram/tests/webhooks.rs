//! Webhooks: secret, order, retries, answers that are calls.

mod common;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use common::{SOON, Stage, stage_with};
use parking_lot::Mutex;
use serde_json::{Value, json};
use telegram_sim::{Fault, FaultRule, Options};
use tokio::sync::watch;

/// Secret header and body.
type Delivery = (Option<String>, Value);

#[derive(Clone)]
struct Hook {
    seen: Arc<Mutex<Vec<Delivery>>>,
    answers: Arc<Mutex<Vec<(u16, Value)>>>,
    count: Arc<watch::Sender<usize>>,
}

async fn take(State(h): State<Hook>, headers: HeaderMap, body: axum::Json<Value>) -> Response {
    let secret = headers
        .get("x-telegram-bot-api-secret-token")
        .map(|v| v.to_str().unwrap().to_owned());
    let n = {
        let mut seen = h.seen.lock();
        seen.push((secret, body.0));
        seen.len()
    };
    h.count.send_replace(n);
    let mut answers = h.answers.lock();
    if answers.is_empty() {
        return StatusCode::OK.into_response();
    }
    let (code, body) = answers.remove(0);
    (StatusCode::from_u16(code).unwrap(), axum::Json(body)).into_response()
}

impl Hook {
    async fn start() -> (Self, String) {
        let hook = Self {
            seen: Arc::default(),
            answers: Arc::default(),
            count: Arc::new(watch::Sender::new(0)),
        };
        let app = axum::Router::new()
            .route("/hook", axum::routing::post(take))
            .with_state(hook.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (hook, url)
    }

    async fn wait(&self, n: usize) -> Vec<Delivery> {
        let mut count = self.count.subscribe();
        tokio::time::timeout(SOON, count.wait_for(|c| *c >= n))
            .await
            .expect("deliveries in time")
            .unwrap();
        self.seen.lock().clone()
    }
}

async fn staged() -> (Stage, Hook, String) {
    let s = stage_with(Options {
        hurry: 200.0,
        ..Options::default()
    })
    .await;
    s.api.updates().await;
    let (hook, url) = Hook::start().await;
    (s, hook, url)
}

#[tokio::test]
async fn updates_are_pushed_with_the_secret_and_info_tells_of_it() {
    let (s, hook, url) = staged().await;
    let a = s
        .api
        .call(
            "setWebhook",
            json!({"url": url, "secret_token": "s-3_cret", "max_connections": 7, "allowed_updates": ["message"]}),
        )
        .await;
    assert_eq!(a.body["description"], "Webhook was set");
    s.alice.private(&s.bot).text("pushed");
    let seen = hook.wait(1).await;
    assert_eq!(seen[0].0.as_deref(), Some("s-3_cret"));
    assert_eq!(seen[0].1["message"]["text"], "pushed");
    let info = s.api.ok("getWebhookInfo", json!({})).await;
    assert_eq!((&info["url"], &info["max_connections"]), (&json!(url), &json!(7)));
    assert_eq!(info["allowed_updates"], json!(["message"]));
    assert_eq!(info["has_custom_certificate"], false);
    let again = async {
        loop {
            let a = s
                .api
                .call(
                    "setWebhook",
                    json!({"url": url, "secret_token": "s-3_cret", "max_connections": 7}),
                )
                .await;
            if a.status != 429 {
                return a;
            }
        }
    };
    assert_eq!(again.await.body["description"], "Webhook is already set");
}

#[tokio::test]
async fn bad_webhooks_are_refused() {
    let (s, ..) = staged().await;
    for (params, text) in [
        (
            json!({"url": "http://example.org/x"}),
            "bad webhook: An HTTPS URL must be provided for webhook",
        ),
        (json!({"url": "::"}), "invalid webhook URL specified"),
        (
            json!({"url": "https://x.example/", "secret_token": "with space"}),
            "secret token contains unallowed characters",
        ),
        (
            json!({"url": "https://x.example/", "secret_token": "s".repeat(257)}),
            "secret token is too long",
        ),
    ] {
        let a = loop {
            let a = s.api.call("setWebhook", params.clone()).await;
            if a.status != 429 {
                break a;
            }
        };
        assert_eq!(
            (a.status, a.body["description"].as_str().unwrap()),
            (400, format!("Bad Request: {text}").as_str())
        );
    }
}

#[tokio::test]
async fn a_failed_delivery_comes_again_and_holds_its_chat_only() {
    let (s, hook, url) = staged().await;
    *hook.answers.lock() = vec![(500, json!({})), (503, json!({}))];
    let alice = s.alice.private(&s.bot);
    alice.text("a1");
    alice.text("a2");
    s.api.ok("setWebhook", json!({"url": url, "max_connections": 1})).await;
    let seen = hook.wait(4).await;
    let texts: Vec<&str> = seen
        .iter()
        .map(|(_, u)| u["message"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["a1", "a1", "a1", "a2"], "in order, the failed one first");
    let info = s.api.ok("getWebhookInfo", json!({})).await;
    assert_eq!(
        info["last_error_message"],
        "Wrong response from the webhook: 503 Service Unavailable"
    );
}

#[tokio::test]
async fn an_answer_may_be_a_call() {
    let (s, hook, url) = staged().await;
    *hook.answers.lock() = vec![
        (
            200,
            json!({"method": "sendMessage", "chat_id": s.alice.id, "text": "by reply"}),
        ),
        (200, json!({"method": "deleteWebhook"})),
    ];
    s.api.ok("setWebhook", json!({"url": url})).await;
    let chat = s.alice.private(&s.bot);
    chat.text("one");
    chat.wait_text("by reply", SOON).await.unwrap();
    chat.text("two");
    hook.wait(2).await;
    chat.text("three");
    hook.wait(3).await;
    assert_eq!(
        s.api.ok("getWebhookInfo", json!({})).await["url"],
        url,
        "such a reply is not carried out"
    );
}

#[tokio::test]
async fn pending_updates_can_be_dropped_and_a_deleted_webhook_keeps_the_rest() {
    let (s, hook, url) = staged().await;
    let chat = s.alice.private(&s.bot);
    chat.text("dropped");
    s.api
        .ok("setWebhook", json!({"url": url, "drop_pending_updates": true}))
        .await;
    chat.text("first");
    let seen = hook.wait(1).await;
    assert_eq!(seen[0].1["message"]["text"], "first");
    s.api.ok("deleteWebhook", json!({})).await;
    chat.text("kept");
    let texts: Vec<Value> = s.api.incoming().await.into_iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts.last().unwrap(), "kept");
}

#[tokio::test]
async fn deliveries_may_be_doubled_by_a_fault() {
    let (s, hook, url) = staged().await;
    s.sim
        .set_faults(vec![FaultRule::new(Fault::DuplicateUpdates, "webhook").times(1)]);
    s.api.ok("setWebhook", json!({"url": url})).await;
    s.alice.private(&s.bot).text("twice");
    let seen = hook.wait(2).await;
    assert_eq!(seen[0].1, seen[1].1);
    s.sim.wait_idle(Duration::from_millis(20), SOON).await.unwrap();
}
