//! Files that an older program made: they keep what they hold, and take what is new.

use std::path::Path;

use rusqlite::Connection as Db;
use switchboard_store::*;
use switchboard_store_sqlite::SqliteStore;

/// A file as the first release left it, with a connection and a dialog of each kind in it.
fn first_release(path: &Path) {
    let db = Db::open(path).unwrap();
    db.execute_batch("PRAGMA journal_mode = wal; PRAGMA foreign_keys = 1;")
        .unwrap();
    db.execute_batch(include_str!("../migrations/0001_first.sql")).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    db.execute_batch(
        "INSERT INTO connection VALUES (3, 'support', 110, x'00ff', -100, '{}');
         INSERT INTO connection_state VALUES (3, -200, 77, 9);
         INSERT INTO known_update VALUES (3, 76, 5);
         INSERT INTO contact VALUES (3, 42, 2, 'Ada', '', 'ada', NULL, 0, NULL, '[\"vip\"]', '{}', 1, 2);
         INSERT INTO dialog VALUES (3, 42, 4, 'answered', 8, 'Ada', 0, 2, 1, 60000, 1);
         INSERT INTO dialog VALUES (3, 43, 1, 'closed', NULL, NULL, 0, 0, 1, 2, NULL);
         INSERT INTO delivery VALUES (3, 9, 'ready', 'group', 42, 0, 1, '{}');
         INSERT INTO attempt VALUES (3, 9, 1, 2, NULL);
         INSERT INTO plugin_entry VALUES (3, 'p', 'k', 1, NULL, x'0102');",
    )
    .unwrap();
}

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(&format!("sqlite://{}", path.display()))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_file_of_the_first_release_keeps_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    first_release(&path);
    let store = open(&path).await;
    let found = store.connections().await.unwrap().remove(0);
    assert_eq!((found.id, found.group, found.cursor), (3, -200, 77));
    assert_eq!(store.contact(3, 42).await.unwrap().unwrap().tags, ["vip"]);
    let ada = Dialog {
        chat: 42,
        status: Status::Answered,
        topic: Some(8),
        title: Some("Ada".to_owned()),
        topic_closed: false,
        generation: 2,
        created: 1,
        last_activity: 60_000,
        welcomed: Some(1),
        taken_over: None,
        takeover_ends: None,
        version: 4,
    };
    assert_eq!(store.dialog(3, 42).await.unwrap().as_ref(), Some(&ada));
    assert_eq!(
        store.dialogs_to_close(3, 60_001, 9).await.unwrap(),
        std::slice::from_ref(&ada)
    );
    assert_eq!(store.dialog_counts(3).await.unwrap().closed, 1);
    assert_eq!(store.delivery(3, 9).await.unwrap().unwrap().state, DeliveryState::Open);
    assert_eq!(store.plugin_usage(3, "p").await.unwrap().bytes, 3);
    assert_eq!(store.gateway(3).await.unwrap(), Gateway::default());
    assert_eq!(store.bot_updates(3, 0, 9).await.unwrap(), []);
    assert_eq!(store.takeovers_to_end(3, i64::MAX, 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_file_of_the_first_release_takes_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    first_release(&path);
    let store = open(&path).await;
    let taken = Dialog {
        taken_over: Some(5),
        takeover_ends: Some(6),
        version: 5,
        ..store.dialog(3, 42).await.unwrap().unwrap()
    };
    let update = BotUpdate {
        position: 1,
        update: 77,
        chat: Some(42),
        at: 5,
        held: true,
        body: "{}".to_owned(),
    };
    let known = TurnCommit {
        connection: 3,
        updates: vec![76],
        ..TurnCommit::default()
    };
    let turn = TurnCommit {
        connection: 3,
        expect: vec![Expect {
            cell: Cell::Dialog(42),
            version: 4,
        }],
        changes: vec![
            Change::PutDialog(taken.clone()),
            Change::PutBotUpdate(update.clone()),
            Change::MarkIntake { update: 77, at: 5 },
        ],
        ..TurnCommit::default()
    };
    let answers = store.commit(vec![Write::Turn(known), Write::Turn(turn)]).await.unwrap();
    assert_eq!(answers, [Written::Repeat, Written::Done]);
    store.close().await;
    // The second time there is nothing to migrate.
    let store = open(&path).await;
    assert_eq!(store.takeovers_to_end(3, 6, 9).await.unwrap(), [taken]);
    assert_eq!(store.bot_updates(3, 0, 9).await.unwrap(), [update]);
    assert_eq!(store.gateway(3).await.unwrap().mark, 77);
    assert!(store.remove_connection("support").await.unwrap());
    store.close().await;
    let db = Db::open(&path).unwrap();
    for table in ["dialog", "bot_update", "intercepted", "gateway"] {
        let left: i64 = db
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
    let health: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(health, "ok");
}
