//! What the customer writes: it opens the dialog, passes the plugins, and is shown in the topic.

use std::sync::Arc;

use switchboard_runtime::Direction as Hook;
use switchboard_store::{AlbumPart, Change, ChatId, Contact, Direction, Place, Status};
use switchboard_telegram::types::{Message, User};

use super::draft::Draft;
use crate::RelayError;
use crate::connection::Inner;
use crate::content::Content;
use crate::op::{Carry, Op, Reply};
use crate::plugins::Passed;
use crate::words;

/// How long an album is waited for after its newest part: Telegram sends no end mark.
const ALBUM_QUIET: i64 = 700;
/// How exactly times of contacts and dialogs are kept: not every message writes their rows.
const COARSE: i64 = 60_000;
/// How long a title may lag behind a status that changed by itself: renaming costs a call of the group's few.
pub const LAZY_TITLE: i64 = 4_000;

impl Inner {
    pub(super) async fn customer_message(
        self: &Arc<Self>,
        draft: &mut Draft,
        message: &Message,
        edited: bool,
    ) -> Result<(), RelayError> {
        let chat = message.chat.id;
        let parameters = &self.config.parameters;
        if !parameters.handles(chat) {
            return Ok(());
        }
        let Some(user) = message.from.as_ref().filter(|user| !user.is_bot) else {
            return Ok(());
        };
        let kind = message.kind();
        if kind == "service" {
            return Ok(());
        }
        draft.read(&self.book, chat).await?;
        let begins = draft.dialog(chat).is_none();
        let open = draft.dialog(chat).is_some_and(|dialog| dialog.status != Status::Closed);
        if !open && (edited || !parameters.opens(message.body())) && !parameters.opened_by.is_empty() {
            if begins {
                draft.forget_contact(chat);
            }
            return Ok(());
        }
        self.meet(draft, user, message);

        let content = Content::of(message);
        let passed = match self.pass(draft, Hook::Incoming, message, chat, content).await? {
            Some(passed) => passed,
            None => {
                if begins {
                    // No dialog was opened, so nothing is kept but that the update was seen.
                    draft.forget_contact(chat);
                }
                return Ok(());
            }
        };
        if edited {
            if draft.dialog(chat).is_some() {
                let mut content = passed.content;
                if !passed.marks.is_empty() {
                    content.keyboard = Some(words::marks(&passed.marks));
                }
                let op = Op::Edit {
                    chat,
                    side: Place::Customer,
                    message: message.message_id,
                    content,
                };
                match passed.held_by {
                    None => draft.queue(op),
                    Some(plugin) => self.hold(draft, chat, plugin, op),
                }
            }
            return Ok(());
        }
        self.open(draft, chat, begins);
        self.show(draft, message, passed);
        if begins
            && parameters.auto_info
            && let Some(person) = draft.person(chat)
            && let (Some(contact), Some(dialog)) = (&person.contact, &person.dialog)
        {
            let card = Content::text(words::info(contact, dialog, &[]));
            draft.queue(Op::Post {
                chat: Some(chat),
                content: card,
                reply: None,
                more: vec![],
            });
        }
        Ok(())
    }

    /// Brings the contact's row up to date.
    fn meet(&self, draft: &mut Draft, user: &User, message: &Message) {
        let now = draft.now;
        let Some(person) = draft.person_mut(message.chat.id) else {
            return;
        };
        let contact = person.contact.get_or_insert_with(|| Contact {
            chat: message.chat.id,
            first_seen: now,
            last_seen: now,
            ..Contact::default()
        });
        contact.first_name.clone_from(&user.first_name);
        contact.last_name = user.last_name.clone().unwrap_or_default();
        contact.username.clone_from(&user.username);
        contact.language.clone_from(&user.language_code);
        contact.blocked = false;
        if now - contact.last_seen >= COARSE {
            contact.last_seen = now;
        }
        if contact.start.is_none()
            && let Some(payload) = message.text.as_deref().and_then(|text| text.strip_prefix("/start "))
        {
            contact.start = Some(payload.trim().chars().take(64).collect());
        }
    }

    /// A message opens the dialog where it is not open, and greets.
    fn open(&self, draft: &mut Draft, chat: ChatId, begins: bool) {
        let now = draft.now;
        draft.open_dialog(chat);
        let reopens = draft.dialog(chat).is_some_and(|dialog| dialog.status == Status::Closed);
        draft.set_status(chat, Status::Waiting, LAZY_TITLE);
        let Some(dialog) = draft.dialog_mut(chat) else { return };
        if now - dialog.last_activity >= COARSE {
            dialog.last_activity = now;
        }
        if dialog.topic_closed {
            // Asked for once, however many messages come before it is open.
            dialog.topic_closed = false;
            draft.queue(Op::Reopen { chat });
        }
        if (begins || reopens)
            && let Some(welcome) = &self.config.parameters.welcome
        {
            let name = draft
                .contact(chat)
                .map(|contact| {
                    format!("{} {}", contact.first_name, contact.last_name)
                        .trim()
                        .to_owned()
                })
                .unwrap_or_default();
            let content = Content::text(welcome.replace("{title}", &name));
            if let Some(dialog) = draft.dialog_mut(chat) {
                dialog.welcomed = Some(now);
            }
            draft.queue(Op::Send {
                chat,
                contents: vec![content],
                asked: None,
                show: false,
            });
        }
    }

    fn show(&self, draft: &mut Draft, message: &Message, passed: Passed) {
        let chat = message.chat.id;
        let Passed {
            content,
            replaced,
            marks,
            held_by,
        } = passed;
        let (album, not_before) = album_of(draft, Place::Customer, chat, message, &content);
        let carry = Carry {
            chat,
            message: message.message_id,
            kind: message.kind().to_owned(),
            reply: reply_of(message),
            album,
            content: Some(content),
            replaced,
            marks,
        };
        let op = Op::Show {
            carry,
            direction: Direction::Incoming,
        };
        match held_by {
            None => draft.queue_at(op, not_before),
            Some(plugin) => self.hold(draft, chat, plugin, op),
        }
    }
}

/// The album that a message is part of, kept so that it can be saved whole; and when its parts may go out.
pub fn album_of(
    draft: &mut Draft,
    place: Place,
    chat: ChatId,
    message: &Message,
    content: &Content,
) -> (Option<String>, i64) {
    let now = draft.now;
    // A part whose medium a plugin took away stands for itself.
    let Some(album) = message.media_group_id.clone().filter(|_| content.kind != "text") else {
        return (None, now);
    };
    draft.changes.push(Change::PutAlbumPart(AlbumPart {
        place,
        chat,
        album: album.clone(),
        message: message.message_id,
        content: serde_json::to_string(content).unwrap_or_default(),
        at: now,
    }));
    (Some(album), now + ALBUM_QUIET)
}

/// The reply to keep. What is not in this chat (a reply across chats) has no twin.
pub fn reply_of(message: &Message) -> Option<Reply> {
    let reply = message.reply()?;
    let quote = message
        .quote
        .as_ref()
        .filter(|quote| quote.is_manual)
        .map(|quote| quote.text.clone());
    Some(Reply {
        to: reply.message_id,
        date: reply.edit_date.unwrap_or(reply.date),
        quote,
    })
}
