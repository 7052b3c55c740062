//! `templates`: saved messages of any kind.

use crate::{Error, Host, MessageRef, Template, capability::Page, limits};

/// Saved messages of any kind, albums too, shared by the plugins of a connection that were granted this.
#[derive(Debug)]
pub struct Templates<'a, H>(pub(crate) &'a H);

impl<H: Host> Templates<'_, H> {
    /// Saves a message under a name; saving again replaces. Names have 1–64 characters without white space; letter
    /// case is kept, and ignored in look-ups. A message of an album saves the whole album, which must have passed the
    /// connection in the last 24 hours. `dialog` is the one whose topic the message is in.
    pub fn save(&self, name: &str, source: &MessageRef, dialog: Option<i64>) -> Result<Template, Error> {
        self.0.templates_save(name, source, dialog)
    }

    /// One by its name.
    pub fn get(&self, name: &str) -> Result<Option<Template>, Error> {
        self.0.templates_get(name)
    }

    /// A page of at most 100, in the order of names.
    pub fn page(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page<Template>, Error> {
        self.0.templates_all(prefix, after, limit.min(limits::TEMPLATES))
    }

    /// The first `most` whose names begin so, page by page.
    pub fn all(&self, prefix: &str, most: usize) -> Result<Vec<Template>, Error> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = self.page(prefix, after.as_deref(), limits::TEMPLATES)?;
            found.extend(page.items);
            after = page.next;
            if after.is_none() || found.len() >= most {
                found.truncate(most);
                return Ok(found);
            }
        }
    }

    /// Takes one away; tells whether there was one.
    pub fn delete(&self, name: &str) -> Result<bool, Error> {
        self.0.templates_delete(name)
    }

    /// Sends it to the dialog's customer; the topic shows what was sent.
    pub fn send(&self, name: &str, dialog: i64) -> Result<(), Error> {
        self.0.templates_send(name, dialog, false)
    }

    /// Forwards it to the dialog's customer, with the source's author shown.
    pub fn forward(&self, name: &str, dialog: i64) -> Result<(), Error> {
        self.0.templates_send(name, dialog, true)
    }
}
