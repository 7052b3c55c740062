//! Forum topics: made, renamed, closed, deleted; each step leaves the service message that Telegram leaves.

use serde_json::{Map, Value, json};

use super::chat::{Chat, ChatKey};
use super::content::Content;
use super::event::Change;
use super::message::Draft;
use super::{Id, World};
use crate::error::ApiError;

pub const ICON_COLORS: [i64; 6] = [7322096, 16766590, 13338331, 9367192, 16749490, 16478047];
pub const NAME_LENGTH: usize = 128;

#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// Id of the creation service message; General has 1.
    pub id: i64,
    pub name: String,
    pub icon_color: i64,
    pub icon_custom_emoji_id: Option<String>,
    pub closed: bool,
    /// General only.
    pub hidden: bool,
    pub creator: Id,
}

impl Topic {
    pub fn general(creator: Id) -> Self {
        Self {
            id: 1,
            name: "General".into(),
            icon_color: ICON_COLORS[0],
            icon_custom_emoji_id: None,
            closed: false,
            hidden: false,
            creator,
        }
    }

    pub fn forum_topic(&self) -> Value {
        let mut m = Map::new();
        m.insert("message_thread_id".into(), self.id.into());
        m.insert("name".into(), self.name.as_str().into());
        m.insert("icon_color".into(), self.icon_color.into());
        if let Some(i) = &self.icon_custom_emoji_id {
            m.insert("icon_custom_emoji_id".into(), i.as_str().into());
        }
        Value::Object(m)
    }
}

fn name_ok(name: &str) -> Result<String, ApiError> {
    let name = name.trim();
    if name.is_empty() {
        return Err(ApiError::bad("Name must be non-empty"));
    }
    // TDLib cuts a name that is too long instead of refusing it.
    Ok(name.chars().take(NAME_LENGTH).collect())
}

impl World {
    fn forum(&self, key: ChatKey) -> Result<&super::group::Group, ApiError> {
        match self.chats.get(&key).and_then(Chat::group) {
            Some(g) if g.forum => Ok(g),
            _ => Err(ApiError::bad("The chat is not a forum")),
        }
    }

    fn topic_mut(&mut self, key: ChatKey, id: i64) -> Option<&mut Topic> {
        let g = self.chats.get_mut(&key)?.group_mut()?;
        if id == 1 {
            Some(&mut g.general)
        } else {
            g.topics.get_mut(&id)
        }
    }

    pub fn create_topic(
        &mut self,
        key: ChatKey,
        by: Id,
        name: &str,
        icon_color: Option<i64>,
        icon: Option<String>,
    ) -> Result<Topic, ApiError> {
        if !self.forum(key)?.allows(by, "can_manage_topics") {
            return Err(ApiError::bad("Not enough rights to create a topic"));
        }
        let name = name_ok(name)?;
        let icon_color = match icon_color {
            None | Some(0) => ICON_COLORS[0],
            Some(c) if ICON_COLORS.contains(&c) => c,
            Some(_) => return Err(ApiError::bad("Invalid icon color specified")),
        };
        let icon = icon.filter(|i| !i.is_empty());
        let mut created = json!({"name": name, "icon_color": icon_color});
        if let Some(i) = &icon {
            created["icon_custom_emoji_id"] = i.as_str().into();
        }
        let id = self.next_id_in(key);
        let topic = Topic {
            id,
            name,
            icon_color,
            icon_custom_emoji_id: icon,
            closed: false,
            hidden: false,
            creator: by,
        };
        if let Some(g) = self.chats.get_mut(&key).and_then(Chat::group_mut) {
            g.topics.insert(id, topic.clone());
        }
        let draft = Draft {
            thread: Some(id),
            ..Draft::new(by, Content::service("forum_topic_created", created))
        };
        self.post(key, draft);
        self.note(key, Change::Topic, None, Some(id));
        Ok(topic)
    }

    /// Checks a topic for a change of it: it exists, and whoever asks made it or manages topics.
    fn changeable(&self, key: ChatKey, by: Id, id: i64, what: &str) -> Result<Topic, ApiError> {
        let g = self.forum(key)?;
        let topic = if id == 1 { Some(&g.general) } else { g.topics.get(&id) };
        let own = topic.is_some_and(|t| t.creator == by && t.id != 1) && g.is_member(by);
        if !g.allows(by, "can_manage_topics") && !own {
            return Err(ApiError::bad(format!("Not enough rights to {what}")));
        }
        match topic {
            Some(t) => Ok(t.clone()),
            None if self.chats.get(&key).is_some_and(|c| c.deleted.contains(&id)) => {
                Err(ApiError::bad("TOPIC_DELETED"))
            }
            None => Err(ApiError::bad("TOPIC_ID_INVALID")),
        }
    }

