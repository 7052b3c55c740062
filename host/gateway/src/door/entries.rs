//! Which tokens are let in.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::RwLock;
use switchboard_telegram::Token;

use crate::{Answer, Behind, Front, Params};

/// Answers the calls that concern updates.
#[async_trait]
pub(super) trait Answers: Send + Sync + std::fmt::Debug {
    /// `method` in lower case. `None`: the call is passed on.
    async fn answer(&self, method: &str, params: &Params, certificate: Option<Bytes>) -> Option<Answer>;
}

#[async_trait]
impl Answers for Arc<Front> {
    async fn answer(&self, method: &str, params: &Params, certificate: Option<Bytes>) -> Option<Answer> {
        Front::answer(self, method, params, certificate).await
    }
}

/// One open token.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) token: Token,
    pub(super) front: Option<Arc<dyn Answers>>,
    pub(super) behind: Arc<dyn Behind>,
}

/// The open tokens by the bot's number.
#[derive(Debug, Default)]
pub(super) struct Entries {
    open: RwLock<HashMap<i64, Arc<Entry>>>,
    /// Bots that will be let in.
    expected: RwLock<HashSet<i64>>,
}

/// What a token is worth.
pub(super) enum Known {
    Open(Arc<Entry>),
    /// Code and description of why not.
    Refused(u16, &'static str),
}

impl Entries {
    pub(super) fn open(&self, entry: Entry) {
        let bot = entry.token.bot_id();
        self.open.write().insert(bot, Arc::new(entry));
        self.expected.write().remove(&bot);
    }

    pub(super) fn announce(&self, bot: i64) {
        self.expected.write().insert(bot);
        self.open.write().remove(&bot);
    }

    pub(super) fn shut(&self, bot: i64) {
        self.open.write().remove(&bot);
        self.expected.write().remove(&bot);
    }

    pub(super) fn find(&self, token: &[u8]) -> Known {
        const INVALID: Known = Known::Refused(401, "Unauthorized: invalid token specified");
        let Some(colon) = memchr::memchr(b':', token) else {
            return INVALID;
        };
        if token.len() > 80 || token[0] == b'0' || colon + 1 == token.len() {
            return INVALID;
        }
        let Some(bot) = std::str::from_utf8(&token[..colon])
            .ok()
            .and_then(|n| n.parse::<i64>().ok())
        else {
            return INVALID;
        };
        if bot <= 0 || bot >= 1 << 54 {
            return INVALID;
        }
        match self.open.read().get(&bot) {
            Some(entry) if same(entry.token.expose().as_bytes(), token) => Known::Open(Arc::clone(entry)),
            // To a program 401 is the end; this is what it tries again after.
            None if self.expected.read().contains(&bot) => Known::Refused(502, "Bad Gateway"),
            _ => Known::Refused(401, "Unauthorized"),
        }
    }
}

/// Takes as long wherever the first difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}
