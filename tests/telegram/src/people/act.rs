//! What a person does in a chat: send, edit, delete, react, press, pin, forward, vote.

use serde::Deserialize;
use serde_json::{Value, json};

use super::compose::Item;
use crate::error::Refusal;
use crate::world::chat::{Chat, ChatKey};
use crate::world::content::Content;
use crate::world::event::Change;
use crate::world::group::Group;
use crate::world::member::GROUP_ANONYMOUS;
use crate::world::message::{Draft, ExternalReply, Reply};
use crate::world::{Id, World};

type Done<T = ()> = Result<T, Refusal>;

/// A message (or an album) from a person.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Post {
    /// A bot's id (the private chat with it) or a group's.
    pub chat: Id,
    pub thread: Option<i64>,
    /// In the person's own numbering.
    pub reply_to: Option<i64>,
    pub quote: Option<String>,
    pub silent: bool,
    /// Two to ten items make an album.
    pub media_group: Option<Vec<Item>>,
    #[serde(flatten)]
    pub item: ItemFields,
}

/// `Item` without its strictness, since its fields share an object with `Post`'s.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct ItemFields(pub serde_json::Map<String, Value>);

impl ItemFields {
    fn item(&self) -> Done<Item> {
        serde_json::from_value(Value::Object(self.0.clone())).map_err(|e| Refusal::new(e.to_string()))
    }
}

impl World {
    /// The chat that a person means: the private chat with a bot, or a group.
    pub fn persons_chat(&mut self, person: Id, chat: Id) -> Done<ChatKey> {
        if !self.people.contains_key(&person) {
            return Err(Refusal::new("no such user"));
        }
        if chat > 0 {
            if !self.is_bot(chat) {
                return Err(Refusal::new("no such bot"));
            }
            return Ok(self.private_chat(chat, person));
        }
        let key = ChatKey::Group(chat);
        match self.chats.get(&key).and_then(Chat::group) {
            None => Err(Refusal::new("no such group")),
            Some(g) if !g.is_member(person) => Err(Refusal::new("not a member of the group")),
            Some(_) => Ok(key),
        }
    }

    /// The bot-side id of a message that a person names in their own numbering.
    pub fn persons_message(&self, key: ChatKey, id: i64) -> Done<i64> {
        let found = self.chats.get(&key).and_then(|c| c.from_person_id(id));
        found.ok_or_else(|| Refusal::new("no such message"))
    }

    pub fn person_posts(&mut self, person: Id, post: &Post) -> Done<Vec<i64>> {
        match &post.media_group {
            None => {
                let item = post.item.item()?;
                self.person_sends(person, post, std::slice::from_ref(&item), false)
            }
            Some(items) if (2..=10).contains(&items.len()) => self.person_sends(person, post, items, true),
            Some(_) => Err(Refusal::new("an album has 2-10 items")),
        }
    }

    pub fn person_sends(&mut self, person: Id, post: &Post, items: &[Item], album: bool) -> Done<Vec<i64>> {
        let key = self.persons_chat(person, post.chat)?;
        let mut thread = self.persons_thread(key, post.thread)?;
        let reply = match post.reply_to {
            Some(id) => Some(self.persons_reply(key, &mut thread, post.thread.is_some(), id, post.quote.as_deref())?),
            None => None,
        };
        let mut contents = Vec::new();
        for i in items {
            let c = i.content(self, person)?;
            if album
                && (c.album_class().is_none()
                    || contents
                        .first()
                        .is_some_and(|f: &Content| f.album_class() != c.album_class()))
            {
                return Err(Refusal::new("these do not make an album"));
            }
            self.person_may(person, key, thread, &c)?;
            contents.push(c);
        }
        let media_group = album.then(|| self.new_media_group());
        let anonymous = self
            .chats
            .get(&key)
            .and_then(Chat::group)
            .is_some_and(|g| g.is_anonymous(person));
        let from = if anonymous { GROUP_ANONYMOUS } else { person };
        let mut ids = Vec::new();
        for (content, item) in contents.into_iter().zip(items) {
            let draft = Draft {
                protected: item.protected,
                thread,
                reply: reply.clone(),
                media_group: media_group.clone(),
                silent: post.silent,
                ..Draft::new(from, content)
            };
            ids.push(self.post(key, draft));
        }
        Ok(ids)
    }

    fn persons_thread(&self, key: ChatKey, thread: Option<i64>) -> Done<Option<i64>> {
        let Some(t) = thread.filter(|t| *t > 1) else {
            return Ok(None);
        };
        match self.chats.get(&key).and_then(Chat::group) {
            Some(g) if g.forum && g.topics.contains_key(&t) => Ok(Some(t)),
            _ => Err(Refusal::new("no such topic")),
        }
    }

