//! What loads, what is refused, and in which words.

mod common;

use std::io::Write;

use common::guest::Guest;
use common::{linked, runtime};
use switchboard_runtime::{CacheKey, Compiler, Grants, Hook, LoadError, Runtime, RuntimeOptions, inspect};

const SEND_TYPE: &str = "(param i64 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)";

fn refusal(component: &[u8]) -> String {
    let error = runtime().load_bytes("test.wasm", component).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

fn passing() -> Guest {
    let mut guest = Guest::new();
    let pass = guest.words(&[0; 12]);
    guest.incoming(&format!("i32.const {pass}"))
}

#[test]
fn a_plugin_is_what_its_binary_says() {
    let guest =
        passing()
            .import("dialogs", "get", "(param i64 i32)")
            .import("log", "write", "(param i32 i32 i32 i32 i32 i32)");
    let component = guest.build();
    let (plugin, _) = linked(&component);
    assert_eq!(plugin.name(), "test");
    let permissions: Vec<_> = plugin
        .permissions()
        .iter()
        .map(|p| format!("{}: {}", p.interface, p.functions.join(" ")))
        .collect();
    assert_eq!(permissions, ["log: write", "dialogs: get"]);
    assert!(plugin.hooks().incoming && !plugin.hooks().command);
    let inspection = inspect(&component).unwrap();
    assert_eq!(inspection.hooks, [Hook::Describe, Hook::Incoming]);
    assert_eq!(inspection.version.as_deref(), Some("0.1.0"));
    assert_eq!(inspection.permission_lines()[1], "can read the status of dialogs");
    assert_eq!(inspection.problem, None);
    assert_eq!(inspection.digest, plugin.digest());
    assert_eq!(inspection.size, component.len());
}

#[test]
fn what_is_no_component_is_told_apart() {
    assert!(refusal(b"").contains("the file is empty"));
    assert!(refusal(b"PK\x03\x04").contains("is not a WebAssembly component: it is something else"));
    assert!(refusal(b"\0asm\x01\0\0\0").contains("core module; `switchboard plugin build` makes a component"));
    assert!(refusal(b"\0asm\x0d\0\x01\0\xff\xff").contains("is not valid WebAssembly"));
    let mut cut = passing().build();
    cut.truncate(cut.len() / 2);
    assert!(refusal(&cut).contains("is not valid WebAssembly"));
}

#[test]
fn a_newer_contract_is_named() {
    let mut guest = Guest::new();
    guest.contract = "0.2.0".into();
    let pass = guest.words(&[0; 12]);
    let text = refusal(&guest.incoming(&format!("i32.const {pass}")).build());
    assert!(
        text.starts_with("is built for switchboard:plugin@0.2.0, this host speaks 0.1.0: update"),
        "{text}"
    );
}

#[test]
fn a_later_patch_of_our_contract_runs() {
    let mut guest = Guest::new();
    guest.contract = "0.1.3".into();
    let pass = guest.words(&[0; 12]);
    let guest = guest
        .import("clock", "now", "(result i64)")
        .incoming(&format!("(drop (call $clock.now)) i32.const {pass}"));
    let (_, linked) = linked(&guest.build());
    let run = linked.incoming(
        common::host(),
        &Default::default(),
        &common::message("x"),
        &common::dialog("waiting"),
    );
    assert!(run.result.is_ok(), "{run:?}");
}

#[test]
fn wasi_is_refused_with_the_way_out() {
    let mut guest = passing().import_foreign("wasi:random/random@0.2.0", "get-random-u64", "(result i64)");
    guest.more_wit = Some("package wasi:random@0.2.0; interface random { get-random-u64: func() -> u64; }".into());
    let component = guest.build();
    let text = refusal(&component);
    assert!(
        text.starts_with("imports `wasi:random/random@0.2.0`, a part of WASI"),
        "{text}"
    );
    assert!(text.contains("wasm32-unknown-unknown"));
    assert_eq!(inspect(&component).unwrap().problem.as_deref(), Some(text.as_str()));
}

#[test]
fn unknown_imports_and_hooks_are_named() {
    let mut guest = passing().import_foreign("acme:magic/wand@1.0.0", "wave", "");
    guest.more_wit = Some("package acme:magic@1.0.0; interface wand { wave: func(); }".into());
    assert!(refusal(&guest.build()).starts_with("imports `acme:magic/wand@1.0.0`, which is no part of the contract"));

    let mut later = Guest::new();
    later.contract = "0.1.9".into();
    // A hook of a later patch of the package.
    later.more_wit = None;
    let text = refusal(&with_later_hook(later));
    assert!(
        text.starts_with("exports the hook `switchboard:plugin/describe-v2@0.1.9`, which this host does not know"),
        "{text}"
    );
}

/// `describe` under a name that this host does not know.
fn with_later_hook(guest: Guest) -> Vec<u8> {
    let component = guest.build();
    let (from, to) = (b"/describe@0.1.9".as_slice(), b"/describe-v2@0.1.9".as_slice());
    // Binary names carry their lengths, so the text form is where to rename.
    let text = wasmprinter_of(&component);
    wat::parse_str(text.replace(std::str::from_utf8(from).unwrap(), std::str::from_utf8(to).unwrap())).unwrap()
}

fn wasmprinter_of(component: &[u8]) -> String {
    wasmprinter::print_bytes(component).unwrap()
}

#[test]
fn a_component_without_describe_is_told_so() {
    let text = refusal(&passing().encode());
    assert!(text.starts_with("has no `describe` hook"), "{text}");
}

#[test]
fn wrong_shapes_are_told() {
    // A hook of our name with another type.
    let component = wasmprinter_of(&passing().build()).replace("\"stay-closed\"", "\"stay-open\"");
    let text = refusal(&wat::parse_str(component).unwrap());
    assert!(
        text.starts_with("does not fit the contract switchboard:plugin@0.1.0"),
        "{text}"
    );
}

#[test]
fn descriptions_are_checked() {
    let bent = |bend: &dyn Fn(&mut Guest)| {
        let mut guest = passing();
        bend(&mut guest);
        refusal(&guest.build())
    };
    let sanitize = bent(&|g| g.phase = "sanitize".into());
    assert_eq!(
        sanitize,
        "describes itself wrongly: a plugin of phase sanitize must hold on failure, else what it hides would be shown"
    );
    assert!(bent(&|g| g.phase = "later".into()).contains("phase `later`"));
    assert!(bent(&|g| g.name = "no spaces please".into()).contains("name `no spaces please`"));
    assert!(bent(&|g| g.command = Some("do".into())).contains("has no `command` hook"));
}

#[test]
fn describe_is_limited_too() {
    let text = refusal(&Guest::new().hook("describe", "(result i32)", "unreachable").encode());
    assert_eq!(
        text,
        "could not describe itself: it crashed: it gave up (`unreachable`), as a panic does"
    );
}

#[test]
fn what_was_not_granted_is_not_linked() {
    let guest = passing()
        .import("dialogs", "send", SEND_TYPE)
        .import("clock", "now", "(result i64)");
    let plugin = runtime().load_bytes("test", &guest.build()).unwrap();
    let error = runtime().link(&plugin, &Grants::from_iter(["clock"])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "imports `dialogs` (it would send messages to customers), which was not granted: \
         grant `dialogs` to it on this connection, or leave the plugin out"
    );
    assert!(
        runtime()
            .link(&plugin, &Grants::from_iter(["clock", "dialogs"]))
            .is_ok()
    );
}

#[test]
fn files_are_read_once_and_have_a_limit() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&passing().build()).unwrap();
    assert_eq!(runtime().load(file.path()).unwrap().name(), "test");
    let large = vec![0; (4 << 20) + 1];
    assert!(matches!(
        runtime().load_bytes("large", &large),
        Err(LoadError::TooLarge { .. })
    ));
    file.as_file().set_len((4 << 20) + 1).unwrap();
    assert!(matches!(runtime().load(file.path()), Err(LoadError::TooLarge { .. })));
    assert!(matches!(
        runtime().load("/nowhere/x.wasm".as_ref()),
        Err(LoadError::Read(_))
    ));
}

