//! The shapes in which frameworks send a call.

use serde_json::{Map, Value};

use super::raw::{Body, Request};

/// One way of putting a method and its parameters into a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Everything in the query, as pyTelegramBotAPI gets.
    GetQuery,
    /// A POST with everything in the query and an empty body, as pyTelegramBotAPI posts.
    PostQuery,
    /// urlencoded: python-telegram-bot, aiogram, node-telegram-bot-api.
    Form,
    /// JSON: grammY, Telegraf.
    Json,
    /// JSON under a name in CamelCase: teloxide.
    JsonCamel,
    /// multipart with a length, files under their own names: python-telegram-bot.
    Multipart,
    /// multipart in chunks, files by `attach://`, a field `method` beside: aiogram, Telegraf.
    Attached,
    /// urlencoded to the test environment, a lower-case name.
    TestForm,
}

pub const ALL: [Shape; 8] = [
    Shape::GetQuery,
    Shape::PostQuery,
    Shape::Form,
    Shape::Json,
    Shape::JsonCamel,
    Shape::Multipart,
    Shape::Attached,
    Shape::TestForm,
];

/// A file that goes with a call, and the parameter that it belongs to.
#[derive(Debug, Clone)]
pub struct File {
    pub field: String,
    pub name: &'static str,
    pub mime: &'static str,
    pub bytes: Vec<u8>,
}

const BOUNDARY: &str = "----script-boundary-7MA4YWxkTrZu0gW";

/// The name that tells the script's own calls in a journal from all others.
pub const AGENT: &str = "the-bots-own-program/1.0";

fn urlencode(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for b in s.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(b)),
            b' ' => out.push('+'),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// As a form would have it: strings bare, everything else as JSON.
fn field(v: &Value) -> String {
    match v {
        Value::String(s) => s.clone(),
        v => v.to_string(),
    }
}

pub fn form(params: &Map<String, Value>) -> String {
    let pairs: Vec<String> = params
        .iter()
        .map(|(k, v)| format!("{}={}", urlencode(k), urlencode(&field(v))))
        .collect();
    pairs.join("&")
}

impl Shape {
    pub fn takes_files(self) -> bool {
        matches!(self, Shape::Multipart | Shape::Attached)
    }

    fn method(self, method: &str) -> String {
        match self {
            Shape::JsonCamel => {
                let (first, rest) = method.split_at(1);
                format!("{}{rest}", first.to_uppercase())
            }
            Shape::TestForm => format!("test/{}", method.to_lowercase()),
            Shape::PostQuery => method.to_lowercase(),
            Shape::GetQuery => method.to_uppercase(),
            _ => method.to_owned(),
        }
    }

    /// The request of a call. Files go along where the shape takes them.
    pub fn request(self, token: &str, method: &str, params: &Map<String, Value>, files: &[File]) -> Request {
        let mut target = format!("/bot{token}/{}", self.method(method));
        if matches!(self, Shape::GetQuery | Shape::PostQuery) && !params.is_empty() {
            target = format!("{target}?{}", form(params));
        }
        let verb = if self == Shape::GetQuery { "GET" } else { "POST" };
        let r = Request::new(verb, target).header("User-Agent", AGENT);
        match self {
            Shape::GetQuery => r,
            Shape::PostQuery => r.body(Body::Sized(Vec::new())),
            Shape::Form | Shape::TestForm => r
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(Body::Sized(form(params).into_bytes())),
            Shape::Json => r
                .header("Content-Type", "application/json")
                .body(Body::Sized(Value::Object(params.clone()).to_string().into_bytes())),
            Shape::JsonCamel => r
                .header("content-type", "application/json; charset=utf-8")
                .body(Body::Sized(Value::Object(params.clone()).to_string().into_bytes())),
            Shape::Multipart => r
                .header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"))
                .body(Body::Sized(multipart(params, files).concat())),
            Shape::Attached => {
                let mut params = params.clone();
                let mut attached = files.to_vec();
                for (i, f) in attached.iter_mut().enumerate() {
                    // A file that no parameter is named for is attached already.
                    if params.contains_key(&f.field) || !params.values().any(|v| field(v).contains(&f.field)) {
                        let name = format!("file-{i}");
                        params.insert(f.field.clone(), format!("attach://{name}").into());
                        f.field = name;
                    }
                }
                params.insert("method".into(), method.into());
                // Cut in the middle of headers and contents, as streams are.
                let whole = multipart(&params, &attached).concat();
                let pieces = whole.chunks(777).map(<[u8]>::to_vec).collect();
                r.header("Content-Type", format!("multipart/form-data; boundary=\"{BOUNDARY}\""))
                    .body(Body::Chunked(pieces))
            }
        }
    }
}

/// The parts of a multipart body.
pub fn multipart(params: &Map<String, Value>, files: &[File]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for (k, v) in params {
        // A file takes the place of the parameter that it is named for.
        if files.iter().any(|f| &f.field == k) {
            continue;
        }
        let part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{k}\"\r\n\r\n{}\r\n",
            field(v)
        );
        out.push(part.into_bytes());
    }
    for f in files {
        let mut part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
            f.field, f.name, f.mime
        )
        .into_bytes();
        part.extend_from_slice(&f.bytes);
        part.extend_from_slice(b"\r\n");
        out.push(part);
    }
    out.push(format!("--{BOUNDARY}--\r\n").into_bytes());
    out
}
