//! Kinds of updates, and which of them the bot's program wants.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The kinds that are known by name, in the order in which Telegram lists them.
const KNOWN: [&str; 26] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "message_reaction",
    "message_reaction_count",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "purchased_paid_media",
    "managed_bot",
    "guest_message",
    "subscription",
];
/// These come only to a program that names them.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];
/// Bounds for names that are not known here: newer servers know more.
const MAX_OTHER: usize = 32;
const MAX_NAME: usize = 64;

/// The set of kinds that a program wants, as it said in `allowed_updates`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kinds {
    known: Vec<String>,
    other: Vec<String>,
}

impl Default for Kinds {
    fn default() -> Self {
        Self {
            known: KNOWN
                .iter()
                .filter(|kind| !ON_REQUEST.contains(kind))
                .map(|kind| (*kind).to_owned())
                .collect(),
            other: Vec::new(),
        }
    }
}

impl Kinds {
    /// Reads `allowed_updates`. `None` for what Telegram passes over, keeping the earlier set: nothing, no JSON, no list, or
    /// anything but strings in it. An empty list, and one without a name that is known, stand for the default.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let Ok(Value::Array(list)) = serde_json::from_str(text) else {
            return None;
        };
        let names: Option<Vec<String>> = list
            .iter()
            .map(|name| name.as_str().map(str::to_ascii_lowercase))
            .collect();
        Some(Self::named(&names?))
    }

    pub(super) fn named(names: &[String]) -> Self {
        let wanted = |kind: &&&str| names.iter().any(|name| name == **kind);
        let mut known: Vec<String> = KNOWN.iter().filter(wanted).map(|kind| (*kind).to_owned()).collect();
        if known.is_empty() {
            known = Self::default().known;
        }
        let mut other: Vec<String> = Vec::new();
        for name in names {
            let strange = !KNOWN.contains(&name.as_str()) && !other.contains(name);
            if strange && other.len() < MAX_OTHER && is_word(name) {
                other.push(name.clone());
            }
        }
        Self { known, other }
    }

    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What `getWebhookInfo` tells: the known ones, and nothing where they are the default.
    pub(super) fn told(&self) -> Option<&[String]> {
        (self.known != Self::default().known).then_some(&self.known)
    }

    pub(super) fn wants(&self, kind: &str) -> bool {
        if KNOWN.contains(&kind) {
            self.known.iter().any(|name| name == kind)
        } else {
            // The default is everything but what must be asked for, also what is newer than this list.
            self.is_default() || self.other.iter().any(|name| name == kind)
        }
    }

    /// All names, one by one.
    pub(super) fn names(&self) -> Vec<String> {
        self.known.iter().chain(&self.other).cloned().collect()
    }
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_explicit_and_lacks_what_must_be_asked_for() {
        let kinds = Kinds::default();
        assert!(kinds.is_default());
        assert_eq!(kinds.names().len(), KNOWN.len() - 3);
        assert!(kinds.wants("message") && kinds.wants("something_new"));
        assert!(ON_REQUEST.iter().all(|kind| !kinds.wants(kind)));
    }

    #[test]
    fn a_list_is_read_as_telegram_reads_it() {
        let kinds = Kinds::parse(r#"["Chat_Member","message","message"]"#).unwrap();
        assert_eq!(kinds.names(), ["message", "chat_member"]);
        assert!(!kinds.wants("poll") && !kinds.wants("something_new"));
        assert!(Kinds::parse("[]").unwrap().is_default());
        assert!(Kinds::parse(r#"["no such kind"]"#).unwrap().is_default());
        for bad in ["", "x", "{}", "3", r#"["message",1]"#, "['message']"] {
            assert_eq!(Kinds::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_that_are_not_known_are_passed_on() {
        let kinds = Kinds::parse(r#"["message","brand_new"]"#).unwrap();
        assert_eq!(kinds.names(), ["message", "brand_new"]);
        assert!(kinds.wants("brand_new") && !kinds.wants("other_new"));
        assert_eq!(kinds.told().unwrap(), ["message"]);
        // The others are Telegram's default then, now that the new one is as good as not named.
        let kinds = Kinds::parse(r#"["Brand_New"]"#).unwrap();
        assert!(kinds.wants("brand_new") && kinds.wants("message") && !kinds.wants("chat_member"));
        assert_eq!(kinds.told(), None);
    }
}
