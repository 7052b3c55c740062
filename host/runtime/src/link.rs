//! A plugin linked with what it was granted: one method a hook, each call in a fresh instance.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Store, StoreContextMut};

use crate::bindings::exports::switchboard::plugin as hooks;
use crate::call::{Run, perform};
use crate::checks;
use crate::contract::{CAPABILITIES, Direction, Hook};
use crate::failure::Failure;
use crate::host::{Host, NoConnection};
use crate::inspect::Inspection;
use crate::limits::Limits;
use crate::pipeline;
use crate::runtime::Shared;
use crate::state::State;
use crate::types::{
    Answer, Card, Contact, Content, Description, Dialog, DueTimer, Error, Happening, Invocation, Message, PressEvent,
    Verdict,
};

/// The capabilities that an admin grants to a plugin on a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    interfaces: BTreeSet<String>,
}

impl Grants {
    /// Nothing at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Everything that this host has.
    pub fn everything() -> Self {
        CAPABILITIES.iter().map(|capability| capability.name).collect()
    }

    /// Whether an interface is granted.
    pub fn allow(&self, interface: &str) -> bool {
        self.interfaces.contains(interface)
    }
}

impl<S: Into<String>> FromIterator<S> for Grants {
    /// From names of capabilities. A name that no capability has grants nothing.
    fn from_iter<I: IntoIterator<Item = S>>(interfaces: I) -> Self {
        Self {
            interfaces: interfaces.into_iter().map(Into::into).collect(),
        }
    }
}

/// Where a hook's function stands in a component: looked up once.
macro_rules! entries {
    ($($hook:ident $module:ident),+ $(,)?) => {
        #[derive(Default)]
        struct Entries { $($module: Option<hooks::$module::GuestIndices>,)+ }

        impl Entries {
            fn new(inspection: &Inspection, pre: &InstancePre<State>) -> wasmtime::Result<Self> {
                let mut entries = Self::default();
                for hook in &inspection.hooks {
                    match hook {
                        $(Hook::$hook => entries.$module = Some(hooks::$module::GuestIndices::new(pre)?),)+
                    }
                }
                Ok(entries)
            }

            /// Checks the type of every hook.
            fn check(&self, mut store: StoreContextMut<'_, State>, instance: &Instance) -> wasmtime::Result<()> {
                $(if let Some(entry) = &self.$module {
                    entry.load(&mut store, instance)?;
                })+
                Ok(())
            }
        }
    };
}

entries!(
    Describe describe,
    Incoming incoming,
    IncomingText incoming_text,
    Outgoing outgoing,
    OutgoingText outgoing_text,
    Intercepted intercepted,
    InterceptedText intercepted_text,
    Card card,
    Command command,
    Press press,
    Timer timer,
    Event event,
    Migrate migrate,
);

/// A plugin that can be called. Share it between threads; calls run side by side.
pub struct Linked {
    shared: Arc<Shared>,
    pre: InstancePre<State>,
    entries: Entries,
    /// It may wait for the network, which its deadline does not count.
    waits: bool,
}

impl fmt::Debug for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linked").finish_non_exhaustive()
    }
}

/// Calls one hook in a fresh instance.
macro_rules! call {
    ($self:ident, $hook:ident, $module:ident.$function:ident($($argument:expr),*), $host:ident, $limits:ident) => {
        match &$self.entries.$module {
            None => Run::not_run($host, Failure::NoHook(Hook::$hook.name())),
            Some(entry) => perform(
                &$self.shared, &$self.pre, $self.waits, Hook::$hook, $host, $limits,
                |store: &mut Store<State>, instance| entry.load(&mut *store, instance)?.$function(store, $($argument),*),
            ),
        }
    };
}

impl Linked {
    pub(crate) fn new(shared: Arc<Shared>, inspection: &Inspection, pre: InstancePre<State>) -> wasmtime::Result<Self> {
        let entries = Entries::new(inspection, &pre)?;
        let waits = inspection
            .permissions
            .iter()
            .any(|permission| permission.interface == "http");
        Ok(Self {
            shared,
            pre,
            entries,
            waits,
        })
    }

    /// Has a plugin describe itself with no connection behind it, and checks the types of all its hooks.
    pub(crate) fn introduce(&self, limits: &Limits) -> Result<Description, crate::error::LoadError> {
        let host: Box<dyn Host> = Box::new(NoConnection);
        let mut mismatch = None;
        let run = perform(
            &self.shared,
            &self.pre,
            false,
            Hook::Describe,
            host,
            limits,
            |store, instance| {
                use wasmtime::AsContextMut;
                if let Err(error) = self.entries.check(store.as_context_mut(), instance) {
                    mismatch = Some(format!("{error:#}"));
                    return Ok(None);
                }
                let Some(entry) = &self.entries.describe else {
                    return Ok(None);
                };
                entry.load(&mut *store, instance)?.call_describe(store).map(Some)
            },
        );
        if let Some(detail) = mismatch {
            return Err(crate::error::LoadError::Shape { detail });
        }
        run.result?.ok_or(crate::error::LoadError::NoDescribe)
    }

    /// `describe` again, for probes and tools.
    pub fn describe(&self, host: Box<dyn Host>, limits: &Limits) -> Run<Description> {
        call!(self, Describe, describe.call_describe(), host, limits)
    }

