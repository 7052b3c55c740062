//! What plugins keep: entries, templates, timers.

use switchboard_store::*;

use crate::fixture::*;

fn put(plugin: &str, entry: PluginEntry) -> Change {
    Change::PutPluginEntry {
        plugin: plugin.to_owned(),
        entry,
    }
}

fn remove(plugin: &str, key: &str) -> Change {
    Change::RemovePluginEntry {
        plugin: plugin.to_owned(),
        key: key.to_owned(),
    }
}

pub async fn entries_come_back_and_go(stage: Stage<'_>) {
    let get = |plugin, key| stage.store.plugin_entry(stage.connection, plugin, key, NOW);
    let empty = PluginEntry {
        key: String::new(),
        value: vec![],
        expires: None,
        version: 3,
    };
    stage
        .put(vec![
            put("a", entry("k", 1)),
            put("b", entry("k", 2)),
            put("a", empty.clone()),
        ])
        .await;
    assert_eq!(get("a", "k").await.unwrap(), Some(entry("k", 1)));
    assert_eq!(get("b", "k").await.unwrap(), Some(entry("k", 2)), "plugins are apart");
    assert_eq!(get("a", "").await.unwrap(), Some(empty));
    assert_eq!(get("a", "K").await.unwrap(), None, "letter case counts");
    stage
        .put(vec![
            put("a", entry("k", 3)),
            remove("b", "k"),
            remove("b", "never there"),
            remove("a", "x"),
            put("a", entry("x", 1)),
        ])
        .await;
    assert_eq!(get("a", "k").await.unwrap(), Some(entry("k", 3)));
    assert_eq!(get("b", "k").await.unwrap(), None);
    assert_eq!(
        get("a", "x").await.unwrap(),
        Some(entry("x", 1)),
        "the last word of a turn counts"
    );
}

pub async fn entries_expire(stage: Stage<'_>) {
    let until = |key, expires| PluginEntry {
        expires,
        ..entry(key, 1)
    };
    stage
        .put(vec![
            put("a", until("k1", Some(NOW))),
            put("a", until("k2", Some(NOW + 1))),
            put("a", until("k3", None)),
        ])
        .await;
    let get = |key, now| stage.store.plugin_entry(stage.connection, "a", key, now);
    assert_eq!(get("k1", NOW - 1).await.unwrap(), Some(until("k1", Some(NOW))));
    assert_eq!(get("k1", NOW).await.unwrap(), None, "gone from that moment on");
    let list = stage
        .store
        .plugin_entries(stage.connection, "a", "k", None, 9, NOW)
        .await
        .unwrap();
    assert_eq!(list, [until("k2", Some(NOW + 1)), until("k3", None)]);
    stage.put(vec![put("a", until("k1", None))]).await;
    assert_eq!(get("k1", i64::MAX).await.unwrap(), Some(until("k1", None)));
}

pub async fn entries_are_listed_by_prefix_in_byte_order(stage: Stage<'_>) {
    let keys = [
        "a",
        "a/",
        "a/1",
        "a/10",
        "a/2",
        "a/Z",
        "a/é",
        "a/ﬀ",
        "a/\u{10ffff}",
        "a0",
        "b",
        "a/%",
        "a/_",
        "a/\u{d7ff}",
        "A/1",
        "",
    ];
    stage
        .put(
            keys.iter()
                .rev()
                .map(|key| put("p", entry(key, 1)))
                .chain([put("q", entry("a/1", 1))])
                .collect(),
        )
        .await;
    let sorted = |prefix: &str, after: &str| {
        let mut list: Vec<&str> = keys.iter().copied().filter(|key| key.starts_with(prefix)).collect();
        list.sort_unstable_by_key(|key| key.as_bytes());
        list.retain(|key| after.is_empty() || key.as_bytes() > after.as_bytes());
        list
    };
    let list = |prefix: &'static str, after: Option<&'static str>, limit| {
        let (store, connection) = (&stage.store, stage.connection);
        async move {
            store
                .plugin_entries(connection, "p", prefix, after, limit, NOW)
                .await
                .unwrap()
                .into_iter()
                .map(|it| it.key)
                .collect::<Vec<_>>()
        }
    };
    for prefix in ["", "a", "a/", "a/1", "a/\u{10ffff}", "a/\u{d7ff}", "a/%", "a/_", "zz"] {
        assert_eq!(list(prefix, None, 99).await, sorted(prefix, ""), "{prefix:?}");
        for after in ["a/1", "a/15", "Z", "c"] {
            assert_eq!(
                list(prefix, Some(after), 99).await,
                sorted(prefix, after),
                "{prefix:?} after {after:?}"
            );
        }
    }
    let first = list("a/", None, 2).await;
    assert_eq!(first, ["a/", "a/%"]);
    assert_eq!(list("a/", Some("a/%"), 2).await, ["a/1", "a/10"]);
    assert!(list("a/", Some("a/\u{10ffff}"), 2).await.is_empty());
}

