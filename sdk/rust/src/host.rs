//! The host as a plugin sees it: one function for each of a capability's, with the capabilities' own types before them.

use serde::de::DeserializeOwned;

use crate::capability::{Contacts, Dialogs, Http, Log, Schedule, Store, Templates};
use crate::{Contact, Content, Dialog, Error, MessageRef, Request, Response, Template};

/// A page of something, and what to hand in as `after` for the next one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// `None` on the last page.
    pub next: Option<String>,
}

/// Names and values.
pub type Pairs = Vec<(String, String)>;

/// What the host does for a plugin. In a component it stands before the imports; in a native test it is a
/// [`TestHost`](crate::test::TestHost).
///
/// Plugins use the groups: [`store`](Self::store), [`contacts`](Self::contacts), [`dialogs`](Self::dialogs),
/// [`templates`](Self::templates), [`schedule`](Self::schedule), [`http`](Self::http), [`log`](Self::log);
/// and [`settings`](Self::settings), [`now`](Self::now), [`random`](Self::random).
/// The functions with a capability's name before them are the WIT package's own.
#[allow(missing_docs, reason = "each is documented in its group")]
pub trait Host: Sized {
    /// The time of the turn, in milliseconds since 1970 (UTC). It stands still while the turn runs.
    fn now(&self) -> u64;
    /// A random number, seeded by the turn. Not for secrets.
    fn random(&self) -> u64;

    fn log_write(&self, level: &str, message: &str, fields: &[(String, String)]);
    fn settings_get(&self) -> String;

    fn store_get(&self, key: &str) -> Result<Option<Vec<u8>>, Error>;
    fn store_set(&self, key: &str, value: &[u8], ttl: Option<u64>) -> Result<(), Error>;
    fn store_delete(&self, key: &str) -> Result<bool, Error>;
    fn store_add(&self, key: &str, delta: i64) -> Result<i64, Error>;
    fn store_entries(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page<(String, Vec<u8>)>, Error>;

    fn contacts_get(&self, id: i64) -> Result<Option<Contact>, Error>;
    fn contacts_tag(&self, id: i64, tag: &str) -> Result<bool, Error>;
    fn contacts_untag(&self, id: i64, tag: &str) -> Result<bool, Error>;
    fn contacts_set_property(&self, id: i64, name: &str, value: Option<&str>) -> Result<(), Error>;
    fn contacts_search(&self, query: &str, after: Option<&str>, limit: u32) -> Result<Page<Contact>, Error>;

    fn dialogs_get(&self, id: i64) -> Result<Option<Dialog>, Error>;
    fn dialogs_find(&self, contact: i64) -> Result<Option<Dialog>, Error>;
    fn dialogs_open(&self, contact: i64) -> Result<Dialog, Error>;
    fn dialogs_link(&self, id: i64) -> Result<Option<String>, Error>;
    fn dialogs_set_status(&self, id: i64, status: &str) -> Result<(), Error>;
    fn dialogs_note(&self, id: i64, content: &Content) -> Result<(), Error>;
    fn dialogs_send(&self, id: i64, content: &Content) -> Result<(), Error>;
    fn dialogs_forward(&self, id: i64, messages: &[MessageRef]) -> Result<(), Error>;

    fn templates_save(&self, name: &str, source: &MessageRef, dialog: Option<i64>) -> Result<Template, Error>;
    fn templates_get(&self, name: &str) -> Result<Option<Template>, Error>;
    fn templates_all(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page<Template>, Error>;
    fn templates_delete(&self, name: &str) -> Result<bool, Error>;
    fn templates_send(&self, name: &str, dialog: i64, forward: bool) -> Result<(), Error>;

    fn schedule_set(&self, key: &str, due: u64, payload: &str, dialog: Option<i64>) -> Result<(), Error>;
    fn schedule_cancel(&self, key: &str) -> Result<bool, Error>;

    fn http_send(&self, request: &Request) -> Result<Response, Error>;

    /// The plugin's settings on this connection. The struct is the one that `describe` named, with
    /// `#[serde(default)]`, so that it is there before an admin sets anything.
    ///
    /// # Errors
    /// `invalid` where they do not fit the struct.
    fn settings<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.settings_get())
            .map_err(|error| Error::invalid(format!("The settings do not fit: {error}.")))
    }

    /// Lines for the host's log.
    fn log(&self) -> Log<'_, Self> {
        Log(self)
    }

    /// The plugin's own durable values.
    fn store(&self) -> Store<'_, Self> {
        Store(self)
    }

    /// The connection's contacts.
    fn contacts(&self) -> Contacts<'_, Self> {
        Contacts(self)
    }

    /// The connection's dialogs.
    fn dialogs(&self) -> Dialogs<'_, Self> {
        Dialogs(self)
    }

    /// The connection's saved messages.
    fn templates(&self) -> Templates<'_, Self> {
        Templates(self)
    }

    /// The plugin's durable timers.
    fn schedule(&self) -> Schedule<'_, Self> {
        Schedule(self)
    }

    /// Requests to hosts that the admin listed.
    fn http(&self) -> Http<'_, Self> {
        Http(self)
    }
}
