//! Tests of connections files: what is taken, and every complaint in its exact words.

use serde_json::json;

use super::*;

const TOKEN: &str = "123456:AAabcdefghijklmnopqrstuvwxyz0123456";

fn load(text: &str) -> Result<Vec<Wanted>, ConfigError> {
    let table = document::parse("c.toml", text)?;
    wanted(&table, "c.toml", |name| match name {
        "SUPPORT_TOKEN" => Some(TOKEN.to_owned()),
        "BROKEN" => Some("secretsecret".to_owned()),
        "EMPTY" => Some(String::new()),
        "HOOK" => Some("hook-s_1".to_owned()),
        "ODD" => Some("secret with spaces".to_owned()),
        _ => None,
    })
}

fn complaint(text: &str) -> String {
    let complaint = load(text).unwrap_err().to_string();
    assert!(
        !complaint.contains("AAabc") && !complaint.contains("secret"),
        "{complaint}"
    );
    complaint
}

/// A complaint about a line added to a good connection of four lines.
fn with(line: &str) -> String {
    complaint(&format!(
        "[[connection]]\nname = \"a\"\ntoken_env = \"SUPPORT_TOKEN\"\ngroup = -1001\n{line}"
    ))
}

#[test]
fn a_whole_file_is_taken() {
    let text = format!(
        r#"
        [[connection]]
        name = "support"
        mode = "direct"
        token_env = "SUPPORT_TOKEN"
        group = -1001234567890
        admins = [555000111, 2, 2]
        plugins = ["quick-replies", {{ name = "other", settings = {{ a = [1, "x", true, 1.5] }}, grants = ["store", "log"] }}]
        [connection.parameters]
        WELCOME = "Hello!"
        AUTOCLOSE = 12

        [[connection]]
        name = "sales"
        token = "9{TOKEN}"
        group = -1002
        "#
    );
    let found = load(&text).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].name.as_str(), found[0].group),
        ("support", -1_001_234_567_890)
    );
    assert_eq!(found[0].token.bot_id(), 123_456);
    let config = &found[0].config;
    assert_eq!(config.admins, [2, 555_000_111]);
    assert_eq!(config.parameters.welcome.as_deref(), Some("Hello!"));
    assert_eq!(config.parameters.autoclose, Some(12));
    assert_eq!(config.configured_group, -1_001_234_567_890);
    let expected = [
        PluginUse {
            name: "quick-replies".into(),
            settings: json!({}),
            grants: None,
        },
        PluginUse {
            name: "other".into(),
            settings: json!({"a": [1, "x", true, 1.5]}),
            grants: Some(vec!["log".into(), "store".into()]),
        },
    ];
    assert_eq!(config.plugins, expected);
    assert_eq!(
        found[1].config,
        ConnectionConfig {
            configured_group: -1002,
            ..ConnectionConfig::default()
        }
    );
}

#[test]
fn unknown_keys() {
    assert_eq!(
        complaint("[connection]\nname = \"a\""),
        "c.toml:1: write [[connection]] with double brackets"
    );
    assert_eq!(
        complaint("[[conection]]\nname = \"a\""),
        "c.toml:1: unknown key \"conection\"; did you mean \"connection\"?"
    );
    assert_eq!(
        with("admin = [1]"),
        "c.toml:5: unknown key \"admin\" in [connection]; did you mean \"admins\"?"
    );
    assert_eq!(
        with("plugins = [{ name = \"p\", setings = {} }]"),
        "c.toml:5: unknown key \"setings\" in [connection.plugins]; did you mean \"settings\"?"
    );
    assert_eq!(
        complaint("# nothing"),
        "c.toml:1: there is no [[connection]] in this file"
    );
}

#[test]
fn modes() {
    assert_eq!(
        with("mode = \"session\""),
        "c.toml:5: mode session is not available in this version; mode = \"gateway\" is the parallel connection for a program whose Bot API address can be set, mode = \"chain\" for one with a webhook"
    );
    assert_eq!(
        with("mode = \"dirrect\""),
        "c.toml:5: unknown mode \"dirrect\"; did you mean \"direct\"?"
    );
}

