//! Presses of buttons: what to do with a delivery of unknown outcome, with a held message, and plugins' own buttons.

use std::sync::Arc;

use serde_json::json;
use switchboard_store::{Change, ChatId, DeliveryId, DeliveryState};
use switchboard_telegram::types::CallbackQuery;

use super::draft::{Draft, Held, Quick};
use crate::RelayError;
use crate::connection::Inner;
use crate::content::Content;
use crate::op::{Op, decode, encode};
use crate::plugins::HeldBy;
use crate::words;

impl Inner {
    pub(super) async fn callback(
        self: &Arc<Self>,
        draft: &mut Draft,
        chat: ChatId,
        query: &CallbackQuery,
    ) -> Result<(), RelayError> {
        let data = query.data.as_deref().unwrap_or_default();
        let mut parts = data.splitn(3, ':');
        let in_group = query
            .message
            .as_ref()
            .is_some_and(|message| message.chat.id == self.group());
        let (text, alert) = match (parts.next(), parts.next(), parts.next()) {
            (Some("u"), Some(id), Some(verb)) if in_group => (self.decide(draft, id, verb, query).await?, false),
            (Some("p"), Some(plugin), Some(value)) => self.plugin_press(draft, chat, query, plugin, value).await?,
            _ => (None, false),
        };
        draft.quick.push(Quick::AnswerPress {
            id: query.id.clone(),
            text,
            alert,
        });
        Ok(())
    }

    /// A person's word on a delivery that waits for one.
    async fn decide(
        &self,
        draft: &mut Draft,
        id: &str,
        verb: &str,
        query: &CallbackQuery,
    ) -> Result<Option<String>, RelayError> {
        let delivery = match id.parse::<DeliveryId>() {
            Ok(id) => self.store.delivery(self.id, id).await?,
            Err(_) => None,
        };
        let Some(delivery) = delivery.filter(|delivery| delivery.state == DeliveryState::Asking) else {
            return Ok(Some(words::decided_already().to_owned()));
        };
        let op = decode(delivery.id, &delivery.op)?;
        let by = query.from.full_name();
        let (again, said) = match (op, verb) {
            (Op::Held { then, .. }, "again") => (Some(*then), words::released(&by)),
            (Op::Held { .. }, _) => (None, words::skipped(&by)),
            (op, "again") => (Some(op), words::sending_again()),
            (_, _) => (None, words::left()),
        };
        match &again {
            Some(op) => draft.changes.push(Change::RetryDelivery {
                id: delivery.id,
                op: encode(op),
            }),
            None => draft.changes.push(Change::DropDelivery {
                id: delivery.id,
                reason: format!("left by {by}"),
            }),
        }
        draft.answers.push((delivery.id, again));
        if let Some(message) = &query.message {
            // The lane of the question may be the one that waits, so its end is told in the question itself.
            let mut content = Content::text(said.clone());
            content.keyboard = Some(json!({ "inline_keyboard": [] }));
            draft.queue(Op::EditPost {
                chat: delivery.chat,
                message: message.message_id,
                content,
            });
        }
        tracing::info!(connection = %self.name, delivery = delivery.id, by = query.from.id, verb, "a person decided on a delivery");
        Ok(Some(said))
    }

    /// Holds a message back at its place in the lane, and asks.
    pub(super) fn hold(&self, draft: &mut Draft, chat: ChatId, held: HeldBy, op: Op) {
        let reply = op.asked_by();
        draft.held.push(Held {
            chat,
            question: held.question,
            op: Op::Held {
                plugin: held.plugin,
                then: Box::new(op),
            },
            reply,
        });
    }
}
