//! Polls: options, votes, and who learns of them.

use serde_json::{Map, Value, json};

use super::chat::ChatKey;
use super::content::Styled;
use super::event::Change;
use super::{Id, World};
use crate::error::{ApiError, Refusal};

#[derive(Debug, Clone)]
pub struct PollOption {
    pub persistent_id: String,
    pub text: Styled,
    pub voters: Vec<Id>,
}

#[derive(Debug, Clone)]
pub struct Poll {
    pub id: i64,
    pub owner: Id,
    pub question: Styled,
    pub options: Vec<PollOption>,
    pub anonymous: bool,
    pub quiz: bool,
    pub multiple: bool,
    pub revoting: bool,
    pub closed: bool,
    pub correct: Vec<i64>,
    pub explanation: Styled,
    pub open_period: Option<i64>,
    pub close_date: Option<i64>,
    /// Every message that shows it.
    pub places: Vec<(ChatKey, i64)>,
}

impl Poll {
    pub fn json(&self, viewer: Id) -> Value {
        let mut m = Map::new();
        m.insert("id".into(), self.id.to_string().into());
        m.insert("question".into(), self.question.text.as_str().into());
        if !self.question.entities.is_empty() {
            m.insert("question_entities".into(), Value::Array(self.question.entities.clone()));
        }
        let options: Vec<Value> = self
            .options
            .iter()
            .map(|o| {
                let mut v = json!({
                    "persistent_id": o.persistent_id, "text": o.text.text, "voter_count": o.voters.len(),
                });
                if !o.text.entities.is_empty() {
                    v["text_entities"] = Value::Array(o.text.entities.clone());
                }
                v
            })
            .collect();
        m.insert("options".into(), options.into());
        let mut voters: Vec<Id> = self.options.iter().flat_map(|o| o.voters.iter().copied()).collect();
        voters.sort_unstable();
        voters.dedup();
        m.insert("total_voter_count".into(), voters.len().into());
        m.insert("is_closed".into(), self.closed.into());
        m.insert("is_anonymous".into(), self.anonymous.into());
        m.insert("type".into(), if self.quiz { "quiz" } else { "regular" }.into());
        m.insert("allows_multiple_answers".into(), self.multiple.into());
        m.insert("allows_revoting".into(), self.revoting.into());
        m.insert("members_only".into(), false.into());
        // The right answer is told to its owner, and to everybody once the quiz is over.
        if self.quiz && (self.owner == viewer || self.closed) {
            m.insert("correct_option_ids".into(), json!(self.correct));
            if let [one] = self.correct[..] {
                m.insert("correct_option_id".into(), one.into());
            }
            if !self.explanation.text.is_empty() {
                m.insert("explanation".into(), self.explanation.text.as_str().into());
                m.insert(
                    "explanation_entities".into(),
                    Value::Array(self.explanation.entities.clone()),
                );
            }
        }
        if let Some(p) = self.open_period {
            m.insert("open_period".into(), p.into());
        }
        if let Some(d) = self.close_date {
            m.insert("close_date".into(), d.into());
        }
        Value::Object(m)
    }

    pub fn votes_of(&self, who: Id) -> Vec<usize> {
        (0..self.options.len())
            .filter(|i| self.options[*i].voters.contains(&who))
            .collect()
    }
}

impl World {
    pub fn add_poll(&mut self, mut poll: Poll) -> i64 {
        poll.id = 5_000_000_000_000_000 + self.serial() as i64;
        let id = poll.id;
        self.polls.insert(id, poll);
        id
    }

    /// A fresh poll with the same question and no votes, as a copy of a message carries it.
    pub fn copy_poll(&mut self, poll: i64, owner: Id) -> Result<i64, ApiError> {
        let mut copy = self
            .polls
            .get(&poll)
            .cloned()
            .ok_or_else(|| ApiError::bad("the message can't be copied"))?;
        if copy.quiz && copy.owner != owner && !copy.closed {
            return Err(ApiError::bad("the message can't be copied"));
        }
        for o in &mut copy.options {
            o.voters.clear();
        }
        copy.owner = owner;
        copy.closed = false;
        copy.places.clear();
        Ok(self.add_poll(copy))
    }

    /// A person votes; an empty list takes the vote back.
    pub fn vote(&mut self, person: Id, poll: i64, chosen: &[usize]) -> Result<(), Refusal> {
        let p = self.polls.get_mut(&poll).ok_or_else(|| Refusal::new("no such poll"))?;
        if p.closed {
            return Err(Refusal::new("the poll is closed"));
        }
        if chosen.iter().any(|c| *c >= p.options.len()) || (chosen.len() > 1 && !p.multiple) {
            return Err(Refusal::new("no such choice"));
        }
        if !p.votes_of(person).is_empty() && !p.revoting {
            return Err(Refusal::new("a vote in this poll is final"));
        }
        for (i, o) in p.options.iter_mut().enumerate() {
            o.voters.retain(|v| *v != person);
            if chosen.contains(&i) {
                o.voters.push(person);
            }
        }
        let (owner, anonymous) = (p.owner, p.anonymous);
        let names: Vec<String> = chosen.iter().map(|c| p.options[*c].persistent_id.clone()).collect();
        self.tell_poll(poll);
        if !anonymous {
            let body = json!({
                "poll_id": poll.to_string(), "user": self.user(person),
                "option_ids": chosen, "option_persistent_ids": names,
            });
            self.push_update(owner, None, "poll_answer", body);
        }
        Ok(())
    }

    pub fn close_poll(&mut self, poll: i64) -> Result<(), ApiError> {
        let p = self
            .polls
            .get_mut(&poll)
            .ok_or_else(|| ApiError::bad("Message is not a poll"))?;
        if p.closed {
            return Err(ApiError::bad("Poll has already been closed"));
        }
        p.closed = true;
        self.tell_poll(poll);
        Ok(())
    }

    /// The `poll` update goes to the bot that sent it.
    fn tell_poll(&mut self, poll: i64) {
        let Some(p) = self.polls.get(&poll) else {
            return;
        };
        let (owner, body, places) = (p.owner, p.json(p.owner), p.places.clone());
        self.push_update(owner, None, "poll", body);
        for (key, id) in places {
            let thread = self
                .chats
                .get(&key)
                .and_then(|c| c.messages.get(&id))
                .and_then(|m| m.thread);
            self.note(key, Change::Poll, Some(id), thread);
        }
    }
}
