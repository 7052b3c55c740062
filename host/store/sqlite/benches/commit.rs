//! What a relayed message costs the store: turn, claim and settlement, committed in groups, in CPU time and in wall time.
//!
//! `cargo bench -p switchboard-store-sqlite`; the figures are messages per second, of processor time or of the clock.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use switchboard_store::*;
use switchboard_store_sqlite::SqliteStore;

/// Processor time of the whole process: SQLite works on threads of its own.
struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;
    fn start(&self) -> Duration {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
    }
    fn end(&self, start: Duration) -> Duration {
        self.start() - start
    }
    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }
    fn zero(&self) -> Duration {
        Duration::ZERO
    }
    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }
    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

const CONTACTS: i64 = 500;

/// A store with contacts and dialogs in it, and the counters of what it has been given.
struct Stage {
    store: SqliteStore,
    connection: ConnectionId,
    next: i64,
    _folder: tempfile::TempDir,
}

/// What a turn writes besides its update and its delivery.
#[derive(Clone, Copy)]
enum Turn {
    /// The dialog is as it was to the minute.
    Plain,
    /// Contact and dialog change too.
    Moving,
}

impl Stage {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("bench.db").display());
        let store = SqliteStore::open(&url).await.unwrap();
        let new = NewConnection {
            name: "bench".into(),
            bot: 1,
            token: vec![0; 90],
            group: -100,
            config: "{}".into(),
        };
        let connection = store.put_connection(&new).await.unwrap();
        let changes = (0..CONTACTS)
            .flat_map(|chat| [Change::PutContact(contact(chat, 1)), Change::PutDialog(dialog(chat, 1))])
            .collect();
        let turn = TurnCommit {
            connection,
            changes,
            ..TurnCommit::default()
        };
        store.commit(vec![Write::Turn(turn)]).await.unwrap();
        Self {
            store,
            connection,
            next: CONTACTS,
            _folder: folder,
        }
    }

    /// Takes `size` messages all the way, in three group commits.
    async fn relay(&mut self, size: i64, kind: Turn) {
        let (connection, first) = (self.connection, self.next);
        self.next += size;
        let turns = (first..first + size).map(|id| {
            let chat = id % CONTACTS;
            let mut changes = vec![
                Change::PutDelivery(delivery(id, chat)),
                Change::Advance { cursor: id + 1 },
            ];
            let mut expect = vec![
                Expect {
                    cell: Cell::Dialog(chat),
                    version: 1,
                },
                Expect {
                    cell: Cell::Contact(chat),
                    version: 1,
                },
            ];
            if matches!(kind, Turn::Moving) {
                let version = id / CONTACTS;
                expect = vec![
                    Expect {
                        cell: Cell::Dialog(chat),
                        version,
                    },
                    Expect {
                        cell: Cell::Contact(chat),
                        version,
                    },
                ];
                changes.push(Change::PutContact(contact(chat, version + 1)));
                changes.push(Change::PutDialog(dialog(chat, version + 1)));
            }
            Write::Turn(TurnCommit {
                connection,
                updates: vec![id],
                now: id,
                expect,
                changes,
            })
        });
        self.commit(turns.collect()).await;
        let claims = (first..first + size).map(|delivery| {
            Write::Claim(Claim {
                connection,
                delivery,
                attempt: 1,
                now: delivery,
            })
        });
        self.commit(claims.collect()).await;
        let settlements = (first..first + size).map(|id| {
            let changes = vec![Change::PutMirror(mirror(id))];
            Write::Settle(Settlement {
                connection,
                delivery: id,
                attempt: 1,
                now: id,
                outcome: Settled::Sent,
                changes,
            })
        });
        self.commit(settlements.collect()).await;
    }

    async fn commit(&self, group: Vec<Write>) {
        let answers = self.store.commit(group).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Written::Done), "{answers:?}");
    }
}

fn contact(chat: i64, version: i64) -> Contact {
    let (first_name, tags) = ("Ада".to_owned(), vec!["vip".to_owned()]);
    Contact {
        chat,
        version,
        first_name,
        username: Some(format!("user{chat}")),
        tags,
        ..Contact::default()
    }
}

fn dialog(chat: i64, version: i64) -> Dialog {
    Dialog {
        chat,
        status: Status::Waiting,
        topic: Some(chat + 10),
        title: Some("Ада · 42".into()),
        topic_closed: false,
        generation: 1,
        created: 0,
        last_activity: version,
        welcomed: Some(1),
        taken_over: None,
        takeover_ends: None,
        version,
    }
}

fn delivery(id: i64, chat: i64) -> Delivery {
    let op = format!(
        r#"{{"method":"copyMessage","from":{chat},"message":{id},"topic":{},"pad":"{:300}"}}"#,
        chat + 10,
        ""
    );
    Delivery {
        id,
        lane: format!("g:{chat}"),
        chat: Some(chat),
        op,
        not_before: 0,
        created: id,
        state: DeliveryState::Ready,
        attempt: 0,
        last_error: String::new(),
    }
}

fn mirror(id: i64) -> Mirror {
    let chat = id % CONTACTS;
    Mirror {
        chat,
        direction: Direction::Incoming,
        customer_message: id,
        group_message: id + 7,
        topic: chat + 10,
        kind: "text".into(),
        delivery: id,
        at: id,
    }
}

fn measure<M: Measurement<Value = Duration>>(group: &mut BenchmarkGroup<'_, M>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    for (name, kind, sizes) in [
        ("plain", Turn::Plain, &[1, 8, 64, 256][..]),
        ("moving", Turn::Moving, &[64]),
    ] {
        for size in sizes {
            let mut stage = runtime.block_on(Stage::new());
            group.throughput(Throughput::Elements(*size));
            group.bench_function(format!("{name} turns, groups of {size}"), |bench| {
                bench.iter(|| runtime.block_on(stage.relay(*size as i64, kind)));
            });
        }
    }
    let stage = runtime.block_on(Stage::new());
    group.throughput(Throughput::Elements(1));
    group.bench_function("read a dialog", |bench| {
        bench.iter(|| black_box(runtime.block_on(stage.store.dialog(stage.connection, 7)).unwrap()));
    });
}

fn cpu(criterion: &mut Criterion<CpuTime>) {
    measure(&mut criterion.benchmark_group("cpu"));
}

fn wall(criterion: &mut Criterion) {
    measure(&mut criterion.benchmark_group("wall"));
}

criterion_group!(name = by_cpu; config = Criterion::default().with_measurement(CpuTime).measurement_time(Duration::from_secs(3)); targets = cpu);
criterion_group!(name = by_wall; config = Criterion::default().measurement_time(Duration::from_secs(3)); targets = wall);
criterion_main!(by_cpu, by_wall);
