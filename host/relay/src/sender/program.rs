//! The bot's own program in the topic and beside us in the limits: how its messages look, and what it leaves us.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};
use switchboard_delivery::{Join, Limit, Millis, Pacing, Rate};
use switchboard_telegram::types::MessageEntity;

use crate::content::{Content, takes_caption};
use crate::op::Carry;
use crate::sender::plan::{Step, send};
use crate::words;

/// Telegram's limits of a text and a caption, in UTF-16 units.
const TEXT: usize = 4_096;
const CAPTION: usize = 1_024;
/// Most texts that become one message, and the most that each may hold then: together they stay within a text's limit.
const TOGETHER: usize = 10;
const SHORT: usize = 390;
/// The program's calls of a window that are remembered one by one.
const MOST_CALLS: usize = 256;

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// How a message may share a call: short texts become one message, each behind its own mark.
pub fn joins(carry: &Carry) -> Option<Join> {
    let content = carry.content.as_ref()?;
    let fits = carry.reply.is_none() && carry.marks.is_empty() && content.kind == "text";
    (fits && units(&line(content).0) <= SHORT).then(|| Join {
        key: format!("program:{}", carry.chat).into(),
        order: carry.message,
        album: None,
        max: TOGETHER,
        once: true,
    })
}

/// A text behind the mark, with its buttons as words, for a message of several.
fn line(content: &Content) -> (String, Vec<MessageEntity>) {
    let (mut text, entities) = marked(content);
    for row in rows(content) {
        text.push('\n');
        text.push_str(
            &row.iter()
                .map(|label| format!("[{label}]"))
                .collect::<Vec<_>>()
                .join(" "),
        );
    }
    (text, entities)
}

fn rows(content: &Content) -> Vec<Vec<String>> {
    let rows = content
        .keyboard
        .as_ref()
        .and_then(|keyboard| keyboard.get("inline_keyboard")?.as_array());
    let label = |button: &Value| button.get("text").and_then(Value::as_str).map(str::to_owned);
    rows.into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .map(|row| row.iter().filter_map(label).collect())
        .collect()
}

/// The text behind the mark; entities move with it.
fn marked(content: &Content) -> (String, Vec<MessageEntity>) {
    let text = format!("{}{}", words::PROGRAM, content.text);
    let shift = units(words::PROGRAM);
    let entities = content.entities.iter().cloned().map(|mut entity| {
        entity.offset += shift;
        entity
    });
    (text, entities.collect())
}

/// The content as the topic shows it: marked in the text or caption where there is room, else by a button.
pub fn shown(content: &Content, marks: &[String]) -> Content {
    let mut shown = content.clone();
    let limit = match content.kind.as_str() {
        "text" => TEXT,
        kind if takes_caption(kind) => CAPTION,
        _ => 0,
    };
    let (text, entities) = marked(content);
    let mut more: Vec<String> = Vec::new();
    if units(&text) <= limit {
        shown.text = text.trim_end().to_owned();
        shown.entities = entities;
    } else {
        more.push(words::BY_PROGRAM.to_owned());
    }
    more.extend(marks.iter().cloned());
    shown.keyboard = keyboard(content, &more);
    shown
}

/// Its buttons, which nobody here can press for the customer, and the marks below them.
fn keyboard(content: &Content, marks: &[String]) -> Option<Value> {
    let mut all: Vec<Value> = rows(content)
        .into_iter()
        .filter(|row| !row.is_empty())
        .map(|row| {
            row.iter()
                .map(|label| json!({ "text": label, "callback_data": words::NOT_YOURS }))
                .collect()
        })
        .collect();
    if let Value::Array(marks) = words::marks(marks)["inline_keyboard"].take() {
        all.extend(marks);
    }
    (!all.is_empty()).then(|| json!({ "inline_keyboard": all }))
}

/// A keyboard of the program's, inline or not, as one whose buttons do nothing.
pub fn labels(markup: &Value) -> Option<Value> {
    let rows = markup
        .get("inline_keyboard")
        .or_else(|| markup.get("keyboard"))?
        .as_array()?;
    let label = |button: &Value| {
        let text = button.as_str().or_else(|| button.get("text")?.as_str())?;
        Some(json!({ "text": text, "callback_data": words::NOT_YOURS }))
    };
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .filter_map(Value::as_array)
        .map(|row| row.iter().filter_map(label).collect())
        .filter(|row: &Vec<Value>| !row.is_empty())
        .collect();
    (!rows.is_empty()).then(|| json!({ "inline_keyboard": rows }))
}

