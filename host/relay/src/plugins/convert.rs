//! Between Telegram's messages and the records of the plugin contract: texts counted in UTF-16 on one side, in UTF-8 on the other.

use serde_json::{Map, Value, json};
use switchboard_runtime::pipeline::text::Offsets;
use switchboard_runtime::types as wit;
use switchboard_store::{Contact, Dialog, Status};
use switchboard_telegram::types::{Message, MessageEntity, User};

use crate::content::Content;

pub fn message(message: &Message, place: &str) -> wit::Message {
    let content = Content::of(message);
    let text = message.body();
    wit::Message {
        ref_: wit::MessageRef {
            place: place.to_owned(),
            id: message.message_id,
        },
        at: u64::try_from(message.date).unwrap_or_default() * 1_000,
        kind: content.kind.clone(),
        text: text.to_owned(),
        entities: entities(text, message.body_entities()),
        attachments: attachment(message, &content).into_iter().collect(),
        album: message.media_group_id.clone(),
        author: message.from.as_ref().map(person).unwrap_or_else(nobody),
        reply_to: message.reply().map(|reply| wit::MessageRef {
            place: place.to_owned(),
            id: reply.message_id,
        }),
        edited: message.edit_date.is_some(),
        buttons: message.reply_markup.as_ref().map(buttons).unwrap_or_default(),
        extra: Vec::new(),
    }
}

fn attachment(message: &Message, content: &Content) -> Option<wit::Attachment> {
    if content.kind == "text" {
        return None;
    }
    let file = message.file();
    let mut extra: wit::Pairs = content
        .extra
        .iter()
        .map(|(key, value)| {
            (
                key.clone(),
                value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            )
        })
        .collect();
    if let Some(file) = file {
        extra.push(("file_unique_id".to_owned(), file.file_unique_id.clone()));
        extra.extend(
            file.duration
                .map(|seconds| ("duration".to_owned(), seconds.to_string())),
        );
    }
    Some(wit::Attachment {
        kind: content.kind.clone(),
        file: content.file.clone().unwrap_or_default(),
        name: file.and_then(|file| file.file_name.clone()),
        mime: file.and_then(|file| file.mime_type.clone()),
        size: file.and_then(|file| file.file_size),
        extra,
    })
}

/// An inline keyboard's buttons, as far as the contract has words for them.
fn buttons(markup: &Value) -> Vec<Vec<wit::Button>> {
    let button = |button: &Value| {
        let text = |key: &str| button.get(key).and_then(Value::as_str).map(str::to_owned);
        let (kind, value) = match (text("url"), text("callback_data")) {
            (Some(url), _) => ("url", url),
            (None, Some(data)) => ("press", data),
            (None, None) => ("other", String::new()),
        };
        Some(wit::Button {
            text: text("text")?,
            kind: kind.to_owned(),
            value,
        })
    };
    let rows = markup.get("inline_keyboard").and_then(Value::as_array);
    let row = |row: &Value| row.as_array().map(|row| row.iter().filter_map(button).collect());
    rows.map(|rows| rows.iter().filter_map(row).collect())
        .unwrap_or_default()
}

/// What a message says after the pipeline; the file stays where the plugins left it.
pub fn changed(mut content: Content, message: &wit::Message) -> Content {
    if message.attachments.is_empty() && content.kind != "text" {
        content = Content {
            kind: "text".to_owned(),
            ..Content::default()
        };
    }
    content.text.clone_from(&message.text);
    content.entities = telegram_entities(&message.text, &message.entities);
    content
}

pub fn person(user: &User) -> wit::Person {
    wit::Person {
        id: user.id,
        name: user.full_name(),
        username: user.username.clone(),
        language: user.language_code.clone(),
        is_bot: user.is_bot,
    }
}

pub fn nobody() -> wit::Person {
    wit::Person {
        id: 0,
        name: String::new(),
        username: None,
        language: None,
        is_bot: false,
    }
}

/// The dialog of a contact as plugins see it. `fresh` where there was none before this turn.
pub fn dialog(contact: &Contact, dialog: Option<&Dialog>) -> wit::Dialog {
    wit::Dialog {
        id: contact.chat,
        contact: contact.chat,
        status: dialog.map_or("closed", |dialog| status(dialog.status)).to_owned(),
        fresh: dialog.is_none_or(|dialog| dialog.version == 0),
        tags: contact.tags.clone(),
        extra: Vec::new(),
    }
}

pub fn status(status: Status) -> &'static str {
    match status {
        Status::Waiting => "waiting",
        Status::Answered => "answered",
        Status::Closed => "closed",
    }
}

pub fn status_named(name: &str) -> Option<Status> {
    Some(match name {
        "waiting" => Status::Waiting,
        "answered" => Status::Answered,
        "closed" => Status::Closed,
        _ => return None,
    })
}

