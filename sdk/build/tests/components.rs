//! The bundled plugins become components that import and export exactly what they use.

use std::path::{Path, PathBuf};

use switchboard_plugin_build::{BuildError, Built, Options, build, componentize, scaffold, shape};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Cargo's own target folder for these tests.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

fn quiet() -> Options {
    Options {
        quiet: true,
        ..Options::default()
    }
}

fn built(folder: &str) -> Built {
    build(&root().join(folder), &quiet()).unwrap()
}

#[test]
fn hello_must_ask_for_nothing() {
    let hello = built("examples/hello-plugin");
    assert_eq!(hello.name, "hello-plugin");
    assert_eq!(hello.shape.permissions(), [""; 0]);
    assert_eq!(hello.shape.hooks(), ["command", "describe"]);
    let bytes = std::fs::read(&hello.component).unwrap();
    assert_eq!(shape(&bytes).unwrap(), hello.shape);
    let source = std::fs::read_to_string(root().join("examples/hello-plugin/src/lib.rs")).unwrap();
    assert!(source.lines().count() < 20, "hello must stay under 20 lines");
}

#[test]
fn quick_replies_must_ask_for_settings_and_templates_only() {
    let plugin = built("plugins/quick-replies");
    assert_eq!(
        plugin.shape.permissions(),
        [
            "settings.get",
            "templates.all",
            "templates.delete",
            "templates.get",
            "templates.save",
            "templates.send"
        ]
    );
    assert_eq!(plugin.shape.hooks(), ["command", "describe", "press"]);
    assert!(
        plugin
            .shape
            .imports
            .iter()
            .all(|interface| interface.version == "0.1.0")
    );
}

#[test]
fn components_must_hold_no_path_of_this_machine() {
    let bytes = std::fs::read(built("plugins/quick-replies").component).unwrap();
    for path in [root(), PathBuf::from(std::env::var_os("HOME").unwrap())] {
        let path = path.to_str().unwrap().as_bytes();
        assert!(path.len() < 2 || !bytes.windows(path.len()).any(|window| window == path));
    }
}

#[test]
fn a_new_plugin_must_build() {
    let folder = tempfile::tempdir().unwrap();
    let sdk = root().join("sdk/rust");
    let dir = scaffold::create("order-status", folder.path(), &sdk).unwrap();
    // The same dependencies as the bundled plugins, so that nothing is compiled twice.
    std::fs::copy(root().join("Cargo.lock"), dir.join("Cargo.lock")).unwrap();
    let plugin = build(
        &dir,
        &Options {
            out: Some(folder.path().join("out")),
            target_dir: Some(target()),
            ..quiet()
        },
    )
    .unwrap();
    assert_eq!(plugin.shape.permissions(), ["dialogs.send", "settings.get"]);
    assert_eq!(plugin.shape.hooks(), ["command", "describe"]);
    assert!(folder.path().join("out/order-status.wasm").exists());
    must_pass_its_own_tests(&dir);
    let again = scaffold::create("order-status", folder.path(), &sdk).unwrap_err();
    assert!(again.to_string().contains("there already"));
}

const EVERYTHING: &str = include_str!("everything.rs.in");

#[test]
fn every_hook_and_capability_must_fit_one_component() {
    let folder = tempfile::tempdir().unwrap();
    let dir = scaffold::create("everything", folder.path(), &root().join("sdk/rust")).unwrap();
    std::fs::copy(root().join("Cargo.lock"), dir.join("Cargo.lock")).unwrap();
    std::fs::write(dir.join("src/lib.rs"), EVERYTHING).unwrap();
    let options = Options {
        out: Some(folder.path().join("out")),
        target_dir: Some(target()),
        ..quiet()
    };
    let shape = build(&dir, &options).unwrap().shape;
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_dir(root().join("wit")).unwrap();
    let world = resolve
        .worlds
        .iter()
        .map(|(_, world)| world)
        .find(|world| world.name == "plugin")
        .unwrap();
    let functions = |items: Vec<&wit_parser::WorldItem>| {
        let mut names = Vec::new();
        for item in items {
            let wit_parser::WorldItem::Interface { id, .. } = item else {
                panic!("an interface")
            };
            let interface = &resolve.interfaces[*id];
            let name = interface.name.as_deref().unwrap();
            names.extend(interface.functions.keys().map(|function| format!("{name}.{function}")));
        }
        names.sort();
        names
    };
    let mut permissions = shape.permissions();
    permissions.sort();
    assert_eq!(permissions, functions(world.imports.values().collect()));
    let mut hooks: Vec<_> = shape.hooks().iter().map(|hook| format!("{hook}.{hook}")).collect();
    hooks.sort();
    assert_eq!(hooks, functions(world.exports.values().collect()));
}

#[test]
fn a_machine_without_a_compiler_must_be_told_what_to_install() {
    if Path::new("/usr/bin/rustc").exists() {
        return; // Debian's compiler may do.
    }
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_switchboard-plugin-build"))
        .arg(root().join("examples/hello-plugin"))
        .env("CARGO", env!("CARGO"))
        .env("RUSTC", "/nowhere/rustc")
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        text.contains("rustup target add") && text.contains("rustc-web"),
        "{text}"
    );
}

/// Natively, as its author would, with this workspace's profile so that dependencies are not compiled again.
fn must_pass_its_own_tests(dir: &Path) {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let mut config = toml::Table::new();
    let mut profiles = manifest["profile"].as_table().unwrap().clone();
    profiles.retain(|name, _| name == "dev");
    config.insert("profile".to_owned(), profiles.into());
    let file = dir.join("profile.toml");
    std::fs::write(&file, config.to_string()).unwrap();
    let output = std::process::Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--config"])
        .arg(&file)
        .arg("--target-dir")
        .arg(target())
        .current_dir(dir)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("2 passed"), "{text}");
}

#[test]
fn a_folder_without_a_crate_must_be_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(build(folder.path(), &quiet()), Err(BuildError::NoCrate(_))));
    let missing = build(&folder.path().join("missing"), &quiet()).unwrap_err();
    assert!(missing.to_string().contains("missing"));
}

#[test]
fn a_library_that_is_no_module_must_be_told_so() {
    let error = build(&root().join("sdk/rust"), &quiet()).unwrap_err();
    assert!(error.to_string().contains("crate-type"), "{error}");
}

/// A core module that imports one function.
fn importing(module: &str, name: &str) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0".to_vec();
    let mut section = vec![1, module.len() as u8];
    section.extend(module.as_bytes());
    section.push(name.len() as u8);
    section.extend(name.as_bytes());
    section.extend([0, 0]);
    bytes.extend([2, section.len() as u8]);
    bytes.extend(section);
    bytes
}

#[test]
fn a_leak_must_be_named_with_its_usual_origin() {
    for (module, origin) in [
        ("wasi_snapshot_preview1", "wasm32-wasip1"),
        ("__wbindgen_placeholder__", "getrandom"),
        ("env", "-sys"),
        ("acme:thing/api", "another package"),
    ] {
        let error = componentize(&importing(module, "leaked")).unwrap_err().to_string();
        assert!(error.contains(module) && error.contains("leaked"), "{error}");
        assert!(error.contains(origin), "{error}");
    }
}

#[test]
fn a_module_that_is_no_plugin_must_be_told_so() {
    assert!(matches!(componentize(b"\0asm\x01\0\0\0"), Err(BuildError::NoDescribe)));
    assert!(matches!(componentize(b"no wasm"), Err(BuildError::Encode(_))));
    assert!(matches!(shape(b"\0asm\x01\0\0\0"), Err(BuildError::NotComponent(_))));
}
