//! Checks what a plugin says of itself, once, when it is loaded.

use std::collections::HashSet;

use crate::checks::shortened;
use crate::contract::Hooks;
use crate::error::LoadError;
use crate::pipeline::{OnFailure, Phase};
use crate::types::{CommandSpec, Description};

/// The parts of a description that the host decides by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub phase: Phase,
    pub on_failure: OnFailure,
}

fn wrong<T>(reason: String) -> Result<T, LoadError> {
    Err(LoadError::Description(reason))
}

/// Checks a description against the contract and against the hooks that the plugin really has.
pub(crate) fn check(description: &Description, hooks: Hooks) -> Result<Standing, LoadError> {
    name(&description.name)?;
    if semver::Version::parse(&description.version).is_err() {
        return wrong(format!(
            "version `{}` is not a semantic version such as 1.0.0",
            shortened(&description.version)
        ));
    }
    one_line("summary", &description.summary)?;
    commands(&description.commands, hooks)?;
    if let Some(schema) = &description.settings_schema {
        settings_schema(schema)?;
    }
    let Some(phase) = Phase::named(&description.phase) else {
        return wrong(format!(
            "phase `{}` is none of sanitize, filter, route, enrich",
            shortened(&description.phase)
        ));
    };
    let Some(on_failure) = OnFailure::named(&description.on_failure) else {
        return wrong(format!(
            "on-failure `{}` is neither pass nor hold",
            shortened(&description.on_failure)
        ));
    };
    if phase == Phase::Sanitize && on_failure != OnFailure::Hold {
        return wrong("a plugin of phase sanitize must hold on failure, else what it hides would be shown".to_owned());
    }
    Ok(Standing { phase, on_failure })
}

fn name(name: &str) -> Result<(), LoadError> {
    let well_formed = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if name.is_empty() || name.len() > 48 || !well_formed {
        return wrong(format!(
            "name `{}` is not 1–48 Latin letters, digits and `-`",
            shortened(name)
        ));
    }
    Ok(())
}

fn one_line(what: &str, text: &str) -> Result<(), LoadError> {
    if text.chars().any(char::is_control) || text.chars().count() > 300 {
        return wrong(format!("{what} must be one line of at most 300 characters"));
    }
    Ok(())
}

fn commands(commands: &[CommandSpec], hooks: Hooks) -> Result<(), LoadError> {
    if !commands.is_empty() && !hooks.command {
        return wrong("it names commands but has no `command` hook".to_owned());
    }
    if commands.len() > 100 {
        return wrong(format!("it names {} commands, 100 are allowed", commands.len()));
    }
    let mut seen = HashSet::new();
    for command in commands {
        let name = &command.name;
        let mut letters = name.bytes();
        let well_formed = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
            && letters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && name.len() <= 32;
        if name != "*" && !well_formed {
            return wrong(format!(
                "command `{}` is not a Latin letter and up to 31 letters, digits or `_` (without the slash)",
                shortened(name)
            ));
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            return wrong(format!("command `{name}` is named twice"));
        }
        one_line(&format!("the summary of command `{name}`"), &command.summary)?;
        one_line(&format!("the usage of command `{name}`"), &command.usage)?;
        if command.places.is_empty() {
            return wrong(format!("command `{name}` may be used nowhere: `places` is empty"));
        }
        if let Some(place) = command
            .places
            .iter()
            .find(|place| !matches!(place.as_str(), "topic" | "general"))
        {
            return wrong(format!(
                "command `{name}` names the place `{}`; there are topic and general",
                shortened(place)
            ));
        }
    }
    Ok(())
}

fn settings_schema(schema: &str) -> Result<(), LoadError> {
    match serde_json::from_str::<serde_json::Value>(schema) {
        Ok(serde_json::Value::Object(_)) => Ok(()),
        Ok(_) => wrong("settings-schema is not a JSON object".to_owned()),
        Err(error) => wrong(format!("settings-schema is not JSON: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> Description {
        Description {
            name: "hello-2".into(),
            version: "1.0.0".into(),
            summary: "Says hello".into(),
            commands: vec![CommandSpec {
                name: "hello".into(),
                summary: "Say hello".into(),
                usage: "NAME".into(),
                places: vec!["topic".into()],
                admin: false,
            }],
            events: vec![],
            settings_schema: Some("{}".into()),
            phase: "filter".into(),
            stateless: false,
            on_failure: "pass".into(),
            prefilter: None,
            extra: vec![],
        }
    }

    fn refusal(change: impl FnOnce(&mut Description)) -> String {
        let mut description = description();
        change(&mut description);
        let hooks = Hooks {
            command: true,
            ..Hooks::default()
        };
        check(&description, hooks).unwrap_err().to_string()
    }

    #[test]
    fn a_good_description_passes() {
        let hooks = Hooks {
            command: true,
            ..Hooks::default()
        };
        let standing = check(&description(), hooks).unwrap();
        assert_eq!(
            standing,
            Standing {
                phase: Phase::Filter,
                on_failure: OnFailure::Pass
            }
        );
    }

    #[test]
    fn every_rule_has_its_sentence() {
        assert!(refusal(|d| d.name = "Hello World".into()).contains("name `Hello World`"));
        assert!(refusal(|d| d.name = "x".repeat(49)).contains("1–48"));
        assert!(refusal(|d| d.version = "one".into()).contains("semantic version"));
        assert!(refusal(|d| d.summary = "a\nb".into()).contains("summary must be one line"));
        assert!(refusal(|d| d.phase = "first".into()).contains("phase `first`"));
        assert!(refusal(|d| d.on_failure = "shrug".into()).contains("on-failure `shrug`"));
        assert!(refusal(|d| d.phase = "sanitize".into()).contains("must hold"));
        assert!(refusal(|d| d.settings_schema = Some("[]".into())).contains("not a JSON object"));
        assert!(refusal(|d| d.settings_schema = Some("{".into())).contains("not JSON"));
        assert!(refusal(|d| d.commands[0].name = "/hello".into()).contains("without the slash"));
        assert!(refusal(|d| d.commands[0].places.clear()).contains("used nowhere"));
        assert!(refusal(|d| d.commands[0].places.push("moon".into())).contains("`moon`"));
        assert!(
            refusal(|d| d.commands.push(CommandSpec {
                name: "HELLO".into(),
                ..d.commands[0].clone()
            }))
            .contains("twice")
        );
    }

    #[test]
    fn commands_need_the_hook() {
        let error = check(&description(), Hooks::default()).unwrap_err();
        assert!(error.to_string().contains("no `command` hook"));
    }
}
