//! The host's side of the local API.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, body};

use super::auth::{Asked, HEADER};
use super::wire::{
    APPLY, ApplyAnswer, ApplyRequest, CONNECTIONS, ListAnswer, ListedConnection, Refusal, RemoveRequest,
};
use crate::host::Host;
use crate::redact::one_line;

/// Largest request: thousands of connections.
const LIMIT: usize = 8 << 20;

/// The routes of the local API. Every request is signed with `key`.
pub fn router(host: Arc<Host>, key: [u8; 32]) -> Router {
    Router::new()
        .route(APPLY, post(apply))
        .route(CONNECTIONS, get(list))
        .route(&format!("{CONNECTIONS}/{{name}}/remove"), post(remove))
        .route(&format!("{CONNECTIONS}/{{name}}/doing"), get(doing))
        .route_layer(middleware::from_fn(move |request, next| admit(key, request, next)))
        .route_layer(DefaultBodyLimit::max(LIMIT))
        .with_state(host)
}

async fn admit(key: [u8; 32], request: Request, next: Next) -> Response {
    let (parts, whole) = request.into_parts();
    let Ok(bytes) = body::to_bytes(whole, LIMIT).await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large");
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let asked = Asked {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        body: &bytes,
    };
    let header = parts.headers.get(HEADER).and_then(|value| value.to_str().ok());
    if !header.is_some_and(|header| asked.verify(&key, now, header)) {
        return refuse(
            StatusCode::FORBIDDEN,
            "the request is not signed with the key file of this host; use the same key file, and check that the clocks agree",
        );
    }
    next.run(Request::from_parts(parts, bytes.into())).await
}

async fn apply(State(host): State<Arc<Host>>, body: Bytes) -> Response {
    let request: ApplyRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => {
            return refuse(StatusCode::BAD_REQUEST, format!("the request cannot be read: {error}"));
        }
    };
    let wanted: anyhow::Result<Vec<_>> = request
        .connections
        .into_iter()
        .map(|one| one.open(&host.secrets))
        .collect();
    let applied = match wanted {
        Ok(wanted) => to_the_end(async move { host.apply(wanted).await }).await,
        Err(error) => Err(error),
    };
    answer(applied.map(|applied| ApplyAnswer { applied }))
}

async fn list(State(host): State<Arc<Host>>) -> Response {
    let listed = host.list().await.map(|rows| ListAnswer {
        connections: rows
            .into_iter()
            .map(|(row, status)| ListedConnection::new(row, status))
            .collect(),
    });
    answer(listed)
}

async fn remove(State(host): State<Arc<Host>>, Path(name): Path<String>, body: Bytes) -> Response {
    let request: RemoveRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, format!("the request cannot be read: {error}")),
    };
    answer(to_the_end(async move { host.remove(&name, request.force).await }).await)
}

async fn doing(State(host): State<Arc<Host>>, Path(name): Path<String>) -> Response {
    answer(host.doing(&name).await)
}

/// A caller that goes away must not leave a change half done.
async fn to_the_end<T: Send + 'static>(
    change: impl Future<Output = anyhow::Result<T>> + Send + 'static,
) -> anyhow::Result<T> {
    let done = tokio::spawn(change).await;
    done.unwrap_or_else(|_| Err(anyhow::anyhow!("the change broke off; the host's log says why")))
}

fn answer(result: anyhow::Result<impl serde::Serialize>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(error) => refuse(StatusCode::UNPROCESSABLE_ENTITY, format!("{error:#}")),
    }
}

fn refuse(status: StatusCode, why: impl AsRef<str>) -> Response {
    let error = one_line(why.as_ref());
    (status, Json(Refusal { error })).into_response()
}
