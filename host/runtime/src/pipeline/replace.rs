//! What a verdict does to a message, checked against Telegram's rules before anyone else sees it.

use super::text::{CAPTION_LIMIT, TEXT_LIMIT, check_entities, utf16_len};
use super::{Invalid, splice};
use crate::types::{Message, Replacement, StyledText, Verdict};

/// Checks a verdict against the message that it is about, and changes nothing.
pub fn check(message: &Message, verdict: &Verdict) -> Result<(), Invalid> {
    changed(message, verdict).map(drop)
}

/// Does to the message what the verdict says. Verdicts that end the message's way leave it as it is.
pub fn apply(message: &mut Message, verdict: &Verdict) -> Result<(), Invalid> {
    let Some(change) = changed(message, verdict)? else {
        return Ok(());
    };
    if let Some(text) = change.text {
        message.text = text.text;
        message.entities = text.entities;
    }
    if change.without_attachments {
        message.attachments.clear();
        message.album = None;
        message.kind = "text".to_owned();
    }
    if change.without_buttons {
        message.buttons.clear();
    }
    Ok(())
}

struct Change {
    text: Option<StyledText>,
    without_attachments: bool,
    without_buttons: bool,
}

fn changed(message: &Message, verdict: &Verdict) -> Result<Option<Change>, Invalid> {
    let change = match verdict {
        Verdict::Pass | Verdict::Drop(_) | Verdict::Quarantine(_) | Verdict::StayClosed => {
            return Ok(None);
        }
        Verdict::Replace(Replacement {
            text,
            without_attachments,
            without_buttons,
            extra: _,
        }) => {
            if let Some(text) = text {
                check_entities(&text.text, &text.entities).map_err(Invalid)?;
            }
            Change {
                text: text.clone(),
                without_attachments: *without_attachments,
                without_buttons: *without_buttons,
            }
        }
        Verdict::Edit(splices) => {
            let (text, entities) = splice(&message.text, &message.entities, splices)?;
            Change {
                text: Some(StyledText { text, entities }),
                without_attachments: false,
                without_buttons: false,
            }
        }
    };
    fits(message, &change)?;
    Ok(Some(change))
}

fn fits(message: &Message, change: &Change) -> Result<(), Invalid> {
    let bare = change.without_attachments || message.attachments.is_empty();
    let text = change
        .text
        .as_ref()
        .map_or(message.text.as_str(), |text| text.text.as_str());
    if bare && text.trim().is_empty() {
        return Err(Invalid::because("nothing would be left of the message; `drop` says so"));
    }
    if change.text.is_none() && !change.without_attachments {
        return Ok(());
    }
    if !bare && !text.is_empty() && !takes_caption(&message.kind) {
        return Err(Invalid::because(format!(
            "a message of kind `{}` has no caption to replace",
            message.kind
        )));
    }
    let most = if bare { TEXT_LIMIT } else { CAPTION_LIMIT };
    let length = utf16_len(text);
    if length > most {
        return Err(Invalid::because(format!(
            "the new text has {length} UTF-16 units, {most} are allowed here"
        )));
    }
    Ok(())
}

/// Kinds that Telegram never shows a caption under; of others, known or not, it decides itself.
fn takes_caption(kind: &str) -> bool {
    !matches!(
        kind,
        "sticker" | "video_note" | "location" | "venue" | "contact" | "poll" | "dice" | "game"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Attachment, Entity, MessageRef, Person, Splice};

    fn message(kind: &str, text: &str) -> Message {
        let attachment = || Attachment {
            kind: kind.into(),
            file: "file".into(),
            name: None,
            mime: None,
            size: None,
            extra: vec![],
        };
        Message {
            ref_: MessageRef {
                place: "customer".into(),
                id: 1,
            },
            at: 0,
            kind: kind.into(),
            text: text.into(),
            entities: vec![],
            buttons: vec![],
            attachments: if kind == "text" { vec![] } else { vec![attachment()] },
            album: None,
            author: Person {
                id: 1,
                name: "A".into(),
                username: None,
                language: None,
                is_bot: false,
            },
            reply_to: None,
            edited: false,
            extra: vec![],
        }
    }

    fn replace(text: Option<&str>, without_attachments: bool) -> Verdict {
        let text = text.map(|text| StyledText {
            text: text.into(),
            entities: vec![],
        });
        Verdict::Replace(Replacement {
            text,
            without_attachments,
            without_buttons: false,
            extra: vec![],
        })
    }

    #[test]
    fn a_text_is_replaced() {
        let mut m = message("text", "old");
        apply(&mut m, &replace(Some("new"), false)).unwrap();
        assert_eq!(m.text, "new");
    }

    #[test]
    fn attachments_can_be_left_out() {
        let mut m = message("photo", "caption");
        apply(&mut m, &replace(None, true)).unwrap();
        assert_eq!(
            (m.kind.as_str(), m.attachments.len(), m.text.as_str()),
            ("text", 0, "caption")
        );
        assert!(
            check(&message("photo", ""), &replace(None, true))
                .unwrap_err()
                .0
                .contains("nothing would be left")
        );
    }

    #[test]
    fn telegrams_lengths_hold() {
        assert!(check(&message("text", "x"), &replace(Some(&"y".repeat(4096)), false)).is_ok());
        assert!(check(&message("text", "x"), &replace(Some(&"y".repeat(4097)), false)).is_err());
        assert!(check(&message("photo", "x"), &replace(Some(&"y".repeat(1024)), false)).is_ok());
        assert!(check(&message("photo", "x"), &replace(Some(&"😀".repeat(513)), false)).is_err());
        assert!(check(&message("photo", "x"), &replace(Some(&"😀".repeat(513)), true)).is_ok());
        let grow = Verdict::Edit(vec![Splice {
            offset: 0,
            length: 0,
            text: "y".repeat(4096),
        }]);
        assert!(check(&message("text", "x"), &grow).is_err());
    }

    #[test]
    fn entities_of_a_replacement_are_checked() {
        let entities = vec![Entity {
            kind: "bold".into(),
            offset: 1,
            length: 9,
            value: None,
        }];
        let text = Some(StyledText {
            text: "abc".into(),
            entities,
        });
        let verdict = Verdict::Replace(Replacement {
            text,
            without_attachments: false,
            without_buttons: false,
            extra: vec![],
        });
        let mut m = message("text", "old");
        assert!(apply(&mut m, &verdict).is_err());
        assert_eq!(m.text, "old", "a refused verdict changes nothing");
    }

    #[test]
    fn stickers_have_no_caption() {
        assert!(check(&message("sticker", ""), &replace(Some("x"), false)).is_err());
        assert!(check(&message("sticker", ""), &replace(Some("x"), true)).is_ok());
    }
}
