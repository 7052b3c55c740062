//! Handles for what a person asks of a bot other than by messages.

use std::time::Duration;

use serde_json::Value;

use super::{BotHandle, Seat, Sent, Sim};
use crate::people::ask;
use crate::people::compose::Item;
use crate::world::query::InlineResult;

impl BotHandle {
    /// Turns inline mode on, as @BotFather would; with `feedback` the bot is told what was chosen.
    pub fn set_inline(&self, feedback: bool) {
        self.sim.with_world(|w| {
            if let Some(b) = w.bots.get_mut(&self.id) {
                b.supports_inline_queries = true;
                b.inline_feedback = feedback;
            }
        });
    }
}

impl Sim {
    /// All queries and presses that wait for an answer are too old for one from now on.
    pub fn expire_queries(&self) {
        self.with_world(|w| w.expire_queries());
    }

    /// Calls made by HTTP clients whose `User-Agent` begins so.
    pub fn calls_of(&self, client: &str) -> Vec<crate::Call> {
        let by = |c: &&crate::Call| c.client.as_ref().is_some_and(|c| c.starts_with(client));
        self.core.with(|i| i.journal.since(0).filter(by).cloned().collect())
    }
}

impl Seat {
    /// Types the bot's name and a query here; the query's id.
    #[track_caller]
    pub fn inline(&self, bot: &BotHandle, query: &str) -> String {
        self.act(|w| w.person_asks_inline(self.person, bot.id, self.chat, query, ""))
    }

    /// Waits for the results of an inline query.
    pub async fn results(&self, query: &str, within: Duration) -> Option<Vec<InlineResult>> {
        ask::settled(&self.sim.core, query, within).await?;
        Some(self.sim.with_world(|w| w.inline_results(query)))
    }

    /// Picks a result: it is sent here, via the bot.
    #[track_caller]
    pub fn choose(&self, query: &str, result: &str) -> Sent {
        self.act(|w| {
            let (key, id) = w.person_chooses(self.person, query, result, self.thread)?;
            let gone = || crate::error::Refusal::new("the message is gone already");
            let chat = w.chat(key).ok_or_else(gone)?;
            let m = chat.messages.get(&id).ok_or_else(gone)?;
            Ok(w.message_view(chat, m, self.person))
        })
    }

    /// Presses Pay below an invoice; the first query's id.
    #[track_caller]
    pub fn pay(&self, message: i64) -> String {
        self.act(|w| w.person_pays(self.person, self.chat, message))
    }

    /// Waits for the end of a payment: `{ok, error?}`.
    pub async fn paid(&self, query: &str, within: Duration) -> Option<Value> {
        ask::paid(&self.sim.core, query, within).await
    }

    /// Buys paid media.
    #[track_caller]
    pub fn buy(&self, message: i64) {
        self.act(|w| w.person_buys(self.person, self.chat, message));
    }

    /// A text that nobody may forward.
    #[track_caller]
    pub fn protected(&self, text: &str) -> Sent {
        self.send(Item {
            text: Some(text.into()),
            protected: true,
            ..Item::default()
        })
    }
}
