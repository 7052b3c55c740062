//! The tables in the author's book say what the WIT package says. `UPDATE=1` writes them anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use wit_parser::{Interface, Resolve, WorldItem};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn package() -> Resolve {
    let mut resolve = Resolve::default();
    resolve.push_dir(root().join("wit")).unwrap();
    resolve
}

/// The interfaces that the world `plugin` imports or exports, in their order.
fn interfaces(resolve: &Resolve, exported: bool) -> Vec<&Interface> {
    let world = resolve
        .worlds
        .iter()
        .map(|(_, world)| world)
        .find(|world| world.name == "plugin")
        .unwrap();
    let items = if exported { &world.exports } else { &world.imports };
    let interface = |item: &WorldItem| match item {
        WorldItem::Interface { id, .. } => &resolve.interfaces[*id],
        _ => panic!("the world holds interfaces only"),
    };
    items
        .values()
        .map(interface)
        .filter(|interface| !interface.functions.is_empty())
        .collect()
}

/// The first line of its comment.
fn words(interface: &Interface) -> &str {
    interface
        .docs
        .contents
        .as_deref()
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default()
}

fn hooks() -> String {
    let mut table = "| hook | called with |\n| --- | --- |\n".to_owned();
    for interface in interfaces(&package(), true) {
        let name = interface.name.as_deref().unwrap();
        writeln!(table, "| `{}` | {} |", name.replace('-', "_"), words(interface)).unwrap();
    }
    table
}

fn capabilities() -> String {
    let mut table = "| capability | functions | what for |\n| --- | --- | --- |\n".to_owned();
    for interface in interfaces(&package(), false) {
        let name = interface.name.as_deref().unwrap();
        let functions: Vec<_> = interface
            .functions
            .keys()
            .map(|function| format!("`{function}`"))
            .collect();
        writeln!(table, "| `{name}` | {} | {} |", functions.join(" "), words(interface)).unwrap();
    }
    table
}

/// The text between the marks, or with the new text between them.
fn put(book: &str, mark: &str, table: &str) -> String {
    let (from, to) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    let (before, rest) = book.split_once(&from).unwrap();
    let (_, after) = rest.split_once(&to).unwrap();
    format!("{before}{from}{table}{to}{after}")
}

#[test]
fn the_tables_must_be_up_to_date() {
    let path = root().join("sdk/README.md");
    let book = std::fs::read_to_string(&path).unwrap();
    let right = put(&put(&book, "hooks", &hooks()), "capabilities", &capabilities());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, right).unwrap();
        return;
    }
    assert!(
        book == right,
        "run `UPDATE=1 cargo test -p switchboard-plugin-build --test book`"
    );
}

/// `export!` takes the hooks' names; a hook that the SDK forgets could not be written.
#[test]
fn the_sdk_must_have_a_world_for_each_hook() {
    let worlds = std::fs::read_to_string(root().join("sdk/rust/wit/hooks.wit")).unwrap();
    let bindings = std::fs::read_to_string(root().join("sdk/rust/src/bindings.rs")).unwrap();
    let resolve = package();
    let hooks = interfaces(&resolve, true);
    for hook in &hooks {
        let name = hook.name.as_deref().unwrap();
        assert!(
            worlds.contains(&format!("world hook-{name} {{ export switchboard:plugin/{name}@")),
            "{name}"
        );
        assert!(
            bindings.contains(&format!("{} = \"switchboard:sdk/hook-{name}\"", name.replace('-', "_"))),
            "{name}"
        );
    }
    assert_eq!(worlds.matches("world hook-").count(), hooks.len());
}
