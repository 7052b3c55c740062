//! Commands, presses and timers of plugins.

use std::sync::Arc;

use serde_json::json;
use switchboard_runtime::types as wit;
use switchboard_store::{Change, ChatId, Timer};
use switchboard_telegram::types::{CallbackQuery, Message};

use super::saved::Known;
use super::{Enabled, convert};
use crate::RelayError;
use crate::connection::Inner;
use crate::content::Content;
use crate::op::Op;
use crate::turn::Call;
use crate::turn::draft::Draft;
use crate::words;

impl Inner {
    /// Carries a plugin's command out, with its answer or its failure under it. Whether there is such a command.
    pub(crate) async fn plugin_command(
        self: &Arc<Self>,
        draft: &mut Draft,
        chat: Option<ChatId>,
        message: &Message,
        call: &Call,
    ) -> Result<bool, RelayError> {
        let place = if chat.is_some() { "topic" } else { "general" };
        let Some((enabled, for_admins)) = self.plugins.command(&call.name, place) else {
            return Ok(false);
        };
        let operator = message
            .from
            .as_ref()
            .map(convert::person)
            .unwrap_or_else(convert::nobody);
        let admin = self.config.admins.contains(&operator.id);
        let post = |draft: &mut Draft, text: String| {
            draft.queue(Op::Post {
                chat,
                content: Content::text(text),
                reply: Some(message.message_id),
                more: vec![],
            })
        };
        if for_admins && !admin {
            post(draft, words::only_admins(&call.name));
            return Ok(true);
        }
        let reply = message.reply();
        if let Some(reply) = reply {
            draft.known.push(Known {
                message: reply.message_id,
                content: Content::of(reply),
                album: reply.media_group_id.clone(),
                topic: message.topic(),
            });
        }
        let invocation = wit::Invocation {
            name: call.name.clone(),
            args: call.args.clone(),
            place: place.to_owned(),
            operator,
            admin,
            message: convert::message(message, place),
            reply: reply.map(|reply| convert::message(reply, place)),
            dialog: chat.and_then(|chat| self.dialog_record(draft, chat)),
            extra: Vec::new(),
        };
        let limits = self.plugins.limits;
        // Effects of a command that answers with an error are dropped like those of one that fails.
        let saved = draft.clone();
        match self.with_host(draft, enabled, Some(message.message_id), |host| {
            enabled.linked.command(host, &limits, &invocation)
        }) {
            Ok(Ok(None)) => {}
            Ok(Ok(Some(answer))) => match convert::contents(&answer, &enabled.tag) {
                Ok(contents) => post_contents(draft, chat, contents, message.message_id),
                Err(error) => {
                    *draft = saved;
                    post(draft, words::plugin_failed(&enabled.name, &error.message));
                }
            },
            Ok(Err(error)) => {
                *draft = saved;
                post(draft, error.message);
            }
            Err(failure) => {
                tracing::warn!(connection = %self.name, plugin = %enabled.name, %failure, command = %call.name, "a command failed");
                post(draft, words::plugin_failed(&enabled.name, &failure.to_string()));
            }
        }
        Ok(true)
    }

    /// A press of a plugin's button: what the one who pressed is told, and whether in a window.
    pub(crate) async fn plugin_press(
        self: &Arc<Self>,
        draft: &mut Draft,
        chat: ChatId,
        query: &CallbackQuery,
        tag: &str,
        value: &str,
    ) -> Result<(Option<String>, bool), RelayError> {
        let Some(enabled) = self.plugins.by_tag(tag) else {
            return Ok((Some(words::plugin_gone().to_owned()), false));
        };
        let Some(message) = &query.message else {
            return Ok((None, false));
        };
        let place = match (message.chat.kind.as_str(), message.topic()) {
            ("private", _) => "customer",
            (_, Some(_)) => "topic",
            (_, None) => "general",
        };
        let dialog_chat = (chat != 0 && place != "general").then_some(chat);
        if let Some(chat) = dialog_chat {
            draft.read(&self.book, chat).await?;
        }
        let event = wit::PressEvent {
            value: value.to_owned(),
            who: convert::person(&query.from),
            place: place.to_owned(),
            message: wit::MessageRef {
                place: place.to_owned(),
                id: message.message_id,
            },
            dialog: dialog_chat.and_then(|chat| self.dialog_record(draft, chat)),
            at: u64::try_from(draft.now).unwrap_or_default(),
            extra: Vec::new(),
        };
        let limits = self.plugins.limits;
        let asked = (place == "topic").then_some(message.message_id);
        let saved = draft.clone();
        Ok(
            match self.with_host(draft, enabled, asked, |host| {
                enabled.linked.press(host, &limits, &event)
            }) {
                Ok(Ok(answer)) => {
                    if let Some(edit) = &answer.edit {
                        edit_pressed(
                            draft,
                            enabled,
                            dialog_chat.filter(|_| place == "topic"),
                            place,
                            message,
                            edit,
                        );
                    }
                    (answer.toast, answer.alert)
                }
                Ok(Err(error)) => {
                    *draft = saved;
                    (Some(error.message), true)
                }
                Err(failure) => {
                    tracing::warn!(connection = %self.name, plugin = %enabled.name, %failure, "a press failed");
                    (
                        Some(clip(&words::plugin_failed(&enabled.name, &failure.to_string()))),
                        true,
                    )
                }
            },
        )
    }

