//! From a delivery to the call that it needs now. A message for a topic that does not exist yet needs the topic first.

use serde_json::{Map, Value, json};
use switchboard_store::{ChatId, Direction, MessageId, Place, TopicId};

use crate::RelayError;
use crate::connection::{Inner, notice_key};
use crate::content::{Content, copyable, takes_caption};
use crate::op::{Carry, Op, Reply};
use crate::sender::job::can_copy_many;
use crate::sender::judge::NO_FORUM;
use crate::sender::program;
use crate::topics::{Adopting, Making};
use crate::{title, words};

/// The kind of a mirror whose twin stands for several messages.
pub const JOINED: &str = "joined";

/// One attempt: a call, or the knowledge that none is needed.
#[derive(Debug)]
pub enum Step {
    /// The dialog has no topic yet.
    CreateTopic {
        chat: ChatId,
        title: String,
        _making: Making,
    },
    /// A topic that Telegram made for us without our knowing.
    AdoptTopic {
        chat: ChatId,
        topic: TopicId,
        title: String,
        _claim: Adopting,
    },
    /// It cannot be decided yet.
    Wait { millis: i64 },
    /// The group cannot take it now.
    Unfit(&'static str),
    Call {
        method: &'static str,
        parameters: Map<String, Value>,
    },
    /// It is so already, or has no object any more.
    Nothing,
    /// It cannot be done, in words for the operator.
    Refuse(String),
}

impl Step {
    /// Whether it changes a message that is there.
    pub fn edits(&self) -> bool {
        matches!(self, Self::Call { method, .. } if method.starts_with("edit"))
    }

