//! Update kinds and the set of them that a bot wants.

use serde_json::Value;

pub const ALL: [&str; 25] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "guest_message",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
];

/// Kinds that come only when asked for by name.
const NOT_BY_DEFAULT: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// A set of kinds as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds(u32);

fn bit(kind: &str) -> u32 {
    ALL.iter().position(|k| *k == kind).map_or(0, |i| 1 << i)
}

impl Default for Kinds {
    fn default() -> Self {
        let all = (1u32 << ALL.len()) - 1;
        Self(NOT_BY_DEFAULT.iter().fold(all, |a, k| a & !bit(k)))
    }
}

impl Kinds {
    pub fn has(self, kind: &str) -> bool {
        self.0 & bit(kind) != 0
    }

    /// From the parameter's list. An empty one, or one without a known name, means the default set.
    pub fn from_list(list: &[Value]) -> Self {
        let bits = list
            .iter()
            .filter_map(Value::as_str)
            .fold(0, |a, k| a | bit(&k.to_lowercase()));
        if bits == 0 { Self::default() } else { Self(bits) }
    }

    pub fn names(self) -> Vec<&'static str> {
        ALL.iter().copied().filter(|k| self.has(k)).collect()
    }
}
