//! What the front door keeps: updates for the bot's program, its calls to be handled, its settings and its mark.

use switchboard_store::*;

use crate::fixture::*;

/// The positions of what waits above `after`.
async fn waiting(stage: &Stage<'_>, after: i64, limit: u32) -> Vec<i64> {
    let rows = stage.store.bot_updates(stage.connection, after, limit).await.unwrap();
    rows.iter().map(|it| it.position).collect()
}

/// The numbers of what is to be handled above `after`.
async fn to_handle(stage: &Stage<'_>, after: i64, limit: u32) -> Vec<i64> {
    let rows = stage.store.intercepted(stage.connection, after, limit).await.unwrap();
    rows.iter().map(|it| it.seq).collect()
}

async fn kept(stage: &Stage<'_>) -> Gateway {
    stage.store.gateway(stage.connection).await.unwrap()
}

fn put(position: i64) -> Change {
    Change::PutBotUpdate(bot_update(position))
}

fn remove(position: i64) -> Change {
    Change::RemoveBotUpdate { position }
}

fn state(state: &[u8]) -> Change {
    Change::PutGatewayState { state: state.to_vec() }
}

fn mark(update: i64, at: i64) -> Change {
    Change::MarkIntake { update, at }
}

pub async fn bot_updates_wait_in_order_and_in_pages(stage: Stage<'_>) {
    assert_eq!(waiting(&stage, 0, 9).await, [0; 0]);
    let far = i64::from(u32::MAX) * 1000;
    stage.put([12, 3, far].map(put).to_vec()).await;
    stage.put(vec![put(1), put(7)]).await;
    assert_eq!(waiting(&stage, 0, 9).await, [1, 3, 7, 12, far], "not as they came");
    assert_eq!(waiting(&stage, 0, 2).await, [1, 3]);
    assert_eq!(waiting(&stage, 3, 2).await, [7, 12], "above, not at");
    assert_eq!(waiting(&stage, 4, 9).await, [7, 12, far]);
    assert_eq!(waiting(&stage, far, 9).await, [0; 0]);
    assert_eq!(waiting(&stage, 0, 0).await, [0; 0]);
    assert_eq!(waiting(&stage, 0, u32::MAX).await.len(), 5);
}

pub async fn a_bot_update_comes_back_as_it_was(stage: Stage<'_>) {
    let bare = BotUpdate {
        chat: None,
        held: false,
        body: String::new(),
        ..bot_update(2)
    };
    // Longer than a page of any database, and with what a careless one would change.
    let long = BotUpdate {
        body: format!(
            "{{\"update_id\" : 3,\r\n\t\"a\":\"\\u0000\\ud83e\\udd8a 🦊 '%_\\\\ {}\" }} ",
            "é".repeat(40_000)
        ),
        ..bot_update(3)
    };
    let all = [bot_update(1), bare, long];
    stage.put(all.clone().map(Change::PutBotUpdate).to_vec()).await;
    assert_eq!(stage.store.bot_updates(stage.connection, 0, 9).await.unwrap(), all);
    let changed = BotUpdate {
        update: 5,
        chat: Some(-6),
        at: 7,
        held: false,
        body: "{}".to_owned(),
        ..bot_update(1)
    };
    stage.put(vec![Change::PutBotUpdate(changed.clone())]).await;
    assert_eq!(
        stage.store.bot_updates(stage.connection, 0, 1).await.unwrap(),
        [changed],
        "replaced in its place"
    );
    assert_eq!(waiting(&stage, 0, 9).await, [1, 2, 3]);
}

pub async fn bot_updates_go_once_they_are_taken(stage: Stage<'_>) {
    stage.put([1, 2, 3, 4].map(put).to_vec()).await;
    stage.put(vec![remove(1), remove(3), remove(99)]).await;
    assert_eq!(waiting(&stage, 0, 9).await, [2, 4]);
    // Within one group the last word counts, in whichever write it stands.
    stage.put(vec![put(5), remove(5), remove(2), put(2)]).await;
    let (first, second) = (stage.turn(vec![put(6), put(7)]), stage.turn(vec![remove(6), remove(4)]));
    stage.commit(vec![Write::Turn(first), Write::Turn(second)]).await;
    assert_eq!(waiting(&stage, 0, 9).await, [2, 7]);
}

