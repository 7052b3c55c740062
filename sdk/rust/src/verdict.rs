//! What a message hook decides: one type for messages of operators and of the bot, one with `StayClosed` for customers'.

use crate::{Replacement, Splice, bindings};

/// On an operator's message or one of the bot's own program.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It goes on as it is.
    Pass,
    /// It goes on like this.
    Replace(Replacement),
    /// It goes no further. An operator is told the reason.
    Drop(String),
    /// It is set aside for a look, with the reason.
    Quarantine(String),
}

/// On a customer's message.
#[derive(Clone, Debug, PartialEq)]
pub enum IncomingVerdict {
    /// It goes on as it is.
    Pass,
    /// It goes on like this.
    Replace(Replacement),
    /// It is not shown; the reason is counted, not posted.
    Drop(String),
    /// It is set aside for a look, with the reason.
    Quarantine(String),
    /// Where the dialog is not open: this message does not open it.
    StayClosed,
}

/// [`Verdict`] of the text-only hooks.
#[derive(Clone, Debug, PartialEq)]
pub enum TextVerdict {
    /// It goes on as it is.
    Pass,
    /// These stretches are changed; formatting outside of them is kept.
    Edit(Vec<Splice>),
    /// It goes no further. An operator is told the reason.
    Drop(String),
    /// It is set aside for a look, with the reason.
    Quarantine(String),
}

/// [`IncomingVerdict`] of the text-only hook.
#[derive(Clone, Debug, PartialEq)]
pub enum IncomingTextVerdict {
    /// It goes on as it is.
    Pass,
    /// These stretches are changed; formatting outside of them is kept.
    Edit(Vec<Splice>),
    /// It is not shown; the reason is counted, not posted.
    Drop(String),
    /// It is set aside for a look, with the reason.
    Quarantine(String),
    /// Where the dialog is not open: this message does not open it.
    StayClosed,
}

macro_rules! widen {
    ($from:ident => $to:ty, $change:ident) => {
        impl From<$from> for $to {
            fn from(verdict: $from) -> Self {
                match verdict {
                    $from::Pass => Self::Pass,
                    $from::$change(change) => Self::$change(change),
                    $from::Drop(reason) => Self::Drop(reason),
                    $from::Quarantine(reason) => Self::Quarantine(reason),
                }
            }
        }
    };
    ($from:ident => $to:ty, $change:ident, closed) => {
        impl From<$from> for $to {
            fn from(verdict: $from) -> Self {
                match verdict {
                    $from::Pass => Self::Pass,
                    $from::$change(change) => Self::$change(change),
                    $from::Drop(reason) => Self::Drop(reason),
                    $from::Quarantine(reason) => Self::Quarantine(reason),
                    $from::StayClosed => Self::StayClosed,
                }
            }
        }
    };
}

// A rule that holds both ways is written once and widened for customers' messages.
widen!(Verdict => IncomingVerdict, Replace);
widen!(TextVerdict => IncomingTextVerdict, Edit);

widen!(IncomingVerdict => bindings::incoming::Verdict, Replace, closed);
widen!(IncomingTextVerdict => bindings::incoming_text::Verdict, Edit, closed);
widen!(Verdict => bindings::outgoing::Verdict, Replace);
widen!(TextVerdict => bindings::outgoing_text::Verdict, Edit);
widen!(Verdict => bindings::intercepted::Verdict, Replace);
widen!(TextVerdict => bindings::intercepted_text::Verdict, Edit);

impl Splice {
    /// `length` bytes at `offset` become `text`.
    pub fn new(offset: usize, length: usize, text: impl Into<String>) -> Self {
        Self {
            offset: offset as u32,
            length: length as u32,
            text: text.into(),
        }
    }
}
