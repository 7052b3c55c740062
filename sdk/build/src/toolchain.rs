//! A compiler for the target: rustup's, or Debian's with the standard library built from source.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{BuildError, TARGET};

/// Debian's packages put theirs here; rustup's shims come first in the path and do not matter.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";

/// A way to compile for [`TARGET`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The installed compiler has the target.
    Installed {
        /// The cargo to call.
        cargo: OsString,
    },
    /// Debian's `rustc-web` and `cargo-web` compile the standard library from `rust-web-src`.
    Debian {
        /// A linker for WebAssembly.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Looks for what is there; where nothing is, asks rustup for the target.
    ///
    /// # Errors
    /// [`BuildError::NoToolchain`], with what to install.
    pub fn find(dir: &Path) -> Result<Self, BuildError> {
        if let Some(installed) = Self::installed(dir) {
            return Ok(installed);
        }
        let missing = match Self::debian(dir) {
            Ok(debian) => return Ok(debian),
            Err(missing) => missing,
        };
        if add_target(dir)
            && let Some(installed) = Self::installed(dir)
        {
            return Ok(installed);
        }
        Err(BuildError::NoToolchain(missing))
    }

    fn installed(dir: &Path) -> Option<Self> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let libraries = sysroot(rustc, dir)?.join("lib/rustlib").join(TARGET).join("lib");
        let mut files = libraries.read_dir().ok()?;
        files
            .any(|file| file.is_ok_and(|it| it.file_name().to_string_lossy().starts_with("libstd-")))
            .then(|| Self::Installed { cargo: cargo() })
    }

    /// The text of the error says which of the packages are missing, if some are there.
    fn debian(dir: &Path) -> Result<Self, String> {
        let has = |path: &str| Path::new(path).exists();
        if !has(DEBIAN_RUSTC) && !has(DEBIAN_CARGO) {
            return Err(String::new());
        }
        let lacks = |package: &str| Err(format!(" (`{package}` is missing)"));
        let Some(root) = has(DEBIAN_RUSTC).then(|| sysroot(DEBIAN_RUSTC.into(), dir)).flatten() else {
            return lacks("rustc-web");
        };
        if !has(DEBIAN_CARGO) {
            return lacks("cargo-web");
        }
        if !root.join("lib/rustlib/src/rust/library/std/Cargo.toml").exists() {
            return lacks("rust-web-src");
        }
        let others = sysroot("rustc".into(), dir);
        match linker(&root).or_else(|| linker(&others?)).or_else(wasm_ld) {
            Some(linker) => Ok(Self::Debian { linker }),
            None => lacks("lld"),
        }
    }

    /// A cargo that compiles for the target, but for the arguments behind `build`.
    pub(crate) fn command(&self) -> Command {
        match self {
            Self::Installed { cargo } => {
                let mut command = Command::new(cargo);
                command.args(["build", "--target", TARGET]);
                command
            }
            Self::Debian { linker } => {
                let mut command = Command::new(DEBIAN_CARGO);
                command
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("RUSTC", DEBIAN_RUSTC)
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                    .env_remove("RUSTUP_TOOLCHAIN")
                    .env_remove("CARGO")
                    .args(["build", "-Zbuild-std=std,panic_abort", "--target", TARGET]);
                command
            }
        }
    }
}

/// The cargo that runs us, or the one in the path.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn sysroot(rustc: OsString, dir: &Path) -> Option<PathBuf> {
    let output = Command::new(rustc)
        .args(["--print", "sysroot"])
        .current_dir(dir)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| PathBuf::from(text.trim()))
}

/// Toolchains carry a linker for each host that they run on.
fn linker(sysroot: &Path) -> Option<PathBuf> {
    let hosts = sysroot.join("lib/rustlib").read_dir().ok()?;
    hosts
        .filter_map(|host| Some(host.ok()?.path().join("bin/rust-lld")))
        .find(|linker| linker.exists())
}

/// Debian's `lld` brings it, with the version behind the name in some releases.
fn wasm_ld() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&paths).filter_map(|folder| folder.read_dir().ok());
    let mut found: Vec<PathBuf> = folders
        .flatten()
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            name == "wasm-ld" || name.starts_with("wasm-ld-")
        })
        .collect();
    found.sort();
    found.into_iter().next()
}

/// Nothing is said where rustup is missing or cannot fetch: the error that follows says what to do.
fn add_target(dir: &Path) -> bool {
    Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
