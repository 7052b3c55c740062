//! Calls that the gateway makes in the program's name: what it answered to a webhook.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use switchboard_telegram::Token;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::collect::{Collected, collect};
use super::entries::Entry;
use super::forward::{Asked, Body};
use super::listen::Shared;
use super::tee::Tee;
use super::wire::{NoHead, answer_head, write_both};
use crate::request::Framing;
use crate::{Answer, Behind, Caller, GatewayError, Params};

/// Longest wait for the answer to a call.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Debug)]
pub(super) struct DoorCaller {
    shared: Arc<Shared>,
    /// The door's own loop, where the connections live.
    door: Handle,
    entry: Arc<Entry>,
}

impl DoorCaller {
    pub(super) fn new(shared: Arc<Shared>, door: Handle, token: &Token, behind: Arc<dyn Behind>) -> Self {
        Self {
            shared,
            door,
            entry: Arc::new(Entry {
                token: token.clone(),
                front: None,
                behind,
            }),
        }
    }
}

#[async_trait]
impl Caller for DoorCaller {
    async fn call(&self, method: &str, params: Params) -> Result<Answer, GatewayError> {
        if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Ok(Answer::error(404, "Not Found: method not found"));
        }
        let (shared, entry, method) = (Arc::clone(&self.shared), Arc::clone(&self.entry), method.to_owned());
        // On its own: a call that has left is seen to its end, whoever waits for it.
        self.door
            .spawn(call(shared, entry, method, params))
            .await
            .unwrap_or(Err(GatewayError::Stopped))
    }
}

async fn call(shared: Arc<Shared>, entry: Arc<Entry>, method: String, params: Params) -> Result<Answer, GatewayError> {
    let request = request(&shared, &entry, &method, &params);
    let method = method.to_ascii_lowercase();
    let mut server = loop {
        let (mut server, used) = match shared.upstream.reuse() {
            Some(server) => (server, true),
            None => (shared.upstream.connect().await.map_err(GatewayError::NotSent)?, false),
        };
        match timeout(PATIENCE, write_both(&mut server, &request, &[])).await {
            Ok(Ok(())) => break server,
            Ok(Err(unwritten)) if !unwritten.some && server.tells_unsent() => {
                if !used {
                    return Err(GatewayError::NotSent(unwritten.error));
                }
            }
            Ok(Err(_)) => return Err(GatewayError::Unknown("the request broke off")),
            Err(_) => return Err(GatewayError::Unknown("the server takes nothing")),
        }
    };
    let mut answer = shared.buffers.take();
    let mut out = Vec::new();
    let asked = Asked::default();
    let response = timeout(PATIENCE, answer_head(&mut server, &mut answer, asked, &mut out, None))
        .await
        .map_err(|_| GatewayError::Unknown("no answer in time"))?
        .map_err(|error| match error {
            NoHead::Bad(why) => GatewayError::Unknown(why),
            NoHead::ServerGone { .. } | NoHead::ClientGone => GatewayError::Unknown("the connection broke"),
        })?;
    let collected = if response.body == Body::Framed(Framing::None) {
        Collected::Plain
    } else {
        timeout(PATIENCE, collect(&mut server, &mut answer, response.body))
            .await
            .unwrap_or(Collected::Not)
    };
    let body = match collected {
        Collected::Plain => answer.data().to_vec(),
        Collected::Decoded(body) => body,
        Collected::Not => return Err(GatewayError::Unknown("the answer broke off or is too long")),
    };
    let whole = matches!(response.body, Body::Framed(Framing::Length(_)));
    if response.reusable && whole {
        shared.upstream.keep(server);
    }
    shared.buffers.give(answer);
    let watched = entry.behind.watches(&method);
    let tee = Tee {
        entry,
        method,
        params,
        watched,
    };
    tee.tell(Some(&body), response.retry_after, &shared.home).await;
    Ok(Answer {
        status: response.status,
        retry_after: response.retry_after,
        body: body.into(),
    })
}

fn request(shared: &Shared, entry: &Entry, method: &str, params: &Params) -> Vec<u8> {
    let mut body = String::new();
    for (name, value) in params.iter() {
        if !body.is_empty() {
            body.push('&');
        }
        escape(name, &mut body);
        body.push('=');
        escape(value, &mut body);
    }
    format!(
        "POST /bot{}/{method} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        entry.token.expose(),
        shared.upstream.authority(),
        body.len(),
    )
    .into_bytes()
}

fn escape(text: &str, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}
