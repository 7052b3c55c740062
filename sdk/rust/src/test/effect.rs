//! What a plugin asked for, as a test reads it.

use crate::{Content, MessageRef};

/// Something that a turn wants to happen.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are the functions' parameters")]
pub enum Effect {
    /// `dialogs.note`
    Note { dialog: i64, content: Content },
    /// `dialogs.send`
    Sent { dialog: i64, content: Content },
    /// `dialogs.forward`
    Forwarded { dialog: i64, messages: Vec<MessageRef> },
    /// `dialogs.open`, where there was none
    Opened { dialog: i64, contact: i64 },
    /// `dialogs.set-status`
    Status { dialog: i64, status: String },
    /// `contacts.tag`, where it was new
    Tagged { contact: i64, tag: String },
    /// `contacts.untag`, where it was there
    Untagged { contact: i64, tag: String },
    /// `contacts.set-property`
    Property {
        contact: i64,
        name: String,
        value: Option<String>,
    },
    /// `templates.save`
    TemplateSaved { name: String },
    /// `templates.delete`, where there was one
    TemplateDeleted { name: String },
    /// `templates.send`
    TemplateSent { name: String, dialog: i64, forward: bool },
    /// `schedule.set`
    TimerSet { key: String, due: u64 },
    /// `schedule.cancel`, where there was one
    TimerCancelled { key: String },
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// The message.
    pub message: String,
    /// Named values.
    pub fields: Vec<(String, String)>,
}

/// A timer that is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Timer {
    /// Its key.
    pub key: String,
    /// Milliseconds since 1970.
    pub due: u64,
    /// What comes back with it.
    pub payload: String,
    /// The dialog that it belongs to.
    pub dialog: Option<i64>,
}