/// The call that shows messages of the bot's program: one, an album, or several short texts. `place` has chat, topic and reply.
pub fn show(mut place: Map<String, Value>, carries: &[&Carry], copyable: bool) -> Step {
    let Some(first) = carries.first() else {
        return Step::Nothing;
    };
    let empty = Content {
        kind: first.kind.clone(),
        ..Content::default()
    };
    let content = first.content.as_ref().unwrap_or(&empty);
    if carries.len() > 1 {
        let mut contents: Vec<Content> = carries.iter().filter_map(|carry| carry.content.clone()).collect();
        if first.album.is_some() {
            // An album shows the caption of its first part.
            if let Some(first) = contents.first_mut() {
                *first = shown(first, &[]);
            }
            return send(place, &contents);
        }
        return send(place, &[together(&contents)]);
    }
    let shown = shown(content, &first.marks);
    if content.kind == "poll" {
        let poll = Carry {
            content: Some(shown),
            marks: vec![],
            ..(*first).clone()
        };
        return send(place, &[closed(&poll)]);
    }
    if content.kind == "text" || first.replaced || !copyable {
        return match shown.send() {
            Some(_) => send(place, &[shown]),
            None => send(place, &[Content::text(words::program_sent(content))]),
        };
    }
    if takes_caption(&content.kind) {
        place.insert("caption".to_owned(), shown.text.into());
        place.insert("caption_entities".to_owned(), json!(shown.entities));
    }
    if let Some(keyboard) = shown.keyboard {
        place.insert("reply_markup".to_owned(), keyboard);
    }
    place.insert("from_chat_id".to_owned(), first.chat.into());
    place.insert("message_id".to_owned(), first.message.into());
    Step::Call {
        method: "copyMessage",
        parameters: place,
    }
}

/// A poll as the topic shows it beside a program: one that nobody can vote in, for the program would be told of each vote.
pub fn closed(carry: &Carry) -> Content {
    let mut content = carry
        .content
        .clone()
        .unwrap_or_else(|| Content::text(words::cannot_show(&carry.kind)));
    if content.kind == "poll" {
        content.extra.insert("is_closed".to_owned(), true.into());
        if !carry.marks.is_empty() {
            content.keyboard = Some(words::marks(&carry.marks));
        }
    }
    content
}

fn together(contents: &[Content]) -> Content {
    let mut all = Content::text(String::new());
    for content in contents {
        let (text, entities) = line(content);
        if !all.text.is_empty() {
            all.text.push_str("\n\n");
        }
        let shift = units(&all.text);
        all.entities.extend(entities.into_iter().map(|mut entity| {
            entity.offset += shift;
            entity
        }));
        all.text.push_str(&text);
    }
    all
}

/// What the bot's own program leaves of the limit that both share.
///
/// The relay has three tenths of it, and the rest, less a margin, is kept free for the program at all times: what the relay has
/// sent in a window cannot be taken back when the program begins. What the program is about to need beyond that is taken from
/// the relay's part before it needs it: its rate of the last window or, where it is
/// just beginning, twice what it did in half a window.
#[derive(Debug, Clone, Default)]
pub struct Shares {
    /// The window in which calls are counted; 0 where there is no limit.
    per: Millis,
    /// The program's calls in a window that cost us nothing.
    kept: u32,
    /// The most that it takes from us: something always stays for operators' answers.
    most: u32,
    /// Its calls of the last window.
    calls: VecDeque<(Millis, u32)>,
    /// What was taken from us in the last window.
    taken: VecDeque<(Millis, u32)>,
}

impl Shares {
    /// The pacing for the relay's own calls beside a program.
    pub fn of(mut pacing: Pacing, beside: bool) -> (Pacing, Self) {
        let mut shares = Self::default();
        if let (true, Limit::Rate(rate)) = (beside, pacing.bot) {
            let calls = (rate.calls * 3 / 10).max(1);
            pacing.bot = Limit::Rate(Rate { calls, per: rate.per });
            shares.per = rate.per;
            shares.kept = (rate.calls - calls).saturating_sub(rate.calls / 10);
            shares.most = calls.saturating_sub((calls / 8).max(1));
        }
        (pacing, shares)
    }

