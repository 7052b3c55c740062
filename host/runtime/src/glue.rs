//! Between the generated bindings and `Host`: counts effects and reads, checks what the contract demands.

use std::time::Instant;

use wasmtime::component::{HasSelf, Linker};

use crate::bindings::switchboard::plugin as wit;
use crate::checks;
use crate::state::State;
use crate::types::{
    ChatId, Contact, ContactPage, Content, Dialog, DialogId, EntryPage, Error, MessageRef, Pairs, Request, Response,
    Template, TemplatePage, Timestamp,
};

/// A trap of the plugin outside, its own error inside.
type Answer<T> = wasmtime::Result<Result<T, Error>>;

/// Links one capability. The caller asks only for names of [`crate::contract::CAPABILITIES`].
pub(crate) fn link(linker: &mut Linker<State>, capability: &str) -> wasmtime::Result<()> {
    type Own = HasSelf<State>;
    match capability {
        "log" => wit::log::add_to_linker::<_, Own>(linker, |state| state),
        "clock" => wit::clock::add_to_linker::<_, Own>(linker, |state| state),
        "random" => wit::random::add_to_linker::<_, Own>(linker, |state| state),
        "settings" => wit::settings::add_to_linker::<_, Own>(linker, |state| state),
        "store" => wit::store::add_to_linker::<_, Own>(linker, |state| state),
        "contacts" => wit::contacts::add_to_linker::<_, Own>(linker, |state| state),
        "dialogs" => wit::dialogs::add_to_linker::<_, Own>(linker, |state| state),
        "templates" => wit::templates::add_to_linker::<_, Own>(linker, |state| state),
        "schedule" => wit::schedule::add_to_linker::<_, Own>(linker, |state| state),
        "http" => wit::http::add_to_linker::<_, Own>(linker, |state| state),
        other => Err(wasmtime::Error::msg(format!("no capability `{other}`"))),
    }
}

/// Runs `call` if the check holds, else answers with its error.
macro_rules! checked {
    ($($check:expr),+ => $call:expr) => {{
        $(if let Err(error) = $check { return Ok(Err(error)); })+
        Ok($call)
    }};
}

impl wit::types::Host for State {}

impl wit::log::Host for State {
    fn write(&mut self, level: String, message: String, fields: Pairs) -> wasmtime::Result<()> {
        self.log(&level, &message, &fields);
        Ok(())
    }
}

impl wit::clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<Timestamp> {
        Ok(self.host.clock_now())
    }
}

impl wit::random::Host for State {
    fn next(&mut self) -> wasmtime::Result<u64> {
        Ok(self.host.random_next())
    }
}

impl wit::settings::Host for State {
    fn get(&mut self) -> wasmtime::Result<String> {
        self.read()?;
        Ok(self.host.settings_get())
    }
}

impl wit::store::Host for State {
    fn get(&mut self, key: String) -> Answer<Option<Vec<u8>>> {
        self.read()?;
        checked!(checks::store_key(&key) => self.host.store_get(&key))
    }

    fn set(&mut self, key: String, value: Vec<u8>, ttl: Option<u64>) -> Answer<()> {
        self.effect()?;
        checked!(checks::store_key(&key), checks::store_value(&value) => self.host.store_set(&key, value, ttl))
    }

    fn delete(&mut self, key: String) -> Answer<bool> {
        self.effect()?;
        checked!(checks::store_key(&key) => self.host.store_delete(&key))
    }

    fn add(&mut self, key: String, delta: i64) -> Answer<i64> {
        self.effect()?;
        checked!(checks::store_key(&key) => self.host.store_add(&key, delta))
    }

    fn entries(&mut self, prefix: String, after: Option<String>, limit: u32) -> Answer<EntryPage> {
        self.read()?;
        Ok(self
            .host
            .store_entries(&prefix, after.as_deref(), limit.clamp(1, 1_000)))
    }
}

impl wit::contacts::Host for State {
    fn get(&mut self, id: ChatId) -> Answer<Option<Contact>> {
        self.read()?;
        Ok(self.host.contacts_get(id))
    }

    fn tag(&mut self, id: ChatId, tag: String) -> Answer<bool> {
        self.effect()?;
        checked!(checks::tag(&tag) => self.host.contacts_tag(id, &tag))
    }

