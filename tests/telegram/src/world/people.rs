//! Who there is: people and bots, and how Telegram's `User` shows them.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::file::FileNo;
use super::member::GROUP_ANONYMOUS;
use super::{Id, World};
use crate::error::Refusal;
use crate::updates::Queue;

#[derive(Debug, Clone)]
pub struct Person {
    pub id: Id,
    pub first_name: String,
    pub last_name: Option<String>,
    pub username: Option<String>,
    pub language_code: Option<String>,
    pub is_premium: bool,
    pub deactivated: bool,
    /// Whether a forward of this person's message may name them.
    pub hides_in_forwards: bool,
    /// The last message id this account gave out (private chats number per account).
    pub last_message_id: i64,
}

#[derive(Debug, Clone)]
pub struct Bot {
    pub id: Id,
    pub first_name: String,
    pub username: String,
    pub token: String,
    pub can_join_groups: bool,
    /// Privacy mode off.
    pub can_read_all_group_messages: bool,
    pub supports_inline_queries: bool,
    /// Told which results were chosen.
    pub inline_feedback: bool,
    pub last_message_id: i64,
    /// Files that getFile named for this bot.
    pub granted: HashSet<FileNo>,
    pub logged_out_until: Option<u64>,
    /// Commands by scope and language, as setMyCommands left them.
    pub commands: HashMap<String, Value>,
    /// Names, descriptions, menu buttons, default rights: kept as given, by method and scope.
    pub texts: HashMap<String, Value>,
}

impl Person {
    pub fn user(&self) -> Value {
        let mut m = Map::new();
        m.insert("id".into(), self.id.into());
        m.insert("is_bot".into(), false.into());
        let name = if self.deactivated { "" } else { self.first_name.as_str() };
        m.insert("first_name".into(), name.into());
        if !self.deactivated {
            for (k, v) in [
                ("last_name", &self.last_name),
                ("username", &self.username),
                ("language_code", &self.language_code),
            ] {
                if let Some(v) = v {
                    m.insert(k.into(), v.as_str().into());
                }
            }
        }
        if self.is_premium {
            m.insert("is_premium".into(), true.into());
        }
        Value::Object(m)
    }
}

impl Bot {
    pub fn user(&self) -> Value {
        json!({"id": self.id, "is_bot": true, "first_name": self.first_name, "username": self.username})
    }

    /// `getMe`: the fields that only the bot itself gets, all of them (typed clients demand them).
    pub fn me(&self) -> Value {
        json!({
            "id": self.id, "is_bot": true, "first_name": self.first_name, "username": self.username,
            "can_join_groups": self.can_join_groups,
            "can_read_all_group_messages": self.can_read_all_group_messages,
            "supports_inline_queries": self.supports_inline_queries,
            "supports_guest_queries": false,
            "supports_join_request_queries": false,
            "can_connect_to_business": false,
            "has_main_web_app": false,
            "has_topics_enabled": false,
            "allows_users_to_create_topics": false,
            "can_manage_bots": false,
        })
    }
}

impl World {
    pub fn add_person(&mut self, first_name: &str) -> Id {
        let id = self.take_person_id();
        // Accounts differ in their numbering from the start, so that whoever mixes ids up is found out.
        let last_message_id = 500 + 10 * (id % 1000);
        let person = Person {
            id,
            first_name: first_name.to_owned(),
            last_name: None,
            username: None,
            language_code: Some("en".to_owned()),
            is_premium: false,
            deactivated: false,
            hides_in_forwards: false,
            last_message_id,
        };
        self.people.insert(id, person);
        id
    }

    pub fn set_username(&mut self, person: Id, username: &str) {
        if let Some(p) = self.people.get_mut(&person) {
            p.username = Some(username.to_owned());
            self.usernames.insert(username.to_lowercase(), person);
        }
    }

    /// Registers a bot; its id is the number before the token's colon, as at Telegram.
    pub fn add_bot(&mut self, token: &str, first_name: &str, username: &str) -> Result<Id, Refusal> {
        let bad = || Refusal::new("a bot's token is NUMBER:SECRET");
        let (number, secret) = token.split_once(':').ok_or_else(bad)?;
        let id: Id = number.parse().map_err(|_| bad())?;
        if id <= 0 || secret.is_empty() {
            return Err(bad());
        }
        if self.bots.get(&id).is_some_and(|b| b.token != token) {
            return Err(Refusal::new("another bot has this id"));
        }
        let bot = Bot {
            id,
            first_name: first_name.to_owned(),
            username: username.to_owned(),
            token: token.to_owned(),
            can_join_groups: true,
            can_read_all_group_messages: false,
            supports_inline_queries: false,
            inline_feedback: false,
            last_message_id: 0,
            granted: HashSet::new(),
            logged_out_until: None,
            commands: HashMap::new(),
            texts: HashMap::new(),
        };
        self.bots.entry(id).or_insert(bot);
        self.tokens.insert(token.to_owned(), id);
        self.usernames.insert(username.to_lowercase(), id);
        let first_update = 100_000_000 + (id % 1000) * 1000;
        self.queues.entry(id).or_insert_with(|| Queue::new(first_update));
        Ok(id)
    }

    /// The `User` object of a person or a bot.
    pub fn user(&self, id: Id) -> Value {
        if let Some(p) = self.people.get(&id) {
            return p.user();
        }
        if id == GROUP_ANONYMOUS {
            return json!({"id": id, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot"});
        }
        match self.bots.get(&id) {
            Some(b) => b.user(),
            None => json!({"id": id, "is_bot": false, "first_name": ""}),
        }
    }

    /// How a page names somebody.
    pub fn display_name(&self, id: Id) -> String {
        if let Some(p) = self.people.get(&id) {
            return match &p.last_name {
                Some(l) => format!("{} {l}", p.first_name),
                None => p.first_name.clone(),
            };
        }
        self.bots.get(&id).map(|b| b.first_name.clone()).unwrap_or_default()
    }
}
