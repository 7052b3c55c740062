//! What the relay is told of a call: what it spends, and what it did.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::runtime::Handle;

use super::entries::Entry;
use crate::request::length_of_array;
use crate::{Called, Params, Spent};

/// Bytes of an answer that is read; longer ones are only passed on.
pub(super) const ANSWER_LIMIT: usize = 1 << 20;

#[derive(Deserialize)]
struct Reply<'a> {
    ok: bool,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

#[derive(Deserialize)]
struct InChat {
    chat: Chat,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
}

/// Whether a call of this method spends from Telegram's limits.
pub(super) fn weighs(method: &str) -> bool {
    match method {
        "sendchataction" => false,
        "copymessage" | "copymessages" | "forwardmessage" | "forwardmessages" => true,
        "stopmessagelivelocation" | "stoppoll" | "setgamescore" | "createforumtopic" => true,
        _ => method.starts_with("send") || method.starts_with("edit"),
    }
}

/// How many messages a call counts for.
fn weight(method: &str, params: &Params) -> u32 {
    let several = match method {
        "sendmediagroup" => "media",
        "copymessages" | "forwardmessages" => "message_ids",
        _ => return u32::from(weighs(method)),
    };
    let count = params.get(several).and_then(length_of_array).unwrap_or(1);
    u32::try_from(count.max(1)).unwrap_or(u32::MAX)
}

/// One call, as far as the relay is told of it.
#[derive(Debug)]
pub(super) struct Tee {
    pub(super) entry: Arc<Entry>,
    /// In lower case.
    pub(super) method: String,
    pub(super) params: Params,
    pub(super) watched: bool,
}

impl Tee {
    /// Tells of an answer; on return what took effect is the relay's for good. `body`: the whole answer, where it is JSON and
    /// not too long. `retry_after`: what the answer's head says.
    pub(super) async fn tell(self, body: Option<&[u8]>, retry_after: Option<u64>, home: &Handle) {
        let behind = &self.entry.behind;
        let reply = body.and_then(|body| serde_json::from_slice::<Reply<'_>>(body).ok());
        let result = reply.as_ref().filter(|reply| reply.ok).and_then(|reply| reply.result);
        behind.spent(Spent {
            chat: self.params.int("chat_id").or_else(|| {
                let result = result.filter(|_| weighs(&self.method))?;
                chat_of(result.get())
            }),
            weight: weight(&self.method, &self.params),
            retry_after: reply.and_then(|reply| reply.parameters?.retry_after).or(retry_after),
        });
        let Some(result) = result.filter(|_| self.watched) else {
            return;
        };
        let call = Called {
            method: self.method,
            params: self.params,
            result: result.to_owned(),
        };
        let behind = Arc::clone(behind);
        let bot = self.entry.token.bot_id();
        let told = AtHome {
            home: home.clone(),
            work: Some(Box::pin(async move { behind.called(call).await })),
        };
        if told.await.is_err() {
            tracing::error!(bot, "a call of the bot's program could not be handed over");
        }
    }
}

/// Work that lives in another runtime and is driven from here, which saves two wakings of threads for each call. Where the door
/// ends before it, it goes on at home.
struct AtHome {
    home: Handle,
    work: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Future for AtHome {
    type Output = std::thread::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Some(work) = &mut this.work else {
            return Poll::Ready(Ok(()));
        };
        let _home = this.home.enter();
        let result = match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(())) => Ok(()),
            Err(panic) => Err(panic),
        };
        this.work = None;
        Poll::Ready(result)
    }
}

impl Drop for AtHome {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.home.spawn(work);
        }
    }
}

/// The chat of a result: a message, or the first of an album.
fn chat_of(result: &str) -> Option<i64> {
    if result.starts_with('{') {
        return serde_json::from_str::<InChat>(result)
            .ok()
            .map(|message| message.chat.id);
    }
    let messages: Vec<InChat> = serde_json::from_str(result).ok()?;
    messages.first().map(|message| message.chat.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_weigh_what_they_send() {
        let mut params = Params::default();
        params.push("media", r#"[{"type":"photo"},{"type":"photo"},{"type":"photo"}]"#);
        params.push("message_ids", "[1, 2]");
        assert_eq!(weight("sendmediagroup", &params), 3);
        assert_eq!(weight("copymessages", &params), 2);
        assert_eq!(weight("sendmessage", &params), 1);
        assert_eq!(weight("editmessagetext", &params), 1);
        for free in [
            "getme",
            "answercallbackquery",
            "deletemessage",
            "sendchataction",
            "setmessagereaction",
        ] {
            assert_eq!(weight(free, &params), 0, "{free}");
        }
    }

    #[test]
    fn the_chat_is_found_in_messages_and_albums() {
        assert_eq!(chat_of(r#"{"message_id":1,"chat":{"id":-5,"type":"group"}}"#), Some(-5));
        assert_eq!(chat_of(r#"[{"chat":{"id":7}},{"chat":{"id":7}}]"#), Some(7));
        assert_eq!(chat_of("true"), None);
    }
}
