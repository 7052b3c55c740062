//! Builds a component from WebAssembly text: memory laid out by the canonical ABI, hooks as bodies of functions.

use std::fmt::Write;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where constants begin in memory; the heap begins a page later.
const CONSTANTS: u32 = 1024;
const HEAP: u32 = 65536;

/// A plugin under construction. What it describes can be bent in any way.
pub struct Guest {
    pub name: String,
    pub version: String,
    pub phase: String,
    pub on_failure: String,
    pub command: Option<String>,
    /// The version of the WIT package that it claims to be built for.
    pub contract: String,
    /// WIT beside the package: more interfaces.
    pub more_wit: Option<String>,
    pub pages: u32,
    data: Vec<u8>,
    imports: Vec<(String, String, String, String)>,
    exports: Vec<(String, String, String)>,
    globals: String,
}

impl Guest {
    pub fn new() -> Self {
        Self {
            name: "test".into(),
            version: "1.0.0".into(),
            phase: "filter".into(),
            on_failure: "pass".into(),
            command: None,
            contract: "0.1.0".into(),
            more_wit: None,
            pages: 3,
            data: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            globals: String::new(),
        }
    }

    /// An import of a function of our package, callable as `$interface.function`.
    pub fn import(mut self, interface: &str, function: &str, signature: &str) -> Self {
        let full = format!("switchboard:plugin/{interface}@{}", self.contract);
        self.imports.push((
            full,
            function.into(),
            format!("${interface}.{function}"),
            signature.into(),
        ));
        self
    }

    /// An import of anything.
    pub fn import_foreign(mut self, interface: &str, function: &str, signature: &str) -> Self {
        self.imports.push((
            interface.into(),
            function.into(),
            format!("${function}"),
            signature.into(),
        ));
        self
    }

    /// A hook, with its parameters spilled to memory unless `signature` says otherwise.
    pub fn hook(mut self, name: &str, signature: &str, body: &str) -> Self {
        self.exports.push((name.into(), signature.into(), body.into()));
        self
    }

    /// `incoming` with its parameters behind a pointer, answering a pointer to a verdict.
    pub fn incoming(self, body: &str) -> Self {
        self.hook("incoming", "(param i32) (result i32)", body)
    }

    /// `command`, likewise; the plugin then describes the command `do`.
    pub fn on_command(mut self, body: &str) -> Self {
        self.command = Some("do".into());
        self.hook("command", "(param i32) (result i32)", body)
    }

    pub fn global(mut self, text: &str) -> Self {
        self.globals.push_str(text);
        self
    }

    /// Puts bytes into the constants; answers their address.
    pub fn bytes(&mut self, bytes: &[u8]) -> u32 {
        while !self.data.len().is_multiple_of(8) {
            self.data.push(0);
        }
        let address = CONSTANTS + u32::try_from(self.data.len()).unwrap();
        self.data.extend_from_slice(bytes);
        address
    }

    /// Puts a string into the constants; answers address and length.
    pub fn text(&mut self, text: &str) -> [u32; 2] {
        [self.bytes(text.as_bytes()), u32::try_from(text.len()).unwrap()]
    }

    /// Puts words into the constants; answers their address.
    pub fn words(&mut self, words: &[u32]) -> u32 {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.bytes(&bytes)
    }

    /// A verdict `replace` with one entity.
    pub fn replacement(&mut self, text: &str, kind: &str, offset: u32, length: u32) -> u32 {
        let [text, text_len] = self.text(text);
        let [kind, kind_len] = self.text(kind);
        let entity = self.words(&[kind, kind_len, offset, length, 0, 0, 0]);
        // The case, `some`, the styled text, two flags, no extra.
        self.words(&[1, 1, text, text_len, entity, 1, 0, 0, 0])
    }

    /// `ok(none)` of `command`.
    pub fn nothing(&mut self) -> u32 {
        self.words(&[0; 16])
    }

