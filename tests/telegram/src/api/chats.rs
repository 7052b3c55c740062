//! What a bot may ask and change about chats.

use serde_json::{Value, json};

use super::{Answer, Call};
use crate::error::ApiError;
use crate::world::chat::{Chat, ChatKey};
use crate::world::content::Content;
use crate::world::event::Change;
use crate::world::member::{Member, Status};
use crate::world::message::Draft;
use crate::world::rights::Access;

impl Call<'_> {
    pub fn get_chat(&mut self) -> Answer {
        let key = self.chat(Access::Read)?;
        let mut v = self.world.chat_json(key);
        let chat = self.world.chat(key).ok_or_else(|| ApiError::bad("chat not found"))?;
        v["accent_color_id"] = 0.into();
        v["max_reaction_count"] = 11.into();
        v["accepted_gift_types"] = json!({
            "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false,
            "premium_subscription": false, "gifts_from_channels": false,
        });
        if let Some(g) = chat.group() {
            v["permissions"] = g.permissions.permissions();
            v["join_to_send_messages"] = true.into();
            v["has_visible_history"] = true.into();
            if let Some(d) = &g.description {
                v["description"] = d.as_str().into();
            }
            if let Some(u) = &g.username {
                v["active_usernames"] = json!([u]);
            }
            if let Some(list) = &g.reactions {
                v["available_reactions"] = list
                    .iter()
                    .map(|e| json!({"type": "emoji", "emoji": e}))
                    .collect::<Vec<_>>()
                    .into();
            }
        }
        if let Some(m) = chat.pinned.last().and_then(|p| chat.messages.get(p)) {
            v["pinned_message"] = self.world.message_json(chat, m, self.bot, false);
        }
        Ok(v)
    }

    fn user_id(&self) -> Result<i64, ApiError> {
        match self.params.int("user_id") {
            Some(u) if u > 0 => Ok(u),
            _ => Err(ApiError::bad("Invalid user_id specified")),
        }
    }

    pub fn get_chat_member(&mut self) -> Answer {
        let key = self.chat(Access::Read)?;
        let user = self.user_id()?;
        if !self.world.people.contains_key(&user) && !self.world.is_bot(user) {
            return Err(ApiError::bad("PARTICIPANT_ID_INVALID"));
        }
        let json = self.world.user(user);
        let Some(g) = self.world.chat(key).and_then(Chat::group) else {
            return Ok(Member::new(Status::Member).chat_member(json));
        };
        Ok(match g.members.get(&user) {
            Some(m) => m.chat_member(json),
            None => crate::world::member::absent(json),
        })
    }

    pub fn get_chat_administrators(&mut self) -> Answer {
        let key = self.chat(Access::Read)?;
        let Some(g) = self.world.chat(key).and_then(Chat::group) else {
            return Err(ApiError::bad("there are no administrators in the private chat"));
        };
        // Other bots are left out, oneself is shown.
        let list = g
            .admins()
            .into_iter()
            .filter(|a| *a == self.bot || !self.world.is_bot(*a))
            .filter_map(|a| g.members.get(&a).map(|m| m.chat_member(self.world.user(a))))
            .collect();
        Ok(Value::Array(list))
    }

    pub fn get_chat_member_count(&mut self) -> Answer {
        let key = self.chat(Access::Read)?;
        Ok(self
            .world
            .chat(key)
            .and_then(Chat::group)
            .map_or(2, |g| g.member_count())
            .into())
    }

    pub fn leave_chat(&mut self) -> Answer {
        let key = self.chat(Access::Read)?;
        let ChatKey::Group(id) = key else {
            return Err(ApiError::bad("chat member status can't be changed in private chats"));
        };
        let me = self.bot;
        self.world
            .set_member(id, me, me, Member::new(Status::Left))
            .map_err(|e| ApiError::bad(e.text))?;
        Ok(true.into())
    }

    pub fn set_permissions(&mut self) -> Answer {
        let key = self.group_right("can_restrict_members", "not enough rights to change chat permissions")?;
        let v = self.params.object("permissions", "permissions")?;
        let v = v
            .filter(Value::is_object)
            .ok_or_else(|| ApiError::bad("Object expected as permissions"))?;
        let new = crate::world::rights::Rights::from_object(&v);
        if let Some(g) = self.world.chat_mut(key).and_then(Chat::group_mut) {
            if g.permissions == new {
                return Err(ApiError::bad("CHAT_NOT_MODIFIED"));
            }
            g.permissions = new;
        }
        self.world.note(key, Change::Group, None, None);
        Ok(true.into())
    }

    pub fn set_chat_text(&mut self, method: &str) -> Answer {
        let title = method == "setchattitle";
        let what = if title {
            "change chat title"
        } else {
            "set chat description"
        };
        let key = self.group_right("can_change_info", &format!("not enough rights to {what}"))?;
        let me = self.bot;
        if title {
            let new = self.required("title")?;
            if let Some(g) = self.world.chat_mut(key).and_then(Chat::group_mut) {
                g.title.clone_from(&new);
            }
            self.world
                .post(key, Draft::new(me, Content::service("new_chat_title", new.into())));
        } else {
            let new = self.params.text("description").filter(|d| !d.is_empty());
            if let Some(g) = self.world.chat_mut(key).and_then(Chat::group_mut) {
                if g.description == new {
                    return Err(ApiError::bad("chat description is not modified"));
                }
                g.description = new;
            }
        }
        self.world.note(key, Change::Group, None, None);
        Ok(true.into())
    }

    pub fn chat_invite_link(&mut self, method: &str) -> Answer {
        let words = "not enough rights to manage chat invite link";
        let key = self.group_right("can_invite_users", words)?;
        if self
            .world
            .chat(key)
            .and_then(Chat::group)
            .is_some_and(|g| !g.is_admin(self.bot))
        {
            return Err(ApiError::bad(words));
        }
        let link = format!(
            "https://t.me/+{:016x}",
            key.api_id().unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15)
        );
        if method == "exportchatinvitelink" {
            return Ok(link.into());
        }
        Ok(json!({
            "invite_link": link, "creator": self.world.user(self.bot), "creates_join_request": false,
            "is_primary": false, "is_revoked": false,
        }))
    }

    /// A group in which this bot has a right.
    pub fn group_right(&self, right: &str, words: &str) -> Result<ChatKey, ApiError> {
        let key = self.chat(Access::Write)?;
        match self.world.chat(key).and_then(Chat::group) {
            None => Err(ApiError::bad("method is available only for groups and supergroups")),
            Some(g) if !g.allows(self.bot, right) => Err(ApiError::bad(words)),
            Some(_) => Ok(key),
        }
    }
}
