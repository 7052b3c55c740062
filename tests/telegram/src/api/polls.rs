//! sendPoll and stopPoll.

use serde_json::Value;

use super::{Answer, Call};
use crate::error::ApiError;
use crate::text;
use crate::world::content::{Content, Styled};
use crate::world::poll::{Poll, PollOption};
use crate::world::rights::Access;

impl Call<'_> {
    pub fn send_poll(&mut self) -> Answer {
        self.target()?;
        let question = self.styled("question", "question_parse_mode", "question_entities")?;
        if question.text.is_empty() {
            return Err(ApiError::bad("Poll question must be non-empty"));
        }
        if question.utf16_len() > 300 {
            return Err(ApiError::bad("Poll question length must not exceed 300"));
        }
        let options = self.poll_options()?;
        let quiz = match self.params.string("type").as_str() {
            "" | "regular" => false,
            "quiz" => true,
            _ => return Err(ApiError::bad("Unsupported poll type specified")),
        };
        let correct = self.correct_options(quiz, options.len())?;
        let explanation = self.styled("explanation", "explanation_parse_mode", "explanation_entities")?;
        let anonymous = !self.params.has("is_anonymous") || self.params.flag("is_anonymous");
        let revoting = if self.params.has("allows_revoting") {
            self.params.flag("allows_revoting")
        } else {
            !quiz
        };
        let poll = Poll {
            id: 0,
            owner: self.bot,
            question,
            options,
            anonymous,
            quiz,
            multiple: self.params.flag("allows_multiple_answers"),
            revoting,
            closed: self.params.flag("is_closed"),
            correct,
            explanation,
            open_period: self.params.int("open_period"),
            close_date: self.params.int("close_date"),
            places: Vec::new(),
        };
        let id = self.world.add_poll(poll);
        self.send(Content::poll(id))
    }

    fn poll_options(&mut self) -> Result<Vec<PollOption>, ApiError> {
        let v = self.params.object("options", "options")?;
        let list = v.as_ref().and_then(Value::as_array);
        let list = list
            .ok_or_else(|| ApiError::bad("Expected an Array of String as options"))?
            .clone();
        if list.is_empty() {
            return Err(ApiError::bad("Poll must have at least 1 option"));
        }
        if list.len() > 12 {
            return Err(ApiError::bad("Poll can't have more than 12 options"));
        }
        let mut out = Vec::new();
        for o in &list {
            let text = match o {
                Value::String(s) => Styled::plain(s.trim()),
                Value::Object(m) => {
                    let entities = m.get("text_entities").and_then(Value::as_array).map(Vec::as_slice);
                    let mode = m.get("text_parse_mode").and_then(Value::as_str).unwrap_or_default();
                    let text = m.get("text").and_then(Value::as_str).unwrap_or_default();
                    text::formatted(text, mode, entities, self.world)?
                }
                _ => return Err(ApiError::bad("Expected an option to be of type String")),
            };
            if text.text.is_empty() {
                return Err(ApiError::bad("Poll options must be non-empty"));
            }
            if text.utf16_len() > 100 {
                return Err(ApiError::bad("Poll options length must not exceed 100"));
            }
            let persistent_id = format!("{:x}", self.world.serial());
            out.push(PollOption {
                persistent_id,
                text,
                voters: Vec::new(),
            });
        }
        Ok(out)
    }

    fn correct_options(&self, quiz: bool, options: usize) -> Result<Vec<i64>, ApiError> {
        if !quiz {
            return Ok(Vec::new());
        }
        let list = self.params.object("correct_option_ids", "correct option identifiers")?;
        let ids: Vec<i64> = match list.as_ref().and_then(Value::as_array) {
            Some(l) => l.iter().filter_map(Value::as_i64).collect(),
            None => self.params.int("correct_option_id").into_iter().collect(),
        };
        if ids.is_empty() {
            return Err(ApiError::bad("Correct quiz option list must be non-empty"));
        }
        if ids.iter().any(|i| *i < 0 || *i as usize >= options) {
            return Err(ApiError::bad("Invalid correct option identifier specified"));
        }
        Ok(ids)
    }

    pub fn stop_poll(&mut self) -> Answer {
        let key = self.chat(Access::Edit)?;
        let id = self.params.message_id("message_id");
        let m = self
            .world
            .message(key, id)
            .ok_or_else(|| ApiError::bad("message with poll to stop not found"))?;
        let poll = m.content.poll.ok_or_else(|| ApiError::bad("Message is not a poll"))?;
        if m.from != self.bot {
            return Err(ApiError::bad("Poll can't be stopped"));
        }
        self.world.close_poll(poll)?;
        let me = self.bot;
        self.world
            .polls
            .get(&poll)
            .map(|p| p.json(me))
            .ok_or_else(|| ApiError::bad("Message is not a poll"))
    }
}
