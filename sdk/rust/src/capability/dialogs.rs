//! `dialogs`: conversations with contacts, each in its topic.

use crate::{Content, Dialog, Error, Host, MessageRef};

/// Dialogs of this connection.
#[derive(Debug)]
pub struct Dialogs<'a, H>(pub(crate) &'a H);

impl<H: Host> Dialogs<'_, H> {
    /// A dialog by its id.
    pub fn get(&self, id: i64) -> Result<Option<Dialog>, Error> {
        self.0.dialogs_get(id)
    }

    /// The dialog with a contact, if there is one.
    pub fn find(&self, contact: i64) -> Result<Option<Dialog>, Error> {
        self.0.dialogs_find(contact)
    }

    /// The dialog with a contact; it is opened where there is none and the contact is known.
    pub fn open(&self, contact: i64) -> Result<Dialog, Error> {
        self.0.dialogs_open(contact)
    }

    /// A link to its topic, where it has one.
    pub fn link(&self, id: i64) -> Result<Option<String>, Error> {
        self.0.dialogs_link(id)
    }

    /// Sets the status: a word of [`words::status`](crate::words::status).
    pub fn set_status(&self, id: i64, status: &str) -> Result<(), Error> {
        self.0.dialogs_set_status(id, status)
    }

    /// Posts into the topic; the customer does not see it.
    pub fn note(&self, id: i64, content: impl Into<Content>) -> Result<(), Error> {
        self.0.dialogs_note(id, &content.into())
    }

    /// Sends to the customer; the topic shows what was sent.
    pub fn send(&self, id: i64, content: impl Into<Content>) -> Result<(), Error> {
        self.0.dialogs_send(id, &content.into())
    }

    /// Forwards 1–100 messages of one place (the dialog's topic or General) to the customer, with their author shown.
    pub fn forward(&self, id: i64, messages: &[MessageRef]) -> Result<(), Error> {
        self.0.dialogs_forward(id, messages)
    }
}