    fn persons_reply(
        &self,
        key: ChatKey,
        thread: &mut Option<i64>,
        thread_given: bool,
        id: i64,
        quote: Option<&str>,
    ) -> Done<Reply> {
        let id = self.persons_message(key, id)?;
        let m = self.message(key, id).ok_or_else(|| Refusal::new("no such message"))?;
        let quote = match quote {
            Some(q) => {
                let text = &m.content.text.text;
                let at = text
                    .find(q)
                    .ok_or_else(|| Refusal::new("the quote is not in the message"))?;
                Some(json!({"text": q, "position": text[..at].encode_utf16().count(), "is_manual": true}))
            }
            None => None,
        };
        if !thread_given {
            *thread = m.thread;
        }
        if m.thread != *thread {
            let external = ExternalReply {
                chat: key,
                message: id,
                from: m.from,
                date: m.date,
                content: Box::new(m.content.clone()),
            };
            return Ok(Reply {
                to: None,
                external: Some(external),
                quote,
            });
        }
        Ok(Reply {
            to: Some(id),
            external: None,
            quote,
        })
    }

    fn person_may(&self, person: Id, key: ChatKey, thread: Option<i64>, content: &Content) -> Done {
        let p = self.people.get(&person).ok_or_else(|| Refusal::new("no such user"))?;
        if p.deactivated {
            return Err(Refusal::new("the account is gone"));
        }
        let Some(chat) = self.chats.get(&key) else {
            return Ok(());
        };
        if chat.private().is_some_and(|p| p.blocked) {
            return Err(Refusal::new("the bot is blocked; unblock it first"));
        }
        let Some(g) = chat.group() else { return Ok(()) };
        if g.migrated_to.is_some() {
            return Err(Refusal::new("the group was upgraded"));
        }
        if !g.may_send(person, content.permission()) {
            return Err(Refusal::new(format!("not allowed to send {} here", content.plural())));
        }
        let topic = match thread {
            Some(t) => g.topics.get(&t),
            None => Some(&g.general).filter(|_| g.forum),
        };
        if let Some(t) = topic
            && t.closed
            && !g.allows(person, "can_manage_topics")
            && t.creator != person
        {
            return Err(Refusal::new("the topic is closed"));
        }
        Ok(())
    }

    pub fn person_edits(&mut self, person: Id, chat: Id, id: i64, item: &Item) -> Done {
        let key = self.persons_chat(person, chat)?;
        let id = self.persons_message(key, id)?;
        let m = self.message(key, id).ok_or_else(|| Refusal::new("no such message"))?;
        if m.from != person || m.content.service {
            return Err(Refusal::new("only one's own messages can be edited"));
        }
        let (old, markup) = (m.content.clone(), m.markup.clone());
        let content = if item.kind.as_deref().is_none_or(|k| k == "text" || k == old.kind)
            && item.media.is_none()
            && item.bytes.is_none()
        {
            // The text alone changes.
            let new = Item {
                kind: None,
                ..item.clone()
            };
            let styled = match (&new.text, &new.caption) {
                (None, None) if old.kind != "location" => {
                    return Err(Refusal::new("there is nothing to change"));
                }
                _ => crate::text::formatted(
                    new.text.as_deref().or(new.caption.as_deref()).unwrap_or_default(),
                    new.parse_mode.as_deref().unwrap_or_default(),
                    new.entities.as_deref(),
                    self,
                )?,
            };
            let mut c = Content { text: styled, ..old };
            if let Some(l) = c.fields.get_mut("location") {
                l["latitude"] = item.latitude.unwrap_or(52.53).into();
                l["longitude"] = item.longitude.unwrap_or(13.41).into();
            }
            c
        } else {
            item.content(self, person)?
        };
        self.edit(key, id, Some(content), markup)?;
        Ok(())
    }

    pub fn person_deletes(&mut self, person: Id, chat: Id, ids: &[i64]) -> Done {
        let key = self.persons_chat(person, chat)?;
        for id in ids {
            let id = self.persons_message(key, *id)?;
            let group = self.chats.get(&key).and_then(Chat::group);
            let m = self.message(key, id);
            if m.is_some_and(|m| m.content.kind == "forum_topic_created") {
                return Err(Refusal::new("this message goes with its topic"));
            }
            let own = m.is_some_and(|m| m.from == person);
            let admin = |g: &Group| g.is_admin(person) && g.allows(person, "can_delete_messages");
            if !own && group.is_some_and(|g| !admin(g)) {
                return Err(Refusal::new("not allowed to delete this message"));
            }
            self.delete(key, id);
        }
        Ok(())
    }

