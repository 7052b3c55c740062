//! Overrides from the environment: `SWITCHBOARD_STORE_URL` stands for `url` in `[store]`.

use super::error::{ConfigError, Place};
use super::keys::{KEYS, Key};
use super::nearest::nearest;

pub const PREFIX: &str = "SWITCHBOARD_";
/// Variables of the program itself that are no keys.
const OWN: [&str; 2] = ["SWITCHBOARD_LOG", "SWITCHBOARD_CONFIG"];
/// As alike as this, a variable was meant to be a key.
const MEANT: f64 = 0.9;

/// The keys that the environment gives. An empty variable gives nothing.
pub fn overrides(
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Vec<(&'static Key, Place, String)>, ConfigError> {
    let mut given: Vec<(String, String)> = variables
        .into_iter()
        .filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty())
        .collect();
    given.sort();
    let mut found = Vec::new();
    for (name, value) in given {
        if let Some(key) = KEYS.into_iter().find(|key| key.variable() == name) {
            found.push((key, Place::Variable(name), value));
        } else if let Some(meant) = meant(&name) {
            return Err(Place::Variable(name).wrong(format!("is no key; did you mean {meant}?")));
        }
    }
    Ok(found)
}

/// The key that an unknown variable was meant to be. Others share the prefix rightly: a `token_env`, say.
fn meant(name: &str) -> Option<String> {
    if OWN.contains(&name) || name.ends_with("_TOKEN") {
        return None;
    }
    let known: Vec<String> = KEYS.into_iter().map(Key::variable).collect();
    let known: Vec<&str> = known.iter().filter_map(|name| name.strip_prefix(PREFIX)).collect();
    let rest = name.strip_prefix(PREFIX)?;
    let in_a_section = KEYS.iter().any(|key| {
        let section = key.section.to_uppercase();
        !section.is_empty()
            && rest
                .strip_prefix(&section)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    });
    let alike = if in_a_section { 0.0 } else { MEANT };
    nearest(rest, &known, alike).map(|name| format!("{PREFIX}{name}"))
}
