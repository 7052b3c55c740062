//! General: commands of the whole connection.

use std::sync::Arc;

use serde_json::json;
use switchboard_store::{Change, ChatId, Contact, Place, TopicId};
use switchboard_telegram::types::{Chat, Message};

use super::command::{Call, GENERAL_COMMANDS, TOPIC_COMMANDS, nearest, parse, reply};
use super::draft::Draft;
use crate::RelayError;
use crate::connection::Inner;
use crate::content::Content;
use crate::op::Op;
use crate::sender::judge::{Judgement, judge};
use crate::{title, words};

impl Inner {
    pub(super) async fn general_message(
        self: &Arc<Self>,
        draft: &mut Draft,
        message: &Message,
    ) -> Result<(), RelayError> {
        if message
            .from
            .as_ref()
            .is_some_and(|from| from.is_bot && message.sender_chat.is_none())
        {
            return Ok(());
        }
        let Some(call) = parse(message, &self.config.bot_username) else {
            return Ok(());
        };
        match call.name.as_str() {
            "new" => self.new_dialog(draft, message, &call).await?,
            "help" => reply(draft, None, message, words::help_general(&self.plugins.help("general"))),
            "info" => {
                let counts = self.store.dialog_counts(self.id).await?;
                let text = format!(
                    "Connection {}, bot @{}\nDialogs: {} waiting, {} answered, {} closed\nPlugins: {}",
                    self.name,
                    self.config.bot_username,
                    counts.waiting,
                    counts.answered,
                    counts.closed,
                    self.plugins.names()
                );
                reply(draft, None, message, text);
            }
            name => {
                if self.plugin_command(draft, None, message, &call).await? {
                    return Ok(());
                }
                let text = if TOPIC_COMMANDS.contains(&name) || self.plugins.has_command(name, "topic") {
                    words::only_in_topic(name)
                } else {
                    let known = GENERAL_COMMANDS
                        .iter()
                        .map(|name| (*name).to_owned())
                        .chain(self.plugins.commands("general"));
                    words::unknown_command(name, nearest(name, known).as_deref())
                };
                reply(draft, None, message, text);
            }
        }
        Ok(())
    }

    /// `/new USER_ID`, `/new *USER_ID`, `/new @USERNAME` of a known contact.
    async fn new_dialog(self: &Arc<Self>, draft: &mut Draft, message: &Message, call: &Call) -> Result<(), RelayError> {
        let wanted = call.args.trim_start_matches('*').trim();
        if wanted.is_empty() {
            reply(draft, None, message, words::new_usage().to_owned());
            return Ok(());
        }
        let Some(contact) = self.find_contact(wanted).await? else {
            reply(draft, None, message, words::new_unknown(wanted));
            return Ok(());
        };
        let chat = contact.chat;
        draft.read(&self.book, chat).await?;
        if let Some(topic) = draft.dialog(chat).and_then(|dialog| dialog.topic) {
            if self.topic_is_there(topic).await {
                reply(draft, None, message, words::new_exists(&self.link(topic, None)));
                return Ok(());
            }
            if let Some(dialog) = draft.dialog_mut(chat) {
                dialog.topic = None;
                dialog.title = None;
            }
            draft.changes.push(self.orphan_taken(topic));
            self.book.forget_topic(topic);
        }
        let name = title::name(&contact);
        if let Some(person) = draft.person_mut(chat) {
            person.contact.get_or_insert(contact);
        }
        draft.open_dialog(chat);
        let operator = message
            .from
            .as_ref()
            .map_or_else(|| "An operator".to_owned(), |from| from.full_name());
        let content = Content::text(words::opened_by(&name, &operator));
        draft.queue(Op::Post {
            chat: Some(chat),
            content,
            reply: None,
            more: vec![],
        });
        Ok(())
    }

    /// Telegram tells nobody of a topic's deletion. Opening an open one changes nothing, and asks whether it is there.
    async fn topic_is_there(&self, topic: TopicId) -> bool {
        let parameters = json!({ "chat_id": self.group(), "message_thread_id": topic });
        let answer = self.client.call::<bool>("reopenForumTopic", &parameters).await;
        !answer.is_err_and(|error| judge(&error, Place::Topic) == Judgement::TopicGone)
    }

    async fn find_contact(&self, wanted: &str) -> Result<Option<Contact>, RelayError> {
        let Ok(id) = wanted.parse::<ChatId>() else {
            return Ok(self
                .store
                .contact_by_username(self.id, wanted.trim_start_matches('@'))
                .await?);
        };
        if let Some(contact) = self.store.contact(self.id, id).await? {
            return Ok(Some(contact));
        }
        // Somebody who started the bot before Switchboard was there: Telegram knows them.
        let Ok(chat) = self.client.call::<Chat>("getChat", &json!({ "chat_id": id })).await else {
            return Ok(None);
        };
        if chat.kind != "private" {
            return Ok(None);
        }
        let now = self.now();
        Ok(Some(Contact {
            chat: id,
            first_name: chat.first_name.unwrap_or_default(),
            last_name: chat.last_name.unwrap_or_default(),
            username: chat.username,
            first_seen: now,
            last_seen: now,
            ..Contact::default()
        }))
    }

    /// A link to a topic or to a message in it, for members of the group.
    pub(crate) fn link(&self, topic: i64, message: Option<i64>) -> String {
        let group = self.group().to_string();
        let group = group.strip_prefix("-100").unwrap_or(&group);
        match message {
            Some(message) => format!("https://t.me/c/{group}/{topic}/{message}"),
            None => format!("https://t.me/c/{group}/{topic}"),
        }
    }

    /// The group was upgraded; its old self tells the new id.
    pub(super) fn upgraded(&self, draft: &mut Draft, message: &Message) {
        if let Some(to) = message.migrate_to_chat_id
            && message.chat.id == self.group()
        {
            self.group_moved(to);
            draft.changes.push(Change::MoveGroup { to });
        }
    }
}
