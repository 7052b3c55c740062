//! Builds plugins into components: finds a compiler for the target, runs cargo, wraps the module, checks the result.
#![forbid(unsafe_code)]
// What came from outside is an error; what cannot fail says why beside it.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]
#![warn(missing_docs)]

mod cargo;
mod component;
mod error;
mod leak;
pub mod scaffold;
mod shape;
mod toolchain;

use std::path::{Path, PathBuf};

pub use component::componentize;
pub use error::BuildError;
pub use shape::{Interface, Shape, shape};
pub use toolchain::Toolchain;

/// The one target that plugins are built for: no system interface at all.
pub const TARGET: &str = "wasm32-unknown-unknown";
/// The package that every import and export of a plugin belongs to.
pub const PACKAGE: &str = "switchboard:plugin";

/// How to build.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder for the component; `plugins` in cargo's target folder where none is named.
    pub out: Option<PathBuf>,
    /// Say nothing but errors.
    pub quiet: bool,
    /// Cargo's target folder, where it is not to be the crate's own.
    pub target_dir: Option<PathBuf>,
}

/// A plugin that was built.
#[derive(Clone, Debug)]
pub struct Built {
    /// The crate's name.
    pub name: String,
    /// Where the component lies.
    pub component: PathBuf,
    /// What is in it.
    pub shape: Shape,
}

/// Builds the plugin whose `Cargo.toml` is in `dir`. Cargo decides what is up to date; a component that did not change
/// is not written again.
///
/// # Errors
/// Where there is no way to compile for the target, where the crate does not compile, and where the component would
/// import or export anything but the interfaces of `switchboard:plugin`. Each says what to do.
pub fn build(dir: &Path, options: &Options) -> Result<Built, BuildError> {
    let package = cargo::package(dir)?;
    let toolchain = Toolchain::find(&package.dir)?;
    let module = cargo::compile(&package, &toolchain, options)?;
    let core = std::fs::read(&module).map_err(|source| BuildError::io(&module, source))?;
    let bytes = componentize(&core)?;
    let shape = shape(&bytes)?;
    let target = options.target_dir.as_ref().unwrap_or(&package.target_dir);
    let out = options.out.clone().unwrap_or_else(|| target.join("plugins"));
    let component = out.join(format!("{}.wasm", package.name));
    write_if_changed(&component, &bytes)?;
    Ok(Built {
        name: package.name,
        component,
        shape,
    })
}

/// Whoever watches the file must see the old one or the new one, never half of it.
fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|source| BuildError::io(folder, source))?;
    let half = path.with_extension(format!("{}.part", std::process::id()));
    std::fs::write(&half, bytes)
        .and_then(|()| std::fs::rename(&half, path))
        .map_err(|source| BuildError::io(path, source))
}
