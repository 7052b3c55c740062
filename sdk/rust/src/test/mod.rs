//! A host for native unit tests: in memory, with the real one's rules and limits, and a record of every effect.
//!
//! ```
//! use switchboard_plugin::{prelude::*, test::{Effect, TestHost}};
//! # struct Hello;
//! # impl Plugin for Hello {
//! #     fn describe() -> Description { about!() }
//! #     fn command(host: &impl Host, call: Invocation) -> Reply {
//! #         host.dialogs().send(call.topic()?.id, "Hello!")?;
//! #         nothing()
//! #     }
//! # }
//! let host = TestHost::new();
//! let dialog = host.with_dialog(7);
//! let reply = host.turn(|host| Hello::command(host, Invocation::in_topic(&dialog, "/hello")));
//! assert_eq!(reply, Ok(None));
//! assert_eq!(host.effects(), [Effect::Sent { dialog: 7, content: "Hello!".into() }]);
//! ```

mod effect;
mod host;
mod segment;
mod state;
mod template;

use std::cell::RefCell;
use std::collections::VecDeque;

use serde::Serialize;

use crate::{Contact, Dialog, Error, Message, Request, Response, Template, words::status};
pub use effect::{Effect, LogLine, Timer};
use state::State;

/// The stand-in for the host. Every function takes it shared, as hooks do.
///
/// The time starts at 2026-01-01T00:00:00Z and moves only by [`set_now`](Self::set_now); random numbers come in the
/// same order each time.
#[derive(Debug, Default)]
pub struct TestHost {
    state: RefCell<State>,
    responses: RefCell<VecDeque<Result<Response, Error>>>,
    requests: RefCell<Vec<Request>>,
}

impl TestHost {
    /// An empty host.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs a turn: where it gives an error, all that it asked for is dropped, as in the real host.
    ///
    /// # Errors
    /// The hook's.
    pub fn turn<T>(&self, hook: impl FnOnce(&Self) -> Result<T, Error>) -> Result<T, Error> {
        let before = self.state.borrow().clone();
        let result = hook(self);
        if result.is_err() {
            let log = std::mem::take(&mut self.state.borrow_mut().log);
            *self.state.borrow_mut() = State { log, ..before };
        }
        result
    }

    /// Sets what the plugin's settings are.
    ///
    /// # Panics
    /// Where they cannot be written as JSON.
    #[expect(clippy::expect_used, reason = "it fails the author's own test, as it says above")]
    pub fn set_settings<T: Serialize>(&self, settings: &T) {
        self.state.borrow_mut().settings = serde_json::to_string(settings).expect("the settings of a test are JSON");
    }

    /// Sets the time: milliseconds since 1970.
    pub fn set_now(&self, now: u64) {
        self.state.borrow_mut().now = now;
    }

    /// Makes a contact known.
    pub fn add_contact(&self, contact: Contact) {
        self.state.borrow_mut().contacts.insert(contact.id, contact);
    }

    /// Makes a dialog known.
    pub fn add_dialog(&self, dialog: Dialog) {
        self.state.borrow_mut().dialogs.insert(dialog.id, dialog);
    }

    /// Makes a contact and a waiting dialog with it known, both of this id.
    pub fn with_dialog(&self, id: i64) -> Dialog {
        let dialog = Dialog {
            id,
            contact: id,
            status: status::WAITING.to_owned(),
            ..Dialog::default()
        };
        self.add_contact(Contact {
            id,
            name: format!("Contact {id}"),
            ..Contact::default()
        });
        self.add_dialog(dialog.clone());
        dialog
    }

    /// A message passes the connection, so that templates can be saved from it. `dialog` is the one whose topic it is in.
    pub fn add_message(&self, dialog: Option<i64>, message: &Message) {
        self.state.borrow_mut().messages.push((dialog, message.clone()));
    }

    /// The next request is answered with this.
    pub fn add_response(&self, response: Result<Response, Error>) {
        self.responses.borrow_mut().push_back(response);
    }

    /// What was asked for so far, in order, without what was dropped.
    pub fn effects(&self) -> Vec<Effect> {
        self.state.borrow().effects.clone()
    }

    /// Takes the effects so far, so that the next look sees only new ones.
    pub fn take_effects(&self) -> Vec<Effect> {
        std::mem::take(&mut self.state.borrow_mut().effects)
    }

    /// What was written into the log.
    pub fn log_lines(&self) -> Vec<LogLine> {
        self.state.borrow().log.clone()
    }

    /// The requests that were sent.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }

    /// The timers that are set, by key.
    pub fn timers(&self) -> Vec<Timer> {
        self.state.borrow().timers.values().cloned().collect()
    }

    /// A contact as it is now.
    pub fn contact(&self, id: i64) -> Option<Contact> {
        self.state.borrow().contacts.get(&id).cloned()
    }

    /// A dialog as it is now.
    pub fn dialog(&self, id: i64) -> Option<Dialog> {
        self.state.borrow().dialogs.get(&id).cloned()
    }

    /// A template, by its name.
    pub fn template(&self, name: &str) -> Option<Template> {
        self.state.borrow().template(name)
    }
}

#[cfg(test)]
mod tests;
