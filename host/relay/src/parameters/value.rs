//! Reading and showing single values, in the forms that users know: TOML's own, and "OFF", "TRUE", "1, 2, 3" as texts.

use serde_json::Value;

/// Telegram's ids have at most 52 significant bits.
const ID_LIMIT: i64 = 1 << 52;
const LIST_LIMIT: usize = 10_000;
const WORDS_LIMIT: usize = 100;
const WORD_LENGTH: usize = 64;
/// A value that was not understood is repeated only when it is short: a token, wherever it was put by mistake, is longer.
const SHOWN: usize = 24;

/// What was given, in few words.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(text) if text.len() <= SHOWN => format!("{text:?}"),
        Value::String(_) => "this text".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(given) => given.to_string(),
        Value::Array(_) => "this list".to_owned(),
        Value::Object(_) => "a table".to_owned(),
        Value::Null => "nothing".to_owned(),
    }
}

/// `OFF`, in every form that people write it in.
pub(super) fn is_off(value: &Value) -> bool {
    match value {
        Value::Bool(given) => !given,
        Value::String(text) => ["off", "none", "."]
            .iter()
            .any(|off| text.trim().eq_ignore_ascii_case(off)),
        _ => false,
    }
}

pub(super) fn truth(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(given) => Some(*given),
        Value::String(text) => match text.trim().to_ascii_uppercase().as_str() {
            "TRUE" | "ON" => Some(true),
            "FALSE" | "OFF" => Some(false),
            _ => None,
        },
        _ => None,
    }
    .ok_or_else(|| "true or false (\"ON\" and \"OFF\" will do)".to_owned())
}

/// A number, or a text that is one.
pub(super) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A list of words: a list of texts, or one text with commas. Repeats are dropped.
pub(super) fn words(value: &Value) -> Result<Vec<String>, String> {
    let rule = || format!("a list of at most {WORDS_LIMIT} words of at most {WORD_LENGTH} characters, or \"OFF\"");
    if is_off(value) {
        return Ok(Vec::new());
    }
    let given: Vec<String> = match value {
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(rule))
            .collect::<Result<_, _>>()?,
        Value::String(text) => text
            .split(',')
            .map(|part| part.trim().trim_matches('"').to_owned())
            .collect(),
        _ => return Err(rule()),
    };
    let mut words: Vec<String> = Vec::new();
    for word in given {
        let word = word.trim().to_lowercase();
        if word.is_empty() || word.chars().count() > WORD_LENGTH || word.chars().any(char::is_control) {
            return Err(rule());
        }
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.len() > WORDS_LIMIT {
        return Err(rule());
    }
    Ok(words)
}

/// A list of ids of users or chats: a list, one number, or a text of numbers with commas. Repeats are dropped.
pub(super) fn ids(value: &Value) -> Result<Vec<i64>, String> {
    let rule = || format!("a list of at most {LIST_LIMIT} ids of users or chats (numbers, no @names), or \"OFF\"");
    let given = match value {
        off if is_off(off) => Some(Vec::new()),
        Value::Array(items) => items.iter().map(number).collect(),
        Value::String(text) => text.split(',').map(|part| part.trim().parse().ok()).collect(),
        one => number(one).map(|id| vec![id]),
    };
    let given: Vec<i64> = given.ok_or_else(rule)?;
    let fits = |id: &i64| *id != 0 && (-ID_LIMIT..ID_LIMIT).contains(id);
    if given.len() > LIST_LIMIT || !given.iter().all(fits) {
        return Err(rule());
    }
    let mut kept = Vec::with_capacity(given.len());
    for id in given {
        if !kept.contains(&id) {
            kept.push(id);
        }
    }
    Ok(kept)
}

/// A text as TOML and JSON write it.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

pub(super) fn off_or(shown: Option<String>) -> String {
    shown.unwrap_or_else(|| quoted("OFF"))
}

pub(super) fn list(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    format!("[{}]", ids.join(", "))
}
