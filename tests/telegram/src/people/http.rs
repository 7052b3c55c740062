//! `/sim/…`: routing, JSON in and out, permissive CORS.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{Method, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::core::Core;
use crate::error::Refusal;
use crate::server::body::{Reply, json as answer, response};
use crate::world::file::parse_unique_id;

/// Media come as base64 inside JSON.
const BODY: usize = 96 << 20;

/// A request taken apart.
#[derive(Debug)]
pub struct Asked {
    pub method: Method,
    pub path: Vec<String>,
    pub query: HashMap<String, String>,
    pub body: Bytes,
}

impl Asked {
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let bytes: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(bytes).map_err(|e| Refusal::new(format!("the body is not as expected: {e}")))
    }

    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.query.get(name)?.parse().ok()
    }
}

pub type Given = Result<Value, Refusal>;

pub fn value(v: impl Serialize) -> Given {
    serde_json::to_value(v).map_err(|e| Refusal::new(e.to_string()))
}

pub async fn handle(core: &Arc<Core>, rest: &str, request: Request<Incoming>) -> Response<Reply> {
    let mut r = route(core, rest, request).await;
    let h = r.headers_mut();
    h.insert("access-control-allow-origin", HeaderValue::from_static("*"));
    h.insert(
        "access-control-allow-methods",
        HeaderValue::from_static("GET, POST, PUT, DELETE, OPTIONS"),
    );
    h.insert("access-control-allow-headers", HeaderValue::from_static("*"));
    h.insert("cache-control", HeaderValue::from_static("no-store"));
    r
}

async fn route(core: &Arc<Core>, rest: &str, request: Request<Incoming>) -> Response<Reply> {
    let method = request.method().clone();
    if method == Method::OPTIONS {
        return answer(204, Bytes::new());
    }
    let query = request.uri().query().unwrap_or_default();
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let path: Vec<String> = rest.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect();
    let body = match crate::server::read::body(request, BODY).await {
        Ok(b) => b,
        Err(e) => return refused(e.code, &e.description),
    };
    let asked = Asked {
        method,
        path,
        query,
        body,
    };
    if let [first, id] = asked.path.as_slice()
        && first == "files"
    {
        return file(core, id);
    }
    let given = match asked.path.first().map(String::as_str) {
        Some("users") if asked.path.len() > 2 => super::events::person(core, &asked).await,
        Some("users" | "bots" | "groups") => super::setup::handle(core, &asked),
        Some("limits" | "queries" | "faults" | "calls" | "counts" | "offline") => super::control::handle(core, &asked),
        _ => Err(not_found()),
    };
    match given {
        Ok(v) => answer(200, json!({"ok": true, "result": v}).to_string()),
        Err(e) if e == not_found() => refused(404, &e.text),
        Err(e) => refused(400, &e.text),
    }
}

pub fn not_found() -> Refusal {
    Refusal::new("no such place in the people's API")
}

fn refused(code: u16, text: &str) -> Response<Reply> {
    answer(code, json!({"ok": false, "error": text}).to_string())
}

fn file(core: &Core, id: &str) -> Response<Reply> {
    let found = core.with(|i| {
        let f = i.world.files.get(parse_unique_id(id)?)?;
        Some((f.bytes.clone(), f.mime.clone()))
    });
    match found {
        None => refused(404, "no such file"),
        Some((bytes, mime)) => {
            let mut r = response(200, "application/octet-stream", Reply::whole(bytes));
            if let Ok(v) = HeaderValue::from_str(&mime) {
                r.headers_mut().insert("content-type", v);
            }
            r
        }
    }
}
