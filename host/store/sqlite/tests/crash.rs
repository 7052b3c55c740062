//! Kill -9 at any moment: what was answered is there, and nothing by halves.
//!
//! The test starts itself as a child that commits and says on its standard output what was answered; the child is killed, the file
//! opened, looked at, and handed to the next child.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use switchboard_store::*;
use switchboard_store_sqlite::SqliteStore;

const FILE: &str = "SWITCHBOARD_CRASH_TEST_FILE";
const KILLS: u64 = 12;
/// Members of a group: they stand or fall together.
const GROUP: i64 = 4;

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// The group with this number: a turn with a delivery, its dialog and its update, three times, and the claim of the group before.
fn group(connection: ConnectionId, number: i64) -> Vec<Write> {
    let turns = (0..GROUP).map(|member| {
        let id = number * GROUP + member;
        let delivery = Delivery {
            id,
            lane: "a".into(),
            chat: Some(member),
            op: format!("{id:900}"),
            not_before: 0,
            created: 0,
            state: DeliveryState::Ready,
            attempt: 0,
            last_error: String::new(),
        };
        let contact = Contact {
            chat: member,
            version: number,
            ..Contact::default()
        };
        let changes = vec![
            Change::PutDelivery(delivery),
            Change::PutContact(contact),
            Change::Advance { cursor: id + 1 },
        ];
        Write::Turn(TurnCommit {
            connection,
            updates: vec![id],
            now: id,
            changes,
            ..TurnCommit::default()
        })
    });
    let claims = (0..GROUP).map(|member| Claim {
        connection,
        delivery: (number - 1) * GROUP + member,
        attempt: 1,
        now: 0,
    });
    turns.chain(claims.map(Write::Claim)).collect()
}

/// Not a test of its own: the child's part, which does nothing unless the test below started it.
#[test]
fn child() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(&url(Path::new(&path))).await.unwrap();
        let connection = store.connections().await.unwrap()[0].id;
        let mut number = store.last_delivery(connection).await.unwrap() / GROUP + 1;
        loop {
            store.commit(group(connection, number)).await.unwrap();
            println!("answered {number}");
            number += 1;
        }
    });
}

fn start(path: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "child", "--nocapture"])
        .env(FILE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Lets the child answer `count` times, kills it in the midst of what it does next, and gives the last answer that was read.
fn run_and_kill(path: &Path, count: usize, delay: Duration) -> i64 {
    let mut child = start(path);
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(|line| line.ok());
    let mut numbers = lines
        .by_ref()
        .filter_map(|line| line.split_once("answered ").and_then(|(_, number)| number.parse().ok()));
    let mut last: i64 = numbers.by_ref().take(count).last().expect("the child answers");
    // Not to wait for something: to die at another moment every time.
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    // What it had said before it died counts too.
    for number in numbers {
        last = number;
    }
    last
}

#[test]
fn what_was_answered_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crash.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let connection = runtime.block_on(async {
        let store = SqliteStore::open(&url(&path)).await.unwrap();
        let new = NewConnection {
            name: "a".into(),
            bot: 1,
            token: vec![],
            group: -1,
            config: String::new(),
        };
        let id = store.put_connection(&new).await.unwrap();
        store.close().await;
        id
    });
    for kill in 0..KILLS {
        let answered = run_and_kill(
            &path,
            1 + (kill as usize * 5) % 7,
            Duration::from_micros(kill * 137 % 1900),
        );
        runtime.block_on(async {
            // At once: the lock went with the process.
            let store = SqliteStore::open(&url(&path)).await.unwrap();
            check(&store, connection, answered).await;
            store.close().await;
        });
        let db = rusqlite::Connection::open(&path).unwrap();
        let health: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(health, "ok");
    }
}

async fn check(store: &SqliteStore, connection: ConnectionId, answered: i64) {
    let last = store.last_delivery(connection).await.unwrap();
    assert_eq!(last % GROUP, GROUP - 1, "a group is there by halves");
    let number = last / GROUP;
    assert!(
        number == answered || number == answered + 1,
        "answered {answered}, found {number}"
    );
    assert_eq!(store.connections().await.unwrap()[0].cursor, last + 1);
    let all = store.unsettled(connection, 0, u32::MAX).await.unwrap();
    assert_eq!(
        all.iter().map(|it| it.id).collect::<Vec<_>>(),
        (GROUP..=last).collect::<Vec<_>>()
    );
    for it in &all {
        let expected = if it.id / GROUP == number {
            DeliveryState::Ready
        } else {
            DeliveryState::Open
        };
        assert_eq!((it.state, it.op.trim().parse()), (expected, Ok(it.id)));
    }
    for member in 0..GROUP {
        assert_eq!(
            store.contact(connection, member).await.unwrap().unwrap().version,
            number
        );
    }
    // Its updates are known, all of them.
    let again = store
        .commit(group(connection, number)[..GROUP as usize].to_vec())
        .await
        .unwrap();
    assert_eq!(again, [Written::Repeat; GROUP as usize]);
}
