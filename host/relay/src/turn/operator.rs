//! What operators write in a topic: notes stay, commands are carried out, everything else goes to the customer.

use std::sync::Arc;

use switchboard_runtime::Direction as Hook;
use switchboard_store::{ChatId, Place, Status};
use switchboard_telegram::types::Message;

use super::customer::{LAZY_TITLE, album_of, reply_of};
use super::draft::Draft;
use crate::RelayError;
use crate::connection::Inner;
use crate::content::Content;
use crate::op::{Carry, Op};
use crate::plugins::Passed;
use crate::{title, words};

impl Inner {
    pub(super) async fn topic_message(
        self: &Arc<Self>,
        draft: &mut Draft,
        chat: ChatId,
        message: &Message,
        edited: bool,
    ) -> Result<(), RelayError> {
        let Some(topic) = message.topic() else { return Ok(()) };
        if let Some(created) = &message.forum_topic_created {
            return self.topic_created(draft, message, topic, &created.name).await;
        }
        if chat == 0 {
            self.loose_message(draft, message, topic, edited);
            return Ok(());
        }
        draft.read(&self.book, chat).await?;
        if message.kind() == "service" {
            self.topic_service(draft, chat, message);
            return Ok(());
        }
        if message
            .from
            .as_ref()
            .is_some_and(|from| from.is_bot && message.sender_chat.is_none())
        {
            return Ok(());
        }
        let text = message.body();
        if text == "/" || text.starts_with("/ ") || text.starts_with("/\n") {
            return Ok(());
        }
        if let Some(call) = super::command::parse(message, &self.config.bot_username) {
            return if edited {
                Ok(())
            } else {
                self.topic_command(draft, chat, message, call).await
            };
        }
        if super::command::is_for_another(message, &self.config.bot_username) {
            return Ok(());
        }
        if self.config.parameters.reply_only && !self.is_answer(chat, message).await? {
            return Ok(());
        }
        let Some(passed) = self
            .pass(draft, Hook::Outgoing, message, chat, Content::of(message))
            .await?
        else {
            return Ok(());
        };
        for mark in &passed.marks {
            // The customer must not see it, so it stands under the operator's message.
            super::command::reply(draft, Some(chat), message, mark.clone());
        }
        if edited {
            let op = Op::Edit {
                chat,
                side: Place::Topic,
                message: message.message_id,
                content: passed.content,
            };
            match passed.held_by {
                None => draft.queue(op),
                Some(plugin) => self.hold(draft, chat, plugin, op),
            }
            return Ok(());
        }
        self.answer(draft, chat, message, topic, passed);
        self.answered(draft, chat, message);
        Ok(())
    }

    /// With `REPLY_ONLY`, only replies to what is mirrored go out.
    async fn is_answer(&self, chat: ChatId, message: &Message) -> Result<bool, RelayError> {
        let Some(reply) = message.reply() else { return Ok(false) };
        Ok(self.twin(chat, Place::Topic, reply.message_id).await?.is_some())
    }

    fn answer(&self, draft: &mut Draft, chat: ChatId, message: &Message, topic: i64, passed: Passed) {
        let Passed {
            content,
            replaced,
            held_by,
            ..
        } = passed;
        let (album, not_before) = album_of(draft, Place::Topic, chat, message, &content);
        let kind = message.kind().to_owned();
        let needs_content = album.is_some() || replaced;
        let carry = Carry {
            chat,
            message: message.message_id,
            kind,
            reply: reply_of(message),
            album,
            content: needs_content.then_some(content),
            replaced,
            marks: vec![],
        };
        let op = Op::Answer { carry, topic };
        match held_by {
            None => draft.queue_at(op, not_before),
            Some(plugin) => self.hold(draft, chat, plugin, op),
        }
        draft.set_status(chat, Status::Answered, LAZY_TITLE);
        let now = draft.now;
        if let Some(dialog) = draft.dialog_mut(chat)
            && now - dialog.last_activity >= 60_000
        {
            dialog.last_activity = now;
        }
    }

    /// A topic of the team's own is none of ours. One that the bot made and that belongs to no dialog (any more) is: what is
    /// written there reaches nobody, and the operator must know.
    fn loose_message(&self, draft: &mut Draft, message: &Message, topic: i64, edited: bool) {
        let by_person = message.from.as_ref().is_some_and(|from| !from.is_bot) && message.kind() != "service";
        if by_person && !edited && !message.body().starts_with('/') && self.made_topic_of(message).is_some() {
            let content = Content::text(words::loose_topic());
            draft.queue(Op::Loose {
                topic,
                reply: message.message_id,
                content,
            });
        }
    }

    /// Telegram tells of every topic, ours too. One of ours that no dialog has is kept in mind: its creation's answer may be lost.
    async fn topic_created(
        &self,
        draft: &mut Draft,
        message: &Message,
        topic: i64,
        name: &str,
    ) -> Result<(), RelayError> {
        let by_us = message
            .from
            .as_ref()
            .is_some_and(|from| from.id == self.client.bot_id());
        // Asked before the dialog is: whoever makes it has written it down before it stops being expected.
        let expected = self.is_fresh() || self.topics.expects(topic, name);
        if !by_us || self.book.chat_of_topic(topic).await?.is_some() {
            return Ok(());
        }
        draft.changes.push(self.orphan_found(topic, name));
        if !expected {
            draft.queue(Op::Post {
                chat: None,
                content: Content::text(words::made_twice(name, &self.link(topic, None))),
                reply: None,
                more: vec![],
            });
        }
        Ok(())
    }

    /// Operators close, open and rename topics by hand as well.
    fn topic_service(&self, draft: &mut Draft, chat: ChatId, message: &Message) {
        let by_us = message
            .from
            .as_ref()
            .is_some_and(|from| from.id == self.client.bot_id());
        if by_us {
            return;
        }
        if message.forum_topic_closed.is_some() {
            draft.set_status(chat, Status::Closed, 0);
            if let Some(dialog) = draft.dialog_mut(chat) {
                dialog.topic_closed = true;
            }
        } else if message.forum_topic_reopened.is_some() {
            if let Some(dialog) = draft.dialog_mut(chat) {
                dialog.topic_closed = false;
            }
            draft.set_status(chat, Status::Waiting, 0);
        } else if let Some(name) = message
            .forum_topic_edited
            .as_ref()
            .and_then(|edited| edited.name.as_ref())
        {
            let now = draft.now;
            let given = title::without_mark(name).to_owned();
            if let Some(person) = draft.person_mut(chat) {
                if let Some(contact) = &mut person.contact
                    && title::name(contact) != given
                {
                    contact.properties.retain(|(key, _)| key != title::NAME_PROPERTY);
                    contact.properties.push((title::NAME_PROPERTY.to_owned(), given));
                    contact.properties.sort();
                }
                if let Some(dialog) = &mut person.dialog {
                    dialog.title = Some(name.clone());
                }
            }
            draft.titles.push((chat, now + LAZY_TITLE));
        }
    }
}
