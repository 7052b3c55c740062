//! Groups: members and their rights, forum mode, upgrades.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use super::chat::{Chat, ChatKey, Kind};
use super::content::Content;
use super::event::Change;
use super::member::{Member, Status};
use super::message::Draft;
use super::rights::Rights;
use super::topic::Topic;
use super::{Id, World};
use crate::error::Refusal;

#[derive(Debug)]
pub struct Group {
    pub id: Id,
    pub title: String,
    pub description: Option<String>,
    pub username: Option<String>,
    pub supergroup: bool,
    pub forum: bool,
    pub permissions: Rights,
    pub members: HashMap<Id, Member>,
    pub met: HashSet<Id>,
    /// Bots that are or were members.
    pub bots: Vec<Id>,
    pub topics: BTreeMap<i64, Topic>,
    pub general: Topic,
    pub last_message_id: i64,
    pub migrated_to: Option<Id>,
    pub migrated_from: Option<Id>,
    /// `None` allows every reaction; else the emoji that are allowed.
    pub reactions: Option<Vec<String>>,
}

impl Group {
    pub fn status(&self, id: Id) -> Status {
        self.members.get(&id).map_or(Status::Left, |m| m.status)
    }

    pub fn is_member(&self, id: Id) -> bool {
        self.status(id).is_in()
    }

    pub fn is_admin(&self, id: Id) -> bool {
        self.status(id).is_admin()
    }

    /// Whether somebody was ever a member (else the chat does not exist for them).
    pub fn has_met(&self, id: Id) -> bool {
        self.met.contains(&id)
    }

    /// An administrator's right, or a member's permission of the same name.
    pub fn allows(&self, id: Id, right: &str) -> bool {
        match self.members.get(&id) {
            Some(m) => match m.status {
                Status::Creator => true,
                Status::Administrator => m.rights.has(right),
                Status::Member => self.permissions.has(right),
                Status::Restricted => m.rights.has(right) && self.permissions.has(right),
                Status::Left | Status::Kicked => false,
            },
            None => false,
        }
    }

    pub fn is_anonymous(&self, id: Id) -> bool {
        self.members
            .get(&id)
            .is_some_and(|m| m.status.is_admin() && m.anonymous)
    }

    pub fn may_send(&self, id: Id, permission: &str) -> bool {
        self.is_admin(id) || self.allows(id, permission)
    }

    pub fn admins(&self) -> Vec<Id> {
        let mut ids: Vec<Id> = self
            .members
            .iter()
            .filter(|(_, m)| m.status.is_admin())
            .map(|(i, _)| *i)
            .collect();
        ids.sort_by_key(|i| (self.status(*i) != Status::Creator, *i));
        ids
    }

    pub fn member_count(&self) -> usize {
        self.members.values().filter(|m| m.status.is_in()).count()
    }
}

impl World {
    /// A new group with its owner. Supergroups have ids below -100…, basic groups are plain negative.
    pub fn add_group(&mut self, title: &str, owner: Id, supergroup: bool, forum: bool) -> Result<Id, Refusal> {
        if !self.people.contains_key(&owner) {
            return Err(Refusal::new("owner: no such user"));
        }
        if forum && !supergroup {
            return Err(Refusal::new("only a supergroup can be a forum"));
        }
        let number = self.take_group_id();
        let id = if supergroup {
            -1_000_000_000_000 - number
        } else {
            -number
        };
        let group = Group {
            id,
            title: title.to_owned(),
            description: None,
            username: None,
            supergroup,
            forum,
            permissions: Rights::default_permissions(),
            members: HashMap::from([(owner, Member::new(Status::Creator))]),
            met: HashSet::from([owner]),
            bots: Vec::new(),
            topics: BTreeMap::new(),
            general: Topic::general(owner),
            last_message_id: 0,
            migrated_to: None,
            migrated_from: None,
            reactions: None,
        };
        let key = ChatKey::Group(id);
        self.chats.insert(key, Chat::new(key, Kind::Group(Box::new(group))));
        let kind = if supergroup {
            "supergroup_chat_created"
        } else {
            "group_chat_created"
        };
        self.post(key, Draft::new(owner, Content::service(kind, true.into())));
        Ok(id)
    }

    pub fn group(&self, id: Id) -> Result<&Group, Refusal> {
        self.chats
            .get(&ChatKey::Group(id))
            .and_then(Chat::group)
            .ok_or_else(|| Refusal::new("no such group"))
    }

    pub fn group_mut(&mut self, id: Id) -> Result<&mut Group, Refusal> {
        self.chats
            .get_mut(&ChatKey::Group(id))
            .and_then(Chat::group_mut)
            .ok_or_else(|| Refusal::new("no such group"))
    }

