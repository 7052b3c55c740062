//! Imports that a plugin must not have, and where each usually comes from.

use std::fmt::Write as _;

use wasmparser::{Parser, Payload};

use crate::{BuildError, PACKAGE};

/// An import that is not of the plugins' package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The module that it is imported from.
    pub module: String,
    /// The first few names.
    pub names: Vec<String>,
    /// How many there are.
    pub count: usize,
}

impl Leak {
    fn origin(&self) -> &'static str {
        match self.module.as_str() {
            module if module.contains("wbindgen") || module.contains("wbg") => {
                "JavaScript's side of wasm-bindgen. Usually the feature `js` or `wasm_js` of getrandom, `wasmbind` of \
                 chrono, `js` of uuid, or the crates web-sys, web-time, instant: turn that feature off; time and \
                 randomness come from the host (`host.now()`, `host.random()`)"
            }
            module if module.starts_with("wasi") => {
                "WASI: files, environment, clock or output of the standard library. Usually a build for wasm32-wasip1 \
                 or wasip2 instead of wasm32-unknown-unknown, or a C library"
            }
            "env" => {
                "a function that C code or an `extern` block expects and nobody defines. Usually a crate named \
                 `…-sys`: look for one in pure Rust (`cargo tree` shows who wants it)"
            }
            _ => "another package's interface. A plugin has what `switchboard:plugin` gives and nothing else",
        }
    }
}

pub(crate) fn report(leaks: &[Leak]) -> String {
    let mut text = String::from("the plugin imports what no plugin has:");
    for leak in leaks {
        let more = if leak.count > leak.names.len() { ", …" } else { "" };
        let _ = write!(
            text,
            "\n  {} ({}{more})\n    this is {}",
            leak.module,
            leak.names.join(", "),
            leak.origin()
        );
    }
    text
}

/// Looks through the imports of a core module.
pub(crate) fn check(module: &[u8]) -> Result<(), BuildError> {
    let mut leaks: Vec<Leak> = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(|error| BuildError::Encode(error.to_string()))?;
        let Payload::ImportSection(section) = payload else {
            continue;
        };
        for import in section.into_imports() {
            let import = import.map_err(|error| BuildError::Encode(error.to_string()))?;
            if is_ours(import.module) {
                continue;
            }
            match leaks.iter_mut().find(|leak| leak.module == import.module) {
                Some(leak) => {
                    leak.count += 1;
                    if leak.names.len() < 3 {
                        leak.names.push(import.name.to_owned());
                    }
                }
                None => leaks.push(Leak {
                    module: import.module.to_owned(),
                    names: vec![import.name.to_owned()],
                    count: 1,
                }),
            }
        }
    }
    if leaks.is_empty() {
        Ok(())
    } else {
        Err(BuildError::Leaks(leaks))
    }
}

/// `switchboard:plugin/store@0.1.0`
pub(crate) fn is_ours(name: &str) -> bool {
    name.strip_prefix(PACKAGE).is_some_and(|rest| rest.starts_with('/'))
}
