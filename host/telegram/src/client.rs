//! Calls to a Bot API server.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Answer, ApiError, CallError};
use crate::token::Token;

/// A Bot API server, shared by all bots that call it.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    base: Arc<str>,
}

/// One bot at a Bot API server.
#[derive(Clone)]
pub struct Client {
    api: Api,
    token: Token,
    prefix: Arc<str>,
}

/// Longest wait for an answer to an ordinary call. A call that is cut off here has an unknown outcome.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer that is read: an answer of `getUpdates` has at most 4 MiB.
const ANSWER_LIMIT: usize = 16 << 20;

impl Api {
    /// `base` is the server's root, such as `https://api.telegram.org`.
    ///
    /// # Errors
    /// Where the TLS set-up of this machine cannot be used.
    pub fn new(base: &str) -> Result<Self, CallError> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .pool_idle_timeout(Duration::from_secs(50))
            .pool_max_idle_per_host(128)
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(CallError::Request)?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').into(),
        })
    }

    /// The server's root.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    #[must_use]
    pub fn bot(&self, token: Token) -> Client {
        let prefix = format!("{}/bot{}/", self.base, token.expose()).into();
        Client {
            api: self.clone(),
            token,
            prefix,
        }
    }
}

impl Client {
    #[must_use]
    pub fn bot_id(&self) -> i64 {
        self.token.bot_id()
    }

    /// Calls a method and reads its result.
    ///
    /// # Errors
    /// See [`CallError`]; it tells apart what had no effect from what may have had one.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        parameters: &impl Serialize,
    ) -> Result<T, CallError> {
        self.call_within(method, parameters, CALL_TIMEOUT).await
    }

    /// As [`Client::call`], with another longest wait: a long poll needs more than the poll itself.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call_within<T: DeserializeOwned>(
        &self,
        method: &'static str,
        parameters: &impl Serialize,
        timeout: Duration,
    ) -> Result<T, CallError> {
        let body = self.raw(method, parameters, timeout).await?;
        let answer: Answer<'_> = match serde_json::from_slice(&body.bytes) {
            Ok(answer) => answer,
            Err(_) => {
                return Err(CallError::Unknown(format!(
                    "{method} was answered with HTTP {} and no JSON",
                    body.status
                )));
            }
        };
        if !answer.ok {
            return Err(refusal(method, body.status, answer));
        }
        let result = answer.result.map_or("null", |raw| raw.get());
        serde_json::from_str(result).map_err(|source| CallError::Shape { method, source })
    }

    async fn raw(
        &self,
        method: &'static str,
        parameters: &impl Serialize,
        timeout: Duration,
    ) -> Result<Body, CallError> {
        let request = self
            .api
            .http
            .post(format!("{}{method}", self.prefix))
            .timeout(timeout)
            .json(parameters);
        let mut response = request.send().await.map_err(|error| classify(method, error))?;
        let status = response.status().as_u16();
        let mut bytes = Vec::with_capacity(response.content_length().unwrap_or(0).min(1 << 20) as usize);
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() <= ANSWER_LIMIT => bytes.extend_from_slice(&chunk),
                Ok(Some(_)) => {
                    return Err(CallError::Unknown(format!(
                        "the answer to {method} is over {ANSWER_LIMIT} bytes"
                    )));
                }
                Ok(None) => return Ok(Body { status, bytes }),
                Err(error) => {
                    return Err(CallError::Unknown(format!(
                        "the answer to {method} broke off: {}",
                        cause(&error.without_url())
                    )));
                }
            }
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

struct Body {
    status: u16,
    bytes: Vec<u8>,
}

/// 5xx answers do not say whether the call took effect; everything else is Telegram's word.
fn refusal(method: &str, status: u16, answer: Answer<'_>) -> CallError {
    let code = answer.error_code.unwrap_or_else(|| i64::from(status));
    let description = answer.description.unwrap_or_default();
    if code >= 500 {
        return CallError::Unknown(format!("{method} was answered with {code} {description}"));
    }
    let (retry_after, migrate_to) = answer
        .parameters
        .map_or((None, None), |p| (p.retry_after, p.migrate_to_chat_id));
    CallError::Api(ApiError {
        code,
        description,
        retry_after,
        migrate_to,
    })
}

/// The request's address holds the token, so it is taken off every error first.
fn classify(method: &str, error: reqwest::Error) -> CallError {
    let error = error.without_url();
    if error.is_connect() {
        CallError::NotSent(error)
    } else if error.is_builder() {
        CallError::Request(error)
    } else if error.is_timeout() {
        CallError::Unknown(format!("{method} had no answer in time"))
    } else {
        CallError::Unknown(format!("{method} broke off: {}", cause(&error)))
    }
}

/// The innermost cause, which says more than the wrapping.
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