    /// A timer that is due: its hook runs and the timer is gone, in one turn.
    pub(crate) async fn plugin_timer(self: &Arc<Self>, draft: &mut Draft, timer: &Timer) -> Result<(), RelayError> {
        if let Some(chat) = timer.dialog {
            draft.read(&self.book, chat).await?;
        }
        let cell = switchboard_store::Cell::Timer {
            plugin: timer.plugin.clone(),
            key: timer.key.clone(),
        };
        draft.expect.push(switchboard_store::Expect {
            cell,
            version: timer.version,
        });
        draft.changes.push(Change::RemoveTimer {
            plugin: timer.plugin.clone(),
            key: timer.key.clone(),
        });
        let Some(enabled) = self.plugins.by_name(&timer.plugin) else {
            tracing::warn!(connection = %self.name, plugin = %timer.plugin, "a timer was due of a plugin that is not enabled any more");
            return Ok(());
        };
        let due = wit::DueTimer {
            key: timer.key.clone(),
            payload: timer.payload.clone(),
            due: u64::try_from(timer.due).unwrap_or_default(),
            dialog: timer.dialog.and_then(|chat| self.dialog_record(draft, chat)),
        };
        let limits = self.plugins.limits;
        let saved = draft.clone();
        let mut last = None;
        for _ in 0..2 {
            match self.with_host(draft, enabled, None, |host| enabled.linked.timer(host, &limits, &due)) {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => {
                    *draft = saved.clone();
                    last = Some(error.message);
                    break;
                }
                Err(failure) => last = Some(failure.to_string()),
            }
        }
        let why = last.unwrap_or_default();
        tracing::warn!(connection = %self.name, plugin = %enabled.name, key = %timer.key, %why, "a timer's hook failed");
        if let Some(chat) = timer.dialog.filter(|chat| draft.dialog(*chat).is_some()) {
            draft.queue(Op::Post {
                chat: Some(chat),
                content: Content::text(words::timer_failed(&enabled.name, &why)),
                reply: None,
                more: vec![],
            });
        }
        Ok(())
    }

    fn dialog_record(&self, draft: &Draft, chat: ChatId) -> Option<wit::Dialog> {
        let person = draft.person(chat)?;
        Some(convert::dialog(person.contact.as_ref()?, person.dialog.as_ref()))
    }
}

fn post_contents(draft: &mut Draft, chat: Option<ChatId>, contents: Vec<Content>, reply: i64) {
    let mut contents = contents.into_iter();
    if let Some(content) = contents.next() {
        draft.queue(Op::Post {
            chat,
            content,
            reply: Some(reply),
            more: contents.collect(),
        });
    }
}

fn edit_pressed(
    draft: &mut Draft,
    enabled: &Enabled,
    chat: Option<ChatId>,
    place: &str,
    message: &Message,
    edit: &wit::Content,
) {
    let Ok(contents) = convert::contents(edit, &enabled.tag) else {
        return;
    };
    if let Some(mut content) = contents.into_iter().next()
        && place != "customer"
    {
        // An edit without buttons takes the old ones away.
        content.keyboard.get_or_insert_with(|| json!({ "inline_keyboard": [] }));
        draft.queue(Op::EditPost {
            chat,
            message: message.message_id,
            content,
        });
    }
}

/// Telegram shows at most 200 characters to one who pressed.
fn clip(text: &str) -> String {
    text.chars().take(200).collect()
}
