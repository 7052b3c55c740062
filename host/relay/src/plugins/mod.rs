//! The plugins of a connection: which there are, what they were granted, and their place in the pipeline.

mod calls;
mod convert;
mod host;
mod pass;
mod saved;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use switchboard_runtime::circuit::Circuit;
use switchboard_runtime::pipeline::{OnFailure, order};
use switchboard_runtime::{Direction, Grants, Limits, Linked, Plugin, Runtime};

use crate::RelayError;
use crate::config::ConnectionConfig;

pub use pass::{HeldBy, Passed};
pub use saved::Known;

/// All plugins that the host has loaded, by name.
#[derive(Debug)]
pub struct Shelf {
    pub runtime: Runtime,
    pub plugins: BTreeMap<String, Arc<Plugin>>,
    pub limits: Limits,
}

/// One plugin on one connection.
#[derive(Debug)]
pub struct Enabled {
    pub name: String,
    /// Names the plugin in a button's 64 bytes.
    pub tag: String,
    pub plugin: Arc<Plugin>,
    pub linked: Linked,
    /// JSON.
    pub settings: Arc<str>,
    pub on_failure: OnFailure,
    pub circuit: Mutex<Circuit>,
    /// It imports something of the store, of people or of the network, or has hooks with a large budget; without, a call is
    /// a moment's pure computing.
    pub reaches_out: bool,
}

/// Capabilities that neither read from the store nor have an effect.
const PURE: [&str; 4] = ["log", "clock", "random", "settings"];

/// The plugins of one connection, in the admin's order.
#[derive(Debug)]
pub struct ConnectionPlugins {
    enabled: Vec<Arc<Enabled>>,
    limits: Limits,
    incoming: Vec<usize>,
    outgoing: Vec<usize>,
}

/// Why a plugin of a connection cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("there is no plugin of this name in the plugins folder; known are: {known}")]
struct Missing {
    known: String,
}

impl ConnectionPlugins {
    /// Links every plugin that the connection uses with what it was granted.
    pub fn link(shelf: &Shelf, config: &ConnectionConfig) -> Result<Self, RelayError> {
        let mut enabled = Vec::new();
        for used in &config.plugins {
            let failed = |source: Box<dyn std::error::Error + Send + Sync>| RelayError::Plugin {
                name: used.name.clone(),
                source,
            };
            let plugin = shelf.plugins.get(&used.name).ok_or_else(|| {
                let known: Vec<&str> = shelf.plugins.keys().map(String::as_str).collect();
                failed(Box::new(Missing {
                    known: if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    },
                }))
            })?;
            let grants: Grants = match &used.grants {
                Some(grants) => grants.iter().cloned().collect(),
                None => plugin
                    .permissions()
                    .iter()
                    .map(|permission| permission.interface.clone())
                    .collect(),
            };
            let linked = shelf
                .runtime
                .link(plugin, &grants)
                .map_err(|error| failed(Box::new(error)))?;
            let settings = if used.settings.is_null() {
                "{}".to_owned()
            } else {
                used.settings.to_string()
            };
            enabled.push(Arc::new(Enabled {
                name: used.name.clone(),
                tag: tag(&used.name),
                on_failure: plugin.on_failure(),
                plugin: plugin.clone(),
                linked,
                settings: settings.into(),
                circuit: Mutex::default(),
                reaches_out: reaches_out(plugin),
            }));
        }
        let phases: Vec<_> = enabled.iter().map(|enabled| enabled.plugin.phase()).collect();
        let listening = |direction: Direction| -> Vec<usize> {
            order(&phases, direction)
                .into_iter()
                .filter(|index| listens(&enabled[*index].plugin, direction))
                .collect()
        };
        let (incoming, outgoing) = (listening(Direction::Incoming), listening(Direction::Outgoing));
        Ok(Self {
            limits: shelf.limits,
            incoming,
            outgoing,
            enabled,
        })
    }

    /// The plugins that look at messages of a direction, in their order.
    fn pipeline(&self, direction: Direction) -> impl Iterator<Item = &Arc<Enabled>> {
        let indices = if direction == Direction::Outgoing {
            &self.outgoing
        } else {
            &self.incoming
        };
        indices.iter().map(|index| &self.enabled[*index])
    }

    pub fn by_name(&self, name: &str) -> Option<&Arc<Enabled>> {
        self.enabled.iter().find(|enabled| enabled.name == name)
    }

    fn by_tag(&self, tag: &str) -> Option<&Arc<Enabled>> {
        self.enabled.iter().find(|enabled| enabled.tag == tag)
    }

    /// The plugin that has a command in a place, and whether it is for admins.
    fn command(&self, name: &str, place: &str) -> Option<(&Arc<Enabled>, bool)> {
        let find = |wanted: &str| {
            self.enabled.iter().find_map(|enabled| {
                let spec = enabled.plugin.description().commands.iter().find(|spec| {
                    spec.name.eq_ignore_ascii_case(wanted) && spec.places.iter().any(|there| there == place)
                })?;
                Some((enabled, spec.admin))
            })
        };
        find(name).or_else(|| find("*"))
    }

    pub fn has_command(&self, name: &str, place: &str) -> bool {
        self.commands(place).any(|command| command.eq_ignore_ascii_case(name))
    }

    /// Names of the commands in a place.
    pub fn commands(&self, place: &str) -> impl Iterator<Item = String> {
        self.specs(place).map(|spec| spec.name.clone())
    }

    /// Usages and summaries for `/help`.
    pub fn help(&self, place: &str) -> Vec<(String, String)> {
        self.specs(place)
            .map(|spec| {
                (
                    format!("/{} {}", spec.name, spec.usage).trim_end().to_owned(),
                    spec.summary.clone(),
                )
            })
            .collect()
    }

    fn specs(&self, place: &str) -> impl Iterator<Item = &switchboard_runtime::types::CommandSpec> {
        let specs = self
            .enabled
            .iter()
            .flat_map(|enabled| &enabled.plugin.description().commands);
        specs.filter(move |spec| spec.name != "*" && spec.places.iter().any(|there| there == place))
    }

    pub fn names(&self) -> String {
        let names: Vec<&str> = self.enabled.iter().map(|enabled| enabled.name.as_str()).collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    }
}

fn reaches_out(plugin: &Plugin) -> bool {
    let hooks = plugin.hooks();
    let pure = |interface: &str| PURE.contains(&interface);
    let mut permissions = plugin.permissions().iter();
    hooks.command || hooks.press || hooks.timer || permissions.any(|permission| !pure(&permission.interface))
}

/// Whether a plugin has a hook for messages of a direction.
fn listens(plugin: &Plugin, direction: Direction) -> bool {
    let hooks = plugin.hooks();
    match direction {
        Direction::Incoming => hooks.incoming || hooks.incoming_text,
        Direction::Outgoing => hooks.outgoing || hooks.outgoing_text,
        Direction::Intercepted => hooks.intercepted || hooks.intercepted_text,
    }
}

fn tag(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
