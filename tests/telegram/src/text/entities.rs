//! Entities: given ones checked, mentions resolved, and what trimming does to them.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::world::World;
use crate::world::content::Styled;

const STYLES: [&str; 12] = [
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "code",
    "pre",
    "text_link",
    "text_mention",
    "custom_emoji",
    "blockquote",
    "expandable_blockquote",
];
/// Types that Telegram finds by itself: taken and ignored when given.
const FOUND: [&str; 8] = [
    "mention",
    "hashtag",
    "cashtag",
    "bot_command",
    "url",
    "email",
    "phone_number",
    "bank_card_number",
];

/// Text with entities as a program gave them.
pub fn given(text: &str, entities: &[Value]) -> Result<Styled, ApiError> {
    let mut out = Vec::new();
    let cannot = |e: &str| ApiError::bad(format!("Can't parse MessageEntity: {e}"));
    for e in entities {
        let o = e.as_object().ok_or_else(|| cannot("expected an Object"))?;
        let int = |k: &str| -> Result<i64, ApiError> {
            match o.get(k) {
                None => Err(cannot(&format!("Can't find field \"{k}\""))),
                Some(Value::Number(n)) => Ok(n.as_i64().unwrap_or(0)),
                Some(Value::String(s)) => s
                    .parse()
                    .map_err(|_| cannot(&format!("Field \"{k}\" must be a valid Integer"))),
                Some(_) => Err(cannot(&format!("Field \"{k}\" must be of type Number"))),
            }
        };
        let (offset, length) = (int("offset")?, int("length")?);
        let kind = o.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind.is_empty() {
            return Err(cannot("Type is not specified"));
        }
        if FOUND.contains(&kind) || kind == "date_time" {
            continue;
        }
        if !STYLES.contains(&kind) {
            return Err(cannot("Unsupported type specified"));
        }
        let extra = match kind {
            "text_link" => Some("url"),
            "text_mention" => Some("user"),
            "custom_emoji" => Some("custom_emoji_id"),
            _ => None,
        };
        if let Some(k) = extra
            && o.get(k).is_none_or(Value::is_null)
        {
            return Err(cannot(&format!("Can't find field \"{k}\"")));
        }
        if offset < 0 || offset > i64::from(u16::MAX) {
            return Err(ApiError::bad(format!(
                "Receive an entity with incorrect offset {offset}"
            )));
        }
        if length < 0 || length > i64::from(u16::MAX) {
            return Err(ApiError::bad(format!(
                "Receive an entity with incorrect length {length}"
            )));
        }
        if length == 0 {
            continue;
        }
        let mut v = json!({"type": kind, "offset": offset, "length": length});
        match kind {
            "text_link" => match super::scan::checked_url(o["url"].as_str().unwrap_or_default()) {
                Some(u) => v["url"] = u.into(),
                None => continue,
            },
            "text_mention" => v["user"] = json!({"id": o["user"]["id"]}),
            "custom_emoji" => v["custom_emoji_id"] = o["custom_emoji_id"].clone(),
            "pre" => {
                if let Some(l) = o.get("language").and_then(Value::as_str).filter(|l| !l.is_empty()) {
                    v["language"] = l.into();
                }
            }
            _ => {}
        }
        out.push(v);
    }
    check_bounds(text, &out)?;
    sort(&mut out);
    Ok(Styled {
        text: text.to_owned(),
        entities: out,
    })
}

fn check_bounds(text: &str, entities: &[Value]) -> Result<(), ApiError> {
    if entities.is_empty() {
        return Ok(());
    }
    let mut middles = Vec::new();
    let mut total = 0usize;
    for c in text.chars() {
        if c.len_utf16() == 2 {
            middles.push(total + 1);
        }
        total += c.len_utf16();
    }
    for e in entities {
        let (from, length) = span(e);
        if from > total {
            return Err(ApiError::bad(format!(
                "Entity begins after the end of the text at UTF-16 offset {from}"
            )));
        }
        if from + length > total {
            return Err(ApiError::bad(format!(
                "Entity beginning at UTF-16 offset {from} ends after the end of the text at UTF-16 offset {}",
                from + length
            )));
        }
        if middles.binary_search(&from).is_ok() {
            return Err(ApiError::bad(format!(
                "Entity begins in a middle of a UTF-16 symbol at byte offset {from}"
            )));
        }
        if middles.binary_search(&(from + length)).is_ok() {
            return Err(ApiError::bad(format!(
                "Entity beginning at UTF-16 offset {from} ends in a middle of a UTF-16 symbol at UTF-16 offset {}",
                from + length
            )));
        }
    }
    Ok(())
}

pub fn span(e: &Value) -> (usize, usize) {
    let n = |k: &str| e[k].as_u64().unwrap_or(0) as usize;
    (n("offset"), n("length"))
}

/// By offset, longer ones first.
pub fn sort(entities: &mut [Value]) {
    entities.sort_by_key(|e| {
        let (o, l) = span(e);
        (o, std::cmp::Reverse(l))
    });
}

/// Mentions by id become `text_mention` with the whole user; nobody known by that id: no entity.
pub fn resolve_mentions(styled: &mut Styled, world: &World) {
    styled.entities.retain_mut(|e| {
        if e["type"] != "text_mention" {
            return true;
        }
        let id = e["user"]["id"].as_i64().unwrap_or(0);
        if !world.people.contains_key(&id) && !world.is_bot(id) {
            return false;
        }
        e["user"] = world.user(id);
        true
    });
}

/// Cuts white space from both ends, as Telegram does, and moves the entities along.
pub fn trim(styled: &mut Styled) {
    let is_space = |c: char| c.is_whitespace() || c == '\u{200b}' || c == '\0';
    let without_end = styled.text.trim_end_matches(is_space);
    let trimmed = without_end.trim_start_matches(is_space);
    if trimmed.len() == styled.text.len() {
        return;
    }
    let cut = super::utf16_len(&without_end[..without_end.len() - trimmed.len()]);
    let total = super::utf16_len(trimmed);
    let text = trimmed.to_owned();
    styled.entities.retain_mut(|e| {
        let (from, length) = span(e);
        let (a, b) = (from.saturating_sub(cut), (from + length).saturating_sub(cut).min(total));
        if a >= b {
            return false;
        }
        e["offset"] = a.into();
        e["length"] = (b - a).into();
        true
    });
    styled.text = text;
}