pub fn contact(contact: &Contact) -> wit::Contact {
    wit::Contact {
        id: contact.chat,
        name: format!("{} {}", contact.first_name, contact.last_name)
            .trim()
            .to_owned(),
        username: contact.username.clone(),
        language: contact.language.clone(),
        blocked: contact.blocked,
        tags: contact.tags.clone(),
        properties: contact.properties.clone(),
        first_seen: u64::try_from(contact.first_seen).unwrap_or_default(),
        last_seen: u64::try_from(contact.last_seen).unwrap_or_default(),
        extra: contact
            .start
            .iter()
            .map(|start| ("start".to_owned(), start.clone()))
            .collect(),
    }
}

fn entities(text: &str, entities: &[MessageEntity]) -> Vec<wit::Entity> {
    if entities.is_empty() {
        return Vec::new();
    }
    let offsets = Offsets::new(text);
    let convert = |entity: &MessageEntity| {
        let (offset, length) =
            offsets.range_to_utf8(u32::try_from(entity.offset).ok()?, u32::try_from(entity.length).ok()?)?;
        let text = |key: &str| entity.extra.get(key).and_then(Value::as_str).map(str::to_owned);
        let user = || Some(entity.extra.get("user")?.get("id")?.as_i64()?.to_string());
        let value = text("url")
            .or_else(|| text("language"))
            .or_else(|| text("custom_emoji_id"))
            .or_else(user);
        Some(wit::Entity {
            kind: entity.kind.clone(),
            offset,
            length,
            value,
        })
    };
    entities.iter().filter_map(convert).collect()
}

fn telegram_entities(text: &str, entities: &[wit::Entity]) -> Vec<MessageEntity> {
    if entities.is_empty() {
        return Vec::new();
    }
    let offsets = Offsets::new(text);
    let convert = |entity: &wit::Entity| {
        let (offset, length) = offsets.range_to_utf16(entity.offset, entity.length)?;
        let mut extra = Map::new();
        if let Some(value) = &entity.value {
            match entity.kind.as_str() {
                "text_link" => extra.insert("url".to_owned(), value.clone().into()),
                "pre" => extra.insert("language".to_owned(), value.clone().into()),
                "custom_emoji" => extra.insert("custom_emoji_id".to_owned(), value.clone().into()),
                "text_mention" => extra.insert(
                    "user".to_owned(),
                    json!({ "id": value.parse::<i64>().ok()?, "is_bot": false, "first_name": "" }),
                ),
                _ => None,
            };
        }
        Some(MessageEntity {
            kind: entity.kind.clone(),
            offset: offset as usize,
            length: length as usize,
            extra,
        })
    };
    entities.iter().filter_map(convert).collect()
}

/// What a plugin wants to post, as one content or the parts of an album. `tag` marks its buttons as its own.
pub fn contents(content: &wit::Content, tag: &str) -> Result<Vec<Content>, wit::Error> {
    let text = &content.text.text;
    let entities = telegram_entities(text, &content.text.entities);
    let keyboard = keyboard(&content.buttons, tag);
    if content.attachments.is_empty() {
        if text.trim().is_empty() {
            return Err(wit::Error::new("invalid", "a message needs a text or an attachment"));
        }
        return Ok(vec![Content {
            kind: "text".to_owned(),
            text: text.clone(),
            entities,
            keyboard,
            ..Content::default()
        }]);
    }
    let album = content.attachments.len() > 1;
    let parts = content.attachments.iter().enumerate().map(|(index, attachment)| {
        let first = index == 0;
        Content {
            kind: attachment.kind.clone(),
            text: if first { text.clone() } else { String::new() },
            entities: if first { entities.clone() } else { Vec::new() },
            file: Some(attachment.file.clone()).filter(|file| !file.is_empty()),
            extra: attachment
                .extra
                .iter()
                .filter(|(key, _)| sendable(key))
                .map(|(key, value)| (key.clone(), parameter(value)))
                .collect(),
            keyboard: if album { None } else { keyboard.clone() },
        }
    });
    Ok(parts.collect())
}

/// Facts about a file that Telegram gave are not parameters of a send.
fn sendable(key: &str) -> bool {
    !matches!(key, "file_unique_id" | "duration")
}

fn parameter(value: &str) -> Value {
    match serde_json::from_str::<Value>(value) {
        Ok(parsed @ (Value::Number(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_))) => parsed,
        _ => value.into(),
    }
}

fn keyboard(rows: &[Vec<wit::Button>], tag: &str) -> Option<Value> {
    let button = |button: &wit::Button| match button.kind.as_str() {
        "press" => Some(json!({ "text": button.text, "callback_data": format!("p:{tag}:{}", button.value) })),
        "url" => Some(json!({ "text": button.text, "url": button.value })),
        "copy" => Some(json!({ "text": button.text, "copy_text": { "text": button.value } })),
        _ => None,
    };
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| row.iter().filter_map(button).collect::<Vec<_>>())
        .filter(|row| !row.is_empty())
        .map(Value::from)
        .collect();
    (!rows.is_empty()).then(|| json!({ "inline_keyboard": rows }))
}