    /// Sets somebody's membership and tells everyone that Telegram would tell.
    pub fn set_member(&mut self, group: Id, by: Id, who: Id, new: Member) -> Result<(), Refusal> {
        let key = ChatKey::Group(group);
        let user = self.user(who);
        let is_bot = self.is_bot(who);
        let g = self.group_mut(group)?;
        if is_bot && !g.bots.contains(&who) {
            g.bots.push(who);
        }
        let old = g.members.get(&who).cloned();
        let was_in = old.as_ref().is_some_and(|m| m.status.is_in());
        let is_in = new.status.is_in();
        g.met.insert(who);
        g.members.insert(who, new.clone());
        // Joining comes before its service message, leaving after it (who left still sees that they did).
        let service = if !was_in && is_in {
            let mut c = Content::service("new_chat_members", json!([user]));
            c.fields.insert("new_chat_member".into(), user.clone());
            c.fields.insert("new_chat_participant".into(), user.clone());
            Some(c)
        } else if was_in && !is_in {
            let mut c = Content::service("left_chat_member", user.clone());
            c.fields.insert("left_chat_participant".into(), user.clone());
            Some(c)
        } else {
            None
        };
        let old_json = match &old {
            Some(m) => m.chat_member(user.clone()),
            None => super::member::absent(user.clone()),
        };
        let new_json = new.chat_member(user);
        self.member_updates(key, by, who, old_json, new_json);
        if let Some(c) = service {
            let id = self.post(key, Draft::new(by, c));
            if is_bot && !is_in {
                self.tell_leaver(key, who, id);
            }
        }
        self.note(key, Change::Group, None, None);
        Ok(())
    }

    /// A bot that is out sees one thing more: that it left.
    fn tell_leaver(&mut self, key: ChatKey, bot: Id, id: i64) {
        let Some(chat) = self.chats.get(&key) else { return };
        let Some(m) = chat.messages.get(&id) else { return };
        let body = self.message_json(chat, m, bot, true);
        self.push_update(bot, Some(key), "message", body);
    }

    fn member_updates(&mut self, key: ChatKey, by: Id, who: Id, old: Value, new: Value) {
        let bots: Vec<Id> = match self.chats.get(&key).and_then(Chat::group) {
            Some(g) => g
                .bots
                .iter()
                .copied()
                .filter(|b| *b == who || g.is_member(*b))
                .collect(),
            None => return,
        };
        let date = self.date();
        for bot in bots {
            let body = json!({
                "chat": self.chat_json(key), "from": self.user(by), "date": date,
                "old_chat_member": old, "new_chat_member": new,
            });
            if bot == who {
                self.push_update(bot, Some(key), "my_chat_member", body);
            } else if self
                .chats
                .get(&key)
                .and_then(Chat::group)
                .is_some_and(|g| g.is_admin(bot))
            {
                self.push_update(bot, Some(key), "chat_member", body);
            }
        }
    }

    /// A group becomes a supergroup with a new id. Telegram does this to basic groups only; here a supergroup
    /// may be moved the same way, so that a forum's owner can be tested against it. Messages and topics stay behind.
    pub fn upgrade(&mut self, group: Id) -> Result<Id, Refusal> {
        let old = self.group(group)?;
        if old.migrated_to.is_some() {
            return Err(Refusal::new("the group was upgraded before"));
        }
        let owner = old
            .members
            .iter()
            .find(|(_, m)| m.status == Status::Creator)
            .map(|(id, _)| *id)
            .ok_or_else(|| Refusal::new("the group has no owner"))?;
        let (title, forum, permissions) = (old.title.clone(), old.forum, old.permissions.clone());
        let (members, met, bots) = (old.members.clone(), old.met.clone(), old.bots.clone());
        let number = self.take_group_id();
        let id = -1_000_000_000_000 - number;
        let new = Group {
            id,
            title,
            description: None,
            username: None,
            supergroup: true,
            forum,
            permissions,
            members,
            met,
            bots,
            topics: BTreeMap::new(),
            general: Topic::general(owner),
            last_message_id: 0,
            migrated_to: None,
            migrated_from: Some(group),
            reactions: None,
        };
        let key = ChatKey::Group(id);
        self.chats.insert(key, Chat::new(key, Kind::Group(Box::new(new))));
        self.post(
            ChatKey::Group(group),
            Draft::new(owner, Content::service("migrate_to_chat_id", id.into())),
        );
        self.post(
            key,
            Draft::new(owner, Content::service("migrate_from_chat_id", group.into())),
        );
        self.group_mut(group)?.migrated_to = Some(id);
        self.note(ChatKey::Group(group), Change::Group, None, None);
        Ok(id)
    }
}