pub async fn a_whole_poll_fits_in_one_commit(mut stage: Stage<'_>) {
    stage.put((1..=100).map(put).collect()).await;
    // The program took the first hundred while the next came in.
    let next = (1..=100).map(remove).chain((101..=200).map(put));
    stage.put(next.chain([mark(200, NOW)]).collect()).await;
    stage.reopen().await;
    assert_eq!(waiting(&stage, 0, 1000).await, (101..=200).collect::<Vec<_>>());
    assert_eq!(kept(&stage).await.mark, 200);
}

pub async fn intercepted_calls_wait_until_they_are_handled(stage: Stage<'_>) {
    let put = |seq| Change::PutIntercepted(intercepted(seq));
    assert_eq!(to_handle(&stage, 0, 9).await, [0; 0]);
    stage.put(vec![put(9), put(2), put(5)]).await;
    assert_eq!(
        stage.store.intercepted(stage.connection, 0, 9).await.unwrap(),
        [2, 5, 9].map(intercepted)
    );
    assert_eq!(to_handle(&stage, 2, 1).await, [5]);
    assert_eq!(to_handle(&stage, 9, 9).await, [0; 0]);
    let changed = Intercepted {
        chat: -3,
        at: 1,
        body: "[]".to_owned(),
        ..intercepted(5)
    };
    // The turn that handles a call removes it with what it does.
    let handled = Change::RemoveIntercepted { seq: 2 };
    stage
        .put(vec![
            Change::PutIntercepted(changed.clone()),
            handled,
            Change::PutDialog(dialog(1, 1)),
        ])
        .await;
    assert_eq!(
        stage.store.intercepted(stage.connection, 0, 9).await.unwrap(),
        [changed, intercepted(9)]
    );
    stage
        .put(vec![
            put(10),
            Change::RemoveIntercepted { seq: 10 },
            Change::RemoveIntercepted { seq: 77 },
        ])
        .await;
    assert_eq!(to_handle(&stage, 0, 9).await, [5, 9]);
}

pub async fn settings_and_mark_leave_each_other_alone(stage: Stage<'_>) {
    assert_eq!(kept(&stage).await, Gateway::default());
    stage.put(vec![state(&[0, 255, 7])]).await;
    let settings = Gateway {
        state: vec![0, 255, 7],
        ..Gateway::default()
    };
    assert_eq!(kept(&stage).await, settings);
    stage.put(vec![mark(40, 5)]).await;
    let both = Gateway {
        mark: 40,
        marked_at: 5,
        ..settings
    };
    assert_eq!(kept(&stage).await, both);
    stage.put(vec![state(&[])]).await;
    assert_eq!(kept(&stage).await, Gateway { state: vec![], ..both });
    stage.put(vec![state(&[1]), mark(50, 6), state(&[2])]).await;
    assert_eq!(
        kept(&stage).await,
        Gateway {
            state: vec![2],
            mark: 50,
            marked_at: 6
        }
    );
}

pub async fn the_last_mark_counts_though_it_goes_down(stage: Stage<'_>) {
    // The mark may come first.
    stage.put(vec![mark(900, 8), mark(30, 7)]).await;
    let at = |mark, marked_at| Gateway {
        mark,
        marked_at,
        ..Gateway::default()
    };
    assert_eq!(kept(&stage).await, at(30, 7));
    let (first, second) = (stage.turn(vec![mark(31, 9)]), stage.turn(vec![mark(4, 3)]));
    stage.commit(vec![Write::Turn(first), Write::Turn(second)]).await;
    assert_eq!(kept(&stage).await, at(4, 3));
    stage.put(vec![mark(0, 0)]).await;
    assert_eq!(kept(&stage).await, at(0, 0));
}

