//! The plugins folder: loads what connections use, and checks it against what an admin wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, anyhow, bail};
use jsonschema::error::{ValidationError, ValidationErrorKind};
use switchboard_relay::Shelf;
use switchboard_relay::config::{ConnectionConfig, PluginUse};
use switchboard_runtime::{CacheKey, Compiler, Digest, Grants, Limits, Plugin, Runtime, RuntimeOptions};

use crate::config::{Config, hint};
use crate::redact::one_line;
use crate::secrets::{Purpose, Secrets};

/// Compiled plugins stand here, inside the plugins folder.
const COMPILED: &str = ".compiled";

/// The folder of `[plugins] dir`: `NAME.wasm` each.
#[derive(Debug)]
pub struct PluginFolder {
    folder: PathBuf,
    runtime: Runtime,
    /// Connections share what they load from the same bytes.
    loaded: Mutex<BTreeMap<String, Arc<Plugin>>>,
}

impl PluginFolder {
    pub fn open(config: &Config, secrets: &Secrets) -> anyhow::Result<Self> {
        let folder = config.plugins_dir.clone();
        let compiler = Compiler::this_program().context("cannot find this program's own file")?;
        let key = CacheKey::new(secrets.derive(Purpose::CompiledPlugins)?);
        let cache = writable(&folder).then(|| folder.join(COMPILED));
        let runtime = Runtime::new(RuntimeOptions::new(compiler, cache, key))?;
        Ok(Self {
            folder,
            runtime,
            loaded: Mutex::default(),
        })
    }

    /// The names of the plugins that are there.
    pub fn names(&self) -> anyhow::Result<Vec<String>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.with_context(|| format!("cannot read {}", self.folder.display()))?,
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut names: Vec<String> = paths
            .filter(|path| path.extension().is_some_and(|end| end == "wasm"))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .collect();
        names.sort();
        Ok(names)
    }

    /// Loads a plugin by its name. Blocks while compiling.
    pub fn load(&self, name: &str) -> anyhow::Result<Arc<Plugin>> {
        let path = self.folder.join(format!("{name}.wasm"));
        if !path.exists() {
            let known = self.names()?;
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            let hint = match names.as_slice() {
                [] => "; the folder has none".to_owned(),
                names => hint(name, names),
            };
            bail!("there is no plugin {name:?}: {} does not exist{hint}", path.display());
        }
        let fault = |error: switchboard_runtime::LoadError| {
            let error = anyhow::Error::new(error);
            anyhow!("{} {error:#}", path.display())
        };
        if let Some(loaded) = self.same_as_loaded(name, &path) {
            return Ok(loaded);
        }
        let plugin = self.runtime.load(&path).map_err(fault)?;
        if plugin.name() != name {
            bail!(
                "{} calls itself {:?}; rename the file to {}.wasm",
                path.display(),
                plugin.name(),
                plugin.name()
            );
        }
        self.loaded().insert(name.to_owned(), Arc::clone(&plugin));
        Ok(plugin)
    }

    /// Whether nothing newer of its name was loaded since.
    pub fn is_latest(&self, plugin: &Plugin) -> bool {
        let loaded = self.loaded();
        loaded
            .get(plugin.name())
            .is_none_or(|latest| latest.digest() == plugin.digest())
    }

    fn same_as_loaded(&self, name: &str, path: &Path) -> Option<Arc<Plugin>> {
        let loaded = self.loaded().get(name).cloned()?;
        let bytes = std::fs::read(path).ok()?;
        (loaded.digest() == Digest::of(&bytes)).then_some(loaded)
    }

    fn loaded(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Plugin>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks a plugin's use: it loads, its settings fit, its grants cover what it imports. Grants that were left open are settled
    /// to what it imports now, so that a later version that imports more waits for an admin. Blocks while compiling.
    pub fn settle(&self, mut wanted: PluginUse) -> anyhow::Result<PluginUse> {
        let name = wanted.name.clone();
        let plugin = self.load(&name)?;
        let schema = plugin.description().settings_schema.as_deref();
        check_settings(schema, &wanted.settings).with_context(|| format!("plugin {name:?}"))?;
        let imports = || plugin.permissions().iter().map(|one| one.interface.clone());
        let mut granted: Vec<String> = wanted.grants.unwrap_or_else(|| imports().collect());
        granted.sort();
        let grants: Grants = granted.iter().cloned().collect();
        self.runtime
            .link(&plugin, &grants)
            .map_err(|error| anyhow!("plugin {name:?} {error}"))?;
        wanted.grants = Some(granted);
        Ok(wanted)
    }

    /// What a connection uses of the folder. Blocks while compiling.
    pub fn shelf(&self, config: &ConnectionConfig) -> anyhow::Result<Shelf> {
        let plugins = config
            .plugins
            .iter()
            .map(|used| Ok((used.name.clone(), self.load(&used.name)?)));
        Ok(Shelf {
            runtime: self.runtime.clone(),
            plugins: plugins.collect::<anyhow::Result<_>>()?,
            limits: Limits::default(),
        })
    }
}

