//! The table of keys of `switchboard.toml`: from it come reading, overrides and complaints.

/// One key. All values are texts.
#[derive(Debug)]
pub struct Key {
    /// The table that it stands in; empty for none.
    pub section: &'static str,
    pub name: &'static str,
    /// `None`: there is none unless it is given.
    pub default: Option<&'static str>,
    pub example: &'static str,
    pub help: &'static str,
}

pub const LISTEN: &Key = &Key {
    section: "",
    name: "listen",
    default: Some("127.0.0.1:8080"),
    example: "127.0.0.1:8080",
    help: "address of the one HTTP listener; port 0 takes a free one",
};
pub const STORE_URL: &Key = &Key {
    section: "store",
    name: "url",
    default: Some("sqlite://switchboard.db"),
    example: "sqlite://switchboard.db",
    help: "the database",
};
pub const TELEGRAM_API: &Key = &Key {
    section: "telegram",
    name: "api",
    default: Some("https://api.telegram.org"),
    example: "https://api.telegram.org",
    help: "the Bot API server",
};
pub const GATEWAY_LISTEN: &Key = &Key {
    section: "gateway",
    name: "listen",
    default: None,
    example: "127.0.0.1:8081",
    help: "address of the front door for bots' own programs; none without it",
};
pub const PLUGINS_DIR: &Key = &Key {
    section: "plugins",
    name: "dir",
    default: Some("plugins"),
    example: "plugins",
    help: "the folder that plugins are loaded from",
};
pub const KEY_FILE: &Key = &Key {
    section: "secrets",
    name: "key_file",
    default: Some("switchboard.key"),
    example: "switchboard.key",
    help: "the key that tokens in the database are sealed with",
};
pub const PACING_BOT: &Key = &Key {
    section: "pacing",
    name: "bot",
    default: Some("30/1s"),
    example: "30/1s",
    help: "calls of one bot, or \"off\"",
};
pub const PACING_CHAT: &Key = &Key {
    section: "pacing",
    name: "chat",
    default: Some("1/1s"),
    example: "1/1s",
    help: "calls to one private chat, or \"off\"",
};
pub const PACING_GROUP: &Key = &Key {
    section: "pacing",
    name: "group",
    default: Some("20/60s"),
    example: "20/60s",
    help: "calls to one group, or \"off\"",
};

pub const KEYS: [&Key; 9] = [
    LISTEN,
    STORE_URL,
    TELEGRAM_API,
    GATEWAY_LISTEN,
    PLUGINS_DIR,
    KEY_FILE,
    PACING_BOT,
    PACING_CHAT,
    PACING_GROUP,
];

/// The keys with their variables and defaults, for `--help`.
pub fn help() -> String {
    let lines = KEYS.map(|key| {
        let default = key
            .default
            .map_or_else(String::new, |default| format!(" [default: {default}]"));
        format!("  {:<17} {:<29} {}{default}", key.path(), key.variable(), key.help)
    });
    format!(
        "Keys of the configuration file, and the variables that override them:\n{}\n\n\
         SWITCHBOARD_LOG filters the log: error, warn, info (the default), debug, or a filter per module",
        lines.join("\n")
    )
}

impl Key {
    /// Its name with its section: `store.url`.
    pub fn path(&self) -> String {
        match self.section {
            "" => self.name.to_owned(),
            section => format!("{section}.{}", self.name),
        }
    }

    /// The environment variable that overrides it: `SWITCHBOARD_STORE_URL`.
    pub fn variable(&self) -> String {
        format!(
            "{}{}",
            super::environment::PREFIX,
            self.path().replace('.', "_").to_uppercase()
        )
    }
}
