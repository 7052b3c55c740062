//! What a call can come to, other than its result.

use serde::Deserialize;

/// Telegram's own answer to a call that it did not carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{description} ({code})")]
pub struct ApiError {
    pub code: i64,
    pub description: String,
    /// Seconds to wait after a 429.
    pub retry_after: Option<u64>,
    /// The new id of a group that was upgraded.
    pub migrate_to: Option<i64>,
}

impl ApiError {
    /// Whether the description holds `text`, letter case ignored. Telegram's wording varies in case and prefix.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        self.description.to_lowercase().contains(&text.to_lowercase())
    }
}

/// How a call failed, by what is known of its effect.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Telegram answered: it did not do it.
    #[error(transparent)]
    Api(ApiError),
    /// The request did not reach Telegram; it had no effect.
    #[error("Telegram cannot be reached")]
    NotSent(#[source] reqwest::Error),
    /// The request left and no answer came that could be read: it may or may not have had its effect.
    #[error("Telegram did not answer: {0}")]
    Unknown(String),
    /// The request could not be made.
    #[error("the request could not be built")]
    Request(#[source] reqwest::Error),
    /// The answer has another shape than the Bot API says. The call had its effect.
    #[error("Telegram's answer to {method} has an unknown shape")]
    Shape {
        method: &'static str,
        #[source]
        source: serde_json::Error,
    },
}

impl CallError {
    /// Telegram's answer, where it gave one.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Answer<'a> {
    pub ok: bool,
    #[serde(borrow)]
    pub result: Option<&'a serde_json::value::RawValue>,
    pub error_code: Option<i64>,
    pub description: Option<String>,
    pub parameters: Option<Parameters>,
}

#[derive(Deserialize)]
pub(crate) struct Parameters {
    pub retry_after: Option<u64>,
    pub migrate_to_chat_id: Option<i64>,
}