/// Compiled code is kept only where there is a folder that can be written: without it, a start takes longer and nothing else.
fn writable(folder: &Path) -> bool {
    let compiled = folder.join(COMPILED);
    folder.is_dir() && (compiled.is_dir() || std::fs::create_dir(&compiled).is_ok())
}

fn check_settings(schema: Option<&str>, settings: &serde_json::Value) -> anyhow::Result<()> {
    let Some(schema) = schema else {
        let none = settings.as_object().is_none_or(serde_json::Map::is_empty);
        return none
            .then_some(())
            .context("settings were given, and it takes none: leave them out");
    };
    let schema = serde_json::from_str(schema).context("its settings schema is no JSON")?;
    let validator = jsonschema::validator_for(&schema)
        .map_err(|error| anyhow!("its settings schema is not usable: {}", one_line(&error.to_string())))?;
    match validator.iter_errors(settings).next() {
        None => Ok(()),
        Some(error) => {
            let at = match error.instance_path().as_str() {
                "" => String::new(),
                path => format!(" at {path}"),
            };
            let what = match allowed(&error) {
                Some(values) => format!("{} is none of {}", error.instance(), values.join(", ")),
                None => error.to_string(),
            };
            bail!("its settings do not fit{at}: {}", one_line(&what))
        }
    }
}

/// The values that would fit, where the schema lists them: as alternatives with a remark each, its own text names none.
fn allowed(error: &ValidationError<'_>) -> Option<Vec<String>> {
    let (ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context }) = error.kind() else {
        return None;
    };
    let of_branch = |errors: &Vec<ValidationError<'_>>| {
        errors.iter().find_map(|error| match error.kind() {
            ValidationErrorKind::Constant { expected_value } => Some(vec![expected_value.to_string()]),
            ValidationErrorKind::Enum { options } => {
                Some(options.as_array()?.iter().map(ToString::to_string).collect())
            }
            _ => None,
        })
    };
    let branches: Option<Vec<Vec<String>>> = context.iter().map(of_branch).collect();
    branches.map(|branches| branches.concat())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_held_against_the_schema() {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["limit"],
            "properties": {"limit": {"type": "integer", "maximum": 5}},
        })
        .to_string();
        let check = |settings| check_settings(Some(&schema), &settings).map_err(|e| format!("{e:#}"));
        assert_eq!(check(json!({"limit": 5})), Ok(()));
        assert_eq!(
            check(json!({"limit": 6})).unwrap_err(),
            "its settings do not fit at /limit: 6 is greater than the maximum of 5"
        );
        assert_eq!(
            check(json!({})).unwrap_err(),
            "its settings do not fit: \"limit\" is a required property"
        );
    }

    #[test]
    fn the_values_that_would_fit_are_named() {
        let schema = json!({"properties": {"who": {"oneOf": [
            {"const": "all", "description": "everybody"}, {"type": "string", "enum": ["some", "none"]},
        ]}}})
        .to_string();
        for wrong in [json!("me"), json!(7)] {
            let said = check_settings(Some(&schema), &json!({ "who": wrong })).map_err(|e| e.to_string());
            let what = format!("its settings do not fit at /who: {wrong} is none of \"all\", \"some\", \"none\"");
            assert_eq!(said, Err(what));
        }
    }

    #[test]
    fn a_plugin_without_a_schema_takes_no_settings() {
        assert!(check_settings(None, &json!({})).is_ok());
        assert!(check_settings(None, &json!(null)).is_ok());
        assert!(check_settings(None, &json!({"a": 1})).is_err());
    }
}
