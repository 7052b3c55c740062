//! Rules of the WIT package on what a plugin hands over: sizes, names, counts. Broken rules are told in one sentence.

use crate::pipeline::text::{CAPTION_LIMIT, TEXT_LIMIT, check_entities, utf16_len};
use crate::types::{Answer as PressAnswer, Card, Content, Error, MessageRef, Request};

type Checked = Result<(), Error>;

fn invalid(message: impl Into<String>) -> Error {
    Error::new("invalid", message)
}

fn limit(message: impl Into<String>) -> Error {
    Error::new("limit", message)
}

pub(crate) fn store_key(key: &str) -> Checked {
    match key.len() {
        0 => Err(invalid("a key must not be empty")),
        1..=256 => Ok(()),
        length => Err(limit(format!("a key may have 256 bytes, this one has {length}"))),
    }
}

pub(crate) fn store_value(value: &[u8]) -> Checked {
    if value.len() > 64 << 10 {
        return Err(limit(format!(
            "a value may have 64 KiB, this one has {} bytes",
            value.len()
        )));
    }
    Ok(())
}

pub(crate) fn tag(tag: &str) -> Checked {
    let well_formed = tag.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ':'));
    if tag.is_empty() || tag.chars().count() > 64 || !well_formed {
        return Err(invalid(format!(
            "`{}` is not a tag: 1–64 letters, digits, `-`, `_` or `:`",
            shortened(tag)
        )));
    }
    Ok(())
}

pub(crate) fn property(name: &str, value: Option<&str>) -> Checked {
    if name.is_empty() || name.len() > 64 {
        return Err(invalid("a property's name has 1–64 bytes"));
    }
    if value.is_some_and(|value| value.len() > 1 << 10) {
        return Err(limit("a property's value may have 1 KiB"));
    }
    Ok(())
}

pub(crate) fn status(status: &str) -> Checked {
    if matches!(status, "waiting" | "answered" | "closed") {
        return Ok(());
    }
    Err(invalid(format!(
        "`{}` is not a status: `waiting`, `answered` or `closed`",
        shortened(status)
    )))
}

pub(crate) fn template_name(name: &str) -> Checked {
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_whitespace) {
        return Err(invalid("a template's name has 1–64 characters and no white space"));
    }
    Ok(())
}

pub(crate) fn place(message: &MessageRef) -> Checked {
    if matches!(message.place.as_str(), "customer" | "topic" | "general") {
        return Ok(());
    }
    Err(invalid(format!(
        "`{}` is not a place: `customer`, `topic` or `general`",
        shortened(&message.place)
    )))
}

pub(crate) fn forwarded(messages: &[MessageRef]) -> Checked {
    let Some(first) = messages.first() else {
        return Err(invalid("there is no message to forward"));
    };
    if messages.len() > 100 {
        return Err(limit(format!(
            "100 messages can be forwarded at once, not {}",
            messages.len()
        )));
    }
    if !matches!(first.place.as_str(), "topic" | "general") {
        return Err(invalid(
            "only messages of the dialog's topic or of General can be forwarded",
        ));
    }
    if messages.iter().any(|message| message.place != first.place) {
        return Err(invalid("messages that are forwarded together must be of one place"));
    }
    Ok(())
}

pub(crate) fn timer(key: &str, payload: &str) -> Checked {
    store_key(key)?;
    if payload.len() > 4 << 10 {
        return Err(limit("a timer's payload may have 4 KiB"));
    }
    Ok(())
}

pub(crate) fn request(request: &Request) -> Checked {
    if request.timeout > 10_000 {
        return Err(limit("a request may take 10,000 ms"));
    }
    if !(request.url.starts_with("https://") || request.url.starts_with("http://")) {
        return Err(invalid("a request's url starts with https:// or http://"));
    }
    Ok(())
}

/// Something to post, by Telegram's rules.
pub(crate) fn content(content: &Content) -> Checked {
    let text = &content.text;
    if text.text.trim().is_empty() && content.attachments.is_empty() {
        return Err(invalid("there is neither a text nor an attachment to post"));
    }
    if content.attachments.len() > 10 {
        return Err(limit(format!(
            "an album has 2–10 attachments, not {}",
            content.attachments.len()
        )));
    }
    let most = if content.attachments.is_empty() {
        TEXT_LIMIT
    } else {
        CAPTION_LIMIT
    };
    let length = utf16_len(&text.text);
    if length > most {
        return Err(limit(format!(
            "the text has {length} UTF-16 units, {most} are allowed here"
        )));
    }
    check_entities(&text.text, &text.entities).map_err(invalid)?;
    buttons(content)
}