pub async fn usage_follows_the_entries(mut stage: Stage<'_>) {
    let usage = |keys, bytes| PluginUsage { keys, bytes };
    assert_eq!(
        stage.store.plugin_usage(stage.connection, "p").await.unwrap(),
        usage(0, 0)
    );
    let sized = |key: &str, size, version| PluginEntry {
        value: vec![7; size],
        ..entry(key, version)
    };
    stage
        .put(vec![
            put("p", sized("ключ", 100, 1)),
            put("p", sized("b", 0, 1)),
            put("q", sized("b", 9, 1)),
        ])
        .await;
    assert_eq!(
        stage.store.plugin_usage(stage.connection, "p").await.unwrap(),
        usage(2, 8 + 100 + 1)
    );
    stage
        .put(vec![put("p", sized("ключ", 30, 2)), put("p", sized("b", 5, 2))])
        .await;
    assert_eq!(
        stage.store.plugin_usage(stage.connection, "p").await.unwrap(),
        usage(2, 8 + 30 + 1 + 5)
    );
    stage.put(vec![remove("p", "b"), remove("p", "none")]).await;
    stage.reopen().await;
    assert_eq!(
        stage.store.plugin_usage(stage.connection, "p").await.unwrap(),
        usage(1, 38)
    );
    assert_eq!(
        stage.store.plugin_usage(stage.connection, "q").await.unwrap(),
        usage(1, 10)
    );
    stage
        .put(vec![put(
            "p",
            PluginEntry {
                expires: Some(NOW),
                ..sized("t", 10, 1)
            },
        )])
        .await;
    stage.store.prune(NOW, 0, 0).await.unwrap();
    assert_eq!(
        stage.store.plugin_usage(stage.connection, "p").await.unwrap(),
        usage(1, 38),
        "what expired and was pruned is not held"
    );
}

pub async fn templates_ignore_letter_case(stage: Stage<'_>) {
    let get = |name| stage.store.template(stage.connection, name);
    stage.put(vec![Change::PutTemplate(template("Привет", 1))]).await;
    for name in ["Привет", "привет", "ПРИВЕТ"] {
        assert_eq!(get(name).await.unwrap(), Some(template("Привет", 1)), "{name}");
    }
    assert_eq!(get("прив").await.unwrap(), None);
    let renamed = Template {
        source_topic: None,
        source_messages: vec![],
        ..template("ПРИВЕТ", 2)
    };
    stage.put(vec![Change::PutTemplate(renamed.clone())]).await;
    assert_eq!(get("привет").await.unwrap(), Some(renamed), "it is the same template");
    stage
        .put(vec![
            Change::RemoveTemplate {
                name: "прИвет".to_owned(),
            },
            Change::RemoveTemplate {
                name: "none".to_owned(),
            },
        ])
        .await;
    assert_eq!(get("Привет").await.unwrap(), None);
}

pub async fn templates_are_listed_by_prefix(stage: Stage<'_>) {
    stage
        .put(
            ["hi", "Hello", "HELP", "bye", "Éa", "éb"]
                .iter()
                .map(|name| Change::PutTemplate(template(name, 1)))
                .collect(),
        )
        .await;
    let list = |prefix: &'static str, after: Option<&'static str>, limit| {
        let (store, connection) = (&stage.store, stage.connection);
        async move {
            store
                .templates(connection, prefix, after, limit)
                .await
                .unwrap()
                .into_iter()
                .map(|it| it.name)
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(list("", None, 9).await, ["bye", "Hello", "HELP", "hi", "Éa", "éb"]);
    assert_eq!(list("hE", None, 9).await, ["Hello", "HELP"]);
    assert_eq!(list("É", None, 9).await, ["Éa", "éb"]);
    assert_eq!(list("h", None, 2).await, ["Hello", "HELP"]);
    assert_eq!(list("h", Some("HELP"), 2).await, ["hi"]);
    assert!(list("h%", None, 2).await.is_empty());
}

pub async fn timers_come_due_in_order(mut stage: Stage<'_>) {
    let put = |plugin, key, due, version| Change::PutTimer(timer(plugin, key, due, version));
    assert_eq!(stage.store.next_timer(stage.connection).await.unwrap(), None);
    stage
        .put(vec![
            put("b", "x", 20, 1),
            put("a", "y", 20, 1),
            put("a", "x", 10, 1),
            put("a", "z", 30, 1),
        ])
        .await;
    stage.reopen().await;
    let due = |now, limit| {
        let (store, connection) = (&stage.store, stage.connection);
        async move { store.due_timers(connection, now, limit).await.unwrap() }
    };
    assert_eq!(stage.store.next_timer(stage.connection).await.unwrap(), Some(10));
    let by_key = |key| stage.store.timer(stage.connection, "a", key);
    assert_eq!(by_key("y").await.unwrap(), Some(timer("a", "y", 20, 1)));
    assert_eq!(by_key("none").await.unwrap(), None);
    assert!(due(9, 9).await.is_empty());
    assert_eq!(due(10, 9).await, [timer("a", "x", 10, 1)]);
    assert_eq!(
        due(29, 9).await,
        [timer("a", "x", 10, 1), timer("a", "y", 20, 1), timer("b", "x", 20, 1)]
    );
    assert_eq!(due(29, 2).await.len(), 2);
    let moved = Timer {
        dialog: None,
        ..timer("a", "x", 40, 2)
    };
    let gone = Change::RemoveTimer {
        plugin: "a".to_owned(),
        key: "y".to_owned(),
    };
    stage.put(vec![Change::PutTimer(moved.clone()), gone]).await;
    assert_eq!(
        due(99, 9).await,
        [timer("b", "x", 20, 1), timer("a", "z", 30, 1), moved]
    );
    assert_eq!(stage.store.next_timer(stage.connection).await.unwrap(), Some(20));
}
