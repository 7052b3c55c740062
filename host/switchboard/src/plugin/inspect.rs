//! `switchboard plugin inspect FILE`: all that an admin should know before enabling a plugin, in words.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use serde_json::Value;
use switchboard_runtime::types::{CommandSpec, Description};
use switchboard_runtime::{CacheKey, Compiler, Inspection, Plugin, Runtime, RuntimeOptions, inspect};

use crate::print;

pub fn run(file: &Path) -> anyhow::Result<()> {
    let named = |error: switchboard_runtime::LoadError| anyhow!("{} {:#}", file.display(), anyhow::Error::new(error));
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let inspection = inspect(&bytes).map_err(named)?;
    if inspection.problem.is_some() {
        // It cannot be asked what it is, but its permissions are worth a look all the same.
        print::text(&surface(&inspection));
    }
    let plugin = runtime()?
        .load_bytes(&file.display().to_string(), &bytes)
        .map_err(named)?;
    print::text(&report(&plugin));
    Ok(())
}

/// Compiles in a child, as the host does, and keeps nothing.
fn runtime() -> anyhow::Result<Runtime> {
    let compiler = Compiler::this_program().context("cannot find this program's own file")?;
    let options = RuntimeOptions {
        instances: 1,
        ..RuntimeOptions::new(compiler, None, CacheKey::new([0; 32]))
    };
    Ok(Runtime::new(options)?)
}

fn report(plugin: &Plugin) -> String {
    let about = plugin.description();
    let mut text = format!("{} {}\n{}\n", about.name, about.version, about.summary);
    section(&mut text, "Commands", about.commands.iter().map(command));
    text += &surface(plugin.inspection());
    section(&mut text, "Settings", settings(about).into_iter());
    section(&mut text, "In the pipeline", pipeline(about).into_iter());
    text
}

/// What the binary alone tells.
fn surface(inspection: &Inspection) -> String {
    let mut text = String::new();
    let hooks = inspection.hook_lines().into_iter();
    section(&mut text, "It", hooks.map(str::to_owned));
    let permissions = inspection.permission_lines();
    if permissions.is_empty() {
        text += "\nPermissions\n  none: it only answers what it is asked\n";
    }
    let permissions = permissions.into_iter();
    section(&mut text, "Permissions", permissions.map(|line| format!("It {line}.")));
    let size = inspection.size.div_ceil(1024);
    let version = inspection.version.as_deref().unwrap_or("none");
    let facts = [
        format!("size     {size} KiB"),
        format!("digest   sha256:{}", inspection.digest),
        format!("contract {} {version}", switchboard_runtime::PACKAGE),
    ];
    section(&mut text, "File", facts.into_iter());
    text
}

fn section(text: &mut String, heading: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "\n{heading}");
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}

fn command(spec: &CommandSpec) -> String {
    let usage = format!("/{} {}", spec.name, spec.usage);
    let place = |place: &String| match place.as_str() {
        "general" => "General".to_owned(),
        "topic" => "topics".to_owned(),
        other => other.to_owned(),
    };
    let places: Vec<_> = spec.places.iter().map(place).collect();
    let admins = if spec.admin { ", admins only" } else { "" };
    let (usage, places) = (usage.trim_end(), places.join(" and "));
    format!("{usage}: {} (in {places}{admins})", spec.summary)
}

/// The properties of the schema with their first lines.
fn settings(about: &Description) -> Vec<String> {
    let schema = about.settings_schema.as_deref().unwrap_or("{}");
    let schema: Value = serde_json::from_str(schema).unwrap_or_default();
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let line = |(name, property): (&String, &Value)| {
        let words = property.get("description").and_then(Value::as_str);
        let words = words.and_then(|words| words.lines().next()).unwrap_or("");
        let default = property.get("default").map(|value| format!(" (if not set: {value})"));
        format!("{name}: {words}{}", default.unwrap_or_default())
    };
    properties.iter().map(line).collect()
}

fn pipeline(about: &Description) -> Vec<String> {
    let failure = match about.on_failure.as_str() {
        "hold" => "a message waits, unseen, where it fails",
        _ => "a message goes on, marked, where it fails",
    };
    let mut lines = vec![format!("phase {}", about.phase), failure.to_owned()];
    if about.stateless {
        lines.push("stateless: a warm instance may serve".to_owned());
    }
    lines
}
