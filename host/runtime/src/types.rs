//! The records that hooks and capabilities speak of, generated from the WIT package.

pub use crate::bindings::exports::switchboard::plugin::{
    card::View as Card,
    command::Invocation,
    describe::{CommandSpec, Description, Prefilter},
    event::Happening,
    press::{Answer, PressEvent},
    timer::DueTimer,
};
pub use crate::bindings::switchboard::plugin::{
    contacts::Page as ContactPage,
    http::{Request, Response},
    store::{Entry, Page as EntryPage},
    templates::{Page as TemplatePage, Template},
    types::{
        Attachment, Button, ChatId, Contact, Content, Dialog, DialogId, Entity, Error, Message, MessageRef, Pairs,
        Person, Replacement, Splice, StyledText, Timestamp,
    },
};

use crate::bindings::exports::switchboard::plugin as hooks;

/// What a message hook decided, whichever of the six it was.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The message goes on as it is.
    Pass,
    /// Text, formatting or attachments are replaced (the full hooks).
    Replace(Replacement),
    /// Stretches of the text are replaced (the text hooks).
    Edit(Vec<Splice>),
    /// The message ends here, with a reason.
    Drop(String),
    /// The message is set aside for a look, with a reason.
    Quarantine(String),
    /// The dialog is not opened by this message (incoming only).
    StayClosed,
}

macro_rules! verdict {
    ($module:ident, $changed:ident => $ours:ident $(, $closed:ident)?) => {
        impl From<hooks::$module::Verdict> for Verdict {
            fn from(verdict: hooks::$module::Verdict) -> Self {
                use hooks::$module::Verdict as Theirs;
                match verdict {
                    Theirs::Pass => Verdict::Pass,
                    Theirs::$changed(change) => Verdict::$ours(change),
                    Theirs::Drop(reason) => Verdict::Drop(reason),
                    Theirs::Quarantine(reason) => Verdict::Quarantine(reason),
                    $(Theirs::$closed => Verdict::StayClosed,)?
                }
            }
        }
    };
}

verdict!(incoming, Replace => Replace, StayClosed);
verdict!(incoming_text, Edit => Edit, StayClosed);
verdict!(outgoing, Replace => Replace);
verdict!(outgoing_text, Edit => Edit);
verdict!(intercepted, Replace => Replace);
verdict!(intercepted_text, Edit => Edit);

#[expect(clippy::derivable_impls, reason = "the type is generated")]
impl Default for StyledText {
    fn default() -> Self {
        Self {
            text: String::new(),
            entities: Vec::new(),
        }
    }
}

#[expect(clippy::derivable_impls, reason = "the type is generated")]
impl Default for Content {
    fn default() -> Self {
        Self {
            text: StyledText::default(),
            attachments: Vec::new(),
            buttons: Vec::new(),
            extra: Vec::new(),
        }
    }
}

impl From<&str> for Content {
    /// A plain text.
    fn from(text: &str) -> Self {
        Self {
            text: StyledText {
                text: text.to_owned(),
                entities: Vec::new(),
            },
            ..Self::default()
        }
    }
}

impl Error {
    /// An error with a code from the WIT package and one sentence for people.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// What a capability answers that this host does not have.
    pub fn not_available(what: &str) -> Self {
        Self::new("not-available", format!("{what} is not available in this version"))
    }
}
