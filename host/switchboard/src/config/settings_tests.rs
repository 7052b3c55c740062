//! Tests of `switchboard.toml`: defaults, overrides, and every complaint in its exact words.

use switchboard_delivery::Rate;

use super::*;

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let path = Path::new("/etc/sb/switchboard.toml");
    Config::read(document::parse("sb.toml", text)?, Some(path), variables)
}

fn complaint(text: &str) -> String {
    load(text, &[]).unwrap_err().to_string()
}

fn complaint_about(name: &str, value: &str) -> String {
    load("", &[(name, value)]).unwrap_err().to_string()
}

#[test]
fn nothing_given_is_the_default() {
    let config = Config::read(Table { entries: vec![] }, None, []).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.store_url, "sqlite://switchboard.db");
    assert_eq!(config.telegram_api, "https://api.telegram.org");
    assert_eq!(config.plugins_dir, Path::new("plugins"));
    assert_eq!(config.key_file, Path::new("switchboard.key"));
    assert_eq!(config.pacing, Pacing::default());
}

#[test]
fn everything_given_is_taken_and_paths_stand_beside_the_file() {
    let text = r#"
        listen = "[::1]:0"
        [store]
        url = "sqlite://data/main.db"
        [telegram]
        api = "http://127.0.0.1:81/"
        [plugins]
        dir = "/opt/plugins"
        [secrets]
        key_file = "keys/one"
        [pacing]
        bot = "off"
        chat = "5/250ms"
        group = "20/1s"
    "#;
    let config = load(text, &[]).unwrap();
    assert_eq!(config.listen.to_string(), "[::1]:0");
    assert_eq!(config.store_url, "sqlite:///etc/sb/data/main.db");
    assert_eq!(config.store_path, Path::new("/etc/sb/data/main.db"));
    assert_eq!(config.telegram_api, "http://127.0.0.1:81");
    assert_eq!(config.plugins_dir, Path::new("/opt/plugins"));
    assert_eq!(config.key_file, Path::new("/etc/sb/keys/one"));
    let expected = Pacing {
        bot: Limit::Off,
        chat: Limit::Rate(Rate { calls: 5, per: 250 }),
        group: Limit::Rate(Rate { calls: 20, per: 1000 }),
        ..Pacing::default()
    };
    assert_eq!(config.pacing, expected);
}

#[test]
fn every_key_has_a_variable_that_overrides_it() {
    let text = "listen = \"127.0.0.1:1\"\n[store]\nurl = \"sqlite://a.db\"";
    let config = load(
        text,
        &[
            ("SWITCHBOARD_LISTEN", "127.0.0.1:2"),
            ("SWITCHBOARD_STORE_URL", "sqlite:///b.db"),
            ("SWITCHBOARD_TELEGRAM_API", "http://localhost:3"),
            ("SWITCHBOARD_PLUGINS_DIR", "p"),
            ("SWITCHBOARD_SECRETS_KEY_FILE", "/k"),
            ("SWITCHBOARD_PACING_GROUP", "off"),
            ("SWITCHBOARD_PACING_CHAT", ""),
            ("SWITCHBOARD_LOG", "debug"),
            ("SWITCHBOARD_SUPPORT_TOKEN", "x"),
            ("SWITCHBOARD_TELEGRAM_TOKEN", "x"),
            ("OTHER", "x"),
        ],
    )
    .unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.store_path, Path::new("/b.db"));
    assert_eq!(config.telegram_api, "http://localhost:3");
    assert_eq!(config.plugins_dir, Path::new("/etc/sb/p"));
    assert_eq!(config.key_file, Path::new("/k"));
    assert_eq!(config.pacing.group, Limit::Off);
    assert_eq!(config.pacing.chat, Pacing::default().chat);
}

#[test]
fn the_table_of_keys_agrees_with_the_defaults() {
    let pacing = Pacing::default();
    for (key, limit) in [
        (PACING_BOT, pacing.bot),
        (PACING_CHAT, pacing.chat),
        (PACING_GROUP, pacing.group),
    ] {
        assert_eq!(key.default.unwrap().parse(), Ok(limit), "{}", key.path());
    }
}

#[test]
fn unknown_keys_are_told_with_line_and_nearest_name() {
    assert_eq!(
        complaint("\nlisten = \"127.0.0.1:1\"\n[stroe]\nurl = \"x\""),
        "sb.toml:3: unknown key \"stroe\"; did you mean \"store\"?"
    );
    assert_eq!(
        complaint("[pacing]\nbot = \"off\"\ngruop = \"off\""),
        "sb.toml:3: unknown key \"gruop\" in [pacing]; did you mean \"group\"?"
    );
    assert_eq!(
        complaint("[secrets]\nx = 1"),
        "sb.toml:2: unknown key \"x\" in [secrets]; known are key_file"
    );
    assert_eq!(
        complaint_about("SWITCHBOARD_PACING_GRUOP", "off"),
        "environment variable SWITCHBOARD_PACING_GRUOP: is no key; did you mean SWITCHBOARD_PACING_GROUP?"
    );
    assert_eq!(
        complaint_about("SWITCHBOARD_LISTN", "x"),
        "environment variable SWITCHBOARD_LISTN: is no key; did you mean SWITCHBOARD_LISTEN?"
    );
}

#[test]
fn wrong_values_are_told_with_an_example() {
    assert_eq!(
        complaint("listen = 8080"),
        "sb.toml:1: listen takes a text, not a number; for example listen = \"127.0.0.1:8080\""
    );
    assert_eq!(
        complaint("listen = \"8080\""),
        "sb.toml:1: listen: \"8080\" is no address: write an IP address and a port; for example listen = \"127.0.0.1:8080\""
    );
    assert_eq!(
        complaint("[store]\nurl = \"postgres://u:secret@h/d\""),
        "sb.toml:2: store.url: PostgreSQL is not available in this version: use sqlite://; for example url = \"sqlite://switchboard.db\""
    );
    assert_eq!(
        complaint("[store]\nurl = \"mysql://u:secret@h/d\""),
        "sb.toml:2: store.url: this is no database address: it begins with sqlite://; for example url = \"sqlite://switchboard.db\""
    );
    assert_eq!(
        complaint("[telegram]\napi = \"api.telegram.org\""),
        "sb.toml:2: telegram.api: this is no address of a server: it begins with https:// or http://; for example api = \"https://api.telegram.org\""
    );
    assert_eq!(complaint("store = \"x\""), "sb.toml:1: store takes a table, not a text");
    assert_eq!(
        complaint("[gateway]\nlisten = \"localhost\""),
        "sb.toml:2: gateway.listen: \"localhost\" is no address: write an IP address and a port; for example listen = \"127.0.0.1:8081\""
    );
    assert_eq!(
        complaint_about("SWITCHBOARD_PACING_GROUP", "lots"),
        "environment variable SWITCHBOARD_PACING_GROUP: pacing.group: \"lots\" is no limit: write calls/window as in \"20/60s\", or \"off\"; \
         for example group = \"20/60s\""
    );
}

#[test]
fn broken_toml_is_told_with_its_line() {
    assert!(complaint("listen = \"a\"\n[store\n").starts_with("sb.toml:2: "));
    assert!(complaint("listen = \"a\"\nlisten = \"b\"\n").starts_with("sb.toml:2: "));
    assert!(!complaint("a = \"12345:secretsecretsecret\n").contains("secret"));
}
