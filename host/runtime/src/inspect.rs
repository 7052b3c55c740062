//! Reads off a binary what a plugin may do and when it is called, without compiling it.

use wasmparser::component_types::ComponentEntityType;
use wasmparser::{Encoding, Parser, Payload, Validator};

use crate::contract::{self, CAPABILITIES, Hook, Hooks, InterfaceName};
use crate::digest::Digest;
use crate::error::LoadError;

/// Functions of one interface that a plugin imports: a permission that it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The capability, such as `dialogs`.
    pub interface: String,
    /// The functions that it really imports, such as `send`; in the contract's order.
    pub functions: Vec<String>,
}

impl Permission {
    /// Each function in words, to be read behind "can": "send messages to customers".
    pub fn words(&self) -> Vec<&'static str> {
        let capability = contract::capability(&self.interface);
        self.functions
            .iter()
            .filter_map(|function| capability?.words(function))
            .collect()
    }
}

/// What a binary says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Bytes.
    pub size: usize,
    pub digest: Digest,
    /// The newest version of the package that it imports or exports, such as `0.1.0`; `None` where it is no plugin.
    pub version: Option<String>,
    /// What it asks for.
    pub permissions: Vec<Permission>,
    /// When it is called.
    pub hooks: Vec<Hook>,
    /// The first thing because of which this host would refuse it, in words; `None` where it would load.
    pub problem: Option<String>,
}

impl Inspection {
    /// One line a permission: "can send messages to customers".
    pub fn permission_lines(&self) -> Vec<String> {
        self.permissions
            .iter()
            .flat_map(Permission::words)
            .map(|words| format!("can {words}"))
            .collect()
    }

    /// One line a hook: "answers commands of operators".
    pub fn hook_lines(&self) -> Vec<&'static str> {
        self.hooks
            .iter()
            .filter(|hook| **hook != Hook::Describe)
            .map(|hook| hook.words())
            .collect()
    }

    /// The hooks as a set.
    pub fn hook_set(&self) -> Hooks {
        self.hooks.iter().copied().collect()
    }
}

/// Reads a component's imports and exports. Fails only where the bytes are no valid component; what else this host would
/// refuse is in [`Inspection::problem`].
pub fn inspect(bytes: &[u8]) -> Result<Inspection, LoadError> {
    read(bytes).map(|(inspection, problem)| Inspection {
        problem: problem.map(|p| p.to_string()),
        ..inspection
    })
}

/// The same, refusing what cannot run here.
pub(crate) fn admit(bytes: &[u8]) -> Result<Inspection, LoadError> {
    match read(bytes)? {
        (_, Some(problem)) => Err(problem),
        (inspection, None) => Ok(inspection),
    }
}

fn read(bytes: &[u8]) -> Result<(Inspection, Option<LoadError>), LoadError> {
    let (imports, exports) = surface(bytes)?;
    let mut found = Inspection {
        size: bytes.len(),
        digest: Digest::of(bytes),
        version: None,
        permissions: Vec::new(),
        hooks: Vec::new(),
        problem: None,
    };
    let mut problems = Vec::new();
    problems.extend(exports.iter().filter_map(|export| read_export(&mut found, export)));
    problems.extend(imports.iter().filter_map(|import| read_import(&mut found, import)));
    found.hooks.sort();
    found.permissions.sort_by_key(|permission| {
        CAPABILITIES
            .iter()
            .position(|capability| capability.name == permission.interface)
    });
    // A wrong version explains all that follows from it.
    problems.sort_by_key(|problem| !matches!(problem, LoadError::Version { .. }));
    let mut problem = problems.into_iter().next();
    if problem.is_none() && !found.hooks.contains(&Hook::Describe) {
        problem = Some(LoadError::NoDescribe);
    }
    Ok((found, problem))
}

/// An import or export with the functions of its interface.
struct Item {
    name: String,
    functions: Vec<String>,
    /// An interface of types alone, with nothing to call.
    only_types: bool,
}

