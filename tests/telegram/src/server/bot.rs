//! `/bot<token>/<method>` and `/file/bot<token>/<path>`: tokens, faults, answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response};

use super::body::{Reply, bad_gateway, json, response};
use super::connection::{Break, Breaker};
use super::execute;
use crate::api::params::Params;
use crate::core::Core;
use crate::error::ApiError;
use crate::faults::{Hit, Kind};
use crate::updates::poll::{self, Mischief};
use crate::world::Id;

pub(super) fn error(e: &ApiError) -> Response<Reply> {
    let mut r = json(e.code, e.body());
    if let Some(s) = e.retry_after {
        r.headers_mut().insert(RETRY_AFTER, HeaderValue::from(s));
    }
    r
}

/// The bot that a token names, or the answer that Telegram gives to a wrong one.
pub(super) fn who(core: &Core, token: &str) -> Result<Id, ApiError> {
    if token
        .split_once(':')
        .is_none_or(|(n, s)| n.parse::<i64>().is_err() || s.is_empty())
    {
        return Err(ApiError::new(401, "Unauthorized: invalid token specified"));
    }
    core.with(|i| {
        let now = i.world.now;
        let id = i.world.tokens.get(token).copied()?;
        let bot = i.world.bots.get(&id)?;
        if bot.logged_out_until.is_some_and(|t| now < t) {
            return Some(Err(ApiError::bad("Logged out")));
        }
        Some(Ok(id))
    })
    .unwrap_or_else(|| Err(ApiError::new(401, "Unauthorized")))
}

pub async fn call(core: &Arc<Core>, breaker: &Arc<Breaker>, rest: &str, request: Request<Incoming>) -> Response<Reply> {
    let started = Instant::now();
    if !matches!(*request.method(), Method::GET | Method::POST) {
        return response(501, "text/plain", Reply::whole(""));
    }
    let decoded = percent(rest);
    let Some((token, method)) = decoded.split_once('/') else {
        return error(&ApiError::new(404, "Not Found"));
    };
    // `test/`: the test environment, the same people here.
    let method = match method.strip_prefix("test") {
        Some(m) if !m.starts_with('/') => return error(&ApiError::new(404, "Not Found")),
        Some(m) => &m[1..],
        None => method,
    }
    .to_lowercase();
    let agent = request.headers().get(USER_AGENT).and_then(|v| v.to_str().ok());
    let agent = agent.map(str::to_owned);
    let bot = match who(core, token) {
        Ok(b) => b,
        Err(e) => return error(&e),
    };
    let (n, early) = core.with(|i| {
        let now = i.world.now;
        let n = i.journal.begin(now, bot, &method, agent);
        // Rules for one chat must see the parameters first.
        let early = if i.faults.is_empty() || i.faults.needs_chat() {
            None
        } else {
            i.faults.strike(bot, &method, None)
        };
        if let (Some(h), Some(c)) = (early, i.journal.get_mut(n)) {
            c.fault = Some(h.kind);
        }
        (n, early)
    });
    core.call_noted();
    if early.is_some_and(|h| h.kind == Kind::Refuse) {
        finish(core, n, started, &Err(ApiError::new(0, "connection refused")));
        return cut(breaker, Break::Reset).await;
    }
    let params = match super::read::params(request, core.options.uploads.file).await {
        Ok(p) => p,
        Err(e) => {
            finish(core, n, started, &Err(e.clone()));
            return error(&e);
        }
    };
    let hit = core.with(|i| {
        let chat = execute::chat_of(&params);
        let late = if early.is_none() && i.faults.needs_chat() {
            i.faults.strike(bot, &method, chat)
        } else {
            early
        };
        if let Some(c) = i.journal.get_mut(n) {
            c.chat = chat;
            c.thread = params.int("message_thread_id");
            c.fault = late.map(|h| h.kind);
        }
        late
    });
    let task = Task {
        core,
        breaker,
        bot,
        method: &method,
        n,
        started,
    };
    match hit {
        None => task.answer(params).await,
        Some(h) => task.faulty(params, h).await,
    }
}

