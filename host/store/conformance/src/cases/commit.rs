//! Commits: all or nothing, repeats, conflicts, durability.

use switchboard_store::*;

use crate::fixture::*;

pub async fn a_commit_is_all_or_nothing(stage: Stage<'_>) {
    stage
        .put(vec![Change::PutDelivery(delivery(1)), Change::PutDialog(dialog(1, 1))])
        .await;
    let before = stage.dialog(1).await;
    // The last member cannot be written: the id is taken. Everything before it has to go too, of other turns and kinds.
    let good = TurnCommit {
        updates: vec![10],
        ..stage.turn(vec![
            Change::PutDialog(dialog(1, 2)),
            Change::PutContact(contact(2, 1)),
            Change::Advance { cursor: 11 },
        ])
    };
    let bad = TurnCommit {
        updates: vec![11],
        ..stage.turn(vec![
            Change::PutDialog(dialog(3, 1)),
            Change::PutDelivery(delivery(2)),
            Change::PutDelivery(delivery(1)),
        ])
    };
    let group = vec![Write::Turn(good.clone()), stage.claim(1, 1), Write::Turn(bad)];
    let error = stage.store.commit(group).await.unwrap_err();
    assert!(matches!(error, StoreError::Rejected { .. }), "{error}");

    assert_eq!(stage.dialog(1).await, before);
    assert_eq!(stage.dialog(3).await, None);
    assert_eq!(stage.store.contact(stage.connection, 2).await.unwrap(), None);
    assert_eq!(stage.unsettled().await, [1]);
    assert_eq!(stage.delivery(1).await.unwrap().state, DeliveryState::Ready);
    assert_eq!(stage.store.last_delivery(stage.connection).await.unwrap(), 1);
    assert_eq!(stage.store.connections().await.unwrap()[0].cursor, 0);
    // Its update is not known either.
    assert_eq!(stage.one(Write::Turn(good)).await, Written::Done);
}

pub async fn writes_of_a_group_see_each_other(stage: Stage<'_>) {
    let turn = |updates: Vec<i64>, version: i64, changes: Vec<Change>| {
        let expect = vec![expect(Cell::Dialog(1), version)];
        Write::Turn(TurnCommit {
            updates,
            expect,
            ..stage.turn(changes)
        })
    };
    let group = vec![
        turn(vec![1], 0, vec![Change::PutDialog(dialog(1, 1))]),
        turn(vec![1], 1, vec![Change::PutDialog(dialog(1, 9))]),
        turn(vec![2], 0, vec![Change::PutDialog(dialog(1, 8))]),
        turn(
            vec![3],
            1,
            vec![Change::PutDialog(dialog(1, 2)), Change::PutDelivery(delivery(5))],
        ),
        stage.claim(5, 1),
        stage.claim(5, 2),
        // A conflict leaves its update unknown.
        turn(vec![2], 2, vec![Change::PutDialog(dialog(1, 3))]),
    ];
    let answers = stage.commit(group).await;
    use Written::*;
    assert_eq!(answers, [Done, Repeat, Conflict, Done, Done, Fenced, Done]);
    assert_eq!(stage.dialog(1).await, Some(dialog(1, 3)));
    assert_eq!(stage.delivery(5).await.unwrap().state, DeliveryState::Open);
}

pub async fn an_unfit_write_leaves_the_others_alone(stage: Stage<'_>) {
    let first = TurnCommit {
        updates: vec![1],
        ..stage.turn(vec![Change::PutDialog(dialog(1, 1))])
    };
    stage.commit(vec![Write::Turn(first.clone())]).await;
    let conflict = TurnCommit {
        expect: vec![expect(Cell::Dialog(1), 5)],
        ..stage.turn(vec![Change::PutDialog(dialog(1, 6))])
    };
    let repeat = TurnCommit {
        changes: vec![Change::PutDialog(dialog(1, 7))],
        ..first
    };
    let fenced = stage.settle(99, 1, Settled::Sent);
    let good = stage.turn(vec![Change::PutDialog(dialog(2, 1))]);
    let answers = stage
        .commit(vec![
            Write::Turn(conflict),
            Write::Turn(repeat),
            fenced,
            Write::Turn(good),
        ])
        .await;
    assert_eq!(
        answers,
        [Written::Conflict, Written::Repeat, Written::Fenced, Written::Done]
    );
    assert_eq!(stage.dialog(1).await, Some(dialog(1, 1)));
    assert_eq!(stage.dialog(2).await, Some(dialog(2, 1)));
}

