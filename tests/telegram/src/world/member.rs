//! Membership of a group, and how `ChatMember` shows it.

use serde_json::{Map, Value, json};

use super::Id;
use super::rights::Rights;

/// Telegram's own bot in whose name anonymous administrators write; the message's `sender_chat` is the group.
pub const GROUP_ANONYMOUS: Id = 1_087_968_824;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Creator,
    Administrator,
    Member,
    Restricted,
    Left,
    Kicked,
}

impl Status {
    pub fn is_in(self) -> bool {
        !matches!(self, Status::Left | Status::Kicked)
    }

    pub fn is_admin(self) -> bool {
        matches!(self, Status::Creator | Status::Administrator)
    }
}

#[derive(Debug, Clone)]
pub struct Member {
    pub status: Status,
    /// Administrators: their rights; restricted members: their permissions.
    pub rights: Rights,
    pub until: i64,
    pub title: Option<String>,
    pub anonymous: bool,
}

impl Member {
    pub fn new(status: Status) -> Self {
        let rights = match status {
            Status::Creator => Rights::all_admin(),
            _ => Rights::default(),
        };
        Self {
            status,
            rights,
            until: 0,
            title: None,
            anonymous: false,
        }
    }

    pub fn admin(rights: Rights) -> Self {
        Self {
            rights,
            ..Self::new(Status::Administrator)
        }
    }

    /// `ChatMember`, given the rendered `User`.
    pub fn chat_member(&self, user: Value) -> Value {
        let mut m = Map::new();
        m.insert("user".into(), user);
        let status = match self.status {
            Status::Creator => "creator",
            Status::Administrator => "administrator",
            Status::Member => "member",
            Status::Restricted => "restricted",
            Status::Left => "left",
            Status::Kicked => "kicked",
        };
        m.insert("status".into(), status.into());
        match self.status {
            Status::Creator => {
                m.insert("is_anonymous".into(), self.anonymous.into());
            }
            Status::Administrator => {
                m.insert("can_be_edited".into(), false.into());
                m.insert("is_anonymous".into(), self.anonymous.into());
                self.rights.write_admin(&mut m);
            }
            Status::Restricted => {
                m.insert("is_member".into(), true.into());
                m.insert("until_date".into(), self.until.into());
                if let Value::Object(p) = self.rights.permissions() {
                    m.extend(p);
                }
            }
            Status::Kicked => {
                m.insert("until_date".into(), self.until.into());
            }
            Status::Member | Status::Left => {}
        }
        if let Some(t) = &self.title {
            m.insert("custom_title".into(), t.as_str().into());
        }
        Value::Object(m)
    }
}

/// The `ChatMember` of somebody who was never here.
pub fn absent(user: Value) -> Value {
    json!({"user": user, "status": "left"})
}
