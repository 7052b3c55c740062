//! An answer in the Bot API's own form.

use bytes::Bytes;
use serde::Serialize;

/// An answer to a call: JSON, with the HTTP status that Telegram gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For a refusal the same as `error_code`.
    pub status: u16,
    /// Seconds; sent as `Retry-After`.
    pub retry_after: Option<u64>,
    /// The JSON body, whole.
    pub body: Bytes,
}

#[derive(Serialize)]
struct Refusal<'a> {
    ok: bool,
    error_code: u16,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Parameters>,
}

#[derive(Serialize)]
struct Parameters {
    retry_after: u64,
}

impl Answer {
    /// `{"ok":true,"result":…}`, with Telegram's description where there is one. `result` is JSON text.
    #[must_use]
    pub fn ok(result: &str, description: Option<&str>) -> Self {
        let mut body = String::with_capacity(result.len() + 32 + description.map_or(0, str::len));
        body.push_str(r#"{"ok":true,"result":"#);
        body.push_str(result);
        if let Some(text) = description {
            body.push_str(r#","description":"#);
            body.push_str(&quoted(text));
        }
        body.push('}');
        Self {
            status: 200,
            retry_after: None,
            body: body.into(),
        }
    }

    /// `{"ok":false,"error_code":…,"description":"…"}`. `description` comes whole: `Bad Request: …`.
    #[must_use]
    pub fn error(code: u16, description: &str) -> Self {
        Self::refusal(code, description, None)
    }

    /// A refusal that says how long to wait, in the body and in the header.
    #[must_use]
    pub fn wait(seconds: u64) -> Self {
        Self::refusal(429, &format!("Too Many Requests: retry after {seconds}"), Some(seconds))
    }

    fn refusal(code: u16, description: &str, retry_after: Option<u64>) -> Self {
        let refusal = Refusal {
            ok: false,
            error_code: code,
            description,
            parameters: retry_after.map(|retry_after| Parameters { retry_after }),
        };
        Self {
            status: code,
            retry_after,
            body: serde_json::to_vec(&refusal).unwrap_or_default().into(),
        }
    }

    /// Whether it says `"ok":true`; a body that cannot be read does not.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        #[derive(serde::Deserialize)]
        struct Ok {
            ok: bool,
        }
        serde_json::from_slice::<Ok>(&self.body).is_ok_and(|answer| answer.ok)
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_in_telegrams_own_bytes() {
        assert_eq!(
            Answer::ok("true", Some("Webhook was set")).body,
            r#"{"ok":true,"result":true,"description":"Webhook was set"}"#
        );
        assert_eq!(Answer::ok("[]", None).body, r#"{"ok":true,"result":[]}"#);
        assert_eq!(
            Answer::error(404, "Not Found").body,
            r#"{"ok":false,"error_code":404,"description":"Not Found"}"#
        );
        assert_eq!(
            Answer::wait(3).body,
            r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 3","parameters":{"retry_after":3}}"#
        );
        assert!(Answer::ok("1", None).is_ok());
        assert!(!Answer::wait(3).is_ok());
    }
}
