//! Where a call goes: chat, topic, what it replies to.

use serde_json::{Value, json};

use super::Call;
use crate::error::ApiError;
use crate::text;
use crate::world::chat::{Chat, ChatKey};
use crate::world::message::{ExternalReply, Reply};
use crate::world::rights::Access;

/// A place to post to, with everything that all send methods share.
#[derive(Debug, Clone)]
pub struct Target {
    pub key: ChatKey,
    pub thread: Option<i64>,
    pub reply: Option<Reply>,
    pub markup: Option<Value>,
    /// Reply keyboard, its removal or a forced reply: shown by clients, not part of the message.
    pub keyboard: Option<Value>,
    pub protected: bool,
    pub effect: Option<String>,
    pub silent: bool,
}

impl Call<'_> {
    /// The chat that a `chat_id`-like parameter names; whether it exists is not asked.
    pub fn chat_key(&self, value: Option<&Value>) -> Result<ChatKey, ApiError> {
        let empty = || ApiError::bad("chat_id is empty");
        let id = match value {
            None => return Err(empty()),
            Some(Value::Number(n)) => n.as_i64().unwrap_or(0),
            Some(Value::String(s)) if s.is_empty() => return Err(empty()),
            Some(Value::String(s)) => match s.strip_prefix('@') {
                Some(name) => match self.world.usernames.get(&name.to_lowercase()) {
                    Some(id) if *id < 0 => *id,
                    _ => return Err(ApiError::bad("chat not found")),
                },
                None => s.trim().parse().map_err(|_| ApiError::bad("chat not found"))?,
            },
            Some(_) => return Err(ApiError::bad("chat not found")),
        };
        Ok(if id < 0 {
            ChatKey::Group(id)
        } else {
            ChatKey::Private {
                bot: self.bot,
                person: id,
            }
        })
    }

    /// `chat_id` of this call, checked for access.
    pub fn chat(&self, access: Access) -> Result<ChatKey, ApiError> {
        self.chat_of("chat_id", access)
    }

    pub fn chat_of(&self, name: &str, access: Access) -> Result<ChatKey, ApiError> {
        let value = self.params.raw(name);
        if value.is_none() && name != "chat_id" {
            return Err(ApiError::bad(format!("Parameter \"{name}\" is required")));
        }
        let key = self.chat_key(value)?;
        if let ChatKey::Private { person, .. } = key
            && self.world.is_bot(person)
        {
            return Err(match person == self.bot {
                true => ApiError::bad("chat not found"),
                false => ApiError::forbidden("bots can't send messages to bots"),
            });
        }
        self.world.reach(self.bot, key, access)?;
        Ok(key)
    }

    /// Chat, topic and reply of a send call.
    pub fn target(&self) -> Result<Target, ApiError> {
        let p = &self.params;
        let key = self.chat(Access::Write)?;
        let thread = self.thread(key)?;
        let reply = self.reply(key, thread)?;
        let (markup, keyboard) = super::markup::parse(p.object("reply_markup", "reply keyboard markup")?)?;
        Ok(Target {
            key,
            // A reply without a thread goes where the message is that it answers.
            thread: thread.or_else(|| self.thread_of_reply(key, reply.as_ref())),
            reply,
            markup,
            keyboard,
            protected: p.flag("protect_content"),
            effect: p.text("message_effect_id").filter(|e| !e.is_empty() && e != "0"),
            silent: p.flag("disable_notification"),
        })
    }

    fn thread_of_reply(&self, key: ChatKey, reply: Option<&Reply>) -> Option<i64> {
        let chat = self.world.chat(key)?;
        if !chat.group()?.forum {
            return None;
        }
        chat.messages.get(&reply?.to?)?.thread
    }

    /// `message_thread_id`: checked in forums, silently ignored elsewhere.
    pub fn thread(&self, key: ChatKey) -> Result<Option<i64>, ApiError> {
        let id = self.params.int("message_thread_id").filter(|t| *t > 0);
        let (Some(id), Some(group)) = (id, self.world.chat(key).and_then(Chat::group)) else {
            return Ok(None);
        };
        if !group.forum {
            return Ok(None);
        }
        if id == 1 || !group.topics.contains_key(&id) {
            return Err(ApiError::bad("message thread not found"));
        }
        Ok(Some(id))
    }

    /// Whether the bot may write into that topic.
    pub fn topic_open(&self, key: ChatKey, thread: Option<i64>) -> Result<(), ApiError> {
        let Some(group) = self.world.chat(key).and_then(Chat::group).filter(|g| g.forum) else {
            return Ok(());
        };
        let topic = match thread {
            Some(t) => group.topics.get(&t),
            None => Some(&group.general),
        };
        match topic {
            Some(t) if t.closed && !group.allows(self.bot, "can_manage_topics") && t.creator != self.bot => {
                Err(ApiError::bad("TOPIC_CLOSED"))
            }
            Some(_) => Ok(()),
            None => Err(ApiError::bad("TOPIC_DELETED")),
        }
    }

    /// `reply_parameters`, or the older `reply_to_message_id`.
    fn reply(&self, key: ChatKey, thread: Option<i64>) -> Result<Option<Reply>, ApiError> {
        let p = &self.params;
        let given = p.object("reply_parameters", "reply parameters")?;
        let v = match given {
            Some(v) if v.is_object() => v,
            Some(_) => return Err(ApiError::bad("Object expected as reply parameters")),
            None => match p.int("reply_to_message_id").filter(|i| *i > 0) {
                Some(id) => {
                    json!({"message_id": id, "allow_sending_without_reply": p.flag("allow_sending_without_reply")})
                }
                None => return Ok(None),
            },
        };
        let id = match &v["message_id"] {
            Value::String(s) => s.parse().unwrap_or(0),
            n => n.as_i64().unwrap_or(0),
        };
        if id <= 0 {
            return Ok(None);
        }
        let from = match v.get("chat_id") {
            Some(c) if !c.is_null() => self.chat_key(Some(c))?,
            _ => key,
        };
        if from != key {
            self.world.reach(self.bot, from, Access::Read)?;
        }
        let Some(target) = self.world.message(from, id) else {
            return match v["allow_sending_without_reply"].as_bool() {
                Some(true) => Ok(None),
                _ => Err(ApiError::bad("message to be replied not found")),
            };
        };
        let quote = self.quote(&v, &target.content.text)?;
        // A target in another chat, or in another topic than the one named, is shown as an external reply.
        if from != key || (thread.is_some() && target.thread != thread) {
            let external = ExternalReply {
                chat: from,
                message: id,
                from: target.from,
                date: target.date,
                content: Box::new(target.content.clone()),
            };
            return Ok(Some(Reply {
                to: None,
                external: Some(external),
                quote,
            }));
        }
        Ok(Some(Reply {
            to: Some(id),
            external: None,
            quote,
        }))
    }

    fn quote(&self, v: &Value, of: &crate::world::content::Styled) -> Result<Option<Value>, ApiError> {
        let Some(text) = v["quote"].as_str().filter(|q| !q.is_empty()) else {
            return Ok(None);
        };
        let mode = v["quote_parse_mode"].as_str().unwrap_or_default();
        let entities = v["quote_entities"].as_array().map(Vec::as_slice);
        let quote = text::formatted(text, mode, entities, self.world)?;
        let Some(at) = of.text.find(&quote.text) else {
            return Err(ApiError::bad("QUOTE_TEXT_INVALID"));
        };
        let position = of.text[..at].encode_utf16().count();
        let mut out = json!({"text": quote.text, "position": position, "is_manual": true});
        if !quote.entities.is_empty() {
            out["entities"] = Value::Array(quote.entities);
        }
        Ok(Some(out))
    }
}
