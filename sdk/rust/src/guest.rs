//! The real host: the component's imports. Natively these abort, so only the exported hooks reach them.

use std::sync::Once;

use crate::bindings::switchboard::plugin as raw;
use crate::capability::{Page, Pairs};
use crate::{Contact, Content, Dialog, Error, Host, MessageRef, Plugin, Request, Response, Template};

/// Stands before the imports. It has no size, and every call of it is resolved when the plugin is compiled, so that
/// an import that no code reaches falls out of the component.
#[derive(Debug)]
pub(crate) struct GuestHost;

/// Before every hook.
pub(crate) fn enter<P: Plugin>() {
    // A constant: where it is false, neither this nor the import of `log` is in the component.
    if P::LOG_PANICS {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            std::panic::set_hook(Box::new(|panic| {
                raw::log::write("error", &panic.to_string(), &Pairs::new());
            }));
        });
    }
}

impl Host for GuestHost {
    fn now(&self) -> u64 {
        raw::clock::now()
    }

    fn random(&self) -> u64 {
        raw::random::next()
    }

    fn log_write(&self, level: &str, message: &str, fields: &[(String, String)]) {
        raw::log::write(level, message, fields);
    }

    fn settings_get(&self) -> String {
        raw::settings::get()
    }

    fn store_get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        raw::store::get(key)
    }

    fn store_set(&self, key: &str, value: &[u8], ttl: Option<u64>) -> Result<(), Error> {
        raw::store::set(key, value, ttl)
    }

    fn store_delete(&self, key: &str) -> Result<bool, Error> {
        raw::store::delete(key)
    }

    fn store_add(&self, key: &str, delta: i64) -> Result<i64, Error> {
        raw::store::add(key, delta)
    }

    fn store_entries(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page<(String, Vec<u8>)>, Error> {
        let page = raw::store::entries(prefix, after, limit)?;
        let items = page.entries.into_iter().map(|entry| (entry.key, entry.value)).collect();
        Ok(Page { items, next: page.next })
    }

    fn contacts_get(&self, id: i64) -> Result<Option<Contact>, Error> {
        raw::contacts::get(id)
    }

    fn contacts_tag(&self, id: i64, tag: &str) -> Result<bool, Error> {
        raw::contacts::tag(id, tag)
    }

    fn contacts_untag(&self, id: i64, tag: &str) -> Result<bool, Error> {
        raw::contacts::untag(id, tag)
    }

    fn contacts_set_property(&self, id: i64, name: &str, value: Option<&str>) -> Result<(), Error> {
        raw::contacts::set_property(id, name, value)
    }

    fn contacts_search(&self, query: &str, after: Option<&str>, limit: u32) -> Result<Page<Contact>, Error> {
        let page = raw::contacts::search(query, after, limit)?;
        Ok(Page {
            items: page.contacts,
            next: page.next,
        })
    }

    fn dialogs_get(&self, id: i64) -> Result<Option<Dialog>, Error> {
        raw::dialogs::get(id)
    }

    fn dialogs_find(&self, contact: i64) -> Result<Option<Dialog>, Error> {
        raw::dialogs::find(contact)
    }

    fn dialogs_open(&self, contact: i64) -> Result<Dialog, Error> {
        raw::dialogs::open(contact)
    }

    fn dialogs_link(&self, id: i64) -> Result<Option<String>, Error> {
        raw::dialogs::link(id)
    }

    fn dialogs_set_status(&self, id: i64, status: &str) -> Result<(), Error> {
        raw::dialogs::set_status(id, status)
    }

    fn dialogs_note(&self, id: i64, content: &Content) -> Result<(), Error> {
        raw::dialogs::note(id, content)
    }

    fn dialogs_send(&self, id: i64, content: &Content) -> Result<(), Error> {
        raw::dialogs::send(id, content)
    }

    fn dialogs_forward(&self, id: i64, messages: &[MessageRef]) -> Result<(), Error> {
        raw::dialogs::forward(id, messages)
    }

    fn templates_save(&self, name: &str, source: &MessageRef, dialog: Option<i64>) -> Result<Template, Error> {
        raw::templates::save(name, source, dialog)
    }

    fn templates_get(&self, name: &str) -> Result<Option<Template>, Error> {
        raw::templates::get(name)
    }

    fn templates_all(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page<Template>, Error> {
        let page = raw::templates::all(prefix, after, limit)?;
        Ok(Page {
            items: page.templates,
            next: page.next,
        })
    }

    fn templates_delete(&self, name: &str) -> Result<bool, Error> {
        raw::templates::delete(name)
    }

    fn templates_send(&self, name: &str, dialog: i64, forward: bool) -> Result<(), Error> {
        raw::templates::send(name, dialog, forward)
    }

    fn schedule_set(&self, key: &str, due: u64, payload: &str, dialog: Option<i64>) -> Result<(), Error> {
        raw::schedule::set(key, due, payload, dialog)
    }

    fn schedule_cancel(&self, key: &str) -> Result<bool, Error> {
        raw::schedule::cancel(key)
    }

    fn http_send(&self, request: &Request) -> Result<Response, Error> {
        raw::http::send(request)
    }
}
