//! What a person does with a bot or a group as a whole: start, block, leave, topics.

use serde_json::json;

use crate::error::Refusal;
use crate::world::chat::{Chat, ChatKey};
use crate::world::content::{Content, Styled};
use crate::world::event::Change;
use crate::world::member::{Member, Status};
use crate::world::message::Draft;
use crate::world::{Id, World};

impl World {
    /// Presses Start: `/start`, with the payload of a link if there is one.
    pub fn person_starts(&mut self, person: Id, bot: Id, payload: Option<&str>) -> Result<i64, Refusal> {
        let key = self.persons_chat(person, bot)?;
        if self.chats.get(&key).and_then(Chat::private).is_some_and(|p| p.blocked) {
            self.person_blocks(person, bot, false)?;
        }
        let text = match payload {
            Some(p) => format!("/start {p}"),
            None => "/start".to_owned(),
        };
        let styled: Styled = crate::text::typed(&text);
        Ok(self.post(key, Draft::new(person, Content::text(styled))))
    }

    /// Blocks or unblocks a bot; the bot learns of it by `my_chat_member`.
    pub fn person_blocks(&mut self, person: Id, bot: Id, block: bool) -> Result<(), Refusal> {
        let key = self.persons_chat(person, bot)?;
        let private = self.chats.get_mut(&key).and_then(Chat::private_mut);
        let private = private.ok_or_else(|| Refusal::new("no such chat"))?;
        if private.blocked == block {
            return Ok(());
        }
        private.blocked = block;
        let me = self.user(bot);
        let (member, kicked) = (
            Member::new(Status::Member).chat_member(me.clone()),
            Member::new(Status::Kicked).chat_member(me),
        );
        let (old, new) = if block { (member, kicked) } else { (kicked, member) };
        let body = json!({
            "chat": self.chat_json(key), "from": self.user(person), "date": self.date(),
            "old_chat_member": old, "new_chat_member": new,
        });
        self.push_update(bot, Some(key), "my_chat_member", body);
        self.note(key, Change::Chat, None, None);
        Ok(())
    }

    fn forum_of(&self, person: Id, group: Id) -> Result<ChatKey, Refusal> {
        let g = self.group(group)?;
        if !g.is_member(person) {
            return Err(Refusal::new("not a member of the group"));
        }
        Ok(ChatKey::Group(group))
    }

    pub fn person_creates_topic(
        &mut self,
        person: Id,
        group: Id,
        name: &str,
        color: Option<i64>,
    ) -> Result<i64, Refusal> {
        let key = self.forum_of(person, group)?;
        Ok(self.create_topic(key, person, name, color, None)?.id)
    }

    pub fn person_edits_topic(&mut self, person: Id, group: Id, id: i64, name: &str) -> Result<(), Refusal> {
        let key = self.forum_of(person, group)?;
        Ok(self.edit_topic(key, person, id, Some(name), None)?)
    }

    pub fn person_closes_topic(&mut self, person: Id, group: Id, id: i64, closed: bool) -> Result<(), Refusal> {
        let key = self.forum_of(person, group)?;
        Ok(self.set_topic_closed(key, person, id, closed)?)
    }

    pub fn person_deletes_topic(&mut self, person: Id, group: Id, id: i64) -> Result<(), Refusal> {
        let key = self.forum_of(person, group)?;
        Ok(self.delete_topic(key, person, id)?)
    }

    /// Forum mode goes on or off; topics are kept while it is off.
    pub fn set_forum(&mut self, group: Id, forum: bool) -> Result<(), Refusal> {
        let g = self.group_mut(group)?;
        if forum && !g.supergroup {
            return Err(Refusal::new("only a supergroup can be a forum"));
        }
        g.forum = forum;
        self.note(ChatKey::Group(group), Change::Group, None, None);
        Ok(())
    }
}