    fn call(method: &'static str, parameters: Value) -> Self {
        match parameters {
            Value::Object(parameters) => Self::Call { method, parameters },
            _ => Self::Nothing,
        }
    }
}

/// Plans the next attempt of deliveries that go out together.
pub async fn plan(inner: &Inner, ops: &[&Op]) -> Result<Step, RelayError> {
    let Some(first) = ops.first() else {
        return Ok(Step::Nothing);
    };
    let mut place = Map::new();
    match first.destination() {
        Place::Customer => {
            place.insert("chat_id".to_owned(), first.chat().into());
        }
        Place::General => {
            place.insert("chat_id".to_owned(), inner.group().into());
        }
        Place::Topic => {
            if !inner.has_topics().await {
                return Ok(Step::Unfit(NO_FORUM));
            }
            let chat = first.chat().unwrap_or_default();
            let person = inner.book.person(chat).await?;
            let topic = person.dialog.as_ref().and_then(|dialog| dialog.topic);
            if topic.is_none() && needs_topic(first) {
                let (Some(contact), Some(dialog)) = (&person.contact, &person.dialog) else {
                    return Ok(Step::Nothing);
                };
                let title = title::title(dialog, contact);
                return inner.topic_for(chat, title).await;
            }
            place.insert("chat_id".to_owned(), inner.group().into());
            if let Some(topic) = topic {
                place.insert("message_thread_id".to_owned(), topic.into());
            }
        }
    }
    match first {
        Op::Show {
            carry,
            direction: Direction::Intercepted,
        } => {
            let carries: Vec<&Carry> = ops.iter().filter_map(|op| carry_of(op)).collect();
            program_says(inner, place, carry, &carries).await
        }
        Op::Revise { carry } => revise(inner, place, carry).await,
        Op::Gone { chat, message } => Ok(match own_twin(inner, *chat, *message).await? {
            Some(twin) => {
                place.remove("message_thread_id");
                place.insert("message_id".to_owned(), twin.into());
                place.insert("reply_markup".to_owned(), words::marks(&[words::GONE.to_owned()]));
                Step::Call {
                    method: "editMessageReplyMarkup",
                    parameters: place,
                }
            }
            None => Step::Nothing,
        }),
        Op::Pin { chat, message, pinned } => Ok(match inner.twin(*chat, Place::Customer, *message).await? {
            Some(twin) if *pinned => Step::call(
                "pinChatMessage",
                json!({ "chat_id": inner.group(), "message_id": twin, "disable_notification": true }),
            ),
            Some(twin) => Step::call(
                "unpinChatMessage",
                json!({ "chat_id": inner.group(), "message_id": twin }),
            ),
            None => Step::Nothing,
        }),
        Op::Show { carry, .. } | Op::Answer { carry, .. } => {
            let carries: Vec<&Carry> = ops.iter().filter_map(|op| carry_of(op)).collect();
            let (source, side) = if matches!(first, Op::Show { .. }) {
                (carry.chat, Place::Customer)
            } else {
                (inner.group(), Place::Topic)
            };
            carry_over(inner, place, &carries, source, side).await
        }
        Op::Send { contents, .. } => Ok(send(place, contents)),
        Op::Post {
            content, more, reply, ..
        } => {
            if let Some(reply) = reply {
                place.insert(
                    "reply_parameters".to_owned(),
                    json!({ "message_id": reply, "allow_sending_without_reply": true }),
                );
            }
            let contents: Vec<Content> = std::iter::once(content).chain(more).cloned().collect();
            Ok(send(place, &contents))
        }
        Op::Unfit { why } => {
            let mended = inner.store.notice(inner.id, &notice_key(why)).await?.is_none();
            Ok(if mended {
                Step::Nothing
            } else {
                send(place, &[Content::text(words::unfit(why))])
            })
        }
        Op::Loose { topic, reply, content } => {
            place.insert("message_thread_id".to_owned(), (*topic).into());
            place.insert(
                "reply_parameters".to_owned(),
                json!({ "message_id": reply, "allow_sending_without_reply": true }),
            );
            Ok(send(place, std::slice::from_ref(content)))
        }
        Op::Forward { messages, .. } => {
            place.insert("from_chat_id".to_owned(), inner.group().into());
            place.insert("message_ids".to_owned(), json!(messages));
            Ok(Step::Call {
                method: "forwardMessages",
                parameters: place,
            })
        }
        Op::Edit {
            chat,
            side,
            message,
            content,
        } => Ok(match inner.twin(*chat, *side, *message).await? {
            Some(twin) => edit(place, twin, content),
            None => Step::Nothing,
        }),
        Op::EditPost { message, content, .. } => Ok(edit(place, *message, content)),
        Op::React {
            chat,
            side,
            message,
            reaction,
        } => Ok(match inner.twin(*chat, *side, *message).await? {
            Some(twin) => Step::call(
                "setMessageReaction",
                json!({ "chat_id": place.get("chat_id"), "message_id": twin, "reaction": reaction }),
            ),
            None => Step::Nothing,
        }),
        Op::Title { chat } => {
            inner.title_starts(*chat);
            let person = inner.book.person(*chat).await?;
            let (Some(contact), Some(dialog)) = (&person.contact, &person.dialog) else {
                return Ok(Step::Nothing);
            };
            let title = title::title(dialog, contact);
            if dialog.topic.is_none() || dialog.title.as_ref() == Some(&title) {
                return Ok(Step::Nothing);
            }
            place.insert("name".to_owned(), title.into());
            Ok(Step::Call {
                method: "editForumTopic",
                parameters: place,
            })
        }
        Op::Held { .. } => Ok(Step::Refuse("it is held back".to_owned())),
        Op::Reopen { .. } => Ok(Step::Call {
            method: "reopenForumTopic",
            parameters: place,
        }),
    }
}

/// An edit, a reaction or a rename of what is not there has no object; only messages make a topic.
fn needs_topic(op: &Op) -> bool {
    matches!(op, Op::Show { .. } | Op::Post { .. } | Op::Revise { .. })
}

async fn program_says(
    inner: &Inner,
    mut place: Map<String, Value>,
    first: &Carry,
    carries: &[&Carry],
) -> Result<Step, RelayError> {
    if let Some(reply) = &first.reply
        && let Some(parameters) = reply_parameters(inner, first.chat, Place::Customer, reply).await?
    {
        place.insert("reply_parameters".to_owned(), parameters);
    }
    Ok(program::show(place, carries, copyable(&first.kind)))
}

/// The twin of a message, where it is the only one that it stands for.
async fn own_twin(inner: &Inner, chat: ChatId, message: MessageId) -> Result<Option<MessageId>, RelayError> {
    let mirror = inner.store.mirror_of_customer_message(inner.id, chat, message).await?;
    Ok(mirror
        .filter(|mirror| mirror.kind != JOINED)
        .map(|mirror| mirror.group_message))
}

async fn revise(inner: &Inner, mut place: Map<String, Value>, carry: &Carry) -> Result<Step, RelayError> {
    let mirror = inner
        .store
        .mirror_of_customer_message(inner.id, carry.chat, carry.message)
        .await?;
    match (mirror, &carry.content) {
        (Some(mirror), Some(content)) if mirror.kind != JOINED => {
            Ok(match edit(place, mirror.group_message, &program::shown(content, &[])) {
                // What cannot be edited (a place that moves, say) is as it was.
                Step::Call { method, mut parameters } => {
                    parameters
                        .entry("reply_markup")
                        .or_insert_with(|| json!({ "inline_keyboard": [] }));
                    Step::Call { method, parameters }
                }
                other => other,
            })
        }
        // One of several in one message cannot be edited there: it follows under it.
        (Some(mirror), _) => {
            place.insert(
                "reply_parameters".to_owned(),
                json!({ "message_id": mirror.group_message, "allow_sending_without_reply": true }),
            );
            Ok(program::show(place, &[carry], copyable(&carry.kind)))
        }
        (None, _) => Ok(program::show(place, &[carry], copyable(&carry.kind))),
    }
}

fn carry_of(op: &Op) -> Option<&Carry> {
    match op {
        Op::Show { carry, .. } | Op::Answer { carry, .. } => Some(carry),
        _ => None,
    }
}

async fn carry_over(
    inner: &Inner,
    mut place: Map<String, Value>,
    carries: &[&Carry],
    source: ChatId,
    side: Place,
) -> Result<Step, RelayError> {
    let Some(first) = carries.first() else {
        return Ok(Step::Nothing);
    };
    if carries.len() > 1 && carries.iter().all(|carry| can_copy_many(carry)) {
        place.insert("from_chat_id".to_owned(), source.into());
        place.insert(
            "message_ids".to_owned(),
            json!(carries.iter().map(|carry| carry.message).collect::<Vec<_>>()),
        );
        return Ok(Step::Call {
            method: "copyMessages",
            parameters: place,
        });
    }
    if let Some(reply) = &first.reply
        && let Some(parameters) = reply_parameters(inner, first.chat, side, reply).await?
    {
        place.insert("reply_parameters".to_owned(), parameters);
    }
    if carries.len() > 1 {
        let contents: Vec<Content> = carries.iter().filter_map(|carry| carry.content.clone()).collect();
        return Ok(send(place, &contents));
    }
    if !first.marks.is_empty() {
        place.insert("reply_markup".to_owned(), words::marks(&first.marks));
    }
    if side == Place::Customer && first.kind == "poll" && inner.program.is_some() {
        return Ok(send(place, &[program::closed(first)]));
    }
    if copyable(&first.kind) && !first.replaced {
        place.insert("from_chat_id".to_owned(), source.into());
        place.insert("message_id".to_owned(), first.message.into());
        return Ok(Step::Call {
            method: "copyMessage",
            parameters: place,
        });
    }
    match first.content.as_ref().filter(|content| content.send().is_some()) {
        Some(content) => Ok(send(place, std::slice::from_ref(content))),
        None if side == Place::Customer => Ok(send(place, &[Content::text(words::cannot_show(&first.kind))])),
        None => Ok(Step::Refuse(words::cannot_send(&first.kind))),
    }
}

/// The reply on the other side, where the message replied to has a twin.
async fn reply_parameters(
    inner: &Inner,
    chat: ChatId,
    side: Place,
    reply: &Reply,
) -> Result<Option<Value>, RelayError> {
    let Some(twin) = inner.twin_of_reply(chat, side, reply).await? else {
        return Ok(None);
    };
    let mut parameters = json!({ "message_id": twin, "allow_sending_without_reply": true });
    if let (Some(quote), Some(fields)) = (&reply.quote, parameters.as_object_mut()) {
        fields.insert("quote".to_owned(), quote.clone().into());
    }
    Ok(Some(parameters))
}

pub(super) fn send(mut place: Map<String, Value>, contents: &[Content]) -> Step {
    if contents.len() > 1 {
        let media: Vec<Value> = contents.iter().filter_map(Content::input_media).collect();
        if media.len() != contents.len() {
            return Step::Refuse("this album holds something that albums cannot hold".to_owned());
        }
        place.insert("media".to_owned(), media.into());
        return Step::Call {
            method: "sendMediaGroup",
            parameters: place,
        };
    }
    let Some(content) = contents.first() else {
        return Step::Nothing;
    };
    match content.send() {
        Some((method, parameters)) => {
            // What the place says (a mark's keyboard) wins over the content.
            for (key, value) in parameters {
                place.entry(key).or_insert(value);
            }
            Step::Call {
                method,
                parameters: place,
            }
        }
        None => Step::Refuse(words::cannot_send(&content.kind)),
    }
}

fn edit(mut place: Map<String, Value>, message: MessageId, content: &Content) -> Step {
    place.remove("message_thread_id");
    place.insert("message_id".to_owned(), message.into());
    if let Some(keyboard) = &content.keyboard {
        place.insert("reply_markup".to_owned(), keyboard.clone());
    }
    if content.kind == "text" {
        place.insert("text".to_owned(), content.text.clone().into());
        place.insert("entities".to_owned(), json!(content.entities));
        if let Some(options) = content.extra.get("link_preview_options") {
            place.insert("link_preview_options".to_owned(), options.clone());
        }
        return Step::Call {
            method: "editMessageText",
            parameters: place,
        };
    }
    if let Some(media) = content.input_media() {
        place.insert("media".to_owned(), media);
        return Step::Call {
            method: "editMessageMedia",
            parameters: place,
        };
    }
    if takes_caption(&content.kind) {
        place.insert("caption".to_owned(), content.text.clone().into());
        place.insert("caption_entities".to_owned(), json!(content.entities));
        return Step::Call {
            method: "editMessageCaption",
            parameters: place,
        };
    }
    Step::Nothing
}
