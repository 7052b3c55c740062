//! A loaded plugin: checked, compiled, described; not yet granted anything.

use std::fmt;

use wasmtime::component::Component;

use crate::contract::{Direction, Hooks};
use crate::description::{self, Standing};
use crate::digest::Digest;
use crate::error::LoadError;
use crate::inspect::{Inspection, Permission};
use crate::pipeline::{Filter, OnFailure, Phase};
use crate::types::{Description, Message};

/// A loaded plugin. Shared by all connections; [`crate::Runtime::link`] makes it callable for one.
pub struct Plugin {
    source: String,
    inspection: Inspection,
    hooks: Hooks,
    description: Description,
    standing: Standing,
    filter: Filter,
    component: Component,
}

impl Plugin {
    pub(crate) fn new(
        source: &str,
        inspection: Inspection,
        description: Description,
        component: Component,
    ) -> Result<Self, LoadError> {
        let hooks = inspection.hook_set();
        let standing = description::check(&description, hooks)?;
        let filter = Filter::new(description.prefilter.as_ref());
        Ok(Self {
            source: source.to_owned(),
            inspection,
            hooks,
            description,
            standing,
            filter,
            component,
        })
    }

    /// The name that it gives itself.
    pub fn name(&self) -> &str {
        &self.description.name
    }

    /// Where it was loaded from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it says of itself, checked.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// What its binary says of it.
    pub fn inspection(&self) -> &Inspection {
        &self.inspection
    }

    /// The capabilities that it imports, function by function.
    pub fn permissions(&self) -> &[Permission] {
        &self.inspection.permissions
    }

    /// The hooks that it exports.
    pub fn hooks(&self) -> Hooks {
        self.hooks
    }

    /// SHA-256 of its component.
    pub fn digest(&self) -> Digest {
        self.inspection.digest
    }

    /// Its place in the pipeline.
    pub fn phase(&self) -> Phase {
        self.standing.phase
    }

    /// The least that happens when a hook fails twice; an admin may tighten it.
    pub fn on_failure(&self) -> OnFailure {
        self.standing.on_failure
    }

    /// Whether a message of this direction is worth a call: it has the hook, and its prefilter matches.
    pub fn wants(&self, direction: Direction, message: &Message) -> bool {
        let hooks = &self.hooks;
        let (full, text) = match direction {
            Direction::Incoming => (hooks.incoming, hooks.incoming_text),
            Direction::Outgoing => (hooks.outgoing, hooks.outgoing_text),
            Direction::Intercepted => (hooks.intercepted, hooks.intercepted_text),
        };
        (full || (text && !message.text.is_empty())) && self.filter.matches(&message.kind, &message.text)
    }

    /// Whether it wants events of this kind.
    pub fn wants_event(&self, kind: &str) -> bool {
        let kinds = &self.description.events;
        self.hooks.event && (kinds.is_empty() || kinds.iter().any(|wanted| wanted == kind))
    }

    pub(crate) fn component(&self) -> &Component {
        &self.component
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name())
            .field("digest", &self.digest())
            .finish_non_exhaustive()
    }
}
