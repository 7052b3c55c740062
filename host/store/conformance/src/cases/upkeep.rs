//! Connections, notices, pruning, closing.

use switchboard_store::*;

use crate::fixture::*;

fn everything() -> Vec<Change> {
    vec![
        Change::PutContact(contact(1, 1)),
        Change::PutDialog(dialog(1, 1)),
        Change::PutMirror(mirror(1, 2, 3, NOW)),
        Change::PutAlbumPart(album_part(Place::Topic, 1, "a", 2, NOW)),
        Change::PutDelivery(delivery(4)),
        Change::PutPluginEntry {
            plugin: "p".to_owned(),
            entry: entry("k", 1),
        },
        Change::PutTemplate(template("hello", 1)),
        Change::PutTimer(timer("p", "k", 5, 1)),
        Change::PutNotice {
            key: "n".to_owned(),
            at: NOW,
        },
        Change::Advance { cursor: 100 },
        Change::PutBotUpdate(bot_update(1)),
        Change::PutIntercepted(intercepted(2)),
        Change::PutGatewayState { state: vec![7] },
        Change::MarkIntake { update: 8, at: 9 },
    ]
}

/// What the front door keeps of a connection.
async fn front_door(store: &dyn Store, connection: ConnectionId) -> (Vec<BotUpdate>, Vec<Intercepted>, Gateway) {
    (
        store.bot_updates(connection, 0, 9).await.unwrap(),
        store.intercepted(connection, 0, 9).await.unwrap(),
        store.gateway(connection).await.unwrap(),
    )
}

/// The front door's part of [`everything`].
fn its_rows() -> (Vec<BotUpdate>, Vec<Intercepted>, Gateway) {
    let gateway = Gateway {
        state: vec![7],
        mark: 8,
        marked_at: 9,
    };
    (vec![bot_update(1)], vec![intercepted(2)], gateway)
}

pub async fn connections_are_listed_by_name(stage: Stage<'_>) {
    for name in ["zoo", "alpha", "Beta"] {
        stage.add(name).await;
    }
    let all = stage.store.connections().await.unwrap();
    assert_eq!(
        all.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
        ["Beta", "alpha", "support", "zoo"]
    );
    let NewConnection {
        name,
        bot,
        token,
        group,
        config,
    } = new_connection("support");
    assert_eq!(
        all[2],
        Connection {
            id: stage.connection,
            name,
            bot,
            token,
            group,
            config,
            cursor: 0
        }
    );
}

pub async fn a_connection_keeps_its_state_when_replaced(stage: Stage<'_>) {
    stage.put(everything()).await;
    stage.put(vec![Change::MoveGroup { to: -555 }]).await;
    let new = NewConnection {
        token: vec![9],
        config: "{}".to_owned(),
        ..new_connection("support")
    };
    assert_eq!(stage.store.put_connection(&new).await.unwrap(), stage.connection);
    let found = stage.store.connections().await.unwrap().remove(0);
    assert_eq!((found.token, found.config.as_str()), (vec![9], "{}"));
    assert_eq!(
        (found.cursor, found.group),
        (100, -555),
        "an upgraded group stays, it is what the configured one became"
    );
    assert_eq!(stage.dialog(1).await, Some(dialog(1, 1)));
    assert_eq!(front_door(&*stage.store, stage.connection).await, its_rows());
    assert!(
        stage
            .store
            .mirror_of_group_message(stage.connection, 3)
            .await
            .unwrap()
            .is_some()
    );
}

