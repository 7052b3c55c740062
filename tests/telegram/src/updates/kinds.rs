//! Update kinds and the set of them that a bot wants.

use serde_json::Value;

/// In the order of the Bot API server, which getWebhookInfo shows them in.
pub const ALL: [&str; 26] = [
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

    /// From the parameter's list. An empty one, or one without a known name, means the default set; one with
    /// something else than names in it changes nothing.
    pub fn from_list(list: &[Value]) -> Option<Self> {
        let mut bits = 0;
        for kind in list {
            bits |= bit(&kind.as_str()?.to_lowercase());
        }
        Some(if bits == 0 { Self::default() } else { Self(bits) })
    }

    pub fn names(self) -> Vec<&'static str> {
        ALL.iter().copied().filter(|k| self.has(k)).collect()
    }
}