pub async fn a_known_update_is_a_repeat(mut stage: Stage<'_>) {
    let turn = |updates: Vec<i64>, chat| {
        Write::Turn(TurnCommit {
            updates,
            ..stage.turn(vec![Change::PutDialog(dialog(chat, 1))])
        })
    };
    assert_eq!(stage.one(turn(vec![7, 9], 1)).await, Written::Done);
    assert_eq!(stage.one(turn(vec![8], 2)).await, Written::Done, "a hole is no repeat");
    assert_eq!(
        stage.one(turn(vec![10, 9], 3)).await,
        Written::Repeat,
        "one known update is enough"
    );
    assert_eq!(stage.dialog(3).await, None);
    // A repeat comes before a conflict, and makes nothing known.
    let both = TurnCommit {
        updates: vec![9, 11],
        expect: vec![expect(Cell::Dialog(1), 77)],
        ..stage.turn(vec![])
    };
    assert_eq!(stage.one(Write::Turn(both)).await, Written::Repeat);
    let (known, unknown) = (turn(vec![7], 4), turn(vec![10, 11], 4));
    stage.reopen().await;
    assert_eq!(stage.one(known).await, Written::Repeat, "known for good");
    assert_eq!(stage.one(unknown).await, Written::Done);
}

pub async fn a_changed_cell_is_a_conflict(stage: Stage<'_>) {
    let turn = |version, next| {
        let expect = vec![expect(Cell::Contact(5), 0), expect(Cell::Dialog(1), version)];
        Write::Turn(TurnCommit {
            updates: vec![next],
            expect,
            ..stage.turn(vec![Change::PutDialog(dialog(1, next))])
        })
    };
    assert_eq!(stage.one(turn(1, 1)).await, Written::Conflict, "not there is version 0");
    assert_eq!(stage.one(turn(0, 1)).await, Written::Done);
    assert_eq!(stage.one(turn(0, 2)).await, Written::Conflict);
    assert_eq!(stage.one(turn(1, 2)).await, Written::Done);
    assert_eq!(stage.dialog(1).await.unwrap().version, 2);
    stage.put(vec![Change::PutContact(contact(5, 1))]).await;
    assert_eq!(
        stage.one(turn(2, 3)).await,
        Written::Conflict,
        "every expectation has to hold"
    );
    assert_eq!(stage.dialog(1).await.unwrap().version, 2);
}

pub async fn every_kind_of_cell_can_be_expected(stage: Stage<'_>) {
    let plugin = || "quick-replies".to_owned();
    let key = || "k".to_owned();
    let cells = [
        Cell::Contact(1),
        Cell::Dialog(1),
        Cell::Plugin {
            plugin: plugin(),
            key: key(),
        },
        Cell::Template("grüße".to_owned()),
        Cell::Timer {
            plugin: plugin(),
            key: key(),
        },
    ];
    let all = |version| {
        cells
            .iter()
            .map(|cell| expect(cell.clone(), version))
            .collect::<Vec<_>>()
    };
    let put = |version| {
        vec![
            Change::PutContact(contact(1, version)),
            Change::PutDialog(dialog(1, version)),
            Change::PutPluginEntry {
                plugin: plugin(),
                entry: entry("k", version),
            },
            Change::PutTemplate(template("GRÜSSE".replace("SS", "ß").as_str(), version)),
            Change::PutTimer(timer(&plugin(), "k", NOW, version)),
        ]
    };
    let turn = |expect, changes| {
        Write::Turn(TurnCommit {
            expect,
            ..stage.turn(changes)
        })
    };
    assert_eq!(stage.one(turn(all(0), put(4))).await, Written::Done);
    for (at, cell) in cells.iter().enumerate() {
        let mut wrong = all(4);
        wrong[at].version = 3;
        assert_eq!(stage.one(turn(wrong, vec![])).await, Written::Conflict, "{cell:?}");
        assert_eq!(
            stage.one(turn(vec![expect(cell.clone(), 0)], vec![])).await,
            Written::Conflict,
            "{cell:?}"
        );
    }
    let remove = vec![
        Change::RemovePluginEntry {
            plugin: plugin(),
            key: key(),
        },
        Change::RemoveTemplate {
            name: "Grüße".to_owned(),
        },
        Change::RemoveTimer {
            plugin: plugin(),
            key: key(),
        },
    ];
    let group = vec![
        turn(all(4), put(5)),
        turn(all(5), remove),
        turn(all(5)[2..3].to_vec(), vec![]),
    ];
    assert_eq!(
        stage.commit(group).await,
        [Written::Done, Written::Done, Written::Conflict]
    );
    assert_eq!(
        stage.one(turn(all(0)[2..].to_vec(), vec![])).await,
        Written::Done,
        "what was removed is not there"
    );
}

