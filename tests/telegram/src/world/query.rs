//! Questions that a bot answers by an id: inline queries, shipping and checkout queries.

use serde_json::{Value, json};

use super::chat::ChatKey;
use super::content::Content;
use super::event::Change;
use super::message::Draft;
use super::{Id, World};
use crate::error::{ApiError, Refusal};

/// How long these queries can be answered.
const ANSWER_WITHIN_MS: u64 = 10 * 60 * 1000;
const LATE: &str = "query is too old and response timeout expired or query ID is invalid";

/// One result of an inline query: what a person sees of it, and the message that it makes.
#[derive(Debug, Clone, PartialEq)]
pub struct InlineResult {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub content: Content,
    pub markup: Option<Value>,
}

#[derive(Debug, Clone)]
pub enum Asked {
    Inline { query: String, results: Vec<InlineResult> },
    Shipping { message: i64 },
    Checkout { message: i64, option: Option<String> },
}

#[derive(Debug, Clone)]
pub struct Query {
    pub bot: Id,
    pub person: Id,
    pub chat: ChatKey,
    pub at: u64,
    pub asked: Asked,
    /// What became of it: `{ok, error?, next_offset?, button?}`.
    pub answer: Option<Value>,
}

impl World {
    fn ask(&mut self, bot: Id, person: Id, chat: ChatKey, asked: Asked) -> String {
        let now = self.now;
        self.queries.retain(|_, q| now.saturating_sub(q.at) < ANSWER_WITHIN_MS);
        let id = (4_100_000_000_000_000_000 + self.serial()).to_string();
        let query = Query {
            bot,
            person,
            chat,
            at: now,
            asked,
            answer: None,
        };
        self.queries.insert(id.clone(), query);
        id
    }

    /// A query of this bot that is still open.
    fn open_query(&self, bot: Id, id: &str) -> Result<&Query, ApiError> {
        let open = |q: &&Query| q.bot == bot && q.answer.is_none() && self.now.saturating_sub(q.at) < ANSWER_WITHIN_MS;
        self.queries.get(id).filter(open).ok_or_else(|| ApiError::bad(LATE))
    }

    fn close_query(&mut self, id: &str, answer: Value) {
        let Some(q) = self.queries.get_mut(id) else { return };
        q.answer = Some(answer.clone());
        let (chat, person) = (q.chat, q.person);
        let mut data = answer;
        data["query"] = id.into();
        self.note_for(chat, Change::Answer, None, None, Some(person), Some(data));
    }

    /// Every open query, presses of buttons among them, is too old to be answered from now on.
    pub fn expire_queries(&mut self) {
        self.presses.values_mut().for_each(|p| p.at = 0);
        self.queries.values_mut().for_each(|q| q.at = 0);
    }

    /// A person types the bot's name and something behind it, in some chat of theirs.
    pub fn inline_query(
        &mut self,
        person: Id,
        bot: Id,
        chat: ChatKey,
        query: &str,
        offset: &str,
    ) -> Result<String, Refusal> {
        if !self.bots.get(&bot).is_some_and(|b| b.supports_inline_queries) {
            return Err(Refusal::new("the bot has no inline mode"));
        }
        let kind = match (chat, self.chats.get(&chat).and_then(|c| c.group())) {
            (ChatKey::Private { bot: b, .. }, _) if b == bot => "sender",
            (_, None) => "private",
            (_, Some(g)) if g.supergroup => "supergroup",
            (_, Some(_)) => "group",
        };
        let asked = Asked::Inline {
            query: query.to_owned(),
            results: Vec::new(),
        };
        let id = self.ask(bot, person, chat, asked);
        let body = json!({
            "id": id, "from": self.user(person), "chat_type": kind, "query": query, "offset": offset,
        });
        self.push_update(bot, None, "inline_query", body);
        Ok(id)
    }

    pub fn answer_inline(
        &mut self,
        bot: Id,
        id: &str,
        results: Vec<InlineResult>,
        next_offset: &str,
    ) -> Result<(), ApiError> {
        self.open_query(bot, id)?;
        if let Some(Query {
            asked: Asked::Inline { results: r, .. },
            ..
        }) = self.queries.get_mut(id)
        {
            *r = results;
        } else {
            return Err(ApiError::bad(LATE));
        }
        self.close_query(id, json!({"ok": true, "next_offset": next_offset}));
        Ok(())
    }

    /// What an answered inline query offers.
    pub fn inline_results(&self, id: &str) -> Vec<InlineResult> {
        match self.queries.get(id).map(|q| &q.asked) {
            Some(Asked::Inline { results, .. }) => results.clone(),
            _ => Vec::new(),
        }
    }

    /// A person picks a result: their message, via the bot. The bot is told when it asked for that.
    pub fn choose_inline(&mut self, id: &str, result: &str, draft: Draft) -> Result<i64, Refusal> {
        let q = self.queries.get(id).cloned();
        let q = q.ok_or_else(|| Refusal::new("no such query"))?;
        let Asked::Inline { query, results } = &q.asked else {
            return Err(Refusal::new("no inline query"));
        };
        let found = results.iter().find(|r| r.id == result);
        let r = found.ok_or_else(|| Refusal::new("no such result"))?.clone();
        // A message with buttons can be changed by the bot, under an id of its own.
        let inline_id = r.markup.is_some().then(|| format!("AwAAA{:019}", self.serial()));
        let message = self.post(
            q.chat,
            Draft {
                markup: r.markup,
                via_bot: Some(q.bot),
                inline_id: inline_id.clone(),
                content: r.content,
                ..draft
            },
        );
        if let Some(i) = &inline_id {
            self.inline_messages.insert(i.clone(), (q.chat, message));
        }
        if self.bots.get(&q.bot).is_some_and(|b| b.inline_feedback) {
            let mut body = json!({"from": self.user(q.person), "query": query, "result_id": result});
            if let Some(i) = inline_id {
                body["inline_message_id"] = i.into();
            }
            self.push_update(q.bot, None, "chosen_inline_result", body);
        }
        Ok(message)
    }