    fn untag(&mut self, id: ChatId, tag: String) -> Answer<bool> {
        self.effect()?;
        checked!(checks::tag(&tag) => self.host.contacts_untag(id, &tag))
    }

    fn set_property(&mut self, id: ChatId, name: String, value: Option<String>) -> Answer<()> {
        self.effect()?;
        checked!(checks::property(&name, value.as_deref()) =>
            self.host.contacts_set_property(id, &name, value.as_deref()))
    }

    fn search(&mut self, query: String, after: Option<String>, limit: u32) -> Answer<ContactPage> {
        self.read()?;
        Ok(self
            .host
            .contacts_search(&query, after.as_deref(), limit.clamp(1, 1_000)))
    }
}

impl wit::dialogs::Host for State {
    fn get(&mut self, id: DialogId) -> Answer<Option<Dialog>> {
        self.read()?;
        Ok(self.host.dialogs_get(id))
    }

    fn find(&mut self, contact: ChatId) -> Answer<Option<Dialog>> {
        self.read()?;
        Ok(self.host.dialogs_find(contact))
    }

    fn link(&mut self, id: DialogId) -> Answer<Option<String>> {
        self.read()?;
        Ok(self.host.dialogs_link(id))
    }

    fn open(&mut self, contact: ChatId) -> Answer<Dialog> {
        self.effect()?;
        Ok(self.host.dialogs_open(contact))
    }

    fn set_status(&mut self, id: DialogId, status: String) -> Answer<()> {
        self.effect()?;
        checked!(checks::status(&status) => self.host.dialogs_set_status(id, &status))
    }

    fn note(&mut self, id: DialogId, content: Content) -> Answer<()> {
        self.effect()?;
        checked!(checks::content(&content) => self.host.dialogs_note(id, content))
    }

    fn send(&mut self, id: DialogId, content: Content) -> Answer<()> {
        self.effect()?;
        checked!(checks::content(&content) => self.host.dialogs_send(id, content))
    }

    fn forward(&mut self, id: DialogId, messages: Vec<MessageRef>) -> Answer<()> {
        self.effect()?;
        checked!(checks::forwarded(&messages) => self.host.dialogs_forward(id, &messages))
    }
}

impl wit::templates::Host for State {
    fn save(&mut self, name: String, source: MessageRef, dialog: Option<DialogId>) -> Answer<Template> {
        self.effect()?;
        checked!(checks::template_name(&name), checks::place(&source) =>
            self.host.templates_save(&name, source, dialog))
    }

    fn get(&mut self, name: String) -> Answer<Option<Template>> {
        self.read()?;
        checked!(checks::template_name(&name) => self.host.templates_get(&name))
    }

    fn all(&mut self, prefix: String, after: Option<String>, limit: u32) -> Answer<TemplatePage> {
        self.read()?;
        Ok(self.host.templates_all(&prefix, after.as_deref(), limit.clamp(1, 100)))
    }

    fn delete(&mut self, name: String) -> Answer<bool> {
        self.effect()?;
        checked!(checks::template_name(&name) => self.host.templates_delete(&name))
    }

    fn send(&mut self, name: String, dialog: DialogId, forward: bool) -> Answer<()> {
        self.effect()?;
        checked!(checks::template_name(&name) => self.host.templates_send(&name, dialog, forward))
    }
}

impl wit::schedule::Host for State {
    fn set(&mut self, key: String, due: Timestamp, payload: String, dialog: Option<DialogId>) -> Answer<()> {
        self.effect()?;
        checked!(checks::timer(&key, &payload) => self.host.schedule_set(&key, due, &payload, dialog))
    }

    fn cancel(&mut self, key: String) -> Answer<bool> {
        self.effect()?;
        checked!(checks::store_key(&key) => self.host.schedule_cancel(&key))
    }
}

impl wit::http::Host for State {
    fn send(&mut self, request: Request) -> Answer<Response> {
        self.effect()?;
        if self.hook.in_message_pipeline() {
            return Ok(Err(Error::new(
                "refused",
                "http is not available in message hooks, where it would hold up the dialog",
            )));
        }
        checked!(checks::request(&request) => {
            let start = Instant::now();
            let answer = self.host.http_send(request);
            self.waited += start.elapsed();
            answer
        })
    }
}