pub async fn the_front_door_finds_its_rows_after_opening_again(mut stage: Stage<'_>) {
    stage
        .put(vec![
            put(1),
            put(2),
            Change::PutIntercepted(intercepted(3)),
            state(&[4]),
            mark(5, 6),
        ])
        .await;
    stage.put(vec![remove(1)]).await;
    stage.reopen().await;
    let (store, connection) = (&stage.store, stage.connection);
    assert_eq!(store.bot_updates(connection, 0, 9).await.unwrap(), [bot_update(2)]);
    assert_eq!(store.intercepted(connection, 0, 9).await.unwrap(), [intercepted(3)]);
    assert_eq!(
        kept(&stage).await,
        Gateway {
            state: vec![4],
            mark: 5,
            marked_at: 6
        }
    );
}

pub async fn the_front_door_writes_with_its_turn_or_not_at_all(stage: Stage<'_>) {
    let everything = || vec![put(1), Change::PutIntercepted(intercepted(1)), state(&[1]), mark(1, 1)];
    let unknown = TurnCommit {
        connection: stage.connection + 77,
        ..stage.turn(everything())
    };
    let conflict = TurnCommit {
        expect: vec![expect(Cell::Dialog(1), 4)],
        ..stage.turn(everything())
    };
    let late = Write::Settle(Settlement {
        connection: stage.connection,
        delivery: 1,
        attempt: 2,
        now: NOW,
        outcome: Settled::Sent,
        changes: everything(),
    });
    stage.put(vec![Change::PutDelivery(delivery(1))]).await;
    stage.one(stage.claim(1, 1)).await;
    let answers = stage
        .commit(vec![Write::Turn(unknown), Write::Turn(conflict), late])
        .await;
    assert_eq!(answers, [Written::Fenced, Written::Conflict, Written::Fenced]);
    let mut doomed = everything();
    doomed.push(Change::PutDelivery(delivery(1)));
    stage
        .store
        .commit(vec![Write::Turn(stage.turn(doomed))])
        .await
        .unwrap_err();
    for connection in [stage.connection, stage.connection + 77] {
        assert_eq!(stage.store.bot_updates(connection, 0, 9).await.unwrap(), []);
        assert_eq!(stage.store.intercepted(connection, 0, 9).await.unwrap(), []);
        assert_eq!(stage.store.gateway(connection).await.unwrap(), Gateway::default());
    }
    // And with the settlement that applies.
    let settlement = Write::Settle(Settlement {
        connection: stage.connection,
        delivery: 1,
        attempt: 1,
        now: NOW,
        outcome: Settled::Sent,
        changes: everything(),
    });
    assert_eq!(stage.one(settlement).await, Written::Done);
    assert_eq!(waiting(&stage, 0, 9).await, [1]);
    assert_eq!(to_handle(&stage, 0, 9).await, [1]);
    assert_eq!(kept(&stage).await.mark, 1);
}

pub async fn pruning_forgets_what_the_bot_program_never_took(stage: Stage<'_>) {
    let put = |position, at| {
        Change::PutBotUpdate(BotUpdate {
            at,
            ..bot_update(position)
        })
    };
    let call = |seq, at| Change::PutIntercepted(Intercepted { at, ..intercepted(seq) });
    stage
        .put(vec![
            put(1, 19),
            put(2, 20),
            put(3, 10),
            call(1, 20),
            call(2, 19),
            state(&[1]),
            mark(3, 1),
        ])
        .await;
    assert_eq!(stage.store.prune(99, 10, 99).await.unwrap(), 0, "before, not at");
    assert_eq!(stage.store.prune(0, 20, 0).await.unwrap(), 3, "updates 1 and 3, call 2");
    assert_eq!(stage.store.prune(0, 20, 0).await.unwrap(), 0);
    assert_eq!(waiting(&stage, 0, 9).await, [2]);
    assert_eq!(to_handle(&stage, 0, 9).await, [1]);
    assert_eq!(
        kept(&stage).await,
        Gateway {
            state: vec![1],
            mark: 3,
            marked_at: 1
        },
        "these have no age"
    );
}
