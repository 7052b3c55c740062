//! The table of parameters: every name that users of such systems know, with what it takes and what it does.

use serde_json::Value;

use super::error::ParameterError;
use super::value::{ids, is_off, list, number, off_or, quoted, truth, words};
use super::{Parameters, TakeoverRelease, TakeoverUpdates, Unconfirmed};

/// One known parameter.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    /// Other names that it goes by.
    pub aliases: &'static [&'static str],
    pub help: &'static str,
    pub availability: Availability,
}

/// Whether this version has the parameter.
pub enum Availability {
    /// It is here since the version `since`.
    Here {
        since: &'static str,
        /// What it takes, in words.
        kind: &'static str,
        /// A value to copy.
        example: &'static str,
        /// Reads a value into its field; the error says what the parameter takes.
        read: fn(&Value, &mut Parameters) -> Result<(), String>,
        /// The value in the form that a connections file takes.
        show: fn(&Parameters) -> String,
    },
    /// It is known from other systems and will come; `instead` says where from, or what to use.
    Later { instead: &'static str },
}

impl std::fmt::Debug for Availability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Here { since, .. } => write!(f, "Here({since})"),
            Self::Later { instead } => write!(f, "Later({instead})"),
        }
    }
}

const MAX_HOURS: i64 = 10_000_000;
const MAX_MINUTES: i64 = 100_000;
/// Telegram takes 4,096 units; the rest is left for the customer's name.
const MAX_WELCOME: usize = 3_900;
const FIRST: &str = "0.1.0";
const SECOND: &str = "0.2.0";
const KEYWORDS: &str = "it comes with the plugin `keywords`";
const MONITOR: &str = "it comes with the monitoring of groups and channels; only private chats are handled now";

/// A topic icon's colour: one of the six that Telegram has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IconColor {
    pub name: &'static str,
    pub rgb: u32,
}

impl IconColor {
    pub const ALL: [Self; 6] = [
        Self {
            name: "blue",
            rgb: 0x6F_B9_F0,
        },
        Self {
            name: "yellow",
            rgb: 0xFF_D6_7E,
        },
        Self {
            name: "violet",
            rgb: 0xCB_86_DB,
        },
        Self {
            name: "green",
            rgb: 0x8E_EE_98,
        },
        Self {
            name: "rose",
            rgb: 0xFF_93_B2,
        },
        Self {
            name: "red",
            rgb: 0xFB_6F_5F,
        },
    ];

    fn read(value: &Value) -> Option<u32> {
        let rgb = number(value).and_then(|number| u32::try_from(number).ok());
        let text = value.as_str().map(str::trim).unwrap_or_default();
        let rgb = rgb.or_else(|| u32::from_str_radix(text.strip_prefix('#')?, 16).ok());
        Self::ALL
            .iter()
            .find(|color| Some(color.rgb) == rgb || color.name.eq_ignore_ascii_case(text))
            .map(|color| color.rgb)
    }

    fn show(rgb: u32) -> String {
        let known = Self::ALL.iter().find(|color| color.rgb == rgb);
        known.map_or_else(|| rgb.to_string(), |color| quoted(color.name))
    }
}

