//! Updates.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{CallbackQuery, ChatMemberUpdated, Message, MessageReactionUpdated};

/// What an update tells. A kind that the relay does not handle is `Other`; its JSON is in [`Update::raw`] all the same.
#[derive(Debug, Clone)]
pub enum UpdateKind {
    Message(Box<Message>),
    EditedMessage(Box<Message>),
    CallbackQuery(Box<CallbackQuery>),
    MyChatMember(Box<ChatMemberUpdated>),
    MessageReaction(Box<MessageReactionUpdated>),
    Other,
    /// A kind that is handled, in a shape that could not be read.
    Unreadable(String),
}

#[derive(Debug, Clone)]
pub struct Update {
    pub update_id: i64,
    pub kind: UpdateKind,
    pub raw: Box<RawValue>,
}

/// Kinds of updates that the relay asks Telegram for.
pub const RELAY_UPDATES: [&str; 5] = [
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "message_reaction",
];

/// What every update tells of itself, known kind or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateHead {
    /// Telegram's name of the kind: `message`, `poll_answer`, …; empty where the update holds nothing.
    pub kind: String,
    /// The chat that it happened in, where it names one.
    pub chat: Option<i64>,
    /// Who caused it, where it names a user.
    pub from: Option<i64>,
}

impl UpdateHead {
    /// Whose updates keep their order among each other: the chat's or, where there is none, the user's.
    #[must_use]
    pub fn lane(&self) -> Option<i64> {
        self.chat.or(self.from)
    }
}

#[derive(Deserialize)]
struct Numbered {
    id: i64,
}

/// Where the kinds keep chat and user.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Whereabouts {
    chat: Option<Numbered>,
    message: Option<Box<Whereabouts>>,
    from: Option<Numbered>,
    user: Option<Numbered>,
}

impl Update {
    /// What the update is about, whatever its kind.
    #[must_use]
    pub fn head(&self) -> UpdateHead {
        let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(self.raw.get()).unwrap_or_default();
        let Some((kind, body)) = fields.iter().find(|(name, _)| *name != "update_id") else {
            return UpdateHead::default();
        };
        // A shape that is not understood has no whereabouts.
        let found: Whereabouts = serde_json::from_str(body.get()).unwrap_or_default();
        let inner = found.message.and_then(|message| message.chat);
        UpdateHead {
            kind: kind.clone().into_owned(),
            chat: found.chat.or(inner).map(|chat| chat.id),
            from: found.from.or(found.user).map(|user| user.id),
        }
    }
}

#[derive(Deserialize)]
struct Head {
    update_id: i64,
}

#[derive(Deserialize)]
struct Fields {
    message: Option<Box<Message>>,
    edited_message: Option<Box<Message>>,
    callback_query: Option<Box<CallbackQuery>>,
    my_chat_member: Option<Box<ChatMemberUpdated>>,
    message_reaction: Option<Box<MessageReactionUpdated>>,
}

impl<'de> Deserialize<'de> for Update {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let head: Head = serde_json::from_str(raw.get()).map_err(serde::de::Error::custom)?;
        let kind = match serde_json::from_str::<Fields>(raw.get()) {
            Ok(fields) => fields.into(),
            Err(error) => UpdateKind::Unreadable(error.to_string()),
        };
        Ok(Self {
            update_id: head.update_id,
            kind,
            raw,
        })
    }
}

impl From<Fields> for UpdateKind {
    fn from(fields: Fields) -> Self {
        if let Some(message) = fields.message {
            Self::Message(message)
        } else if let Some(message) = fields.edited_message {
            Self::EditedMessage(message)
        } else if let Some(query) = fields.callback_query {
            Self::CallbackQuery(query)
        } else if let Some(member) = fields.my_chat_member {
            Self::MyChatMember(member)
        } else if let Some(reaction) = fields.message_reaction {
            Self::MessageReaction(reaction)
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_kinds_and_fields_are_kept_raw() {
        let json = r#"[{"update_id":7,"from_the_future":{"x":1}},{"update_id":8,"message":{"message_id":1,"chat":{"id":5,"type":"private"},"date":1,"text":"hi","novelty":true}}]"#;
        let updates: Vec<Update> = serde_json::from_str(json).unwrap();
        assert!(matches!(updates[0].kind, UpdateKind::Other));
        assert!(updates[0].raw.get().contains("from_the_future"));
        assert!(matches!(&updates[1].kind, UpdateKind::Message(m) if m.kind() == "text"));
        assert!(updates[1].raw.get().contains("novelty"));
    }

    #[test]
    fn one_unreadable_update_does_not_lose_its_neighbours() {
        let json = r#"[{"update_id":7,"message":{"message_id":"not a number"}},{"update_id":8}]"#;
        let updates: Vec<Update> = serde_json::from_str(json).unwrap();
        assert!(matches!(updates[0].kind, UpdateKind::Unreadable(_)));
        assert_eq!(updates[1].update_id, 8);
    }

    #[test]
    fn every_kind_has_a_head() {
        let head = |json: &str| serde_json::from_str::<Update>(json).unwrap().head();
        let press = head(
            r#"{"update_id":1,"callback_query":{"id":"9","from":{"id":5},"message":{"chat":{"id":-7},"message_id":1}}}"#,
        );
        assert_eq!(
            (press.kind.as_str(), press.chat, press.lane()),
            ("callback_query", Some(-7), Some(-7))
        );
        let vote = head(r#"{"update_id":1,"poll_answer":{"poll_id":"9","user":{"id":5}}}"#);
        assert_eq!(
            (vote.kind.as_str(), vote.chat, vote.lane()),
            ("poll_answer", None, Some(5))
        );
        let new = head(r#"{"update_id":1,"from_the_future":[1]}"#);
        assert_eq!((new.kind.as_str(), new.lane()), ("from_the_future", None));
    }

    #[test]
    fn what_is_new_is_no_service_message() {
        let kind = |field: &str| {
            let json = format!(r#"{{"message_id":1,"chat":{{"id":5,"type":"private"}},"date":1,{field}}}"#);
            serde_json::from_str::<Message>(&json).unwrap().kind()
        };
        assert_eq!(kind(r#""pinned_message":{"message_id":1}"#), "service");
        assert_eq!(
            kind(r#""left_chat_member":{"id":1},"left_chat_participant":{"id":1}"#),
            "service"
        );
        assert_eq!(kind(r#""hologram":{"file_id":"x"}"#), "other");
        assert_eq!(
            kind(r#""animation":{"file_id":"x"},"document":{"file_id":"x"}"#),
            "animation"
        );
    }
}