    /// The program made a call of this weight: what is taken from the relay's part now.
    pub fn counted(&mut self, now: Millis, weight: u32) -> u32 {
        if self.per == 0 {
            return weight;
        }
        let since = |list: &VecDeque<(Millis, u32)>, from: Millis| -> u32 {
            list.iter()
                .filter(|(at, _)| *at > from)
                .map(|(_, weight)| *weight)
                .sum()
        };
        for list in [&mut self.calls, &mut self.taken] {
            while list.front().is_some_and(|(at, _)| *at <= now - self.per) {
                list.pop_front();
            }
        }
        // As many entries as a window has calls: past that one call of a large weight says the same.
        if self.calls.len() < MOST_CALLS {
            self.calls.push_back((now, weight));
        }
        let expected = since(&self.calls, now - self.per).max(2 * since(&self.calls, now - self.per / 2));
        let needed = expected.saturating_sub(self.kept).min(self.most);
        let counted = needed.saturating_sub(since(&self.taken, now - self.per));
        if counted > 0 {
            self.taken.push_back((now, counted));
        }
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carry(message: i64, text: &str) -> Carry {
        Carry {
            chat: 5,
            message,
            kind: "text".to_owned(),
            reply: None,
            album: None,
            content: Some(Content::text(text)),
            replaced: false,
            marks: vec![],
        }
    }

    #[test]
    fn short_texts_become_one_message_with_their_buttons_as_words() {
        let mut second = carry(2, "pick one");
        if let Some(content) = &mut second.content {
            content.keyboard = labels(&json!({ "keyboard": [["Tea", { "text": "Coffee" }]] }));
            content.entities = serde_json::from_value(json!([{ "type": "bold", "offset": 0, "length": 4 }])).unwrap();
        }
        assert!(joins(&second).is_some_and(|join| join.once));
        let first = carry(1, "hi");
        let Step::Call { method, parameters } = show(Map::new(), &[&first, &second], true) else {
            panic!("no call")
        };
        assert_eq!(method, "sendMessage");
        assert_eq!(
            parameters["text"],
            format!("{0}hi\n\n{0}pick one\n[Tea] [Coffee]", words::PROGRAM)
        );
        let offset = units(&format!("{0}hi\n\n{0}", words::PROGRAM));
        assert_eq!(parameters["entities"][0]["offset"], offset);
    }

    #[test]
    fn ten_of_the_longest_that_join_still_fit() {
        let carries: Vec<Carry> = (1..=10)
            .map(|id| carry(id, &"x".repeat(SHORT - units(words::PROGRAM))))
            .collect();
        assert!(carries.iter().all(|carry| joins(carry).is_some()));
        let contents: Vec<Content> = carries.iter().filter_map(|carry| carry.content.clone()).collect();
        assert!(units(&together(&contents).text) <= TEXT);
        assert!(joins(&carry(1, &"x".repeat(SHORT))).is_none());
    }

    #[test]
    fn what_has_no_room_for_the_mark_has_a_button() {
        let long = shown(&Content::text("x".repeat(TEXT)), &[]);
        assert_eq!(long.text.len(), TEXT);
        assert!(long.keyboard.is_some());
        let sticker = Content {
            kind: "sticker".to_owned(),
            ..Content::default()
        };
        assert!(shown(&sticker, &[]).keyboard.is_some());
        assert!(shown(&Content::text("x"), &[]).keyboard.is_none());
    }

    #[test]
    fn a_busy_program_leaves_the_relay_a_share() {
        let (pacing, shares) = Shares::of(Pacing::default(), true);
        assert!(matches!(pacing.bot, Limit::Rate(rate) if rate.calls == 9));
        // What is taken in the second after this many calls a second have begun.
        let taken = |rate: i64, seconds: i64| -> u32 {
            let mut shares = shares.clone();
            let calls: Vec<(i64, u32)> = (0..rate * seconds)
                .map(|call| (call * 1_000 / rate, shares.counted(call * 1_000 / rate, 1)))
                .collect();
            let last = calls.iter().filter(|(at, _)| *at > (seconds - 1) * 1_000);
            last.map(|(_, counted)| counted).sum()
        };
        assert_eq!(taken(10, 3), 0, "it fits the part that is kept free");
        assert_eq!(taken(20, 1), 2);
        assert!((1..=4).contains(&taken(20, 5)), "{}", taken(20, 5));
        assert!(taken(100, 5) <= 8, "one call a second is always ours");
        let (pacing, mut shares) = Shares::of(Pacing::default(), false);
        assert_eq!((pacing, shares.counted(0, 99)), (Pacing::default(), 99));
    }
}