pub async fn an_expired_entry_counts_as_absent(stage: Stage<'_>) {
    let cell = || Cell::Plugin {
        plugin: "p".to_owned(),
        key: "k".to_owned(),
    };
    let put = |version, expires| Change::PutPluginEntry {
        plugin: "p".to_owned(),
        entry: PluginEntry {
            expires,
            ..entry("k", version)
        },
    };
    stage.put(vec![put(3, Some(NOW))]).await;
    let turn = |now, version, changes| {
        Write::Turn(TurnCommit {
            now,
            expect: vec![expect(cell(), version)],
            ..stage.turn(changes)
        })
    };
    assert_eq!(
        stage.one(turn(NOW - 1, 0, vec![])).await,
        Written::Conflict,
        "it is still there"
    );
    assert_eq!(stage.one(turn(NOW - 1, 3, vec![])).await, Written::Done);
    assert_eq!(
        stage.one(turn(NOW, 3, vec![])).await,
        Written::Conflict,
        "it has expired"
    );
    assert_eq!(stage.one(turn(NOW, 0, vec![put(4, None)])).await, Written::Done);
    assert_eq!(stage.one(turn(NOW + 9, 4, vec![])).await, Written::Done);
}

pub async fn what_was_committed_is_there_after_opening_again(mut stage: Stage<'_>) {
    stage
        .put(vec![
            Change::PutContact(contact(1, 1)),
            Change::PutDialog(dialog(1, 1)),
            Change::PutDelivery(delivery(3)),
            Change::Advance { cursor: 12 },
        ])
        .await;
    stage.reopen().await;
    assert_eq!(
        stage.store.contact(stage.connection, 1).await.unwrap(),
        Some(contact(1, 1))
    );
    assert_eq!(stage.dialog(1).await, Some(dialog(1, 1)));
    assert_eq!(stage.delivery(3).await, Some(delivery(3)));
    assert_eq!(stage.store.connections().await.unwrap()[0].cursor, 12);
}

pub async fn concurrent_commits_do_not_mix(stage: Stage<'_>) {
    // Four tasks add to one counter, expecting what they read and trying again; none may overwrite another.
    let (store, connection) = (&stage.store, stage.connection);
    let add = |task: i64| async move {
        for _ in 0..5 {
            loop {
                let row = store.dialog(connection, 1).await.unwrap();
                let (version, count) = row.map_or((0, 0), |row| (row.version, row.generation));
                let change = Change::PutDialog(Dialog {
                    generation: count + 1,
                    ..dialog(1, version + 1)
                });
                let expect = vec![expect(Cell::Dialog(1), version)];
                let turn = TurnCommit {
                    connection,
                    now: task,
                    expect,
                    changes: vec![change],
                    ..TurnCommit::default()
                };
                match store.commit(vec![Write::Turn(turn)]).await.unwrap()[..] {
                    [Written::Done] => break,
                    ref other => assert_eq!(other, [Written::Conflict]),
                }
            }
        }
    };
    tokio::join!(add(1), add(2), add(3), add(4));
    let end = stage.dialog(1).await.unwrap();
    assert_eq!((end.generation, end.version), (20, 20));
}