fn buttons(content: &Content) -> Checked {
    if content.buttons.is_empty() {
        return Ok(());
    }
    if content.attachments.len() > 1 {
        return Err(invalid("an album has no buttons"));
    }
    if content.buttons.iter().map(Vec::len).sum::<usize>() > 100 {
        return Err(limit("a message may have 100 buttons"));
    }
    for row in &content.buttons {
        if row.is_empty() || row.len() > 8 {
            return Err(limit(format!("a row has 1–8 buttons, not {}", row.len())));
        }
        for button in row {
            if button.text.trim().is_empty() {
                return Err(invalid("a button needs a text"));
            }
            match button.kind.as_str() {
                "press" if button.value.len() > 40 => {
                    return Err(limit(format!(
                        "a button's value may have 40 bytes, not {}",
                        button.value.len()
                    )));
                }
                "press" => {}
                "url" | "copy" if button.value.is_empty() => {
                    return Err(invalid(format!("a `{}` button needs a value", button.kind)));
                }
                "url" => {}
                "copy" if button.value.chars().count() > 256 => {
                    return Err(limit("a `copy` button's value may have 256 characters"));
                }
                "copy" => {}
                other => {
                    return Err(invalid(format!(
                        "`{}` is not a kind of button: `press`, `url` or `copy`",
                        shortened(other)
                    )));
                }
            }
        }
    }
    Ok(())
}

pub(crate) fn card(card: &Card) -> Checked {
    if let Some(title) = &card.title {
        let length = title.chars().count();
        if title.trim().is_empty() || length > 120 {
            return Err(invalid(format!("a card's title has 1–120 characters, not {length}")));
        }
    }
    Ok(())
}

pub(crate) fn answer(answer: &PressAnswer) -> Checked {
    if answer.toast.as_ref().is_some_and(|toast| toast.chars().count() > 200) {
        return Err(limit("a toast may have 200 characters"));
    }
    answer.edit.as_ref().map_or(Ok(()), content)
}

/// So much of a plugin's own text as fits into a sentence.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(48).collect();
    if text.chars().nth(48).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Button, StyledText};

    fn button(kind: &str, value: &str) -> Content {
        Content {
            buttons: vec![vec![Button {
                text: "b".into(),
                kind: kind.into(),
                value: value.into(),
            }]],
            ..Content::from("text")
        }
    }

    #[test]
    fn buttons_follow_the_contract() {
        assert!(content(&button("press", &"x".repeat(40))).is_ok());
        assert_eq!(content(&button("press", &"x".repeat(41))).unwrap_err().code, "limit");
        assert_eq!(content(&button("shout", "")).unwrap_err().code, "invalid");
        assert_eq!(content(&button("url", "")).unwrap_err().code, "invalid");
    }

    #[test]
    fn texts_are_measured_in_utf16() {
        let long = |count| Content {
            text: StyledText {
                text: "😀".repeat(count),
                entities: vec![],
            },
            ..Content::default()
        };
        assert!(content(&long(2048)).is_ok());
        assert_eq!(content(&long(2049)).unwrap_err().code, "limit");
        assert_eq!(content(&Content::from(" \n")).unwrap_err().code, "invalid");
    }

    #[test]
    fn names_follow_the_contract() {
        assert!(tag("vip:2026-ü").is_ok());
        assert!(tag("two words").is_err());
        assert!(template_name("Привет").is_ok());
        assert!(template_name("two words").is_err());
        assert!(store_key(&"k".repeat(257)).is_err());
        let topic = |id| MessageRef {
            place: "topic".into(),
            id,
        };
        assert!(forwarded(&[topic(1), topic(2)]).is_ok());
        assert!(
            forwarded(&[
                topic(1),
                MessageRef {
                    place: "general".into(),
                    id: 2
                }
            ])
            .is_err()
        );
        assert!(forwarded(&[]).is_err());
    }
}