/// A connection of this mode with more keys.
fn webhook(mode: &str, lines: &str) -> Result<WebhookKeys, ConfigError> {
    let text = format!(
        "[[connection]]\nname = \"a\"\ntoken_env = \"SUPPORT_TOKEN\"\ngroup = -1001\nmode = \"{mode}\"\n{lines}"
    );
    Ok(load(&text)?.remove(0).webhook)
}

#[test]
fn webhooks_are_taken() {
    use crate::config::webhook::Secret;
    assert!(webhook("gateway", "").unwrap().is_empty());
    let all = "webhook_url = \"http://bot:8000/hook\"\nwebhook_secret_env = \"HOOK\"\nwebhook_ip = \"10.0.0.7\"";
    let expected = WebhookKeys {
        url: Some("http://bot:8000/hook".into()),
        secret: Some(Secret::Is("hook-s_1".into())),
        ip: Some([10, 0, 0, 7].into()),
    };
    assert_eq!(webhook("chain", all).unwrap(), expected);
    for mode in ["direct", "gateway", "chain"] {
        let none = webhook(mode, "webhook_secret = \"none\"").unwrap();
        assert!(none.secret == Some(Secret::None));
    }
}

#[test]
fn webhooks_that_cannot_be() {
    let wrong = |mode: &str, lines: &str| {
        let complaint = webhook(mode, lines).unwrap_err().to_string();
        let complaint = complaint.strip_prefix("c.toml:6: ").unwrap_or(&complaint).to_owned();
        assert!(!complaint.contains("hidden"), "{complaint}");
        complaint
    };
    let shape = "1 to 256 Latin letters, digits, `_` or `-`; \"none\" says that it uses none";
    for secret in ["", "hidden one", &"hidden".repeat(50), "hidden\u{e9}"] {
        let complaint = wrong("gateway", &format!("webhook_secret = \"{secret}\""));
        assert_eq!(
            complaint,
            format!("webhook_secret: the secret_token of the bot's program is {shape}")
        );
    }
    assert_eq!(
        wrong("gateway", "webhook_secret_env = \"ODD\""),
        format!("the environment variable \"ODD\": the secret_token of the bot's program is {shape}")
    );
    for gone in ["GONE", "EMPTY"] {
        assert_eq!(
            wrong("gateway", &format!("webhook_secret_env = \"{gone}\"")),
            format!("the environment variable \"{gone}\" is not set; it should hold the webhook's secret, or \"none\"")
        );
    }
    assert!(wrong("gateway", "webhook_secret_env = \"hidden-1\"").contains("a secret itself goes into webhook_secret"));
    assert_eq!(
        wrong("gateway", "webhook_secret = \"a\"\nwebhook_secret_env = \"HOOK\""),
        "give webhook_secret or webhook_secret_env, not both"
    );
    for url in ["", "hidden", "ftp://hidden", "https://", "https:// hidden", "/hidden"] {
        let complaint = wrong("chain", &format!("webhook_url = \"{url}\""));
        assert!(
            complaint.starts_with("webhook_url takes the address at which"),
            "{url}: {complaint}"
        );
    }
    let url = "webhook_url = \"https://hidden\"";
    assert!(wrong("gateway", url).starts_with("webhook_url belongs to mode chain; in mode gateway"));
    assert!(wrong("direct", url).starts_with("webhook_url belongs to mode chain; in mode direct"));
    for ip in ["", "localhost", "10.0.0", "10.0.0.7:80"] {
        let complaint = wrong("chain", &format!("webhook_ip = \"{ip}\""));
        assert_eq!(
            complaint,
            "webhook_ip takes an IP address, as in webhook_ip = \"10.0.0.7\""
        );
    }
    assert_eq!(
        wrong("chain", "webhook_ip = 10"),
        "webhook_ip takes a text, not a number"
    );
    assert_eq!(
        wrong("chain", "webhook_secert = \"hidden\""),
        "unknown key \"webhook_secert\" in [connection]; did you mean \"webhook_secret\"?"
    );
}

