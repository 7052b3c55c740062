//! What the bot's own program did: shown in the dialog's topic, told apart from what people write.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use switchboard_runtime::Direction as Hook;
use switchboard_store::{Change, ChatId, Contact, Direction, MessageId, Place, Status};
use switchboard_telegram::types::Message;

use super::customer::{album_of, reply_of};
use super::draft::Draft;
use crate::RelayError;
use crate::connection::Inner;
use crate::content::Content;
use crate::intercept::{Interception, Noted};
use crate::op::{Carry, Op};
use crate::sender::program::labels;

impl Inner {
    pub(super) async fn intercepted(self: &Arc<Self>, draft: &mut Draft, noted: &Noted) -> Result<(), RelayError> {
        draft.changes.push(Change::RemoveIntercepted { seq: noted.seq });
        let chat = noted.chat;
        let parameters = &self.config.parameters;
        if !parameters.intercept_external || !parameters.handles(chat) {
            return Ok(());
        }
        draft.read(&self.book, chat).await?;
        // Where words open dialogs, a closed one is the program's alone again.
        let open = draft
            .dialog(chat)
            .is_some_and(|dialog| parameters.opened_by.is_empty() || dialog.status != Status::Closed);
        match &noted.what {
            Interception::Sent { messages, keyboard } => {
                if !open {
                    if !parameters.intercept_opens {
                        return Ok(());
                    }
                    self.open_unasked(draft, chat, messages);
                }
                for (at, message) in messages.iter().enumerate() {
                    // A keyboard belongs to the last message of a call.
                    let keyboard = keyboard.as_ref().filter(|_| at + 1 == messages.len());
                    if let Some(carry) = self.program_message(draft, chat, message, keyboard).await? {
                        draft.queue(Op::Show {
                            carry,
                            direction: Direction::Intercepted,
                        });
                    }
                }
            }
            Interception::Copied { ids, keyboard } if open => {
                for (at, id) in ids.iter().enumerate() {
                    let keyboard = keyboard.as_ref().filter(|_| at + 1 == ids.len());
                    draft.queue(Op::Show {
                        carry: copied(chat, *id, keyboard),
                        direction: Direction::Intercepted,
                    });
                }
            }
            Interception::Edited { message } if open => {
                if let Some(carry) = self.program_message(draft, chat, message, None).await? {
                    draft.queue(Op::Revise { carry });
                }
            }
            Interception::Deleted { ids } if open => {
                for message in ids {
                    draft.queue(Op::Gone {
                        chat,
                        message: *message,
                    });
                }
            }
            Interception::Reacted { message, reaction } if open => {
                let emoji = |kind: &&Value| kind.get("type").is_some_and(|kind| kind == "emoji");
                draft.queue(Op::React {
                    chat,
                    side: Place::Customer,
                    message: *message,
                    reaction: reaction.iter().rev().find(emoji).cloned().into_iter().collect(),
                });
            }
            Interception::Pinned { message, pinned } if open => draft.queue(Op::Pin {
                chat,
                message: *message,
                pinned: *pinned,
            }),
            _ => {}
        }
        Ok(())
    }

    /// A dialog that begins with the bot's program: nobody is greeted, and nobody waits for an answer.
    fn open_unasked(&self, draft: &mut Draft, chat: ChatId, messages: &[Value]) {
        let now = draft.now;
        if let Some(person) = draft.person_mut(chat)
            && person.contact.is_none()
        {
            let word = |field: &str| {
                let chat = messages.first().and_then(|message| message.get("chat"));
                chat.and_then(|chat| chat.get(field)?.as_str()).map(str::to_owned)
            };
            person.contact = Some(Contact {
                chat,
                first_name: word("first_name").unwrap_or_default(),
                last_name: word("last_name").unwrap_or_default(),
                username: word("username"),
                first_seen: now,
                last_seen: now,
                ..Contact::default()
            });
        }
        draft.open_dialog(chat);
        draft.set_status(chat, Status::Answered, super::LAZY_TITLE);
    }

    /// A message of the bot's program on its way to the topic; `None` where a plugin ended it, or it shows nothing.
    async fn program_message(
        self: &Arc<Self>,
        draft: &mut Draft,
        chat: ChatId,
        raw: &Value,
        keyboard: Option<&Value>,
    ) -> Result<Option<Carry>, RelayError> {
        let message = match Message::deserialize(raw) {
            Ok(message) => message,
            Err(error) => {
                tracing::warn!(connection = %self.name, %error, "a message of the bot's program could not be read and is shown as a copy");
                let id = raw.get("message_id").and_then(Value::as_i64);
                return Ok(id.map(|id| copied(chat, id, keyboard)));
            }
        };
        if message.kind() == "service" {
            return Ok(None);
        }
        let mut content = Content::of(&message);
        if content.text.is_empty() {
            content.text = describe(&message);
        }
        let Some(passed) = self.pass(draft, Hook::Intercepted, &message, chat, content).await? else {
            return Ok(None);
        };
        let mut content = passed.content;
        content.keyboard = message.reply_markup.as_ref().or(keyboard).and_then(labels);
        let (album, _) = album_of(draft, Place::Customer, chat, &message, &content);
        let carry = Carry {
            chat,
            message: message.message_id,
            kind: message.kind().to_owned(),
            reply: reply_of(&message),
            album,
            content: Some(content),
            replaced: passed.replaced,
            marks: passed.marks,
        };
        if let Some(plugin) = passed.held_by {
            let op = Op::Show {
                carry,
                direction: Direction::Intercepted,
            };
            self.hold(draft, chat, plugin, op);
            return Ok(None);
        }
        Ok(Some(carry))
    }
}

/// A copy of which only the id is known.
fn copied(chat: ChatId, message: MessageId, keyboard: Option<&Value>) -> Carry {
    let content = keyboard.and_then(labels).map(|keyboard| Content {
        kind: "message".to_owned(),
        keyboard: Some(keyboard),
        ..Content::default()
    });
    Carry {
        chat,
        message,
        kind: "message".to_owned(),
        reply: None,
        album: None,
        content,
        replaced: false,
        marks: vec![],
    }
}

/// In words, what can be neither copied nor sent again.
fn describe(message: &Message) -> String {
    let word = |value: &Option<Value>, field: &str| {
        let word = value.as_ref().and_then(|value| value.get(field)?.as_str());
        word.unwrap_or_default().to_owned()
    };
    match message.kind() {
        "invoice" => {
            let amount = message
                .invoice
                .as_ref()
                .and_then(|invoice| invoice.get("total_amount")?.as_i64());
            crate::words::invoice(
                &word(&message.invoice, "title"),
                amount.unwrap_or_default(),
                &word(&message.invoice, "currency"),
            )
        }
        "game" => word(&message.game, "title"),
        "checklist" => word(&message.checklist, "title"),
        _ => String::new(),
    }
}
