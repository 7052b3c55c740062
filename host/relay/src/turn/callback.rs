//! Presses of buttons: what to do with a delivery of unknown outcome, with a held message, and plugins' own buttons.

use std::sync::Arc;

use serde_json::json;
use switchboard_store::{Change, ChatId, Delivery, DeliveryId, DeliveryState};
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
        if !self.is_own_press(chat, query).await? {
            // The bot's own program answers, unless it is not to hear of it.
            if draft
                .read(&self.book, chat)
                .await?
                .dialog
                .as_ref()
                .is_some_and(|dialog| self.holds(dialog))
            {
                draft.quick.push(Quick::AnswerPress {
                    id: query.id.clone(),
                    text: Some(words::operator_has_it().to_owned()),
                    alert: false,
                });
            }
            return Ok(());
        }
        let data = query.data.as_deref().unwrap_or_default();
        let mut parts = data.splitn(3, ':');
        let in_group = query
            .message
            .as_ref()
            .is_some_and(|message| message.chat.id == self.group());
        let (text, alert) = match (parts.next(), parts.next(), parts.next()) {
            (Some("u"), Some(ids), Some(verb)) if in_group => (self.decide(draft, ids, verb, query).await?, false),
            (Some("n"), Some("c"), _) => (Some(words::only_customer().to_owned()), false),
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

    /// A person's word on deliveries that wait for one.
    async fn decide(
        &self,
        draft: &mut Draft,
        ids: &str,
        verb: &str,
        query: &CallbackQuery,
    ) -> Result<Option<String>, RelayError> {
        let asking = self.asking(ids).await?;
        if asking.is_empty() {
            return Ok(Some(words::decided_already().to_owned()));
        }
        let by = query.from.full_name();
        let (chat, count) = (asking[0].chat, asking.len());
        let mut said = String::new();
        for delivery in asking {
            let op = decode(delivery.id, &delivery.op)?;
            let (again, word) = match (op, verb) {
                (Op::Held { then, .. }, "again") => (Some(*then), words::released(&by)),
                (Op::Held { .. }, _) => (None, words::skipped(&by)),
                (op, "again") => (Some(op), words::sending_again(count)),
                (_, _) => (None, words::left(count)),
            };
            said = word;
            draft.changes.push(match &again {
                Some(op) => Change::RetryDelivery {
                    id: delivery.id,
                    op: encode(op),
                },
                None => Change::DropDelivery {
                    id: delivery.id,
                    reason: format!("left by {by}"),
                },
            });
            draft.answers.push((delivery.id, again));
        }
        if let Some(message) = &query.message {
            // The lane of the question may be the one that waits, so its end is told in the question itself.
            let mut content = Content::text(said.clone());
            content.keyboard = Some(json!({ "inline_keyboard": [] }));
            draft.queue(Op::EditPost {
                chat,
                message: message.message_id,
                content,
            });
        }
        tracing::info!(connection = %self.name, deliveries = ids, by = query.from.id, verb, "a person decided on deliveries");
        Ok(Some(said))
    }

    /// The deliveries of a question, `ID` or `FIRST-LAST`, that still wait for an answer.
    async fn asking(&self, ids: &str) -> Result<Vec<Delivery>, RelayError> {
        let (first, last) = ids.split_once('-').unwrap_or((ids, ids));
        let (Ok(first), Ok(last)) = (first.parse::<DeliveryId>(), last.parse::<DeliveryId>()) else {
            return Ok(Vec::new());
        };
        let mut found: Vec<Delivery> = self.store.delivery(self.id, first).await?.into_iter().collect();
        if last > first {
            let span = u32::try_from(last - first).unwrap_or(u32::MAX);
            let rest = self.store.unsettled(self.id, first, span).await?;
            let lane = found.first().map(|delivery| delivery.lane.clone());
            found.extend(
                rest.into_iter()
                    .filter(|row| row.id <= last && lane.as_ref() == Some(&row.lane)),
            );
        }
        found.retain(|delivery| delivery.state == DeliveryState::Asking);
        Ok(found)
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
                aside: held.aside,
            },
            reply,
        });
    }
}