    fn description(&mut self) -> u32 {
        let [name, name_len] = self.text(&self.name.clone());
        let [version, version_len] = self.text(&self.version.clone());
        let [phase, phase_len] = self.text(&self.phase.clone());
        let [on_failure, on_failure_len] = self.text(&self.on_failure.clone());
        let (commands, count) = match self.command.clone() {
            None => (0, 0),
            Some(command) => {
                let [command, command_len] = self.text(&command);
                let [topic, topic_len] = self.text("topic");
                let places = self.words(&[topic, topic_len]);
                (self.words(&[command, command_len, 0, 0, 0, 0, places, 1, 0]), 1)
            }
        };
        self.words(&[
            name,
            name_len,
            version,
            version_len,
            0,
            0,
            commands,
            count,
            0,
            0,
            0,
            0,
            0,
            phase,
            phase_len,
            0,
            on_failure,
            on_failure_len,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
        ])
    }

    /// The component, with the `describe` hook.
    pub fn build(mut self) -> Vec<u8> {
        let description = self.description();
        self.hook("describe", "(result i32)", &format!("i32.const {description}"))
            .encode()
    }

    /// The component as it stands.
    pub fn encode(self) -> Vec<u8> {
        let mut module = wat::parse_str(self.module()).unwrap();
        let mut resolve = Resolve::default();
        resolve
            .push_source("switchboard.wit", &contract(&self.contract))
            .unwrap();
        if let Some(more) = &self.more_wit {
            resolve.push_source("more.wit", more).unwrap();
        }
        let package = resolve.push_source("guest.wit", &self.world()).unwrap();
        let world = resolve.select_world(&[package], Some("guest")).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default()
            .module(&module)
            .unwrap()
            .validate(true)
            .encode()
            .unwrap()
    }

    fn world(&self) -> String {
        let mut world = String::from("package test:guest;\nworld guest {\n");
        let mut seen = Vec::new();
        for (interface, ..) in &self.imports {
            if !seen.contains(interface) {
                writeln!(world, "  import {interface};").unwrap();
                seen.push(interface.clone());
            }
        }
        for (hook, ..) in &self.exports {
            writeln!(world, "  export {};", self.interface(hook)).unwrap();
        }
        world.push_str("}\n");
        world
    }

    fn interface(&self, hook: &str) -> String {
        if hook.contains(':') {
            hook.to_owned()
        } else {
            format!("switchboard:plugin/{hook}@{}", self.contract)
        }
    }

    /// The core module, as text.
    pub fn module(&self) -> String {
        let mut text = String::from("(module\n");
        for (interface, function, id, signature) in &self.imports {
            writeln!(text, "(import \"{interface}\" \"{function}\" (func {id} {signature}))").unwrap();
        }
        writeln!(text, "(memory (export \"memory\") {})", self.pages).unwrap();
        writeln!(text, "(global $heap (mut i32) (i32.const {HEAP}))\n{}", self.globals).unwrap();
        text.push_str(
            "(func $alloc (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32)
               global.get $heap
               (global.set $heap (i32.and (i32.add (i32.add (global.get $heap) (local.get 3)) (i32.const 7)) (i32.const -8))))\n",
        );
        for (hook, signature, body) in &self.exports {
            let function = hook.rsplit('/').next().unwrap().split('@').next().unwrap();
            writeln!(
                text,
                "(func (export \"{}#{function}\") {signature}\n{body})",
                self.interface(hook)
            )
            .unwrap();
        }
        let data: String = self.data.iter().map(|byte| format!("\\{byte:02x}")).collect();
        writeln!(text, "(data (i32.const {CONSTANTS}) \"{data}\"))").unwrap();
        text
    }
}

/// Our WIT package, as if it had another version.
fn contract(version: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/");
    // The file with the package's name comes first.
    let files = ["types.wit", "capabilities.wit", "hooks.wit", "world.wit"];
    let text: String = files
        .iter()
        .map(|file| std::fs::read_to_string(format!("{folder}{file}")).unwrap())
        .collect();
    text.replace("switchboard:plugin@0.1.0", &format!("switchboard:plugin@{version}"))
}
