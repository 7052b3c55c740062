//! Games: a message with a button, and scores.

use serde_json::{Value, json};

use super::{Answer, Call};
use crate::error::ApiError;
use crate::world::chat::ChatKey;
use crate::world::content::Content;
use crate::world::rights::Access;

/// The game of this name, as @BotFather would know it.
pub fn game(name: &str) -> Content {
    let mut c = Content::field("game", json!({"title": name, "description": "", "photo": []}));
    c.known_to_bot = Some(json!({"game": name}));
    c
}

impl Call<'_> {
    pub fn send_game(&mut self) -> Answer {
        let name = self.required("game_short_name")?;
        let mut target = self.target()?;
        let play = json!({"inline_keyboard": [[{"text": format!("Play {name}"), "callback_game": {}}]]});
        target.markup = target.markup.or(Some(play));
        self.send_to(&target, game(&name))
    }

    fn played(&self, what: &str, access: Access) -> Result<(ChatKey, i64, String), ApiError> {
        let (key, id) = match self.inline_message()? {
            Some(place) => place,
            None => (self.chat(access)?, self.params.message_id("message_id")),
        };
        let m = self
            .world
            .message(key, id)
            .ok_or_else(|| ApiError::bad(format!("message to {what} not found")))?;
        let name = m.content.known_to_bot.as_ref().and_then(|k| k["game"].as_str());
        let name = name.filter(|_| m.from == self.bot || m.via_bot == Some(self.bot));
        let name = name.ok_or_else(|| ApiError::bad("MESSAGE_ID_INVALID"))?.to_owned();
        Ok((key, id, name))
    }

    fn player(&self) -> Result<i64, ApiError> {
        let user = self.params.int("user_id").filter(|u| *u > 0);
        user.ok_or_else(|| ApiError::bad("Invalid user_id specified"))
    }

    pub fn set_game_score(&mut self) -> Answer {
        let user = self.player()?;
        let score = self.params.int("score").unwrap_or(0);
        let (key, id, name) = self.played("set game score", Access::Edit)?;
        let scores = self.world.scores.entry((key, name)).or_default();
        let old = scores.get(&user).copied();
        if old.is_some_and(|o| score <= o) && !self.params.flag("force") {
            return Err(ApiError::bad("BOT_SCORE_NOT_MODIFIED"));
        }
        scores.insert(user, score);
        if !self.params.flag("disable_edit_message") {
            let board: Vec<String> = table(scores)
                .iter()
                .map(|(place, user, score)| format!("{place}. {} – {score}", self.world.display_name(*user)))
                .collect();
            let m = self.world.message(key, id);
            let (mut content, markup) = m
                .map(|m| (m.content.clone(), m.markup.clone()))
                .unwrap_or_else(|| (game(""), None));
            if let Some(game) = content.fields.get_mut("game") {
                game["text"] = board.join("\n").into();
            }
            // The same table again is no failure.
            let _ = self.world.edit(key, id, Some(content), markup);
        }
        self.edited_answer(key, id)
    }

    pub fn get_game_high_scores(&mut self) -> Answer {
        self.player()?;
        let (key, _, name) = self.played("get game high scores", Access::Read)?;
        let Some(scores) = self.world.scores.get(&(key, name)) else {
            return Ok(json!([]));
        };
        let rows = table(scores)
            .into_iter()
            .map(|(place, user, score)| json!({"position": place, "user": self.world.user(user), "score": score}));
        Ok(Value::Array(rows.collect()))
    }
}

/// Place, player and score, best first.
fn table(scores: &std::collections::BTreeMap<i64, i64>) -> Vec<(usize, i64, i64)> {
    let mut rows: Vec<(i64, i64)> = scores.iter().map(|(u, s)| (*u, *s)).collect();
    rows.sort_by_key(|(u, s)| (std::cmp::Reverse(*s), *u));
    rows.into_iter().enumerate().map(|(i, (u, s))| (i + 1, u, s)).collect()
}
