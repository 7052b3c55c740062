//! Tests of the parameters: every form of every value, exact error texts, and the page that is drawn from the table.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

fn parse(given: Value) -> Result<Parameters, ParameterError> {
    let given: BTreeMap<String, Value> = serde_json::from_value(given).unwrap();
    Parameters::parse(&given)
}

fn error(given: Value) -> String {
    parse(given).unwrap_err().to_string()
}

#[test]
fn nothing_given_is_the_default() {
    assert_eq!(parse(json!({})).unwrap(), Parameters::default());
}

#[test]
fn words_open_dialogs_by_whole_words() {
    let parameters = parse(json!({ "OPENED_BY": ["/operator", "call me"] })).unwrap();
    for text in ["/operator", " /Operator@shop_bot please", "Call me, please", "call me"] {
        assert!(parameters.opens(text), "{text}");
    }
    for text in ["/operators", "hello", "please call me", "call men"] {
        assert!(!parameters.opens(text), "{text}");
    }
    assert!(Parameters::default().opens("anything"));
}

#[test]
fn every_parameter_is_read() {
    let given = json!({
        "WELCOME": "Hi, {title}", "AUTOCLOSE": 168, "AUTO_INFO": true, "REPLY_ONLY": "TRUE", "SILENT_MODE": "on",
        "IGNORE_CHATS": [1, "2", 1], "WHITE_LIST": "5, -100200", "ICON_COLOR": "Green", "UNCONFIRMED": "repeat",
        "OPENED_BY": ["/Operator", "help me"], "INTERCEPT_EXTERNAL": false, "INTERCEPT_OPENS": true, "AUTO_TAKEOVER": true,
        "TAKEOVER_TIMEOUT": "30", "TAKEOVER_UPDATES": "mark", "TAKEOVER_RELEASE": "Drop",
    });
    let expected = Parameters {
        welcome: Some("Hi, {title}".into()),
        autoclose: Some(168),
        auto_info: true,
        reply_only: true,
        silent_mode: true,
        ignore_chats: vec![1, 2],
        white_list: vec![5, -100_200],
        icon_color: Some(9_367_192),
        unconfirmed: Unconfirmed::Repeat,
        opened_by: vec!["/operator".into(), "help me".into()],
        intercept_external: false,
        intercept_opens: true,
        auto_takeover: true,
        takeover_timeout: Some(30),
        takeover_updates: TakeoverUpdates::Mark,
        takeover_release: TakeoverRelease::Drop,
    };
    assert_eq!(parse(given).unwrap(), expected);
}

#[test]
fn off_switches_off() {
    for off in [json!("OFF"), json!("off"), json!("NONE"), json!("."), json!(false)] {
        let given =
            parse(json!({"WELCOME": off, "AUTOCLOSE": off, "IGNORE_CHATS": off, "WHITE_LIST": off, "ICON_COLOR": off}))
                .unwrap();
        assert_eq!(given.welcome, None);
        assert_eq!(given.autoclose, None);
        assert!(given.ignore_chats.is_empty() && given.white_list.is_empty());
        assert_eq!(given.icon_color, None);
    }
    assert!(!parse(json!({"AUTO_INFO": "OFF"})).unwrap().auto_info);
}

#[test]
fn colours_go_by_name_number_and_hex() {
    for colour in [json!("red"), json!(16_478_047), json!("#FB6F5F")] {
        assert_eq!(
            parse(json!({ "ICON_COLOR": colour })).unwrap().icon_color,
            Some(16_478_047)
        );
    }
}

#[test]
fn another_name_for_the_same() {
    assert_eq!(
        parse(json!({"AUTO_CLOSE": "1000000"})).unwrap().autoclose,
        Some(1_000_000)
    );
    assert_eq!(
        error(json!({"AUTO_CLOSE": 1, "AUTOCLOSE": 1})),
        "AUTOCLOSE and AUTO_CLOSE are the same parameter; give one of them"
    );
}

#[test]
fn unknown_names_are_told_with_the_nearest() {
    assert_eq!(
        error(json!({"WELCOM": "x"})),
        "unknown parameter WELCOM; did you mean WELCOME?"
    );
    assert_eq!(
        error(json!({"auto-close": 4})),
        "unknown parameter auto-close; did you mean AUTOCLOSE?"
    );
    assert_eq!(
        error(json!({"XYZZY": 4})),
        "unknown parameter XYZZY; host/relay/PARAMETERS.md lists the known ones"
    );
}

