//! The names of the WIT package: capabilities in words, hooks, versions.

use semver::Version;

/// The package that plugins import and export.
pub const PACKAGE: &str = "switchboard:plugin";
/// The version of the package that this host speaks.
pub const VERSION: Version = Version::new(0, 1, 0);

/// An interface that plugins may import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// The interface's name, such as `dialogs`.
    pub name: &'static str,
    /// Each function with what it lets a plugin do, to be read behind "can".
    pub functions: &'static [(&'static str, &'static str)],
}

/// Every capability of this host.
pub const CAPABILITIES: &[Capability] = &[
    Capability {
        name: "log",
        functions: &[("write", "write into the host's log")],
    },
    Capability {
        name: "clock",
        functions: &[("now", "see the time of the turn")],
    },
    Capability {
        name: "random",
        functions: &[("next", "draw random numbers")],
    },
    Capability {
        name: "settings",
        functions: &[("get", "read its own settings")],
    },
    Capability {
        name: "store",
        functions: &[
            ("get", "read what it stored"),
            ("set", "store values of its own"),
            ("delete", "delete what it stored"),
            ("add", "count in its own store"),
            ("entries", "list what it stored"),
        ],
    },
    Capability {
        name: "contacts",
        functions: &[
            ("get", "read contacts (name, username, language, tags, properties)"),
            ("tag", "tag contacts"),
            ("untag", "take tags off contacts"),
            ("set-property", "change properties of contacts"),
            ("search", "list and search all contacts"),
        ],
    },
    Capability {
        name: "dialogs",
        functions: &[
            ("get", "read the status of dialogs"),
            ("find", "look up the dialog with a contact"),
            ("open", "open dialogs with known contacts"),
            ("link", "link to topics"),
            ("set-status", "change the status of dialogs"),
            ("note", "post notes into topics"),
            ("send", "send messages to customers"),
            ("forward", "forward messages to customers"),
        ],
    },
    Capability {
        name: "templates",
        functions: &[
            ("save", "save messages as templates"),
            ("get", "read saved messages"),
            ("all", "list saved messages"),
            ("delete", "delete saved messages"),
            ("send", "send saved messages to customers"),
        ],
    },
    Capability {
        name: "schedule",
        functions: &[("set", "wake itself up later"), ("cancel", "cancel its own timers")],
    },
    Capability {
        name: "http",
        functions: &[("send", "send requests to the hosts that the admin lists")],
    },
];

/// The capability of that name.
pub fn capability(name: &str) -> Option<&'static Capability> {
    CAPABILITIES.iter().find(|capability| capability.name == name)
}

impl Capability {
    /// What the function lets a plugin do; `None` where there is no such function.
    pub fn words(&self, function: &str) -> Option<&'static str> {
        self.functions
            .iter()
            .find(|(name, _)| *name == function)
            .map(|(_, words)| *words)
    }
}

/// A function that plugins export and the host calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hook {
    Describe,
    Incoming,
    IncomingText,
    Outgoing,
    OutgoingText,
    Intercepted,
    InterceptedText,
    Card,
    Command,
    Press,
    Timer,
    Event,
    Migrate,
}

impl Hook {
    /// All hooks, in the order of the WIT package.
    pub const ALL: [Hook; 13] = [
        Hook::Describe,
        Hook::Incoming,
        Hook::IncomingText,
        Hook::Outgoing,
        Hook::OutgoingText,
        Hook::Intercepted,
        Hook::InterceptedText,
        Hook::Card,
        Hook::Command,
        Hook::Press,
        Hook::Timer,
        Hook::Event,
        Hook::Migrate,
    ];

    /// Its name in the WIT package; interface and function are called alike.
    pub fn name(self) -> &'static str {
        match self {
            Hook::Describe => "describe",
            Hook::Incoming => "incoming",
            Hook::IncomingText => "incoming-text",
            Hook::Outgoing => "outgoing",
            Hook::OutgoingText => "outgoing-text",
            Hook::Intercepted => "intercepted",
            Hook::InterceptedText => "intercepted-text",
            Hook::Card => "card",
            Hook::Command => "command",
            Hook::Press => "press",
            Hook::Timer => "timer",
            Hook::Event => "event",
            Hook::Migrate => "migrate",
        }
    }

    /// The hook of that name.
    pub fn named(name: &str) -> Option<Hook> {
        Hook::ALL.into_iter().find(|hook| hook.name() == name)
    }

    /// What a plugin with this hook does, to be read behind "it".
    pub fn words(self) -> &'static str {
        match self {
            Hook::Describe => "describes itself",
            Hook::Incoming => "sees customers' messages before operators do, and may change or drop them",
            Hook::IncomingText => "sees the text of customers' messages before operators do, and may change or drop it",
            Hook::Outgoing => "sees operators' messages before customers do, and may change or drop them",
            Hook::OutgoingText => "sees the text of operators' messages before customers do, and may change or drop it",
            Hook::Intercepted => "sees what the bot's own program sends before operators do, and may change or drop it",
            Hook::InterceptedText => {
                "sees the text that the bot's own program sends before operators do, and may change or drop it"
            }
            Hook::Card => "decides what operators see of a contact",
            Hook::Command => "answers commands of operators",
            Hook::Press => "answers presses of its buttons",
            Hook::Timer => "wakes up at times that it set",
            Hook::Event => "is told what happened in dialogs",
            Hook::Migrate => "carries settings of older versions over",
        }
    }

    /// Whether it is called in the way of a message. Such hooks have the small budget and no `http`.
    pub fn in_message_pipeline(self) -> bool {
        matches!(
            self,
            Hook::Incoming
                | Hook::IncomingText
                | Hook::Outgoing
                | Hook::OutgoingText
                | Hook::Intercepted
                | Hook::InterceptedText
                | Hook::Card
        )
    }
}

