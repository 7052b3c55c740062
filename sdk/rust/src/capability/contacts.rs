//! `contacts`: the people (and monitored chats) that the connection knows.

use crate::{Contact, Error, Host, capability::Page};

/// Contacts of this connection.
#[derive(Debug)]
pub struct Contacts<'a, H>(pub(crate) &'a H);

impl<H: Host> Contacts<'_, H> {
    /// A contact by Telegram's id.
    pub fn get(&self, id: i64) -> Result<Option<Contact>, Error> {
        self.0.contacts_get(id)
    }

    /// Adds a tag (letters, digits, `-`, `_`, `:`; at most 64); tells whether it was new.
    pub fn tag(&self, id: i64, tag: &str) -> Result<bool, Error> {
        self.0.contacts_tag(id, tag)
    }

    /// Takes a tag away; tells whether it was there.
    pub fn untag(&self, id: i64, tag: &str) -> Result<bool, Error> {
        self.0.contacts_untag(id, tag)
    }

    /// Sets a property (name at most 64 bytes, value 1 KiB).
    pub fn set(&self, id: i64, name: &str, value: &str) -> Result<(), Error> {
        self.0.contacts_set_property(id, name, Some(value))
    }

    /// Takes a property away.
    pub fn unset(&self, id: i64, name: &str) -> Result<(), Error> {
        self.0.contacts_set_property(id, name, None)
    }

    /// A page of the contacts that a segment names (`tag:vip and not blocked`); an empty query means all.
    pub fn search(&self, query: &str, after: Option<&str>, limit: u32) -> Result<Page<Contact>, Error> {
        self.0.contacts_search(query, after, limit)
    }
}