    pub fn person_reacts(&mut self, person: Id, chat: Id, id: i64, emoji: &[String]) -> Done {
        let key = self.persons_chat(person, chat)?;
        let id = self.persons_message(key, id)?;
        let list = emoji.iter().map(|e| json!({"type": "emoji", "emoji": e})).collect();
        Ok(self.react(key, person, id, list)?)
    }

    /// Presses the button with this data, or the one at row and column; returns the query's id.
    pub fn person_presses(&mut self, person: Id, chat: Id, id: i64, button: &Button) -> Done<String> {
        let key = self.persons_chat(person, chat)?;
        let id = self.persons_message(key, id)?;
        let m = self.message(key, id).ok_or_else(|| Refusal::new("no such message"))?;
        let rows = m.markup.as_ref().and_then(|k| k["inline_keyboard"].as_array());
        let rows = rows.ok_or_else(|| Refusal::new("the message has no buttons"))?;
        let found = match button {
            Button::At(r, c) => rows.get(*r).and_then(|row| row.get(*c)),
            Button::Data(d) => rows
                .iter()
                .filter_map(Value::as_array)
                .flatten()
                .find(|b| b["callback_data"] == d.as_str()),
            Button::Text(t) => rows
                .iter()
                .filter_map(Value::as_array)
                .flatten()
                .find(|b| b["text"] == t.as_str()),
        };
        let found = found.ok_or_else(|| Refusal::new("no such button"))?;
        let game = m.content.known_to_bot.as_ref().and_then(|k| k["game"].as_str());
        let what = match (found["callback_data"].as_str(), found.get("callback_game"), game) {
            (Some(data), ..) => ("data", data.to_owned()),
            (None, Some(_), Some(game)) => ("game_short_name", game.to_owned()),
            _ => return Err(Refusal::new("the button asks nothing of the bot")),
        };
        self.press_button(person, key, id, (what.0, &what.1))
    }

    pub fn person_pins(&mut self, person: Id, chat: Id, id: i64, pin: bool) -> Done {
        let key = self.persons_chat(person, chat)?;
        let id = self.persons_message(key, id)?;
        let group = self.chats.get(&key).and_then(Chat::group);
        if group.is_some_and(|g| !g.allows(person, "can_pin_messages")) {
            return Err(Refusal::new("not allowed to pin"));
        }
        match pin {
            true => self.pin(key, person, id)?,
            false => self.unpin(key, Some(id))?,
        }
        Ok(())
    }

    pub fn person_forwards(
        &mut self,
        person: Id,
        from: Id,
        ids: &[i64],
        to: Id,
        thread: Option<i64>,
    ) -> Done<Vec<i64>> {
        let source = self.persons_chat(person, from)?;
        let target = self.persons_chat(person, to)?;
        let thread = self.persons_thread(target, thread)?;
        let mut drafts = Vec::new();
        let mut groups = Vec::new();
        for id in ids {
            let id = self.persons_message(source, *id)?;
            let draft = self.forwarded(person, source, id)?;
            self.person_may(person, target, thread, &draft.content)?;
            groups.push(self.message(source, id).and_then(|m| m.media_group.clone()));
            drafts.push(draft);
        }
        let groups = crate::world::album::regroup(self, &groups);
        Ok(drafts
            .into_iter()
            .zip(groups)
            .map(|(d, media_group)| {
                self.post(
                    target,
                    Draft {
                        thread,
                        media_group,
                        ..d
                    },
                )
            })
            .collect())
    }

    pub fn person_votes(&mut self, person: Id, chat: Id, id: i64, options: &[usize]) -> Done {
        let key = self.persons_chat(person, chat)?;
        let id = self.persons_message(key, id)?;
        let poll = self.message(key, id).and_then(|m| m.content.poll);
        self.vote(
            person,
            poll.ok_or_else(|| Refusal::new("the message is no poll"))?,
            options,
        )
    }

    pub fn person_reads(&mut self, person: Id, chat: Id, up_to: Option<i64>) -> Done {
        let key = self.persons_chat(person, chat)?;
        let id = match up_to {
            Some(i) => self.persons_message(key, i)?,
            None => self
                .chats
                .get(&key)
                .and_then(|c| c.messages.keys().next_back().copied())
                .unwrap_or(0),
        };
        if let Some(c) = self.chats.get_mut(&key) {
            c.last_read.insert(person, id);
        }
        self.note_for(key, Change::Chat, None, None, Some(person), None);
        Ok(())
    }
}

#[derive(Debug, Clone)]
pub enum Button {
    Data(String),
    Text(String),
    At(usize, usize),
}