    /// A person presses Pay. The query's id; what comes of it shows in `queries`, success in the chat.
    pub fn pay(&mut self, person: Id, key: ChatKey, message: i64) -> Result<String, Refusal> {
        let m = self.message(key, message);
        let m = m.filter(|m| m.content.kind == "invoice");
        let m = m.ok_or_else(|| Refusal::new("the message is no invoice"))?;
        let bot = m.via_bot.unwrap_or(m.from);
        let known = m.content.known_to_bot.clone().unwrap_or_default();
        if known["flexible"] == true {
            let id = self.ask(bot, person, key, Asked::Shipping { message });
            let body = json!({
                "id": id, "from": self.user(person), "invoice_payload": known["payload"],
                "shipping_address": {
                    "country_code": "DE", "state": "", "city": "Berlin", "street_line1": "Some street 1",
                    "street_line2": "", "post_code": "10115",
                },
            });
            self.push_update(bot, None, "shipping_query", body);
            return Ok(id);
        }
        Ok(self.check_out(bot, person, key, message, None))
    }

    fn check_out(&mut self, bot: Id, person: Id, key: ChatKey, message: i64, option: Option<(String, i64)>) -> String {
        let content = self.message(key, message).map(|m| m.content.clone());
        let content = content.unwrap_or_else(|| Content::new("invoice"));
        let asked = Asked::Checkout {
            message,
            option: option.as_ref().map(|(o, _)| o.clone()),
        };
        let id = self.ask(bot, person, key, asked);
        let mut body = bill(&content, option.as_ref());
        body["id"] = id.as_str().into();
        body["from"] = self.user(person);
        self.push_update(bot, None, "pre_checkout_query", body);
        id
    }

    pub fn answer_shipping(
        &mut self,
        bot: Id,
        id: &str,
        answer: Result<Vec<(String, i64)>, String>,
    ) -> Result<(), ApiError> {
        let q = self.open_query(bot, id)?.clone();
        let Asked::Shipping { message } = q.asked else {
            return Err(ApiError::bad(LATE));
        };
        match answer {
            Err(error) => self.close_query(id, json!({"ok": false, "error": error})),
            Ok(options) => {
                // The person takes the first way.
                let next = self.check_out(bot, q.person, q.chat, message, options.into_iter().next());
                self.close_query(id, json!({"ok": true, "checkout": next}));
            }
        }
        Ok(())
    }

    pub fn answer_checkout(&mut self, bot: Id, id: &str, error: Option<String>) -> Result<(), ApiError> {
        let q = self.open_query(bot, id)?.clone();
        let Asked::Checkout { message, option } = q.asked else {
            return Err(ApiError::bad(LATE));
        };
        if let Some(error) = error {
            self.close_query(id, json!({"ok": false, "error": error}));
            return Ok(());
        }
        let content = self.message(q.chat, message).map(|m| m.content.clone());
        let content = content.unwrap_or_else(|| Content::new("invoice"));
        let mut paid = bill(&content, option.map(|o| (o, 0)).as_ref());
        let charge = self.serial();
        paid["telegram_payment_charge_id"] = format!("charge-{charge}").into();
        paid["provider_payment_charge_id"] = format!("provider-{charge}").into();
        self.close_query(id, json!({"ok": true}));
        self.post(
            q.chat,
            Draft::new(q.person, Content::service("successful_payment", paid)),
        );
        Ok(())
    }

    /// A person buys paid media: the bot is told when it named them.
    pub fn buy(&mut self, person: Id, key: ChatKey, message: i64) -> Result<(), Refusal> {
        let m = self.message(key, message);
        let m = m.filter(|m| m.content.kind == "paid_media");
        let m = m.ok_or_else(|| Refusal::new("the message holds no paid media"))?;
        let (bot, payload) = (m.from, m.content.known_to_bot.clone().unwrap_or_default());
        if let Some(payload) = payload["payload"].as_str().filter(|p| !p.is_empty()) {
            let body = json!({"from": self.user(person), "paid_media_payload": payload});
            self.push_update(bot, None, "purchased_paid_media", body);
        }
        Ok(())
    }
}

/// Currency, amount and payload, as queries and receipts have them.
fn bill(content: &Content, option: Option<&(String, i64)>) -> Value {
    let invoice = content.fields.get("invoice").cloned().unwrap_or_default();
    let known = content.known_to_bot.clone().unwrap_or_default();
    let amount = invoice["total_amount"].as_i64().unwrap_or(0) + option.map_or(0, |(_, more)| *more);
    let mut v = json!({
        "currency": invoice["currency"], "total_amount": amount, "invoice_payload": known["payload"],
    });
    if let Some((id, _)) = option {
        v["shipping_option_id"] = id.as_str().into();
    }
    v
}
