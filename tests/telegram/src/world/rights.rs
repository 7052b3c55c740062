//! Administrator rights and member permissions, by their Bot API names.

use serde_json::{Map, Value};

use super::Id;
use super::World;
use super::chat::{Chat, ChatKey, Kind};
use super::content::Content;
use super::member::Status;
use crate::error::ApiError;

pub const ADMIN_RIGHTS: [&str; 17] = [
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_manage_topics",
    "can_manage_tags",
    "can_send_welcome_messages",
    "can_post_messages",
    "can_edit_messages",
    "can_manage_direct_messages",
];

/// The first ones of the list are those of groups; the rest belong to channels.
const GROUP_RIGHTS: usize = 14;

pub const PERMISSIONS: [&str; 16] = [
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
    "can_edit_tag",
    "can_react_to_messages",
];

/// A set of names out of one of the lists above.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights(Vec<&'static str>);

impl Rights {
    pub fn all_admin() -> Self {
        Self(ADMIN_RIGHTS[..GROUP_RIGHTS].to_vec())
    }

    /// What a group grants its members when it is made.
    pub fn default_permissions() -> Self {
        Self(
            PERMISSIONS
                .iter()
                .copied()
                .filter(|p| !matches!(*p, "can_change_info" | "can_pin_messages" | "can_manage_topics"))
                .collect(),
        )
    }

    pub fn from_names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        let mut out = Self::default();
        for n in names {
            out.set(n.as_ref(), true);
        }
        out
    }

    /// From an object of booleans; a name that is absent is off.
    pub fn from_object(v: &Value) -> Self {
        let mut out = Self::default();
        if let Some(o) = v.as_object() {
            for (k, on) in o {
                out.set(k, on.as_bool().unwrap_or(false));
            }
        }
        out
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }

    pub fn set(&mut self, name: &str, on: bool) {
        let known = ADMIN_RIGHTS.iter().chain(PERMISSIONS.iter()).find(|n| **n == name);
        if let Some(known) = known {
            self.0.retain(|n| n != known);
            if on {
                self.0.push(known);
            }
        }
    }

    pub fn write_admin(&self, m: &mut Map<String, Value>) {
        for n in &ADMIN_RIGHTS[..GROUP_RIGHTS] {
            m.insert((*n).into(), self.has(n).into());
        }
    }

    pub fn permissions(&self) -> Value {
        Value::Object(
            PERMISSIONS
                .iter()
                .map(|n| ((*n).to_owned(), self.has(n).into()))
                .collect(),
        )
    }
}

/// How much of a chat a call needs, as in the Bot API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Edit,
    Write,
}

impl World {
    /// Finds a chat for a bot and checks that the bot may use it, with the server's own error texts.
    pub fn reach(&self, bot: Id, key: ChatKey, access: Access) -> Result<&Chat, ApiError> {
        let chat = self.chats.get(&key);
        match key {
            ChatKey::Private { person, .. } => {
                let Some(p) = self.people.get(&person) else {
                    return Err(ApiError::bad("chat not found"));
                };
                let Some(chat) = chat else {
                    // Somebody seen in a common group is known, but may not be written to first.
                    if access == Access::Write && self.meets(bot, person) {
                        return Err(ApiError::forbidden("bot can't initiate conversation with a user"));
                    }
                    return Err(ApiError::bad("chat not found"));
                };
                if p.deactivated && access != Access::Read {
                    return Err(ApiError::forbidden("user is deactivated"));
                }
                Ok(chat)
            }
            ChatKey::Group(_) => {
                let Some(chat) = chat else {
                    return Err(ApiError::bad("chat not found"));
                };
                let Kind::Group(g) = &chat.kind else {
                    return Err(ApiError::bad("chat not found"));
                };
                if let Some(to) = g.migrated_to {
                    return match access {
                        Access::Write => Err(ApiError::migrated(to)),
                        _ => Ok(chat),
                    };
                }
                let word = if g.supergroup { "supergroup" } else { "group" };
                match g.status(bot) {
                    Status::Kicked => Err(ApiError::forbidden(format!("bot was kicked from the {word} chat"))),
                    Status::Left if g.has_met(bot) => {
                        Err(ApiError::forbidden(format!("bot is not a member of the {word} chat")))
                    }
                    Status::Left => Err(ApiError::bad("chat not found")),
                    _ => Ok(chat),
                }
            }
        }
    }

    /// Whether the bot may post this content there at all (blocked, never started, permissions).
    pub fn may_post(&self, bot: Id, key: ChatKey, content: &Content) -> Result<(), ApiError> {
        match key {
            ChatKey::Private { .. } => {
                let private = self.chats.get(&key).and_then(Chat::private);
                match private {
                    Some(p) if p.blocked => Err(ApiError::forbidden("bot was blocked by the user")),
                    Some(p) if !p.started => Err(ApiError::forbidden("bot can't initiate conversation with a user")),
                    _ => Ok(()),
                }
            }
            ChatKey::Group(_) => {
                let group = self.chats.get(&key).and_then(Chat::group);
                if group.is_some_and(|g| !g.may_send(bot, content.permission())) {
                    return Err(ApiError::bad(format!(
                        "not enough rights to send {} to the chat",
                        content.plural()
                    )));
                }
                Ok(())
            }
        }
    }

    /// Whether the bot may touch messages there (edit, react, pin).
    pub fn may_edit(&self, key: ChatKey) -> Result<(), ApiError> {
        match self.chats.get(&key).and_then(Chat::private) {
            Some(p) if p.blocked => Err(ApiError::forbidden("bot was blocked by the user")),
            _ => Ok(()),
        }
    }

    /// Whether a bot and a person share a group.
    pub fn meets(&self, bot: Id, person: Id) -> bool {
        self.chats.values().filter_map(Chat::group).any(|g| {
            g.members.get(&bot).is_some_and(|m| m.status.is_in())
                && g.members.get(&person).is_some_and(|m| m.status.is_in())
        })
    }
}
