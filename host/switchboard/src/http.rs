//! The host's one HTTP listener: health for everybody, the local API for who has the key file.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::host::Host;
use crate::local;

pub fn router(host: Arc<Host>, local_key: [u8; 32]) -> Router {
    Router::new()
        .route("/health", get(health))
        .with_state(Arc::clone(&host))
        .merge(local::router(host, local_key))
}

/// 200 once every connection takes updates; 503 with the reasons before, and when one does not any more.
async fn health(State(host): State<Arc<Host>>) -> Response {
    let unhealthy = host.unhealthy();
    if unhealthy.is_empty() && host.is_known() {
        Json(json!({"status": "ok"})).into_response()
    } else {
        let reasons = json!({"status": "unavailable", "connections": unhealthy});
        (StatusCode::SERVICE_UNAVAILABLE, Json(reasons)).into_response()
    }
}