pub async fn another_bot_starts_anew(stage: Stage<'_>) {
    let turn = || {
        Write::Turn(TurnCommit {
            updates: vec![99],
            ..stage.turn(vec![])
        })
    };
    stage.put(everything()).await;
    stage.put(vec![Change::MoveGroup { to: -555 }]).await;
    stage.one(turn()).await;
    assert_eq!(stage.one(turn()).await, Written::Repeat);
    let new = NewConnection {
        bot: 2,
        ..new_connection("support")
    };
    assert_eq!(stage.store.put_connection(&new).await.unwrap(), stage.connection);
    let found = stage.store.connections().await.unwrap().remove(0);
    assert_eq!((found.bot, found.cursor, found.group), (2, 0, GROUP));
    assert_eq!(
        stage.one(turn()).await,
        Written::Done,
        "another bot's update, though its number is known"
    );
    assert_eq!(
        stage.store.mirror_of_group_message(stage.connection, 3).await.unwrap(),
        None
    );
    assert!(
        stage
            .store
            .album(stage.connection, Place::Topic, "a")
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(stage.dialog(1).await, Some(dialog(1, 1)), "the topics are still there");
    assert_eq!(
        front_door(&*stage.store, stage.connection).await,
        Default::default(),
        "another bot has another program"
    );
    assert_eq!(stage.store.last_delivery(stage.connection).await.unwrap(), 4);
}

pub async fn another_group_takes_no_topics_along(stage: Stage<'_>) {
    let bare = Dialog {
        topic: None,
        ..dialog(2, 1)
    };
    stage.put(everything()).await;
    stage
        .put(vec![Change::PutDialog(bare.clone()), Change::MoveGroup { to: -555 }])
        .await;
    stage
        .store
        .put_connection(&NewConnection {
            group: -9,
            ..new_connection("support")
        })
        .await
        .unwrap();
    let found = stage.store.connections().await.unwrap().remove(0);
    assert_eq!((found.group, found.cursor), (-9, 100), "updates belong to the bot");
    let moved = Dialog {
        topic: None,
        title: None,
        topic_closed: false,
        ..dialog(1, 2)
    };
    assert_eq!(stage.dialog(1).await, Some(moved), "a turn under way conflicts");
    assert_eq!(
        front_door(&*stage.store, stage.connection).await,
        its_rows(),
        "the bot's program is the same"
    );
    assert_eq!(stage.dialog(2).await, Some(bare));
    assert_eq!(stage.store.dialog_by_topic(stage.connection, 1001).await.unwrap(), None);
    assert_eq!(
        stage
            .store
            .mirror_of_customer_message(stage.connection, 1, 2)
            .await
            .unwrap(),
        None
    );
}

pub async fn the_group_can_move(mut stage: Stage<'_>) {
    stage
        .put(vec![Change::MoveGroup { to: -1 }, Change::MoveGroup { to: -2 }])
        .await;
    stage.reopen().await;
    assert_eq!(stage.store.connections().await.unwrap()[0].group, -2);
}

pub async fn a_removed_connection_leaves_nothing(stage: Stage<'_>) {
    stage.put(everything()).await;
    stage.one(stage.claim(4, 1)).await;
    assert!(stage.store.remove_connection("support").await.unwrap());
    assert!(!stage.store.remove_connection("support").await.unwrap());
    let (store, gone) = (&stage.store, stage.connection);
    assert!(store.connections().await.unwrap().is_empty());
    for id in [gone, stage.add("support").await] {
        assert_eq!(store.contact(id, 1).await.unwrap(), None);
        assert_eq!(store.dialog(id, 1).await.unwrap(), None);
        assert_eq!(store.mirror_of_group_message(id, 3).await.unwrap(), None);
        assert!(store.album(id, Place::Topic, "a").await.unwrap().is_empty());
        assert!(store.unsettled(id, 0, 9).await.unwrap().is_empty());
        assert_eq!(store.last_delivery(id).await.unwrap(), 0);
        assert_eq!(store.plugin_entry(id, "p", "k", NOW).await.unwrap(), None);
        assert_eq!(store.plugin_usage(id, "p").await.unwrap(), PluginUsage::default());
        assert_eq!(store.template(id, "hello").await.unwrap(), None);
        assert_eq!(store.next_timer(id).await.unwrap(), None);
        assert_eq!(store.notice(id, "n").await.unwrap(), None);
        assert_eq!(store.dialog_counts(id).await.unwrap(), DialogCounts::default());
        assert_eq!(store.takeovers_to_end(id, i64::MAX, 9).await.unwrap(), []);
        assert_eq!(front_door(&**store, id).await, Default::default());
    }
}

pub async fn connections_are_apart(stage: Stage<'_>) {
    let other = stage.add("other").await;
    stage.put(everything()).await;
    let turn = |connection| {
        Write::Turn(TurnCommit {
            connection,
            updates: vec![1],
            changes: everything(),
            ..TurnCommit::default()
        })
    };
    let store = &stage.store;
    assert_eq!(store.dialog(other, 1).await.unwrap(), None);
    assert_eq!(store.contact_by_username(other, "zoe_1").await.unwrap(), None);
    assert_eq!(store.dialog_by_topic(other, 1001).await.unwrap(), None);
    assert_eq!(store.mirror_of_group_message(other, 3).await.unwrap(), None);
    assert!(
        store
            .plugin_entries(other, "p", "", None, 9, NOW)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(store.templates(other, "", None, 9).await.unwrap().is_empty());
    assert!(store.due_timers(other, NOW, 9).await.unwrap().is_empty());
    assert_eq!(front_door(&**store, other).await, Default::default());
    assert_eq!(
        stage.commit(vec![turn(other)]).await,
        [Written::Done],
        "the same ids again, in another connection"
    );
    store.remove_connection("other").await.unwrap();
    assert_eq!(stage.dialog(1).await, Some(dialog(1, 1)));
    assert_eq!(stage.delivery(4).await, Some(delivery(4)));
    assert_eq!(store.plugin_usage(stage.connection, "p").await.unwrap().keys, 1);
    assert_eq!(front_door(&**store, stage.connection).await, its_rows());
}

pub async fn notices_are_posted_and_taken_back(mut stage: Stage<'_>) {
    let put = |key: &str, at| Change::PutNotice {
        key: key.to_owned(),
        at,
    };
    let remove = |key: &str| Change::RemoveNotice { key: key.to_owned() };
    stage.put(vec![put("rights", 5), put("limit", 6)]).await;
    stage.reopen().await;
    let get = |key| stage.store.notice(stage.connection, key);
    assert_eq!(get("rights").await.unwrap(), Some(5));
    stage.put(vec![put("rights", 8), remove("limit"), remove("none")]).await;
    assert_eq!(
        (
            get("rights").await.unwrap(),
            get("limit").await.unwrap(),
            get("none").await.unwrap()
        ),
        (Some(8), None, None)
    );
}

pub async fn pruning_forgets_what_is_old(stage: Stage<'_>) {
    let known = |update, now| {
        Write::Turn(TurnCommit {
            updates: vec![update],
            now,
            ..stage.turn(vec![])
        })
    };
    let part = |message, at| Change::PutAlbumPart(album_part(Place::Topic, 1, "a", message, at));
    let kept = |key, expires| Change::PutPluginEntry {
        plugin: "p".to_owned(),
        entry: PluginEntry {
            expires,
            ..entry(key, 1)
        },
    };
    stage
        .commit(vec![known(1, 10), known(2, 30), known(3, 20), known(4, 10)])
        .await;
    stage
        .put(vec![
            part(1, 40),
            part(2, 50),
            kept("a", Some(60)),
            kept("b", Some(61)),
            kept("c", None),
        ])
        .await;
    assert_eq!(stage.store.prune(59, 10, 40).await.unwrap(), 0);
    assert_eq!(
        stage.store.prune(60, 20, 50).await.unwrap(),
        4,
        "updates 1 and 4, part 1, entry a"
    );
    assert_eq!(stage.store.prune(60, 20, 50).await.unwrap(), 0);
    use Written::*;
    assert_eq!(
        stage
            .commit(vec![known(2, 99), known(3, 99), known(1, 99), known(4, 99)])
            .await,
        [Repeat, Repeat, Done, Done]
    );
    assert_eq!(
        stage
            .store
            .album(stage.connection, Place::Topic, "a")
            .await
            .unwrap()
            .len(),
        1
    );
    let left = stage
        .store
        .plugin_entries(stage.connection, "p", "", None, 9, 0)
        .await
        .unwrap();
    assert_eq!(left.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["b", "c"]);
}

pub async fn a_store_answers_until_it_is_closed(mut stage: Stage<'_>) {
    stage.store.ping().await.unwrap();
    stage.put(vec![Change::PutDialog(dialog(1, 1))]).await;
    stage.store.close().await;
    stage.store.close().await;
    stage.store.ping().await.unwrap_err();
    stage
        .store
        .commit(vec![Write::Turn(stage.turn(vec![Change::PutDialog(dialog(2, 1))]))])
        .await
        .unwrap_err();
    stage.store.dialog(stage.connection, 1).await.unwrap_err();
    stage.reopen().await;
    stage.store.ping().await.unwrap();
    assert_eq!(stage.dialog(1).await, Some(dialog(1, 1)));
}