#[test]
fn names_that_will_come_say_where_from() {
    assert_eq!(
        error(json!({"HIDE_INFO": ["name"]})),
        "HIDE_INFO is not available in this version: it comes with the plugin `privacy`"
    );
    assert_eq!(
        error(json!({"EXTENSIONS_ALLOWED": "1"})),
        "EXTENSIONS_ALLOWED is not available in this version: list them as `admins` of the connection"
    );
}

#[test]
fn wrong_values_name_the_rule_and_an_example() {
    assert_eq!(
        error(json!({"AUTOCLOSE": 0})),
        "AUTOCLOSE takes a whole number of hours from 1 to 10000000, or \"OFF\", not 0; for example AUTOCLOSE = 48"
    );
    assert_eq!(
        error(json!({"AUTO_INFO": "maybe"})),
        "AUTO_INFO takes true or false (\"ON\" and \"OFF\" will do), not \"maybe\"; for example AUTO_INFO = true"
    );
    assert_eq!(
        error(json!({"WHITE_LIST": ["@alice"]})),
        "WHITE_LIST takes a list of at most 10000 ids of users or chats (numbers, no @names), or \"OFF\", not this list; \
         for example WHITE_LIST = [123456789]"
    );
    assert_eq!(
        error(json!({"ICON_COLOR": "mauve"})),
        "ICON_COLOR takes one of \"blue\", \"yellow\", \"violet\", \"green\", \"rose\", \"red\" or \"OFF\", not \"mauve\"; \
         for example ICON_COLOR = \"green\""
    );
    assert_eq!(
        error(json!({"UNCONFIRMED": true})),
        "UNCONFIRMED takes \"ask\", \"repeat\" or \"leave\", not true; for example UNCONFIRMED = \"repeat\""
    );
    for wrong in [
        json!(""),
        json!("x".repeat(3901)),
        json!(5),
        json!({"a": 1}),
        json!(null),
        json!(true),
    ] {
        assert!(error(json!({ "WELCOME": wrong })).starts_with("WELCOME takes a text of 1 to 3900 characters"));
    }
    for wrong in [json!([0]), json!([1.5]), json!([1i64 << 60]), json!({})] {
        assert!(error(json!({ "IGNORE_CHATS": wrong })).starts_with("IGNORE_CHATS takes"));
    }
}

#[test]
fn a_token_in_the_wrong_place_is_not_repeated() {
    let token = "123456789:AAabcdefghijklmnopqrstuvwxyz0123456";
    for name in ["AUTOCLOSE", "WHITE_LIST", "ICON_COLOR", "AUTO_INFO"] {
        assert!(!error(json!({ name: token })).contains("AAabc"), "{name}");
    }
}

#[test]
fn what_is_shown_reads_back_to_the_same() {
    let given = parse(json!({
        "WELCOME": "Line one\n\"two\" \\ {title}", "AUTOCLOSE": "OFF", "WHITE_LIST": [1, 2], "ICON_COLOR": "rose", "UNCONFIRMED": "leave",
    }))
    .unwrap();
    for parameters in [given, Parameters::default()] {
        let shown: BTreeMap<String, Value> = parameters
            .render()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), serde_json::from_str(&value).unwrap()))
            .collect();
        assert_eq!(Parameters::parse(&shown).unwrap(), parameters);
    }
}

#[test]
fn every_example_and_default_is_taken() {
    for parameter in TABLE {
        if let Availability::Here { example, show, .. } = &parameter.availability {
            for value in [(*example).to_owned(), show(&Parameters::default())] {
                let value: Value = serde_json::from_str(&value).unwrap();
                parse(json!({ parameter.name: value })).unwrap();
            }
        }
    }
}

#[test]
fn stored_parameters_without_a_field_take_its_default() {
    let stored: Parameters = serde_json::from_str(r#"{"auto_info": true}"#).unwrap();
    assert_eq!(
        stored,
        Parameters {
            auto_info: true,
            ..Parameters::default()
        }
    );
}

#[test]
fn the_page_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/PARAMETERS.md");
    if std::env::var_os("SWITCHBOARD_WRITE_DOCS").is_some() {
        std::fs::write(path, document()).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        page == document(),
        "PARAMETERS.md is out of date: SWITCHBOARD_WRITE_DOCS=1 cargo test -p switchboard-relay parameters"
    );
}