fn read_import(found: &mut Inspection, import: &Item) -> Option<LoadError> {
    let name = InterfaceName::parse(&import.name).filter(|name| name.package == contract::PACKAGE);
    let Some(name) = name else {
        // Types can be imported from anywhere; there is nothing to link.
        return (!import.only_types).then(|| unknown_import(&import.name, foreign(&import.name)));
    };
    if let Some(problem) = note_version(found, &name) {
        return Some(problem);
    }
    if name.interface == "types" || import.only_types {
        return None;
    }
    let Some(capability) = contract::capability(name.interface) else {
        return Some(unknown_import(
            &import.name,
            "which this host does not have: update Switchboard, or build the plugin without it",
        ));
    };
    if let Some(function) = import
        .functions
        .iter()
        .find(|function| capability.words(function).is_none())
    {
        return Some(unknown_import(
            &format!("{}.{function}", import.name),
            "a function that this host does not have: update Switchboard, or build the plugin without it",
        ));
    }
    let functions = capability.functions.iter().map(|(function, _)| (*function).to_owned());
    found.permissions.push(Permission {
        interface: capability.name.to_owned(),
        functions: functions
            .filter(|function| import.functions.contains(function))
            .collect(),
    });
    None
}

fn read_export(found: &mut Inspection, export: &Item) -> Option<LoadError> {
    // What a component exports beside our package is nobody's business: it is never called.
    let name = InterfaceName::parse(&export.name).filter(|name| name.package == contract::PACKAGE)?;
    if let Some(problem) = note_version(found, &name) {
        return Some(problem);
    }
    match Hook::named(name.interface) {
        Some(hook) => found.hooks.push(hook),
        None if export.only_types => {}
        None => {
            return Some(LoadError::UnknownHook {
                export: export.name.clone(),
            });
        }
    }
    None
}

fn note_version(found: &mut Inspection, name: &InterfaceName<'_>) -> Option<LoadError> {
    let version = name.version.as_ref()?;
    let newest = found
        .version
        .as_ref()
        .and_then(|newest| semver::Version::parse(newest).ok());
    if newest.is_none_or(|newest| *version > newest) {
        found.version = Some(version.to_string());
    }
    (!contract::same_track(version)).then(|| LoadError::Version {
        version: version.to_string(),
    })
}

fn unknown_import(import: &str, reason: &str) -> LoadError {
    LoadError::UnknownImport {
        import: import.to_owned(),
        reason: reason.to_owned(),
    }
}

fn foreign(import: &str) -> &'static str {
    if import.starts_with("wasi:") {
        "a part of WASI, and plugins get none of it: build for wasm32-unknown-unknown with `switchboard plugin build`"
    } else {
        "which is no part of the contract: a plugin may import interfaces of switchboard:plugin only"
    }
}

fn surface(bytes: &[u8]) -> Result<(Vec<Item>, Vec<Item>), LoadError> {
    if !Parser::is_component(bytes) {
        return Err(LoadError::NotComponent {
            what: what_else(bytes).to_owned(),
        });
    }
    let malformed = |error: wasmparser::BinaryReaderError| LoadError::Malformed(error.message().to_owned());
    let types = Validator::new().validate_all(bytes).map_err(malformed)?;
    let mut imports = Vec::new();
    let mut exports = Vec::new();
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(malformed)? {
            Payload::Version {
                encoding: Encoding::Component | Encoding::Module,
                ..
            } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    imports.push(import.map_err(malformed)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    exports.push(export.map_err(malformed)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    let types = types.as_ref();
    let item = |name: String, ty: Option<&ComponentEntityType>| {
        let Some(ComponentEntityType::Instance(id)) = ty else {
            return Item {
                name,
                functions: Vec::new(),
                only_types: matches!(ty, Some(ComponentEntityType::Type { .. })),
            };
        };
        let exports = &types[*id].exports;
        let functions = exports
            .iter()
            .filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_)));
        let functions = functions.map(|(name, _)| name.clone()).collect();
        let only_types = exports
            .values()
            .all(|item| matches!(item.ty, ComponentEntityType::Type { .. }));
        Item {
            name,
            functions,
            only_types,
        }
    };
    let imports = imports
        .into_iter()
        .map(|name| {
            let ty = types.component_item_for_import(&name).map(|item| &item.ty);
            item(name, ty)
        })
        .collect();
    let exports = exports
        .into_iter()
        .map(|name| {
            let ty = types.component_item_for_export(&name).map(|item| &item.ty);
            item(name, ty)
        })
        .collect();
    Ok((imports, exports))
}

fn what_else(bytes: &[u8]) -> &'static str {
    if bytes.is_empty() {
        "the file is empty"
    } else if Parser::is_core_wasm(bytes) {
        "it is a core module; `switchboard plugin build` makes a component of it"
    } else if bytes.starts_with(b"(") || bytes.starts_with(b";;") {
        "it is WebAssembly text"
    } else if bytes.starts_with(b"\0asm") {
        "it is of an older encoding of components"
    } else if bytes.starts_with(b"\x7fELF") {
        "it is a native program or compiled code"
    } else {
        "it is something else"
    }
}