#[test]
fn tokens() {
    let one = |line: &str| complaint(&format!("[[connection]]\nname = \"a\"\ngroup = -1001\n{line}"));
    assert_eq!(
        one(""),
        "c.toml:1: the connection has no token; write token_env = \"SUPPORT_TOKEN\" (a variable that holds it) or token = \"…\""
    );
    assert_eq!(
        one("token_env = \"GONE\""),
        "c.toml:4: the environment variable \"GONE\" is not set; it should hold the bot's token"
    );
    assert!(one("token_env = \"EMPTY\"").contains("is not set"));
    assert!(
        one("token_env = \"BROKEN\"")
            .starts_with("c.toml:4: the environment variable \"BROKEN\": this is not a bot token")
    );
    assert!(one("token = \"secret\"").starts_with("c.toml:4: token: this is not a bot token"));
    assert!(one(&format!("token_env = \"{TOKEN}\"")).contains("a token itself goes into token"));
    assert_eq!(
        with(&format!("token = \"{TOKEN}\"")),
        "c.toml:5: give token or token_env, not both"
    );
}

#[test]
fn names_groups_and_admins() {
    let token = "token_env = \"SUPPORT_TOKEN\"";
    assert_eq!(
        complaint(&format!("[[connection]]\n{token}\ngroup = -1")),
        "c.toml:1: the connection has no name; write name = \"support\""
    );
    assert_eq!(
        complaint(&format!("[[connection]]\nname = \"a b\"\n{token}\ngroup = -1")),
        "c.toml:2: a connection's name is 1 to 48 Latin letters, digits, `-` or `_`"
    );
    assert_eq!(
        complaint(&format!("[[connection]]\nname = \"a\"\n{token}\ngroup = 100123")),
        "c.toml:4: group: the id of a group is negative; a supergroup's begins with -100, as in group = -1001234567890"
    );
    assert_eq!(
        complaint(&format!("[[connection]]\nname = \"a\"\n{token}\ngroup = \"-1001\"")),
        "c.toml:4: group takes a whole number, not a text"
    );
    assert_eq!(
        with("admins = [\"@me\"]"),
        "c.toml:5: admins takes a list of users' ids (positive numbers), as in admins = [555000111]"
    );
}

#[test]
fn two_of_a_kind() {
    let one = |name: &str| format!("[[connection]]\nname = \"{name}\"\ntoken = \"{TOKEN}\"\ngroup = -1001\n");
    assert_eq!(
        complaint(&(one("a") + &one("a"))),
        "c.toml:5: there are two connections \"a\"; give one of them another name"
    );
    assert_eq!(
        complaint(&(one("a") + &one("b"))),
        "c.toml:5: connections \"a\" and \"b\" are of the same bot; a bot has one connection"
    );
    assert_eq!(
        with("plugins = [\"p\", \"p\"]"),
        "c.toml:5: the plugin \"p\" is listed twice"
    );
}

#[test]
fn parameters_are_told_with_their_line() {
    assert_eq!(
        with("[connection.parameters]\nAUTO_INFO = true\nWELCOM = \"x\""),
        "c.toml:7: unknown parameter WELCOM; did you mean WELCOME?"
    );
    assert_eq!(
        with("[connection.parameters]\nPRIVATE_KEYWORDS = [\"x\"]"),
        "c.toml:6: PRIVATE_KEYWORDS is not available in this version: it comes with the plugin `keywords`"
    );
    assert_eq!(
        with("[connection.parameters]\nAUTOCLOSE = \"soon\""),
        "c.toml:6: AUTOCLOSE takes a whole number of hours from 1 to 10000000, or \"OFF\", not \"soon\"; for example AUTOCLOSE = 48"
    );
}

#[test]
fn plugins_and_grants() {
    assert_eq!(
        with("plugins = [{ name = \"p\", grants = [\"stor\"] }]"),
        "c.toml:5: unknown grant \"stor\"; did you mean \"store\"?"
    );
    assert_eq!(
        with("plugins = [\"../p\"]"),
        "c.toml:5: a plugin's name is 1 to 48 Latin letters, digits, `-` or `_`"
    );
    assert_eq!(
        with("plugins = [5]"),
        "c.toml:5: a plugin is a name or a table { name, settings, grants }, not a number"
    );
    assert_eq!(
        with("plugins = [{ name = \"p\", settings = 1 }]"),
        "c.toml:5: settings takes a table, not a number"
    );
}