/// A set of hooks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hooks {
    pub incoming: bool,
    pub incoming_text: bool,
    pub outgoing: bool,
    pub outgoing_text: bool,
    pub intercepted: bool,
    pub intercepted_text: bool,
    pub card: bool,
    pub command: bool,
    pub press: bool,
    pub timer: bool,
    pub event: bool,
    pub migrate: bool,
}

impl FromIterator<Hook> for Hooks {
    fn from_iter<I: IntoIterator<Item = Hook>>(hooks: I) -> Self {
        let mut set = Hooks::default();
        for hook in hooks {
            match hook {
                Hook::Describe => {}
                Hook::Incoming => set.incoming = true,
                Hook::IncomingText => set.incoming_text = true,
                Hook::Outgoing => set.outgoing = true,
                Hook::OutgoingText => set.outgoing_text = true,
                Hook::Intercepted => set.intercepted = true,
                Hook::InterceptedText => set.intercepted_text = true,
                Hook::Card => set.card = true,
                Hook::Command => set.command = true,
                Hook::Press => set.press = true,
                Hook::Timer => set.timer = true,
                Hook::Event => set.event = true,
                Hook::Migrate => set.migrate = true,
            }
        }
        set
    }
}

/// The way that a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the customer, towards the group.
    Incoming,
    /// From an operator, towards the customer.
    Outgoing,
    /// From the bot's own program; operators see it, so it goes towards the group.
    Intercepted,
}

impl Hooks {
    /// Whether the plugin looks at messages of this direction, in full or as text.
    pub fn sees(&self, direction: Direction) -> bool {
        match direction {
            Direction::Incoming => self.incoming || self.incoming_text,
            Direction::Outgoing => self.outgoing || self.outgoing_text,
            Direction::Intercepted => self.intercepted || self.intercepted_text,
        }
    }
}

/// `switchboard:plugin/store@0.1.0` taken apart; `None` where the name is not of this form.
pub(crate) struct InterfaceName<'a> {
    pub package: &'a str,
    pub interface: &'a str,
    pub version: Option<Version>,
}

impl<'a> InterfaceName<'a> {
    pub fn parse(name: &'a str) -> Option<Self> {
        let (package, rest) = name.split_once('/')?;
        let (interface, version) = match rest.split_once('@') {
            Some((interface, version)) => (interface, Some(Version::parse(version).ok()?)),
            None => (rest, None),
        };
        Some(Self {
            package,
            interface,
            version,
        })
    }
}

/// Whether a plugin built for `version` may run here: the same compatibility track (0.1.x now, 1.x later).
pub(crate) fn same_track(version: &Version) -> bool {
    compatible(version, &VERSION)
}

fn compatible(version: &Version, ours: &Version) -> bool {
    let track = |version: &Version| (version.major, if version.major == 0 { version.minor } else { 0 });
    version.pre.is_empty() && track(version) == track(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables above must say what the WIT package says.
    #[test]
    fn tables_match_the_wit_package() {
        let mut resolve = wit_parser::Resolve::default();
        let (package, _) = resolve
            .push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit"))
            .unwrap();
        let name = &resolve.packages[package].name;
        assert_eq!(format!("{}:{}", name.namespace, name.name), PACKAGE);
        assert_eq!(
            name.version.as_ref().map(ToString::to_string),
            Some(VERSION.to_string())
        );
        let world = &resolve.worlds[resolve.packages[package].worlds["plugin"]];
        let functions = |item: &wit_parser::WorldItem| match item {
            wit_parser::WorldItem::Interface { id, .. } => {
                let interface = &resolve.interfaces[*id];
                (
                    interface.name.clone().unwrap(),
                    interface.functions.keys().cloned().collect::<Vec<_>>(),
                )
            }
            _ => panic!("the world holds interfaces only"),
        };
        let mut imports: Vec<_> = world
            .imports
            .values()
            .map(functions)
            .filter(|(name, _)| name != "types")
            .collect();
        let mut ours: Vec<_> = CAPABILITIES
            .iter()
            .map(|c| {
                (
                    c.name.to_owned(),
                    c.functions.iter().map(|(f, _)| (*f).to_owned()).collect::<Vec<_>>(),
                )
            })
            .collect();
        imports.sort();
        ours.sort();
        assert_eq!(imports, ours);
        let mut exports: Vec<_> = world.exports.values().map(functions).collect();
        let mut hooks: Vec<_> = Hook::ALL
            .map(|h| (h.name().to_owned(), vec![h.name().to_owned()]))
            .into();
        exports.sort();
        hooks.sort();
        assert_eq!(exports, hooks);
    }

    #[test]
    fn tracks() {
        assert!(same_track(&Version::new(0, 1, 0)));
        assert!(same_track(&Version::new(0, 1, 7)));
        assert!(!same_track(&Version::new(0, 2, 0)));
        assert!(!same_track(&Version::new(1, 1, 0)));
    }
}