/// Everything after `/bot`, with `%3A` and its like undone.
pub(super) fn percent(s: &str) -> String {
    if !s.contains('%') {
        return s.to_owned();
    }
    let b = s.as_bytes();
    let mut out = Vec::with_capacity(b.len());
    let mut i = 0;
    while i < b.len() {
        let hex = (b[i] == b'%').then(|| b.get(i + 1..i + 3)).flatten();
        match hex
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok())
        {
            Some(c) => {
                out.push(c);
                i += 3;
            }
            None => {
                out.push(b[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn finish(core: &Core, n: u64, started: Instant, result: &Result<Bytes, ApiError>) {
    let took = started.elapsed().as_micros() as u64;
    core.with(|i| match result {
        Ok(_) => i.journal.end(n, 200, None, None, took),
        Err(e) => i
            .journal
            .end(n, e.code, Some(e.description.clone()), e.retry_after, took),
    });
    core.call_noted();
}

/// Breaks the connection; the answer never gets anywhere.
async fn cut(breaker: &Breaker, how: Break) -> Response<Reply> {
    breaker.pull(how);
    std::future::pending().await
}

struct Task<'a> {
    core: &'a Arc<Core>,
    breaker: &'a Arc<Breaker>,
    bot: Id,
    method: &'a str,
    n: u64,
    started: Instant,
}

impl Task<'_> {
    async fn perform(&self, params: Params, mischief: Mischief) -> Result<Bytes, ApiError> {
        let result = if self.method == "getupdates" {
            let r = poll::get_updates(self.core, self.bot, params, mischief).await;
            if r.is_ok() {
                self.core.with(|i| {
                    if let Some(c) = i.journal.get_mut(self.n) {
                        c.effect = true;
                    }
                });
            }
            r
        } else {
            execute::run(self.core, self.bot, self.method, params, Some(self.n)).map(Bytes::from)
        };
        finish(self.core, self.n, self.started, &result);
        result
    }

    async fn answer(&self, params: Params) -> Response<Reply> {
        match self.perform(params, Mischief::default()).await {
            Ok(b) => json(200, b),
            Err(e) => error(&e),
        }
    }

    fn refuse(&self, e: ApiError) -> ApiError {
        finish(self.core, self.n, self.started, &Err(e.clone()));
        e
    }

    async fn faulty(&self, params: Params, hit: Hit) -> Response<Reply> {
        let delay = Duration::from_millis(hit.delay_ms);
        match hit.kind {
            Kind::Refuse | Kind::ResetBefore => {
                self.refuse(ApiError::new(0, "connection reset before the call"));
                cut(self.breaker, Break::Reset).await
            }
            Kind::ResetAfter => {
                let _ = self.perform(params, Mischief::default()).await;
                cut(self.breaker, Break::Reset).await
            }
            Kind::SilentAfter => {
                let _ = self.perform(params, Mischief::default()).await;
                std::future::pending().await
            }
            Kind::SilentBefore => {
                self.refuse(ApiError::new(0, "silence before the call"));
                std::future::pending().await
            }
            Kind::BadGatewayAfter => {
                let _ = self.perform(params, Mischief::default()).await;
                bad_gateway()
            }
            Kind::ErrorBefore => error(&self.refuse(ApiError::new(500, "Internal Server Error"))),
            Kind::HtmlBefore => {
                self.refuse(ApiError::new(502, "Bad Gateway"));
                bad_gateway()
            }
            Kind::TooMany => error(&self.refuse(ApiError::flood(hit.delay_ms.div_ceil(1000).max(1)))),
            Kind::TooManyWithoutRetryAfter => error(&self.refuse(ApiError::new(429, "Too Many Requests"))),
            Kind::Latency => {
                tokio::time::sleep(delay).await;
                self.answer(params).await
            }
            Kind::DuplicateUpdates | Kind::LateUpdates => {
                let mischief = Mischief {
                    duplicate: hit.kind == Kind::DuplicateUpdates,
                    late_ms: if hit.kind == Kind::LateUpdates { hit.delay_ms } else { 0 },
                };
                match self.perform(params, mischief).await {
                    Ok(b) => json(200, b),
                    Err(e) => error(&e),
                }
            }
            Kind::Truncated | Kind::Drip => {
                let (status, body) = match self.perform(params, Mischief::default()).await {
                    Ok(b) => (200, b),
                    Err(e) => (e.code, Bytes::from(e.body())),
                };
                let reply = match hit.kind {
                    Kind::Drip => Reply::dripping(body, delay),
                    _ => Reply::truncated(&body, Arc::clone(self.breaker)),
                };
                response(status, "application/json", reply)
            }
        }
    }
}
