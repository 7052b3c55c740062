//! One message in one chat, as the server keeps it; how each side sees it is rendered elsewhere.

use serde_json::Value;

use super::Id;
use super::content::Content;

/// Whom a forward names.
#[derive(Debug, Clone, PartialEq)]
pub struct Forward {
    pub from: Id,
    /// The author hides in forwards: only the name is shown.
    pub hidden_name: Option<String>,
    pub date: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Target in the same chat and topic.
    pub to: Option<i64>,
    /// Target elsewhere: the ExternalReplyInfo, made when the reply was sent.
    pub external: Option<ExternalReply>,
    pub quote: Option<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ExternalReply {
    pub chat: super::chat::ChatKey,
    pub message: i64,
    pub from: Id,
    pub date: i64,
    pub content: Box<Content>,
}

#[derive(Debug, Clone)]
pub struct Message {
    pub id: i64,
    /// The person's id of it in a private chat; in groups the same as `id`.
    pub person_id: i64,
    pub from: Id,
    pub date: i64,
    pub edit_date: Option<i64>,
    /// The topic, never General.
    pub thread: Option<i64>,
    /// General: the root of the reply chain, shown as a bogus `message_thread_id`.
    pub reply_root: Option<i64>,
    pub reply: Option<Reply>,
    pub forward: Option<Forward>,
    pub media_group: Option<String>,
    pub content: Content,
    /// Inline keyboard.
    pub markup: Option<Value>,
    pub protected: bool,
    pub effect: Option<String>,
    pub via_bot: Option<Id>,
    /// The id by which that bot can change it.
    pub inline_id: Option<String>,
    /// Who reacted, with which ReactionType objects.
    pub reactions: Vec<(Id, Vec<Value>)>,
    /// Sent without a sound.
    pub silent: bool,
}

/// A message on its way into a chat.
#[derive(Debug, Clone)]
pub struct Draft {
    pub from: Id,
    pub thread: Option<i64>,
    pub reply: Option<Reply>,
    pub forward: Option<Forward>,
    pub media_group: Option<String>,
    pub content: Content,
    pub markup: Option<Value>,
    pub protected: bool,
    pub effect: Option<String>,
    pub via_bot: Option<Id>,
    pub inline_id: Option<String>,
    pub silent: bool,
}

impl Draft {
    pub fn new(from: Id, content: Content) -> Self {
        Self {
            from,
            thread: None,
            reply: None,
            forward: None,
            media_group: None,
            content,
            markup: None,
            protected: false,
            effect: None,
            via_bot: None,
            inline_id: None,
            silent: false,
        }
    }
}

impl Message {
    pub fn reply_to(&self) -> Option<i64> {
        self.reply.as_ref().and_then(|r| r.to)
    }

    pub fn reactions_of(&self, who: Id) -> Vec<Value> {
        self.reactions
            .iter()
            .find(|(id, _)| *id == who)
            .map(|(_, r)| r.clone())
            .unwrap_or_default()
    }
}
