//! Asks cargo what a crate is, and has it compiled into a core module.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::toolchain::{Toolchain, cargo};
use crate::{BuildError, Options};

/// What a guest needs of a profile, for crates whose workspace does not define one of this name.
const PROFILE: &str = "plugin";
const SETTINGS: [&str; 6] = [
    "inherits=\"release\"",
    "opt-level=3",
    "lto=true",
    "codegen-units=1",
    "panic=\"abort\"",
    // The names of functions stay: they are all that a trap's trace has.
    "strip=\"debuginfo\"",
];

/// A crate that is to be built.
pub(crate) struct Package {
    pub name: String,
    pub dir: PathBuf,
    pub target_dir: PathBuf,
    workspace_root: PathBuf,
    id: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct MetadataPackage {
    id: String,
    name: String,
    manifest_path: PathBuf,
    targets: Vec<MetadataTarget>,
}

#[derive(Deserialize)]
struct MetadataTarget {
    crate_types: Vec<String>,
}

/// A line of `--message-format=json`; other fields and kinds are of no interest.
#[derive(Deserialize)]
struct Line {
    reason: String,
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

pub(crate) fn package(dir: &Path) -> Result<Package, BuildError> {
    let dir = dir.canonicalize().map_err(|source| BuildError::io(dir, source))?;
    let manifest = dir.join("Cargo.toml");
    if !manifest.exists() {
        return Err(BuildError::NoCrate(dir));
    }
    let output = Command::new(cargo())
        .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
        .arg(&manifest)
        .current_dir(&dir)
        .output()
        .map_err(|source| BuildError::Start {
            program: "cargo".to_owned(),
            source,
        })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(BuildError::Manifest(text));
    }
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).map_err(|error| BuildError::Manifest(error.to_string()))?;
    let package = metadata
        .packages
        .into_iter()
        .find(|package| package.manifest_path == manifest)
        .ok_or_else(|| BuildError::NoCrate(dir.clone()))?;
    let cdylib = |target: &MetadataTarget| target.crate_types.iter().any(|it| it == "cdylib");
    if !package.targets.iter().any(cdylib) {
        return Err(BuildError::NotCdylib(package.name));
    }
    Ok(Package {
        name: package.name,
        dir,
        target_dir: metadata.target_directory,
        workspace_root: metadata.workspace_root,
        id: package.id,
    })
}

/// Gives the path of the core module.
pub(crate) fn compile(package: &Package, toolchain: &Toolchain, options: &Options) -> Result<PathBuf, BuildError> {
    let mut command = toolchain.command();
    command
        .args([
            "--lib",
            "--profile",
            PROFILE,
            "--message-format=json-render-diagnostics",
            "--manifest-path",
        ])
        .arg(package.dir.join("Cargo.toml"))
        .current_dir(&package.dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if options.quiet {
        command.arg("--quiet");
    }
    if let Some(target_dir) = &options.target_dir {
        command.arg("--target-dir").arg(target_dir);
    }
    if !defines_profile(&package.workspace_root) {
        for setting in SETTINGS {
            command.arg("--config").arg(format!("profile.{PROFILE}.{setting}"));
        }
    }
    command.arg("--config").arg(remapped());
    let start = |source| BuildError::Start {
        program: "cargo".to_owned(),
        source,
    };
    let mut child = command.spawn().map_err(start)?;
    let mut module = None;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let Ok(line) = serde_json::from_str::<Line>(&line) else {
                continue;
            };
            if line.reason == "compiler-artifact" && line.package_id == package.id {
                module = line
                    .filenames
                    .into_iter()
                    .find(|file| file.extension().is_some_and(|it| it == "wasm"));
            }
        }
    }
    let status = child.wait().map_err(start)?;
    match module {
        Some(module) if status.success() => Ok(module),
        _ => Err(BuildError::Compile(package.name.clone())),
    }
}

fn defines_profile(workspace_root: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(workspace_root.join("Cargo.toml")) else {
        return false;
    };
    let Ok(manifest) = text.parse::<toml::Table>() else {
        return false;
    };
    manifest
        .get("profile")
        .and_then(|profiles| profiles.get(PROFILE))
        .is_some()
}

/// Panic messages name source files: those of the workspace itself by relative paths, others by whole ones. Without
/// the machine's own folders in them, the same source gives the same digest everywhere, and nobody's home is shipped.
/// The flags are the same for every plugin, else each would compile its dependencies anew.
fn remapped() -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home: OsString = std::env::var_os("HOME")?;
        Some(PathBuf::from(home).join(".cargo"))
    });
    let registries = home.and_then(|home| home.join("registry/src").read_dir().ok());
    let registries = registries
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|it| (it.path(), "/registry"));
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let checkout = checkout.map(|checkout| (checkout.to_owned(), "/switchboard"));
    let mut pairs: Vec<_> = registries.chain(checkout).collect();
    // Flags in another order would compile everything again, too.
    pairs.sort();
    let flags: Vec<_> = pairs
        .into_iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        // A megabyte of stack is the linker's default; a fresh instance per call pays for what it may touch.
        .chain(std::iter::once("-Clink-arg=-zstack-size=131072".to_owned()))
        .map(toml::Value::String)
        .collect();
    format!("target.{}.rustflags={}", crate::TARGET, toml::Value::Array(flags))
}
