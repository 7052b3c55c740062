//! Connections, against a Bot API server of canned answers: with no host running, and beside one.

use crate::common::{Folder, RunningHost, SECRET, Telegram};

const APPLY: [&str; 3] = ["connection", "apply", "connections.toml"];

fn refused(folder: &Folder) -> String {
    let ran = folder.run(&APPLY);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    ran.err.trim_end().to_owned()
}

#[test]
fn apply_show_list_remove() {
    let telegram = Telegram::start();
    let folder = Folder::with(&telegram);
    folder.connection("admins = [7]\n[connection.parameters]\nAUTOCLOSE = 12");
    assert_eq!(folder.done(&APPLY), "support: created\n");
    assert_eq!(folder.done(&APPLY), "support: unchanged\n");
    let shown = folder.done(&["connection", "show", "support"]);
    for line in [
        "# bot: @help_bot (Help), id 42",
        "group = -1001234567890",
        "admins = [7]",
        "AUTOCLOSE = 12",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
    let list = folder.done(&["connection", "list"]);
    assert!(
        list.contains("support  direct  @help_bot  -1001234567890  -        host not running"),
        "{list}"
    );
    folder.connection("admins = [7, 8]");
    assert_eq!(folder.done(&APPLY), "support: changed\n");
    let ran = folder.run(&["connection", "remove", "suport"]);
    assert_eq!(ran.err, "error: there is no connection \"suport\"; there are support\n");
    assert_eq!(folder.done(&["connection", "remove", "support"]), "support: removed\n");
    assert!(folder.done(&["connection", "list"]).starts_with("no connections yet"));
}

#[test]
fn what_telegram_says_against_it_is_one_line_and_nothing_is_written() {
    let telegram = Telegram::start();
    let folder = Folder::with(&telegram);
    folder.connection("");
    telegram.change("getChatMember", "can_manage_topics", false);
    assert_eq!(
        refused(&folder),
        "error: connection \"support\": @help_bot may not manage topics in the group \"Team\" (-1001234567890); \
         give it the administrator's right \"Manage topics\""
    );
    telegram.change("getChat", "is_forum", false);
    assert_eq!(
        refused(&folder),
        "error: connection \"support\": the group \"Team\" (-1001234567890) has no topics; switch on Topics in the group's settings"
    );
    telegram.refuse("getMe", 401, "Unauthorized");
    assert!(
        refused(&folder).starts_with("error: connection \"support\": Telegram does not know the bot of this token")
    );
    assert!(folder.done(&["connection", "list"]).starts_with("no connections yet"));
}

#[test]
fn plugins_are_checked_before_anything_is_written() {
    let telegram = Telegram::start();
    let folder = Folder::with(&telegram);
    folder.connection("plugins = [\"nothing\"]");
    assert_eq!(
        refused(&folder),
        "error: connection \"support\": there is no plugin \"nothing\": plugins/nothing.wasm does not exist; the folder has none"
    );
    std::fs::create_dir(folder.path().join("plugins")).unwrap();
    folder.write("plugins/nothing.wasm", "not WebAssembly");
    let why = refused(&folder);
    assert!(
        why.starts_with("error: connection \"support\": plugins/nothing.wasm is not a WebAssembly component"),
        "{why}"
    );
    assert!(folder.done(&["connection", "list"]).starts_with("no connections yet"));
}

#[test]
fn a_second_connection_of_the_same_bot_is_refused() {
    let telegram = Telegram::start();
    let folder = Folder::with(&telegram);
    let file = folder.connection("");
    folder.done(&APPLY);
    let text = std::fs::read_to_string(&file).unwrap();
    folder.write("connections.toml", &text.replace("\"support\"", "\"sales\""));
    assert_eq!(
        refused(&folder),
        "error: connection \"sales\": the connection \"support\" is of the same bot; a bot has one connection, so remove the other one first"
    );
}

#[test]
fn missing_recommended_rights_are_warnings() {
    let telegram = Telegram::start();
    telegram.change("getChatMember", "can_pin_messages", false);
    let folder = Folder::with(&telegram);
    folder.connection("");
    assert_eq!(
        folder.done(&APPLY),
        "support: created\n  warning: @help_bot lacks the right \"Pin messages\" in the group \"Team\": messages cannot be pinned in topics\n"
    );
}

#[test]
fn the_same_beside_a_running_host() {
    let telegram = Telegram::start();
    let folder = Folder::with(&telegram);
    // At its most talkative, the log holds no token either.
    let host = RunningHost::start(&folder, &[("SWITCHBOARD_LOG", "trace")]).ready();
    folder.connection("admins = [7]");
    assert_eq!(folder.done(&APPLY), "support: created\n");
    assert_eq!(folder.done(&APPLY), "support: unchanged\n");
    // The connection is up as soon as its first poll is answered.
    while host.get("/health").0 != 200 {}
    let list = folder.done(&["connection", "list"]);
    assert!(list.contains("@help_bot  -1001234567890  -        running"), "{list}");
    let check = folder.done(&["check"]);
    assert!(
        check.contains("held by the host running at") && check.ends_with("everything is in order\n"),
        "{check}"
    );
    folder.connection("admins = [8]");
    assert_eq!(folder.done(&APPLY), "support: changed\n");
    assert!(folder.done(&["connection", "show", "support"]).contains("admins = [8]"));

    telegram.change("getChat", "is_forum", false);
    folder.connection("admins = [9]");
    assert!(refused(&folder).contains("has no topics"));
    assert!(folder.done(&["connection", "show", "support"]).contains("admins = [8]"));

    assert_eq!(folder.done(&["connection", "remove", "support"]), "support: removed\n");
    assert_eq!(host.get("/health").0, 200);
    let ran = host.stop();
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn a_program_beside_needs_a_door_and_says_its_webhooks_secret() {
    let telegram = Telegram::start();
    let folder = Folder::with(&telegram);
    folder.connection("mode = \"gateway\"");
    assert_eq!(
        refused(&folder),
        "error: connection \"support\": mode gateway needs the front door: write [gateway] listen = \"127.0.0.1:8081\" into switchboard.toml, and start the host again if it runs"
    );
    let config = std::fs::read_to_string(folder.path().join("switchboard.toml")).unwrap();
    folder.write(
        "switchboard.toml",
        &format!("{config}[gateway]\nlisten = \"127.0.0.1:0\"\n"),
    );
    assert_eq!(folder.done(&APPLY), "support: created\n");
    assert!(
        folder
            .done(&["connection", "show", "support"])
            .contains("\nmode = \"gateway\"\n")
    );

    telegram.change("getWebhookInfo", "url", format!("https://bot.example/42:{SECRET}"));
    assert_eq!(
        refused(&folder),
        "error: connection \"support\": the bot has a webhook at bot.example, and Telegram does not tell its secret_token: \
         write webhook_secret = \"…\" (or webhook_secret_env, the name of a variable that holds it), \
         or webhook_secret = \"none\" where the bot's program uses none"
    );
    let taken = "  warning: the webhook at bot.example is taken over: Switchboard fetches the updates from Telegram and hands them on to it; connection remove gives it back\n";
    folder.connection("mode = \"gateway\"\nwebhook_secret = \"none\"");
    assert_eq!(folder.done(&APPLY), format!("support: changed\n{taken}"));
    telegram.change("getWebhookInfo", "has_custom_certificate", true);
    assert!(refused(&folder).contains("with a certificate of its own, which Telegram does not give out"));
    telegram.change("getWebhookInfo", "url", "");
    assert_eq!(folder.done(&APPLY), "support: unchanged\n");
    // It never got as far as a start: there is nothing to give back.
    assert_eq!(folder.done(&["connection", "remove", "support"]), "support: removed\n");
}

#[test]
fn chain_without_a_webhook_is_refused() {
    let telegram = Telegram::start();
    let folder = Folder::with(&telegram);
    folder.connection("mode = \"chain\"");
    assert_eq!(
        refused(&folder),
        "error: connection \"support\": mode chain hands updates on to the webhook of the bot's program, and none is known: \
         Telegram has none set for this bot; write webhook_url = \"https://…\", where the program takes updates, \
         or use mode gateway for a program that polls"
    );
    folder.connection("mode = \"chain\"\nwebhook_url = \"http://127.0.0.1:9/hook\"");
    assert_eq!(folder.done(&APPLY), "support: created\n");
    assert!(
        folder
            .done(&["connection", "show", "support"])
            .contains("\nwebhook_url = \"http://127.0.0.1:9/hook\"\n")
    );
}

#[test]
fn one_connection_is_checked_line_by_line() {
    let telegram = Telegram::start();
    let folder = Folder::with(&telegram);
    folder.connection("");
    folder.done(&APPLY);
    let good = folder.done(&["connection", "check", "support"]);
    assert!(
        good.contains("host                 warning  not running") && good.ends_with("everything is in order\n"),
        "{good}"
    );
    assert_eq!(
        folder.run(&["connection", "check", "suport"]).err,
        "error: there is no connection \"suport\"; there are support\n"
    );
    telegram.change("getWebhookInfo", "url", "https://bot.example/hook");
    let ran = folder.run(&["connection", "check", "support"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(
        ran.out.contains("WRONG    bot.example, 0 updates pending"),
        "{}",
        ran.out
    );
    telegram.refuse("getMe", 401, "Unauthorized");
    let ran = folder.run(&["connection", "check", "support"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out
            .contains("WRONG    Telegram does not know the bot of this token"),
        "{}",
        ran.out
    );
}

#[test]
fn another_key_file_opens_no_door() {
    let telegram = Telegram::start();
    let folder = Folder::with(&telegram);
    let _host = RunningHost::start(&folder, &[]).ready();
    std::fs::remove_file(folder.path().join("switchboard.key")).unwrap();
    folder.connection("");
    let why = refused(&folder);
    assert!(why.contains("not signed with the key file of this host"), "{why}");
}

#[test]
fn a_connection_that_cannot_start_is_named_and_stops_no_other() {
    let telegram = Telegram::start();
    let folder = Folder::with(&telegram);
    folder.connection("");
    folder.done(&APPLY);
    // Another key: the token does not open any more.
    std::fs::remove_file(folder.path().join("switchboard.key")).unwrap();
    let host = RunningHost::start(&folder, &[]).ready();
    let (status, body) = host.get("/health");
    assert_eq!(status, 503);
    assert!(body.contains("\"support\":\"broken: "), "{body}");
    // Applied again with its token, it is mended.
    assert_eq!(folder.done(&APPLY), "support: changed\n");
    while host.get("/health").0 != 200 {}
    assert_eq!(host.stop().code, 0);
}

#[test]
fn while_telegram_cannot_be_reached_the_host_is_up_and_unhealthy() {
    let telegram = Telegram::start();
    let folder = Folder::with(&telegram);
    folder.connection("");
    folder.done(&APPLY);
    let host = RunningHost::start(&folder, &[("SWITCHBOARD_TELEGRAM_API", "http://127.0.0.1:1")]);
    let (status, body) = host.get("/health");
    assert_eq!(status, 503, "{body}");
    // Telegram cannot be asked about it, so nothing new is taken.
    folder.connection("admins = [7]");
    let why = refused(&folder);
    assert!(
        why.starts_with("error: connection \"support\": no word from Telegram on getMe: Telegram cannot be reached"),
        "{why}"
    );
    let ran = host.stop();
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn check_reports_everything_and_fails_where_something_is_wrong() {
    let telegram = Telegram::start();
    let folder = Folder::with(&telegram);
    let fresh = folder.done(&["check"]);
    assert!(
        fresh.contains("not there yet; made when it is needed") && fresh.ends_with("everything is in order\n"),
        "{fresh}"
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "check makes nothing"
    );
    folder.connection("");
    folder.done(&APPLY);
    let good = folder.done(&["check"]);
    assert!(
        good.contains("@help_bot in the group \"Team\"") && good.contains("1 connection;"),
        "{good}"
    );
    telegram.change("getChatMember", "status", "member");
    let ran = folder.run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(
        ran.out.contains("connection support  WRONG") && ran.out.contains("1 thing is wrong"),
        "{}",
        ran.out
    );
}
