//! A bot's program that takes webhooks.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::Value;

/// One update that came.
#[derive(Debug, Clone)]
pub struct Hit {
    pub id: i64,
    pub chat: i64,
    /// Counts the times that this update came, from 1.
    pub time: usize,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub at: std::time::Instant,
}

type Script = Arc<dyn Fn(Hit) -> BoxFuture<'static, Response> + Send + Sync>;

#[derive(Clone)]
pub struct Receiver {
    pub hits: Arc<Mutex<Vec<Hit>>>,
    pub inside: Arc<AtomicUsize>,
    pub most_inside: Arc<AtomicUsize>,
    script: Script,
}

impl Receiver {
    pub fn new<F>(script: impl Fn(Hit) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Response> + Send + 'static,
    {
        Self {
            hits: Arc::default(),
            inside: Arc::default(),
            most_inside: Arc::default(),
            script: Arc::new(move |hit| Box::pin(script(hit))),
        }
    }

    pub fn fine() -> Self {
        Self::new(|_| async { StatusCode::OK.into_response() })
    }

    pub fn router(&self) -> Router {
        Router::new().fallback(take).with_state(self.clone())
    }

    /// Listens at a port of its own.
    pub async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        self.serve(listener);
        url(address)
    }

    pub fn serve(&self, listener: tokio::net::TcpListener) {
        let router = self.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
    }

    pub fn ids(&self) -> Vec<i64> {
        self.hits.lock().iter().map(|hit| hit.id).collect()
    }

    /// All ids, without repeats, in the order in which they first came, of one chat.
    pub fn first(&self, chat: i64) -> Vec<i64> {
        let mut known = HashSet::new();
        let hits = self.hits.lock();
        let ours = hits.iter().filter(|hit| hit.chat == chat && known.insert(hit.id));
        ours.map(|hit| hit.id).collect()
    }

    pub fn count(&self) -> usize {
        self.hits.lock().len()
    }
}

pub fn url(address: SocketAddr) -> String {
    format!("http://{address}/hook?x=1")
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    let inside = receiver.inside.fetch_add(1, Ordering::SeqCst) + 1;
    receiver.most_inside.fetch_max(inside, Ordering::SeqCst);
    let update: Value = serde_json::from_slice(&body).unwrap();
    let id = update["update_id"].as_i64().unwrap();
    let hit = {
        let mut hits = receiver.hits.lock();
        let hit = Hit {
            id,
            chat: update["message"]["chat"]["id"].as_i64().unwrap_or_default(),
            time: hits.iter().filter(|hit| hit.id == id).count() + 1,
            headers,
            body,
            at: std::time::Instant::now(),
        };
        hits.push(hit.clone());
        hit
    };
    let answer = (receiver.script)(hit).await;
    receiver.inside.fetch_sub(1, Ordering::SeqCst);
    answer
}
