//! What a component imports and exports, read off the binary.

use serde::Serialize;
use sha2::{Digest, Sha256};
use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldItem, WorldKey};

use crate::{BuildError, PACKAGE, leak};

/// An interface and what is used of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Interface {
    /// Without package and version: `store`.
    pub name: String,
    /// The version of the package.
    pub version: String,
    /// Its functions, sorted.
    pub functions: Vec<String>,
}

/// A component from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// Capabilities; the type-only interface `types` is left out.
    pub imports: Vec<Interface>,
    /// Hooks.
    pub exports: Vec<Interface>,
    /// Bytes.
    pub size: usize,
    /// SHA-256 in hex.
    pub digest: String,
}

impl Shape {
    /// Whether it exports this hook.
    pub fn exports(&self, hook: &str) -> bool {
        self.exports.iter().any(|interface| interface.name == hook)
    }

    /// `store.get`, `store.set`, …
    pub fn permissions(&self) -> Vec<String> {
        let names = |it: &Interface| {
            let name = it.name.clone();
            it.functions
                .iter()
                .map(move |function| format!("{name}.{function}"))
                .collect::<Vec<_>>()
        };
        self.imports.iter().flat_map(names).collect()
    }

    /// The hooks' names.
    pub fn hooks(&self) -> Vec<&str> {
        self.exports.iter().map(|interface| interface.name.as_str()).collect()
    }
}

/// Reads a component.
///
/// # Errors
/// Where the bytes are no component, and where it imports or exports anything but the interfaces of `switchboard:plugin`.
pub fn shape(component: &[u8]) -> Result<Shape, BuildError> {
    let broken = |error: String| BuildError::NotComponent(error);
    if !wasmparser::Parser::is_component(component) {
        let what = match wasmparser::Parser::is_core_wasm(component) {
            true => "it is a core module; `plugin build` makes a component of one",
            false => "it is no WebAssembly",
        };
        return Err(broken(what.to_owned()));
    }
    let decoded = wit_component::decode(component).map_err(|error| broken(format!("{error:#}")))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err(broken("it holds interfaces but no code".to_owned()));
    };
    let world = &resolve.worlds[world];
    let mut imports = interfaces(&resolve, world.imports.iter())?;
    imports.retain(|interface| !interface.functions.is_empty());
    let exports = interfaces(&resolve, world.exports.iter())?;
    let digest = Sha256::digest(component)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(Shape {
        imports,
        exports,
        size: component.len(),
        digest,
    })
}

fn interfaces<'a>(
    resolve: &Resolve,
    items: impl Iterator<Item = (&'a WorldKey, &'a WorldItem)>,
) -> Result<Vec<Interface>, BuildError> {
    let mut found = Vec::new();
    for (key, item) in items {
        let full = resolve.name_world_key(key);
        let WorldItem::Interface { id, .. } = item else {
            return Err(foreign(full));
        };
        if !leak::is_ours(&full) {
            return Err(foreign(full));
        }
        let rest = &full[PACKAGE.len() + 1..];
        let (name, version) = rest.split_once('@').unwrap_or((rest, ""));
        let mut functions: Vec<_> = resolve.interfaces[*id].functions.keys().cloned().collect();
        functions.sort();
        found.push(Interface {
            name: name.to_owned(),
            version: version.to_owned(),
            functions,
        });
    }
    found.sort();
    Ok(found)
}

fn foreign(name: String) -> BuildError {
    BuildError::Leaks(vec![leak::Leak {
        module: name,
        names: vec!["the whole of it".to_owned()],
        count: 1,
    }])
}
