//! Configuration, and what is said where it is wrong.

use crate::common::{Folder, RunningHost};

fn error(folder: &Folder, arguments: &[&str], code: i32) -> String {
    let ran = folder.run(arguments);
    assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    ran.err.trim_end().to_owned()
}

#[test]
fn a_broken_configuration_is_one_line_and_code_2_and_nothing_is_made() {
    let folder = Folder::new();
    folder.write(
        "switchboard.toml",
        "listen = \"127.0.0.1:0\"\n[stroe]\nurl = \"sqlite://a.db\"\n",
    );
    for command in [
        &["run"][..],
        &["check"],
        &["connection", "list"],
        &["connection", "apply", "c.toml"],
    ] {
        assert_eq!(
            error(&folder, command, 2),
            "error: switchboard.toml:2: unknown key \"stroe\"; did you mean \"store\"?"
        );
    }
    folder.write("other.toml", "listen = [");
    let broken = error(&folder, &["run", "--config", "other.toml"], 2);
    assert!(broken.starts_with("error: other.toml:1: "), "{broken}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_missing_file_is_an_error_where_it_was_named() {
    let folder = Folder::new();
    assert_eq!(
        error(&folder, &["--config", "gone.toml", "connection", "list"], 2),
        "error: cannot read gone.toml: No such file or directory (os error 2)"
    );
    assert_eq!(
        folder.done(&["connection", "list"]),
        "no connections yet; write a connections file and run: switchboard connection apply FILE\n"
    );
    assert_eq!(
        error(&folder, &["connection", "apply", "gone.toml"], 2),
        "error: cannot read gone.toml: No such file or directory (os error 2)"
    );
    assert_eq!(
        error(&folder, &["connection", "show", "a"], 1),
        "error: there is no connection \"a\": there is no database yet"
    );
}

#[test]
fn the_environment_overrides_the_file() {
    let folder = Folder::new();
    folder.write("switchboard.toml", "listen = \"nonsense\"\n");
    let variables = [
        ("SWITCHBOARD_LISTEN", "127.0.0.1:0"),
        ("SWITCHBOARD_STORE_URL", "sqlite://data.db"),
        ("SWITCHBOARD_SECRETS_KEY_FILE", "my.key"),
    ];
    let host = RunningHost::start(&folder, &variables).ready();
    assert!(folder.path().join("data.db").exists() && folder.path().join("my.key").exists());
    assert_eq!(host.stop().code, 0);

    let mut command = folder.command(&["check"]);
    let ran = command.env("SWITCHBOARD_PACING_GRUOP", "off").output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(ran.stderr).unwrap(),
        "error: environment variable SWITCHBOARD_PACING_GRUOP: is no key; did you mean SWITCHBOARD_PACING_GROUP?\n"
    );
    let ran = folder
        .command(&["check"])
        .env("SWITCHBOARD_LOG", "a=b=c")
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(2));
}

#[test]
fn paths_stand_beside_the_configuration_file() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("etc")).unwrap();
    folder.write("etc/sb.toml", "listen = \"127.0.0.1:0\"\n");
    let mut command = folder.command(&["--config", "etc/sb.toml", "check"]);
    let out = command
        .env("SWITCHBOARD_TELEGRAM_API", "http://127.0.0.1:1")
        .output()
        .unwrap();
    let out = String::from_utf8(out.stdout).unwrap();
    assert!(out.contains("etc/switchboard.db, not there yet"), "{out}");
}

#[test]
fn a_wrong_connections_file_is_one_line_and_nothing_is_made() {
    let folder = Folder::new();
    folder.connection("mode = \"gatway\"");
    assert_eq!(
        error(&folder, &["connection", "apply", "connections.toml"], 2),
        "error: connections.toml:5: unknown mode \"gatway\"; did you mean \"gateway\"?"
    );
    folder.connection("[connection.parameters]\nWELCOM = \"x\"");
    assert_eq!(
        error(&folder, &["connection", "apply", "connections.toml"], 2),
        "error: connections.toml:6: unknown parameter WELCOM; did you mean WELCOME?"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn help_and_version_and_unknown_commands() {
    let folder = Folder::new();
    let help = folder.done(&["--help"]);
    for word in ["run", "connection", "check", "SWITCHBOARD_STORE_URL", "--config"] {
        assert!(help.contains(word), "{word}");
    }
    assert_eq!(
        folder.done(&["--version"]),
        format!("switchboard {}\n", env!("CARGO_PKG_VERSION"))
    );
    let secret = format!("42:{}", crate::common::SECRET);
    assert_eq!(folder.run(&[&secret]).code, 2);
    assert_eq!(folder.run(&[]).code, 2);
}

#[test]
fn a_host_without_connections_is_healthy_and_stops_on_a_signal() {
    let folder = Folder::new();
    folder.write("switchboard.toml", "listen = \"127.0.0.1:0\"\n");
    let host = RunningHost::start(&folder, &[]).ready();
    assert_eq!(host.get("/health"), (200, "{\"status\":\"ok\"}".to_owned()));
    assert_eq!(host.get("/api/local/connections").0, 403);
    assert_eq!(host.get("/nowhere").0, 404);
    let second = folder.run(&["run"]);
    assert_eq!(second.code, 1);
    assert!(
        second.err.contains("another process holds the database"),
        "{}",
        second.err
    );
    assert_eq!(host.stop().code, 0);
    assert!(!folder.path().join("switchboard.db.address").exists());
}

#[test]
fn an_address_in_use_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let folder = Folder::new();
    folder.write("switchboard.toml", &format!("listen = \"{address}\"\n"));
    assert_eq!(
        error(&folder, &["run"], 1),
        format!("error: cannot listen on {address}: Address already in use (os error 98)")
    );
}