pub async fn concurrent_commits_get_their_own_answers(stage: Stage<'_>) {
    let commit = |id: i64, fenced: usize| {
        let put = Write::Turn(stage.turn(vec![Change::PutDelivery(delivery(id))]));
        let late = (0..fenced).map(|_| stage.settle(id, 1, Settled::Sent));
        stage
            .store
            .commit([put].into_iter().chain(late).chain([stage.claim(id, 1)]).collect())
    };
    let (a, b, c, d) = tokio::join!(commit(1, 0), commit(2, 3), commit(3, 0), commit(4, 1));
    use Written::{Done, Fenced};
    assert_eq!(a.unwrap(), [Done, Done]);
    assert_eq!(b.unwrap(), [Done, Fenced, Fenced, Fenced, Done]);
    assert_eq!(c.unwrap(), [Done, Done]);
    assert_eq!(d.unwrap(), [Done, Fenced, Done]);
}

pub async fn a_commit_that_fails_harms_no_other(stage: Stage<'_>) {
    stage.put(vec![Change::PutDelivery(delivery(1))]).await;
    let commit = |id: i64| {
        let write = Write::Turn(stage.turn(vec![
            Change::PutDialog(dialog(id, 1)),
            Change::PutDelivery(delivery(id)),
        ]));
        stage.store.commit(vec![write, stage.claim(id, 1), stage.claim(id, 1)])
    };
    // All at once, so that a backend may take them together.
    let (first, bad, second, third) = tokio::join!(commit(2), commit(1), commit(3), commit(4));
    assert!(matches!(bad, Err(StoreError::Rejected { .. })), "{bad:?}");
    for answers in [first, second, third] {
        assert_eq!(answers.unwrap(), [Written::Done, Written::Done, Written::Fenced]);
    }
    assert_eq!(stage.unsettled().await, [1, 2, 3, 4]);
    assert_eq!(stage.dialog(1).await, None);
    assert_eq!(stage.delivery(1).await.unwrap().state, DeliveryState::Ready);
}

pub async fn the_cursor_never_goes_back(stage: Stage<'_>) {
    let cursor = || async { stage.store.connections().await.unwrap()[0].cursor };
    stage
        .put(vec![Change::Advance { cursor: 20 }, Change::Advance { cursor: 18 }])
        .await;
    assert_eq!(cursor().await, 20);
    stage.put(vec![Change::Advance { cursor: 19 }]).await;
    assert_eq!(cursor().await, 20);
    stage.put(vec![Change::Advance { cursor: 21 }]).await;
    assert_eq!(cursor().await, 21);
}

pub async fn a_removed_connection_fences_its_writes(stage: Stage<'_>) {
    let other = stage.add("other").await;
    stage.put(vec![Change::PutDelivery(delivery(1))]).await;
    assert!(stage.store.remove_connection("support").await.unwrap());
    let late = Write::Turn(TurnCommit {
        updates: vec![1],
        ..stage.turn(vec![Change::PutDialog(dialog(1, 1)), Change::PutDelivery(delivery(2))])
    });
    let good = Write::Turn(TurnCommit {
        connection: other,
        changes: vec![Change::PutDialog(dialog(1, 1))],
        ..TurnCommit::default()
    });
    let answers = stage.commit(vec![late, stage.claim(1, 1), good]).await;
    assert_eq!(
        answers,
        [Written::Fenced, Written::Fenced, Written::Done],
        "others do not suffer for it"
    );
    let again = stage.add("support").await;
    assert_ne!(again, stage.connection, "a number is never used twice");
    assert_eq!(stage.store.dialog(again, 1).await.unwrap(), None);
}

pub async fn an_empty_group_is_nothing(stage: Stage<'_>) {
    assert_eq!(stage.commit(vec![]).await, []);
    assert_eq!(stage.one(Write::Turn(stage.turn(vec![]))).await, Written::Done);
}