    pub fn edit_topic(
        &mut self,
        key: ChatKey,
        by: Id,
        id: i64,
        name: Option<&str>,
        icon: Option<&str>,
    ) -> Result<(), ApiError> {
        let old = self.changeable(key, by, id, "edit the topic")?;
        let name = match name {
            Some(n) if !n.is_empty() => Some(name_ok(n)?),
            _ => None,
        };
        let new_name = name.clone().filter(|n| *n != old.name);
        let new_icon = icon.filter(|i| *i != old.icon_custom_emoji_id.as_deref().unwrap_or(""));
        if new_name.is_none() && new_icon.is_none() {
            return Err(ApiError::bad("TOPIC_NOT_MODIFIED"));
        }
        let mut edited = Map::new();
        if let Some(n) = &new_name {
            edited.insert("name".into(), n.as_str().into());
        }
        if let Some(i) = new_icon {
            edited.insert("icon_custom_emoji_id".into(), i.into());
        }
        if let Some(t) = self.topic_mut(key, id) {
            if let Some(n) = new_name {
                t.name = n;
            }
            if let Some(i) = new_icon {
                t.icon_custom_emoji_id = (!i.is_empty()).then(|| i.to_owned());
            }
        }
        self.topic_service(key, by, id, "forum_topic_edited", Value::Object(edited));
        Ok(())
    }

    pub fn set_topic_closed(&mut self, key: ChatKey, by: Id, id: i64, closed: bool) -> Result<(), ApiError> {
        let old = self.changeable(key, by, id, "edit the topic")?;
        if old.closed == closed {
            return Err(ApiError::bad("TOPIC_NOT_MODIFIED"));
        }
        if let Some(t) = self.topic_mut(key, id) {
            t.closed = closed;
        }
        let kind = if closed {
            "forum_topic_closed"
        } else {
            "forum_topic_reopened"
        };
        self.topic_service(key, by, id, kind, json!({}));
        Ok(())
    }

    pub fn set_general_hidden(&mut self, key: ChatKey, by: Id, hidden: bool) -> Result<(), ApiError> {
        let old = self.changeable(key, by, 1, "close or open the topic")?;
        if old.hidden == hidden {
            return Err(ApiError::bad("TOPIC_NOT_MODIFIED"));
        }
        if let Some(t) = self.topic_mut(key, 1) {
            t.hidden = hidden;
            t.closed = hidden;
        }
        let kind = if hidden {
            "general_forum_topic_hidden"
        } else {
            "general_forum_topic_unhidden"
        };
        self.topic_service(key, by, 1, kind, json!({}));
        Ok(())
    }

    fn topic_service(&mut self, key: ChatKey, by: Id, id: i64, kind: &'static str, value: Value) {
        let thread = (id != 1).then_some(id);
        self.post(
            key,
            Draft {
                thread,
                ..Draft::new(by, Content::service(kind, value))
            },
        );
        self.note(key, Change::Topic, None, Some(id));
    }

    /// Deletes a topic with all its messages. No update tells a bot.
    pub fn delete_topic(&mut self, key: ChatKey, by: Id, id: i64) -> Result<(), ApiError> {
        let g = self.forum(key)?;
        if !g.allows(by, "can_delete_messages") {
            return Err(ApiError::bad("Not enough rights to delete the topic"));
        }
        if !g.topics.contains_key(&id) {
            let gone = self.chats.get(&key).is_some_and(|c| c.deleted.contains(&id));
            return Err(ApiError::bad(if gone { "TOPIC_DELETED" } else { "TOPIC_ID_INVALID" }));
        }
        let Some(chat) = self.chats.get_mut(&key) else {
            return Err(ApiError::bad("chat not found"));
        };
        let ids: Vec<i64> = chat
            .by_thread
            .get(&id)
            .map(|s| s.iter().copied().collect())
            .unwrap_or_default();
        for m in ids {
            chat.remove(m);
        }
        chat.by_thread.remove(&id);
        chat.deleted.insert(id);
        if let Some(g) = chat.group_mut() {
            g.topics.remove(&id);
        }
        self.note(key, Change::TopicDeleted, None, Some(id));
        Ok(())
    }
}