#[test]
fn compiled_code_that_was_changed_is_compiled_again() {
    let dir = tempfile::tempdir().unwrap();
    let cached = || {
        let files = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        files.collect::<Vec<_>>()
    };
    let start = || {
        let dir = Some(dir.path().to_owned());
        Runtime::new(RuntimeOptions::new(Compiler::InProcess, dir, CacheKey::new([9; 32]))).unwrap()
    };
    let component = passing().build();
    start().load_bytes("test", &component).unwrap();
    let [file] = &cached()[..] else {
        panic!("one file, not {:?}", cached())
    };
    let good = std::fs::read(file).unwrap();
    // Code that a stranger left there is not run but made again.
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 0xff;
    std::fs::write(file, &bad).unwrap();
    assert_eq!(start().load_bytes("test", &component).unwrap().name(), "test");
    assert_eq!(std::fs::read(file).unwrap().len(), good.len());
    assert_ne!(std::fs::read(file).unwrap(), bad);
    // And good code is used as it is: no compiler is needed.
    let mut options = RuntimeOptions::new(
        Compiler::Child {
            program: "/nowhere/compiler".into(),
            args: vec![],
        },
        Some(dir.path().to_owned()),
        CacheKey::new([9; 32]),
    );
    let runtime = Runtime::new(options.clone()).unwrap();
    assert_eq!(runtime.load_bytes("test", &component).unwrap().name(), "test");
    options.cache_key = CacheKey::new([8; 32]);
    let error = Runtime::new(options)
        .unwrap()
        .load_bytes("test", &component)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("could not be compiled: the compiler could not be started"),
        "{error}"
    );
}

#[test]
fn no_damage_to_a_file_makes_the_reader_panic() {
    let component = passing().build();
    for position in 0..component.len() {
        for bits in [0x01, 0x80, 0xff] {
            let mut damaged = component.clone();
            damaged[position] ^= bits;
            let _ = inspect(&damaged);
        }
    }
}
