//! Keyboards: what Telegram refuses, and what of them stays with the message.

use serde_json::{Map, Value, json};

use crate::error::ApiError;

pub const CALLBACK_DATA_BYTES: usize = 64;
/// More inline buttons than this are refused.
const INLINE_BUTTONS: usize = 100;

/// Splits a `reply_markup` into the inline keyboard that belongs to the message, and everything else.
pub fn parse(markup: Option<Value>) -> Result<(Option<Value>, Option<Value>), ApiError> {
    let Some(v) = markup else {
        return Ok((None, None));
    };
    let Value::Object(o) = &v else {
        return Err(ApiError::bad("Object expected as reply markup"));
    };
    if let Some(rows) = o.get("inline_keyboard") {
        return Ok((inline(rows)?, None));
    }
    if let Some(rows) = o.get("keyboard") {
        let wrong = || ApiError::bad("Field \"keyboard\" must be an Array of Arrays");
        for row in rows.as_array().ok_or_else(wrong)? {
            for button in row.as_array().ok_or_else(wrong)? {
                let text = button.as_str().or_else(|| button["text"].as_str());
                match text {
                    Some("") => {
                        return Err(ApiError::bad("Keyboard button text must be non-empty"));
                    }
                    Some(_) => {}
                    None => {
                        return Err(ApiError::bad(
                            "Can't parse keyboard button: KeyboardButton must be a String or an Object",
                        ));
                    }
                }
            }
        }
        return Ok((None, Some(v)));
    }
    if o.contains_key("remove_keyboard") || o.contains_key("force_reply") {
        return Ok((None, Some(v)));
    }
    Ok((None, None))
}

fn inline(rows: &Value) -> Result<Option<Value>, ApiError> {
    let wrong = || ApiError::bad("Field \"inline_keyboard\" must be an Array of Arrays");
    let mut out = Vec::new();
    let mut count = 0;
    for row in rows.as_array().ok_or_else(wrong)? {
        let mut buttons = Vec::new();
        for b in row.as_array().ok_or_else(wrong)? {
            buttons.push(inline_button(b)?);
            count += 1;
        }
        if !buttons.is_empty() {
            out.push(Value::Array(buttons));
        }
    }
    if count > INLINE_BUTTONS {
        return Err(ApiError::bad("reply markup is too long"));
    }
    Ok((!out.is_empty()).then(|| json!({"inline_keyboard": out})))
}

const ACTIONS: [&str; 9] = [
    "callback_data",
    "url",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "pay",
];

fn inline_button(b: &Value) -> Result<Value, ApiError> {
    let Value::Object(o) = b else {
        return Err(ApiError::bad(
            "Can't parse inline keyboard button: InlineKeyboardButton must be an Object",
        ));
    };
    let Some(text) = o.get("text").and_then(Value::as_str) else {
        return Err(ApiError::bad(
            "Can't parse inline keyboard button: Can't find field \"text\"",
        ));
    };
    if text.trim().is_empty() {
        return Err(ApiError::bad("Inline keyboard button text must be non-empty"));
    }
    let mut out = Map::new();
    out.insert("text".into(), text.into());
    let action = ACTIONS
        .iter()
        .chain(["callback_game"].iter())
        .find(|a| o.get(**a).is_some_and(|v| !v.is_null()));
    let Some(action) = action else {
        return Err(ApiError::bad(
            "Can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ));
    };
    match *action {
        "callback_data" => {
            let data = o["callback_data"].as_str().unwrap_or_default();
            if data.is_empty() || data.len() > CALLBACK_DATA_BYTES {
                return Err(ApiError::bad("BUTTON_DATA_INVALID"));
            }
        }
        "url" => {
            let url = o["url"].as_str().unwrap_or_default();
            if !is_url(url) {
                return Err(ApiError::bad(format!(
                    "Inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"
                )));
            }
        }
        _ => {}
    }
    out.insert((*action).into(), o[*action].clone());
    for extra in ["style", "icon_custom_emoji_id"] {
        if let Some(v) = o.get(extra) {
            out.insert(extra.into(), v.clone());
        }
    }
    Ok(Value::Object(out))
}

pub fn is_url(url: &str) -> bool {
    if url.starts_with("tg://") {
        return url.len() > 5;
    }
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))
        .unwrap_or(url);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    name.contains('.')
        && !name.starts_with('.')
        && !name.ends_with('.')
        && name.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-')
}
