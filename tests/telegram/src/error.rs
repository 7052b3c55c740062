//! Two kinds of failure: Telegram's answers to a bot, and refusals to a person of the simulation.

use serde_json::Value;

/// An error answer of the Bot API, exactly as it goes out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} {description}")]
pub struct ApiError {
    pub code: u16,
    pub description: String,
    pub retry_after: Option<u64>,
    pub migrate_to_chat_id: Option<i64>,
}

impl ApiError {
    pub fn new(code: u16, description: impl Into<String>) -> Self {
        Self {
            code,
            description: description.into(),
            retry_after: None,
            migrate_to_chat_id: None,
        }
    }

    /// 400, with the prefix and the lower-cased first letter that the Bot API server makes of TDLib's texts.
    pub fn bad(text: impl AsRef<str>) -> Self {
        Self::new(400, format!("Bad Request: {}", decapitalise(text.as_ref())))
    }

    pub fn forbidden(text: impl AsRef<str>) -> Self {
        Self::new(403, format!("Forbidden: {}", text.as_ref()))
    }

    pub fn conflict(text: &str) -> Self {
        Self::new(409, format!("Conflict: {text}"))
    }

    pub fn flood(retry_after: u64) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(429, format!("Too Many Requests: retry after {retry_after}"))
        }
    }

    pub fn migrated(to: i64) -> Self {
        Self {
            migrate_to_chat_id: Some(to),
            ..Self::bad("group chat was upgraded to a supergroup chat")
        }
    }

    /// The answer's body, its fields in the server's own order.
    pub fn body(&self) -> String {
        let mut out = format!(
            "{{\"ok\":false,\"error_code\":{},\"description\":{}",
            self.code,
            Value::from(self.description.as_str())
        );
        if let Some(s) = self.retry_after {
            out.push_str(&format!(",\"parameters\":{{\"retry_after\":{s}}}"));
        } else if let Some(c) = self.migrate_to_chat_id {
            out.push_str(&format!(",\"parameters\":{{\"migrate_to_chat_id\":{c}}}"));
        }
        out.push('}');
        out
    }
}

/// `TOPIC_CLOSED` and its like keep their capitals; ordinary sentences lose the first.
fn decapitalise(text: &str) -> String {
    let mut chars = text.chars();
    let (Some(first), second) = (chars.next(), chars.next()) else {
        return String::new();
    };
    if second.is_some_and(|c| c == '_' || c.is_ascii_uppercase()) {
        return text.to_owned();
    }
    let mut out = first.to_lowercase().to_string();
    out.push_str(&text[first.len_utf8()..]);
    out
}

/// Why a person of the simulation cannot do what was asked (people's side only).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    pub text: String,
}

impl Refusal {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

impl From<ApiError> for Refusal {
    fn from(e: ApiError) -> Self {
        Self::new(e.description)
    }
}
