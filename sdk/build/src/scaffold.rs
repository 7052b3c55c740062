//! A new plugin: a crate of its own that builds, tests and answers a command.

use std::path::{Path, PathBuf};

use crate::BuildError;

const MANIFEST: &str = include_str!("template/Cargo.toml.in");
const LIB: &str = include_str!("template/lib.rs.in");
const README: &str = include_str!("template/README.md.in");

/// Writes the crate `name` into `parent/name`; `sdk` is the folder of the crate `switchboard-plugin`.
/// Gives the new folder.
///
/// # Errors
/// Where the name does not do, the folder exists, or it cannot be written.
pub fn create(name: &str, parent: &Path, sdk: &Path) -> Result<PathBuf, BuildError> {
    check_name(name)?;
    let sdk = sdk.canonicalize().map_err(|source| BuildError::io(sdk, source))?;
    if !sdk.join("Cargo.toml").exists() {
        return Err(BuildError::NoCrate(sdk));
    }
    let dir = parent.join(name);
    if dir.exists() {
        return Err(BuildError::Scaffold(format!("{} is there already", dir.display())));
    }
    let fill = |text: &str| {
        text.replace("@NAME@", name)
            .replace("@TYPE@", &type_name(name))
            .replace("@COMMAND@", &name.replace('-', "_"))
            .replace("@SDK@", &toml::Value::String(sdk.display().to_string()).to_string())
    };
    for (file, text) in [
        ("Cargo.toml", fill(MANIFEST)),
        ("src/lib.rs", fill(LIB)),
        ("README.md", fill(README)),
        (".gitignore", "/target/\n".to_owned()),
    ] {
        let path = dir.join(file);
        let folder = path.parent().unwrap_or(&dir);
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|source| BuildError::io(&path, source))?;
    }
    Ok(dir)
}

/// The SDK of the checkout that this program belongs to: beside the program, beside the current folder, or where
/// it was compiled.
pub fn find_sdk() -> Option<PathBuf> {
    let starts = [std::env::current_exe().ok(), std::env::current_dir().ok()];
    let beside = starts
        .iter()
        .flatten()
        .flat_map(|start| start.ancestors())
        .map(|it| it.join("sdk/rust"));
    let compiled = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("rust");
    beside.chain([compiled]).find(|sdk| sdk.join("wit/hooks.wit").exists())
}

fn check_name(name: &str) -> Result<(), BuildError> {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    // A command has at most 32 characters, and the template makes one of the name.
    if starts && name.len() <= 32 && name.chars().all(sound) && !name.ends_with('-') && !name.contains("--") {
        return Ok(());
    }
    Err(BuildError::Scaffold(format!(
        "{name:?} does not do as a name: a small Latin letter, then small letters, digits and single hyphens, at most 32"
    )))
}

/// `order-status` → `OrderStatus`
fn type_name(name: &str) -> String {
    let upper = |part: &str| part[..1].to_ascii_uppercase() + &part[1..];
    name.split('-').filter(|part| !part.is_empty()).map(upper).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_must_be_those_of_crates_and_commands() {
        for name in ["a", "order-status", "x2"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "2x", "Big", "a_b", "-a", "a-", "a--b", "../a", "é", &"a".repeat(33)] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert_eq!(type_name("order-status-2"), "OrderStatus2");
    }

    #[test]
    fn the_sdk_must_be_found_from_a_checkout() {
        assert!(find_sdk().is_some());
    }
}
