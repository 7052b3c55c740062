//! What a plugin may ask of the host, one method a capability function. The relay implements it.

use std::any::Any;

use crate::types::{
    ChatId, Contact, ContactPage, Content, Dialog, DialogId, EntryPage, Error, MessageRef, Request, Response, Template,
    TemplatePage, Timestamp,
};

/// The host's side of one turn.
///
/// The runtime checks sizes, names and counts before it calls a method (see [`crate::Limits`] and the WIT package), so
/// an implementation only decides and buffers. What is not implemented answers `not-available`. A value travels as
/// `Box<dyn Host>` into a call and comes back in [`crate::Run`]; use [`crate::Run::host_as`] to have its own type back.
#[expect(unused_variables, reason = "default bodies answer without looking at what was asked")]
pub trait Host: Any + Send {
    /// `log.write`. At most 20 lines of 1 KiB a call come through; the rest is counted in [`crate::Run::suppressed`].
    fn log_write(&mut self, level: &str, message: &str, fields: &[(String, String)]) {}
    /// `clock.now`: the same all through a turn.
    fn clock_now(&mut self) -> Timestamp;
    /// `random.next`: from the turn's seed.
    fn random_next(&mut self) -> u64;
    /// `settings.get`: a JSON object.
    fn settings_get(&mut self) -> String {
        "{}".to_owned()
    }

    fn store_get(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Err(Error::not_available("store.get"))
    }
    /// `ttl` in seconds.
    fn store_set(&mut self, key: &str, value: Vec<u8>, ttl: Option<u64>) -> Result<(), Error> {
        Err(Error::not_available("store.set"))
    }
    fn store_delete(&mut self, key: &str) -> Result<bool, Error> {
        Err(Error::not_available("store.delete"))
    }
    fn store_add(&mut self, key: &str, delta: i64) -> Result<i64, Error> {
        Err(Error::not_available("store.add"))
    }
    /// `limit` is 1–1,000 already.
    fn store_entries(&mut self, prefix: &str, after: Option<&str>, limit: u32) -> Result<EntryPage, Error> {
        Err(Error::not_available("store.entries"))
    }

    fn contacts_get(&mut self, id: ChatId) -> Result<Option<Contact>, Error> {
        Err(Error::not_available("contacts.get"))
    }
    fn contacts_tag(&mut self, id: ChatId, tag: &str) -> Result<bool, Error> {
        Err(Error::not_available("contacts.tag"))
    }
    fn contacts_untag(&mut self, id: ChatId, tag: &str) -> Result<bool, Error> {
        Err(Error::not_available("contacts.untag"))
    }
    fn contacts_set_property(&mut self, id: ChatId, name: &str, value: Option<&str>) -> Result<(), Error> {
        Err(Error::not_available("contacts.set-property"))
    }
    /// `limit` is 1–1,000 already.
    fn contacts_search(&mut self, query: &str, after: Option<&str>, limit: u32) -> Result<ContactPage, Error> {
        Err(Error::not_available("contacts.search"))
    }

    fn dialogs_get(&mut self, id: DialogId) -> Result<Option<Dialog>, Error> {
        Err(Error::not_available("dialogs.get"))
    }
    fn dialogs_find(&mut self, contact: ChatId) -> Result<Option<Dialog>, Error> {
        Err(Error::not_available("dialogs.find"))
    }
    fn dialogs_open(&mut self, contact: ChatId) -> Result<Dialog, Error> {
        Err(Error::not_available("dialogs.open"))
    }
    fn dialogs_link(&mut self, id: DialogId) -> Result<Option<String>, Error> {
        Err(Error::not_available("dialogs.link"))
    }
    fn dialogs_set_status(&mut self, id: DialogId, status: &str) -> Result<(), Error> {
        Err(Error::not_available("dialogs.set-status"))
    }
    fn dialogs_note(&mut self, id: DialogId, content: Content) -> Result<(), Error> {
        Err(Error::not_available("dialogs.note"))
    }
    fn dialogs_send(&mut self, id: DialogId, content: Content) -> Result<(), Error> {
        Err(Error::not_available("dialogs.send"))
    }
    /// 1–100 messages of one place already.
    fn dialogs_forward(&mut self, id: DialogId, messages: &[MessageRef]) -> Result<(), Error> {
        Err(Error::not_available("dialogs.forward"))
    }

    fn templates_save(&mut self, name: &str, source: MessageRef, dialog: Option<DialogId>) -> Result<Template, Error> {
        Err(Error::not_available("templates.save"))
    }
    fn templates_get(&mut self, name: &str) -> Result<Option<Template>, Error> {
        Err(Error::not_available("templates.get"))
    }
    /// `limit` is 1–100 already.
    fn templates_all(&mut self, prefix: &str, after: Option<&str>, limit: u32) -> Result<TemplatePage, Error> {
        Err(Error::not_available("templates.all"))
    }
    fn templates_delete(&mut self, name: &str) -> Result<bool, Error> {
        Err(Error::not_available("templates.delete"))
    }
    fn templates_send(&mut self, name: &str, dialog: DialogId, forward: bool) -> Result<(), Error> {
        Err(Error::not_available("templates.send"))
    }

    fn schedule_set(
        &mut self,
        key: &str,
        due: Timestamp,
        payload: &str,
        dialog: Option<DialogId>,
    ) -> Result<(), Error> {
        Err(Error::not_available("schedule.set"))
    }
    fn schedule_cancel(&mut self, key: &str) -> Result<bool, Error> {
        Err(Error::not_available("schedule.cancel"))
    }

    /// Never called from a message hook; the time that it takes does not count against the plugin's deadline.
    fn http_send(&mut self, request: Request) -> Result<Response, Error> {
        Err(Error::not_available("http.send"))
    }
}

/// A host with no connection behind it: the time is 0, nothing is random, nothing is available.
///
/// `describe` runs with it, so that a plugin describes itself alike everywhere.
#[derive(Debug, Default)]
pub struct NoConnection;

impl Host for NoConnection {
    fn clock_now(&mut self) -> Timestamp {
        0
    }

    fn random_next(&mut self) -> u64 {
        0
    }
}
