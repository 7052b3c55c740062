//! Parameters of a call, whichever way they came: query, form, JSON or multipart.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::error::ApiError;

/// All parameters of one call together may be this large (files apart).
pub const MAX_BYTES: usize = 1 << 20;

/// A parameter that should have been JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotJson;

#[derive(Debug, Clone)]
pub struct Upload {
    pub name: Option<String>,
    pub mime: Option<String>,
    pub bytes: Bytes,
}

#[derive(Debug, Default)]
pub struct Params {
    values: HashMap<String, Value>,
    pub files: HashMap<String, Upload>,
}

impl Params {
    pub fn from_object(o: Map<String, Value>) -> Self {
        Self {
            values: o.into_iter().filter(|(_, v)| !v.is_null()).collect(),
            files: HashMap::new(),
        }
    }

    pub fn set(&mut self, name: String, value: Value) {
        if !value.is_null() {
            self.values.insert(name, value);
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub fn raw(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// As text: what a form would have sent.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.values.get(name)? {
            Value::String(s) => Some(s.clone()),
            v => Some(v.to_string()),
        }
    }

    /// As text, empty when absent.
    pub fn string(&self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    pub fn str(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_str()
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        match self.values.get(name)? {
            Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|f| f as i64)),
            Value::String(s) => s.trim().parse().ok(),
            Value::Bool(b) => Some(i64::from(*b)),
            _ => None,
        }
    }

    pub fn float(&self, name: &str) -> Option<f64> {
        match self.values.get(name)? {
            Value::Number(n) => n.as_f64(),
            Value::String(s) => s.trim().parse().ok(),
            _ => None,
        }
    }

    /// The server's own notion of true: `true`, `yes`, `1` in any case.
    pub fn flag(&self, name: &str) -> bool {
        match self.values.get(name) {
            Some(Value::Bool(b)) => *b,
            Some(Value::Number(n)) => n.as_i64() == Some(1),
            Some(Value::String(s)) => {
                matches!(s.to_ascii_lowercase().as_str(), "true" | "yes" | "1")
            }
            _ => false,
        }
    }

    /// A JSON-serialised value, whether it came as JSON or as a string of JSON. Absent or empty: `None`.
    pub fn json(&self, name: &str) -> Result<Option<Value>, NotJson> {
        match self.values.get(name) {
            None => Ok(None),
            Some(Value::String(s)) if s.trim().is_empty() => Ok(None),
            Some(Value::String(s)) => serde_json::from_str(s).map(Some).map_err(|_| NotJson),
            Some(v) => Ok(Some(v.clone())),
        }
    }

    /// Like `json`, with the server's words when it does not parse.
    pub fn object(&self, name: &str, what: &str) -> Result<Option<Value>, ApiError> {
        self.json(name)
            .map_err(|NotJson| ApiError::bad(format!("Can't parse {what} JSON object")))
    }

    pub fn message_id(&self, name: &str) -> i64 {
        self.int(name).filter(|i| *i > 0).unwrap_or(0)
    }

    /// `message_ids`: at most 100, as numbers or strings of numbers.
    pub fn message_ids(&self) -> Result<Vec<i64>, ApiError> {
        let Some(v) = self.object("message_ids", "message_ids")? else {
            return Err(ApiError::bad("Message identifiers are not specified"));
        };
        let list = v
            .as_array()
            .ok_or_else(|| ApiError::bad("Expected an Array of message identifiers"))?;
        if list.len() > 100 {
            return Err(ApiError::bad("Too many message identifiers specified"));
        }
        let mut out = Vec::with_capacity(list.len());
        for v in list {
            let id = match v {
                Value::Number(n) => n.as_i64(),
                Value::String(s) => s.parse().ok(),
                _ => return Err(ApiError::bad("Message identifier must be a Number")),
            };
            match id {
                Some(id) if id > 0 => out.push(id),
                _ => return Err(ApiError::bad("Invalid message identifier specified")),
            }
        }
        if out.is_empty() {
            return Err(ApiError::bad("Message identifiers are not specified"));
        }
        Ok(out)
    }

    /// A file parameter: a part of the same name, or the part that `attach://` names.
    pub fn upload(&self, name: &str) -> Option<&Upload> {
        if let Some(f) = self.files.get(name) {
            return Some(f);
        }
        self.attached(self.str(name)?)
    }

    pub fn attached(&self, value: &str) -> Option<&Upload> {
        self.files.get(value.strip_prefix("attach://")?)
    }
}

/// Adds `a=b&c=d` to the parameters.
pub fn form(into: &mut Params, bytes: &[u8]) {
    for (k, v) in form_urlencoded::parse(bytes) {
        into.set(k.into_owned(), Value::String(v.into_owned()));
    }
}

/// Adds a JSON body's fields. The server answers 400 to anything but an object.
pub fn json(into: &mut Params, bytes: &[u8]) -> Result<(), ApiError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    let wrong = || ApiError::bad("can't parse JSON request");
    let Ok(Value::Object(o)) = serde_json::from_slice(bytes) else {
        return Err(wrong());
    };
    for (k, v) in o {
        into.set(k, v);
    }
    Ok(())
}

/// Adds the parts of a multipart body: those with a file name are files.
pub async fn multipart(into: &mut Params, content_type: &str, body: Bytes) -> Result<(), ApiError> {
    let wrong = |_| ApiError::bad("can't parse multipart request");
    let boundary = multer::parse_boundary(content_type).map_err(wrong)?;
    let stream = futures_util::stream::once(async move { Ok::<_, std::io::Error>(body) });
    let mut parts = multer::Multipart::new(stream, boundary);
    let mut total = 0;
    while let Some(part) = parts.next_field().await.map_err(wrong)? {
        let Some(name) = part.name().map(str::to_owned) else {
            continue;
        };
        let file_name = part.file_name().map(str::to_owned);
        let mime = part.content_type().map(|m| m.essence_str().to_owned());
        let is_file = file_name.is_some();
        let bytes = part.bytes().await.map_err(wrong)?;
        if is_file {
            into.files.insert(
                name,
                Upload {
                    name: file_name.filter(|n| !n.is_empty()),
                    mime,
                    bytes,
                },
            );
        } else {
            total += bytes.len();
            if total > MAX_BYTES {
                return Err(too_large());
            }
            into.set(name, Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok(())
}

pub fn too_large() -> ApiError {
    ApiError::new(413, "Request Entity Too Large")
}