    /// Calls the message hook of a direction: the full one where there is one, else the text one if there is a text.
    /// A plugin with neither lets the message pass. The verdict is checked against the message; apply it with
    /// [`pipeline::apply`].
    pub fn message(
        &self,
        direction: Direction,
        host: Box<dyn Host>,
        limits: &Limits,
        message: &Message,
        dialog: &Dialog,
    ) -> Run<Verdict> {
        let entries = &self.entries;
        let has_text = !message.text.is_empty();
        match direction {
            Direction::Incoming if entries.incoming.is_some() => self.incoming(host, limits, message, dialog),
            Direction::Incoming if entries.incoming_text.is_some() && has_text => {
                self.incoming_text(host, limits, message, dialog)
            }
            Direction::Outgoing if entries.outgoing.is_some() => self.outgoing(host, limits, message, dialog),
            Direction::Outgoing if entries.outgoing_text.is_some() && has_text => {
                self.outgoing_text(host, limits, message)
            }
            Direction::Intercepted if entries.intercepted.is_some() => self.intercepted(host, limits, message, dialog),
            Direction::Intercepted if entries.intercepted_text.is_some() && has_text => {
                self.intercepted_text(host, limits, message)
            }
            _ => Run::unused(host, Verdict::Pass),
        }
    }

    pub fn incoming(&self, host: Box<dyn Host>, limits: &Limits, message: &Message, dialog: &Dialog) -> Run<Verdict> {
        let run = call!(self, Incoming, incoming.call_incoming(message, dialog), host, limits);
        checked_verdict(run, message, Some(dialog))
    }

    pub fn incoming_text(
        &self,
        host: Box<dyn Host>,
        limits: &Limits,
        message: &Message,
        dialog: &Dialog,
    ) -> Run<Verdict> {
        let open = is_open(dialog);
        let run = call!(
            self,
            IncomingText,
            incoming_text.call_incoming_text(&message.text, open),
            host,
            limits
        );
        checked_verdict(run, message, Some(dialog))
    }

    pub fn outgoing(&self, host: Box<dyn Host>, limits: &Limits, message: &Message, dialog: &Dialog) -> Run<Verdict> {
        let run = call!(self, Outgoing, outgoing.call_outgoing(message, dialog), host, limits);
        checked_verdict(run, message, None)
    }

    pub fn outgoing_text(&self, host: Box<dyn Host>, limits: &Limits, message: &Message) -> Run<Verdict> {
        let run = call!(
            self,
            OutgoingText,
            outgoing_text.call_outgoing_text(&message.text),
            host,
            limits
        );
        checked_verdict(run, message, None)
    }

    pub fn intercepted(
        &self,
        host: Box<dyn Host>,
        limits: &Limits,
        message: &Message,
        dialog: &Dialog,
    ) -> Run<Verdict> {
        let run = call!(
            self,
            Intercepted,
            intercepted.call_intercepted(message, dialog),
            host,
            limits
        );
        checked_verdict(run, message, None)
    }

    pub fn intercepted_text(&self, host: Box<dyn Host>, limits: &Limits, message: &Message) -> Run<Verdict> {
        let run = call!(
            self,
            InterceptedText,
            intercepted_text.call_intercepted_text(&message.text),
            host,
            limits
        );
        checked_verdict(run, message, None)
    }

    pub fn card(&self, host: Box<dyn Host>, limits: &Limits, contact: &Contact, dialog: Option<&Dialog>) -> Run<Card> {
        let run = call!(self, Card, card.call_card(contact, dialog), host, limits);
        run.checked(|card| checks::card(card).map_err(|error| error.message))
    }

    /// The inner error is the plugin's own, in words for the operator; it drops all effects like a failure does.
    pub fn command(
        &self,
        host: Box<dyn Host>,
        limits: &Limits,
        invocation: &Invocation,
    ) -> Run<Result<Option<Content>, Error>> {
        let run = call!(self, Command, command.call_command(invocation), host, limits);
        run.checked(|answer| match answer {
            Ok(Some(content)) => checks::content(content).map_err(|error| error.message),
            _ => Ok(()),
        })
    }

    pub fn press(&self, host: Box<dyn Host>, limits: &Limits, press: &PressEvent) -> Run<Result<Answer, Error>> {
        let run = call!(self, Press, press.call_press(press), host, limits);
        run.checked(|answer| {
            answer
                .as_ref()
                .map_or(Ok(()), |answer| checks::answer(answer).map_err(|e| e.message))
        })
    }

    pub fn timer(&self, host: Box<dyn Host>, limits: &Limits, timer: &DueTimer) -> Run<Result<(), Error>> {
        call!(self, Timer, timer.call_timer(timer), host, limits)
    }

    pub fn event(&self, host: Box<dyn Host>, limits: &Limits, happening: &Happening) -> Run<Result<(), Error>> {
        call!(self, Event, event.call_event(happening), host, limits)
    }

    /// Settings of version `from`, JSON in and out. What comes out must still be checked against the schema.
    pub fn migrate(
        &self,
        host: Box<dyn Host>,
        limits: &Limits,
        from: &str,
        settings: &str,
    ) -> Run<Result<String, Error>> {
        call!(self, Migrate, migrate.call_migrate(from, settings), host, limits)
    }
}

fn is_open(dialog: &Dialog) -> bool {
    dialog.status != "closed"
}

fn checked_verdict<V: Into<Verdict>>(run: Run<V>, message: &Message, incoming: Option<&Dialog>) -> Run<Verdict> {
    run.map(Into::into).checked(|verdict| {
        if *verdict == Verdict::StayClosed && incoming.is_some_and(is_open) {
            return Err("`stay-closed` is for dialogs that are not open".to_owned());
        }
        pipeline::check(message, verdict).map_err(|error| error.0)
    })
}