/// All known parameters, in the order of the documentation.
pub static TABLE: &[Parameter] = &[
    Parameter {
        name: "WELCOME",
        aliases: &[],
        help: "What a customer is greeted with when a dialog is opened, the first time and after it was closed. `{title}` stands for the customer's name.",
        availability: Availability::Here {
            since: FIRST,
            kind: "a text of at most 3900 characters, or `\"OFF\"`",
            example: "\"Hello, {title}! How can we help?\"",
            read: |value, parameters| {
                parameters.welcome = match value {
                    off if is_off(off) => None,
                    Value::String(text) if !text.trim().is_empty() && text.encode_utf16().count() <= MAX_WELCOME => {
                        Some(text.clone())
                    }
                    _ => {
                        return Err(format!("a text of 1 to {MAX_WELCOME} characters, or \"OFF\""));
                    }
                };
                Ok(())
            },
            show: |parameters| off_or(parameters.welcome.as_deref().map(quoted)),
        },
    },
    Parameter {
        name: "AUTOCLOSE",
        aliases: &["AUTO_CLOSE"],
        help: "Hours without a message after which an answered dialog is closed.",
        availability: Availability::Here {
            since: FIRST,
            kind: "a whole number of hours, 1 to 10000000, or `\"OFF\"`",
            example: "48",
            read: |value, parameters| {
                parameters.autoclose = match number(value) {
                    Some(hours @ 1..=MAX_HOURS) => u32::try_from(hours).ok(),
                    None if is_off(value) => None,
                    _ => {
                        return Err(format!("a whole number of hours from 1 to {MAX_HOURS}, or \"OFF\""));
                    }
                };
                Ok(())
            },
            show: |parameters| off_or(parameters.autoclose.map(|hours| hours.to_string())),
        },
    },
    Parameter {
        name: "AUTO_INFO",
        aliases: &[],
        help: "Posts what `/info` shows into every new topic.",
        availability: Availability::Here {
            since: FIRST,
            kind: "`true` or `false`",
            example: "true",
            read: |value, parameters| truth(value).map(|given| parameters.auto_info = given),
            show: |parameters| parameters.auto_info.to_string(),
        },
    },
    Parameter {
        name: "REPLY_ONLY",
        aliases: &[],
        help: "Sends only operators' replies to a customer's message; everything else stays in the topic.",
        availability: Availability::Here {
            since: FIRST,
            kind: "`true` or `false`",
            example: "true",
            read: |value, parameters| truth(value).map(|given| parameters.reply_only = given),
            show: |parameters| parameters.reply_only.to_string(),
        },
    },
    Parameter {
        name: "SILENT_MODE",
        aliases: &[],
        help: "Customers see no notice when one of their messages could not be handled.",
        availability: Availability::Here {
            since: FIRST,
            kind: "`true` or `false`",
            example: "true",
            read: |value, parameters| truth(value).map(|given| parameters.silent_mode = given),
            show: |parameters| parameters.silent_mode.to_string(),
        },
    },
    Parameter {
        name: "IGNORE_CHATS",
        aliases: &[],
        help: "Users and chats whose messages are not handled. A list given here replaces the default, which is Telegram's own service account.",
        availability: Availability::Here {
            since: FIRST,
            kind: "a list of ids, or `\"OFF\"`",
            example: "[777000, 123456789]",
            read: |value, parameters| ids(value).map(|ids| parameters.ignore_chats = ids),
            show: |parameters| list(&parameters.ignore_chats),
        },
    },
    Parameter {
        name: "WHITE_LIST",
        aliases: &[],
        help: "If it is not empty, only these users and chats are handled.",
        availability: Availability::Here {
            since: FIRST,
            kind: "a list of ids, or `\"OFF\"`",
            example: "[123456789]",
            read: |value, parameters| ids(value).map(|ids| parameters.white_list = ids),
            show: |parameters| list(&parameters.white_list),
        },
    },
    Parameter {
        name: "ICON_COLOR",
        aliases: &[],
        help: "The colour of new topics' icons, to tell connections of one group apart. `\"OFF\"` leaves it to Telegram.",
        availability: Availability::Here {
            since: FIRST,
            kind: "`\"blue\"`, `\"yellow\"`, `\"violet\"`, `\"green\"`, `\"rose\"`, `\"red\"`, or Telegram's number for one of them",
            example: "\"green\"",
            read: |value, parameters| {
                parameters.icon_color = match IconColor::read(value) {
                    None if is_off(value) => None,
                    None => {
                        let names: Vec<String> = IconColor::ALL.iter().map(|color| quoted(color.name)).collect();
                        return Err(format!("one of {} or \"OFF\"", names.join(", ")));
                    }
                    known => known,
                };
                Ok(())
            },
            show: |parameters| off_or(parameters.icon_color.map(IconColor::show)),
        },
    },
    Parameter {
        name: "UNCONFIRMED",
        aliases: &[],
        help: "What to do when nobody knows whether a message reached the customer, because no answer came: ask the operator in the topic, repeat it (it may arrive twice), or leave it (it may not have arrived; the operator is told).",
        availability: Availability::Here {
            since: FIRST,
            kind: "`\"ask\"`, `\"repeat\"` or `\"leave\"`",
            example: "\"repeat\"",
            read: |value, parameters| {
                parameters.unconfirmed = match value.as_str().map(str::to_ascii_lowercase).as_deref() {
                    Some("ask") => Unconfirmed::Ask,
                    Some("repeat") => Unconfirmed::Repeat,
                    Some("leave") => Unconfirmed::Leave,
                    _ => return Err("\"ask\", \"repeat\" or \"leave\"".to_owned()),
                };
                Ok(())
            },
            show: |parameters| {
                quoted(match parameters.unconfirmed {
                    Unconfirmed::Ask => "ask",
                    Unconfirmed::Repeat => "repeat",
                    Unconfirmed::Leave => "leave",
                })
            },
        },
    },
    Parameter {
        name: "OPENED_BY",
        aliases: &[],
        help: "Words that open a dialog, such as a command of the bot's own program: while no dialog is open, other messages are not shown, and the customer is alone with that program. Without any, every message opens a dialog.",
        availability: Availability::Here {
            since: SECOND,
            kind: "a list of words or commands, or `\"OFF\"`; a message that begins with one opens",
            example: "[\"/operator\"]",
            read: |value, parameters| words(value).map(|words| parameters.opened_by = words),
            show: |parameters| {
                let words: Vec<String> = parameters.opened_by.iter().map(|word| quoted(word)).collect();
                format!("[{}]", words.join(", "))
            },
        },
    },
    Parameter {
        name: "INTERCEPT_EXTERNAL",
        aliases: &[],
        help: "Shows in the topic what the bot's own program sends to the customer (modes `gateway` and `chain`).",
        availability: Availability::Here {
            since: SECOND,
            kind: "`true` or `false`",
            example: "false",
            read: |value, parameters| truth(value).map(|given| parameters.intercept_external = given),
            show: |parameters| parameters.intercept_external.to_string(),
        },
    },
    Parameter {
        name: "INTERCEPT_OPENS",
        aliases: &[],
        help: "A message of the bot's own program opens a dialog as well, not only a customer's. A broadcast of that program then opens one with everybody.",
        availability: Availability::Here {
            since: SECOND,
            kind: "`true` or `false`",
            example: "true",
            read: |value, parameters| truth(value).map(|given| parameters.intercept_opens = given),
            show: |parameters| parameters.intercept_opens.to_string(),
        },
    },
    Parameter {
        name: "AUTO_TAKEOVER",
        aliases: &[],
        help: "An operator's answer takes the dialog over from the bot's own program, as `/takeover` does.",
        availability: Availability::Here {
            since: SECOND,
            kind: "`true` or `false`",
            example: "true",
            read: |value, parameters| truth(value).map(|given| parameters.auto_takeover = given),
            show: |parameters| parameters.auto_takeover.to_string(),
        },
    },
    Parameter {
        name: "TAKEOVER_TIMEOUT",
        aliases: &[],
        help: "Minutes without an operator's message after which a dialog that was taken over goes back to the bot's own program.",
        availability: Availability::Here {
            since: SECOND,
            kind: "a whole number of minutes, 1 to 100000, or `\"OFF\"`",
            example: "30",
            read: |value, parameters| {
                parameters.takeover_timeout = match number(value) {
                    Some(minutes @ 1..=MAX_MINUTES) => u32::try_from(minutes).ok(),
                    None if is_off(value) => None,
                    _ => {
                        return Err(format!("a whole number of minutes from 1 to {MAX_MINUTES}, or \"OFF\""));
                    }
                };
                Ok(())
            },
            show: |parameters| off_or(parameters.takeover_timeout.map(|minutes| minutes.to_string())),
        },
    },
    Parameter {
        name: "TAKEOVER_UPDATES",
        aliases: &[],
        help: "What becomes of a customer's updates while an operator has the dialog: they are held back from the bot's own program, or it gets them with the field `switchboard` in the update. Questions about payments always pass.",
        availability: Availability::Here {
            since: SECOND,
            kind: "`\"hold\"` or `\"mark\"`",
            example: "\"mark\"",
            read: |value, parameters| {
                parameters.takeover_updates = match value.as_str().map(str::to_ascii_lowercase).as_deref() {
                    Some("hold") => TakeoverUpdates::Hold,
                    Some("mark") => TakeoverUpdates::Mark,
                    _ => return Err("\"hold\" or \"mark\"".to_owned()),
                };
                Ok(())
            },
            show: |parameters| {
                quoted(match parameters.takeover_updates {
                    TakeoverUpdates::Hold => "hold",
                    TakeoverUpdates::Mark => "mark",
                })
            },
        },
    },
    Parameter {
        name: "TAKEOVER_RELEASE",
        aliases: &[],
        help: "What becomes of updates that were held back, when the dialog is released: the bot's own program gets them then, or never.",
        availability: Availability::Here {
            since: SECOND,
            kind: "`\"handover\"` or `\"drop\"`",
            example: "\"drop\"",
            read: |value, parameters| {
                parameters.takeover_release = match value.as_str().map(str::to_ascii_lowercase).as_deref() {
                    Some("handover") => TakeoverRelease::HandOver,
                    Some("drop") => TakeoverRelease::Drop,
                    _ => return Err("\"handover\" or \"drop\"".to_owned()),
                };
                Ok(())
            },
            show: |parameters| {
                quoted(match parameters.takeover_release {
                    TakeoverRelease::HandOver => "handover",
                    TakeoverRelease::Drop => "drop",
                })
            },
        },
    },
    later(
        "EXTENSIONS_ALLOWED",
        "Who may give admin commands.",
        "list them as `admins` of the connection",
    ),
    later(
        "PRIVATE_KEYWORDS",
        "Opens a dialog only when a private message matches.",
        KEYWORDS,
    ),
    later(
        "GROUPS_KEYWORDS",
        "Opens a dialog only when a group's message matches.",
        KEYWORDS,
    ),
    later(
        "CHANNELS_KEYWORDS",
        "Opens a dialog only when a channel's post matches.",
        KEYWORDS,
    ),
    later(
        "RESTRICTED_KEYWORDS_FRONTEND",
        "Holds back customers' messages with these words.",
        KEYWORDS,
    ),
    later(
        "RESTRICTED_KEYWORDS_BACKEND",
        "Refuses operators' messages with these words.",
        KEYWORDS,
    ),
    later(
        "LEAVE_CLOSED",
        "Kinds of dialogs that a new message does not reopen.",
        KEYWORDS,
    ),
    later("MONITOR_PRIVATE", "Handles private chats.", MONITOR),
    later("MONITOR_GROUPS", "Handles groups that the bot is in.", MONITOR),
    later("MONITOR_CHANNELS", "Handles channels that the bot is in.", MONITOR),
    later(
        "HIDE_INFO",
        "What operators do not see of a customer.",
        "it comes with the plugin `privacy`",
    ),
    later(
        "CUSTOM_COMMANDS",
        "Commands that another program answers.",
        "it comes with the plugin `commands`",
    ),
    later(
        "WEBHOOKS",
        "Addresses that are told of events and commands.",
        "it comes with the console's outgoing webhooks",
    ),
];

const fn later(name: &'static str, help: &'static str, instead: &'static str) -> Parameter {
    Parameter {
        name,
        aliases: &[],
        help,
        availability: Availability::Later { instead },
    }
}

/// The available parameter of that name.
pub(super) fn find(name: &str) -> Result<&'static Parameter, ParameterError> {
    let known = |parameter: &&Parameter| parameter.name == name || parameter.aliases.contains(&name);
    match TABLE.iter().find(known) {
        Some(Parameter {
            name,
            availability: Availability::Later { instead },
            ..
        }) => Err(ParameterError::Later { name, instead }),
        Some(parameter) => Ok(parameter),
        None => Err(ParameterError::Unknown {
            name: name.chars().filter(|c| !c.is_control()).take(64).collect(),
            nearest: nearest(name),
        }),
    }
}

/// The known name that a mistyped one is nearest to, if any is near.
fn nearest(name: &str) -> Option<&'static str> {
    let wanted = name.trim().to_ascii_uppercase().replace('-', "_");
    TABLE
        .iter()
        .map(|parameter| (strsim::jaro_winkler(&wanted, parameter.name), parameter.name))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}
