//! Texts with formatting, buttons and contents, put together in a line.

use crate::{Attachment, Button, Content, Entity, Reply, StyledText};

/// Ends a command with this answer, posted where the command was given.
///
/// # Errors
/// None: it has the shape of a hook's result.
pub fn answer(content: impl Into<Content>) -> Reply {
    Ok(Some(content.into()))
}

/// Ends a command without an answer.
///
/// # Errors
/// None: it has the shape of a hook's result.
pub fn nothing() -> Reply {
    Ok(None)
}

impl StyledText {
    /// An empty text to add to.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds plain text.
    #[must_use]
    pub fn plain(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Adds bold text.
    #[must_use]
    pub fn bold(self, text: &str) -> Self {
        self.styled("bold", text, None)
    }

    /// Adds italic text.
    #[must_use]
    pub fn italic(self, text: &str) -> Self {
        self.styled("italic", text, None)
    }

    /// Adds text in a fixed width that a tap copies.
    #[must_use]
    pub fn code(self, text: &str) -> Self {
        self.styled("code", text, None)
    }

    /// Adds text that opens an address.
    #[must_use]
    pub fn link(self, text: &str, url: &str) -> Self {
        self.styled("text_link", text, Some(url.to_owned()))
    }

    /// Adds text with an entity of any kind, in Telegram's words.
    #[must_use]
    pub fn styled(mut self, kind: &str, text: &str, value: Option<String>) -> Self {
        // Telegram refuses entities of no length.
        if !text.is_empty() {
            self.entities.push(Entity {
                kind: kind.to_owned(),
                offset: self.text.len() as u32,
                length: text.len() as u32,
                value,
            });
        }
        self.text.push_str(text);
        self
    }

    /// How long Telegram finds it: UTF-16 units.
    pub fn utf16_len(&self) -> usize {
        self.text.encode_utf16().count()
    }
}

impl From<String> for StyledText {
    fn from(text: String) -> Self {
        Self {
            text,
            entities: Vec::new(),
        }
    }
}

impl From<&str> for StyledText {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<StyledText> for Content {
    fn from(text: StyledText) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        StyledText::from(text).into()
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        StyledText::from(text).into()
    }
}

impl From<Attachment> for Content {
    fn from(attachment: Attachment) -> Self {
        Self {
            attachments: vec![attachment],
            ..Self::default()
        }
    }
}

impl Content {
    /// Adds a row of buttons.
    #[must_use]
    pub fn row(mut self, buttons: impl IntoIterator<Item = Button>) -> Self {
        self.buttons.push(buttons.into_iter().collect());
        self
    }
}

impl Button {
    /// A button whose value comes back to the plugin's `press` hook; at most
    /// [`limits::BUTTON_VALUE`](crate::limits::BUTTON_VALUE) bytes.
    pub fn press(text: impl Into<String>, value: impl Into<String>) -> Self {
        Self::of("press", text, value)
    }

    /// A button that opens an address.
    pub fn url(text: impl Into<String>, url: impl Into<String>) -> Self {
        Self::of("url", text, url)
    }

    /// A button that copies a text.
    pub fn copy(text: impl Into<String>, value: impl Into<String>) -> Self {
        Self::of("copy", text, value)
    }

    fn of(kind: &str, text: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            kind: kind.to_owned(),
            value: value.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_must_count_bytes() {
        let text = StyledText::new().plain("цена: ").bold("5 €").plain(".");
        let entity = &text.entities[0];
        let (from, to) = (entity.offset as usize, (entity.offset + entity.length) as usize);
        assert_eq!(&text.text[from..to], "5 €");
        assert_eq!(text.utf16_len(), 10);
    }

    #[test]
    fn empty_stretches_must_leave_no_entity() {
        assert!(StyledText::new().bold("").entities.is_empty());
    }
}
