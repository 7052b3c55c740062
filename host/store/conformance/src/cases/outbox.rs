//! Deliveries: claims, settlements, fencing, ids.

use switchboard_store::*;

use crate::fixture::*;

fn reason() -> String {
    "Bad Request: chat not found".to_owned()
}

pub async fn a_delivery_lives_until_it_is_sent(stage: Stage<'_>) {
    // A new delivery is ready, or waits for a person; no other state is taken over.
    let put = Delivery {
        state: DeliveryState::Open,
        attempt: 4,
        last_error: "x".to_owned(),
        ..delivery(1)
    };
    stage.put(vec![Change::PutDelivery(put)]).await;
    assert_eq!(stage.delivery(1).await, Some(delivery(1)));
    let asking = Delivery {
        state: DeliveryState::Asking,
        ..delivery(2)
    };
    stage.put(vec![Change::PutDelivery(asking.clone())]).await;
    assert_eq!(stage.delivery(2).await, Some(asking));
    assert_eq!(
        stage.one(stage.claim(2, 1)).await,
        Written::Fenced,
        "nobody has decided"
    );
    let reason = "left".to_owned();
    stage.put(vec![Change::DropDelivery { id: 2, reason }]).await;
    assert_eq!(stage.one(stage.claim(1, 1)).await, Written::Done);
    let open = Delivery {
        state: DeliveryState::Open,
        attempt: 1,
        ..delivery(1)
    };
    assert_eq!(stage.delivery(1).await, Some(open.clone()));
    assert_eq!(stage.store.unsettled(stage.connection, 0, 9).await.unwrap(), [open]);
    assert_eq!(stage.one(stage.settle(1, 1, Settled::Sent)).await, Written::Done);
    assert_eq!(stage.delivery(1).await, None);
    assert!(stage.unsettled().await.is_empty());
}

pub async fn claims_are_fenced(stage: Stage<'_>) {
    stage.put(vec![Change::PutDelivery(delivery(1))]).await;
    assert_eq!(stage.one(stage.claim(2, 1)).await, Written::Fenced, "no such delivery");
    for attempt in [0, 2, -1] {
        assert_eq!(
            stage.one(stage.claim(1, attempt)).await,
            Written::Fenced,
            "attempt {attempt} is not the next"
        );
    }
    assert_eq!(stage.one(stage.claim(1, 1)).await, Written::Done);
    for attempt in [1, 2] {
        assert_eq!(
            stage.one(stage.claim(1, attempt)).await,
            Written::Fenced,
            "it is open already"
        );
    }
    stage
        .one(stage.settle(1, 1, Settled::Asking { reason: reason() }))
        .await;
    assert_eq!(
        stage.one(stage.claim(1, 2)).await,
        Written::Fenced,
        "a person has not said yet"
    );
}

pub async fn a_late_settlement_changes_nothing(stage: Stage<'_>) {
    stage.put(vec![Change::PutDelivery(delivery(1))]).await;
    assert_eq!(
        stage.one(stage.settle(1, 0, Settled::Sent)).await,
        Written::Fenced,
        "nothing is open"
    );
    stage.one(stage.claim(1, 1)).await;
    assert_eq!(stage.one(stage.settle(1, 2, Settled::Sent)).await, Written::Fenced);
    let again = Settled::Again {
        not_before: NOW,
        reason: reason(),
        op: None,
    };
    assert_eq!(stage.one(stage.settle(1, 1, again)).await, Written::Done);
    stage.one(stage.claim(1, 2)).await;
    // The first attempt's answer comes after all.
    let late = Settlement {
        connection: stage.connection,
        delivery: 1,
        attempt: 1,
        now: NOW,
        outcome: Settled::Sent,
        changes: vec![Change::PutMirror(mirror(1, 1, 1, NOW)), Change::PutDialog(dialog(1, 1))],
    };
    assert_eq!(stage.one(Write::Settle(late.clone())).await, Written::Fenced);
    assert_eq!(stage.delivery(1).await.unwrap().state, DeliveryState::Open);
    assert_eq!(
        stage.store.mirror_of_group_message(stage.connection, 1).await.unwrap(),
        None
    );
    assert_eq!(stage.dialog(1).await, None);
    assert_eq!(stage.one(stage.settle(1, 2, Settled::Sent)).await, Written::Done);
    assert_eq!(
        stage.one(Write::Settle(Settlement { attempt: 2, ..late })).await,
        Written::Fenced,
        "settled once is settled"
    );
    assert_eq!(stage.dialog(1).await, None);
}

pub async fn a_refused_delivery_is_kept_as_a_record(mut stage: Stage<'_>) {
    stage
        .put(vec![Change::PutDelivery(delivery(1)), Change::PutDelivery(delivery(2))])
        .await;
    stage.one(stage.claim(1, 1)).await;
    assert_eq!(
        stage
            .one(stage.settle(1, 1, Settled::Refused { reason: reason() }))
            .await,
        Written::Done
    );
    stage.reopen().await;
    let kept = Delivery {
        state: DeliveryState::Refused,
        attempt: 1,
        last_error: reason(),
        ..delivery(1)
    };
    assert_eq!(stage.delivery(1).await, Some(kept.clone()));
    assert_eq!(stage.unsettled().await, [2], "it blocks nothing");
    assert_eq!(stage.one(stage.claim(1, 2)).await, Written::Fenced);
    stage
        .put(vec![
            Change::DropDelivery {
                id: 1,
                reason: "again".to_owned(),
            },
            Change::RetryDelivery {
                id: 1,
                op: "{}".to_owned(),
            },
        ])
        .await;
    assert_eq!(stage.delivery(1).await, Some(kept));
}

pub async fn an_asking_delivery_can_be_sent_again(mut stage: Stage<'_>) {
    stage.put(vec![Change::PutDelivery(delivery(1))]).await;
    stage.one(stage.claim(1, 1)).await;
    stage
        .put(vec![Change::RetryDelivery {
            id: 1,
            op: "too early".to_owned(),
        }])
        .await;
    assert_eq!(
        stage
            .one(stage.settle(1, 1, Settled::Asking { reason: reason() }))
            .await,
        Written::Done
    );
    stage.reopen().await;
    let asking = Delivery {
        state: DeliveryState::Asking,
        attempt: 1,
        last_error: reason(),
        ..delivery(1)
    };
    assert_eq!(
        stage.store.unsettled(stage.connection, 0, 9).await.unwrap(),
        std::slice::from_ref(&asking)
    );
    stage
        .put(vec![Change::RetryDelivery {
            id: 1,
            op: "{\"again\":true}".to_owned(),
        }])
        .await;
    let ready = Delivery {
        state: DeliveryState::Ready,
        op: "{\"again\":true}".to_owned(),
        ..asking
    };
    assert_eq!(stage.delivery(1).await, Some(ready.clone()));
    stage
        .put(vec![
            Change::RetryDelivery {
                id: 1,
                op: "twice".to_owned(),
            },
            Change::RetryDelivery {
                id: 9,
                op: "none".to_owned(),
            },
        ])
        .await;
    assert_eq!(stage.delivery(1).await, Some(ready));
    assert_eq!(stage.one(stage.claim(1, 1)).await, Written::Fenced, "the numbers go on");
    assert_eq!(stage.one(stage.claim(1, 2)).await, Written::Done);
}

pub async fn a_delivery_can_be_tried_again(stage: Stage<'_>) {
    stage.put(vec![Change::PutDelivery(delivery(1))]).await;
    stage.one(stage.claim(1, 1)).await;
    let again = Settled::Again {
        not_before: NOW + 77,
        reason: reason(),
        op: None,
    };
    assert_eq!(stage.one(stage.settle(1, 1, again)).await, Written::Done);
    let ready = Delivery {
        not_before: NOW + 77,
        attempt: 1,
        last_error: reason(),
        ..delivery(1)
    };
    assert_eq!(stage.delivery(1).await, Some(ready.clone()));
    stage.one(stage.claim(1, 2)).await;
    let open = Delivery {
        state: DeliveryState::Open,
        attempt: 2,
        last_error: String::new(),
        ..ready.clone()
    };
    assert_eq!(
        stage.delivery(1).await,
        Some(open),
        "no outcome stands while an attempt is open"
    );
    let again = Settled::Again {
        not_before: NOW,
        reason: "x".to_owned(),
        op: Some("{\"topic\":2}".to_owned()),
    };
    stage.one(stage.settle(1, 2, again)).await;
    let ready = Delivery {
        not_before: NOW,
        attempt: 2,
        last_error: "x".to_owned(),
        op: "{\"topic\":2}".to_owned(),
        ..ready
    };
    assert_eq!(stage.delivery(1).await, Some(ready));
}

pub async fn a_delivery_can_be_dropped(stage: Stage<'_>) {
    stage
        .put((1..=3).map(|id| Change::PutDelivery(delivery(id))).collect())
        .await;
    stage.one(stage.claim(2, 1)).await;
    stage.one(stage.claim(3, 1)).await;
    stage
        .one(stage.settle(3, 1, Settled::Asking { reason: reason() }))
        .await;
    let drop = |id| Change::DropDelivery {
        id,
        reason: format!("left by Ann, {id}"),
    };
    stage.put(vec![drop(1), drop(2), drop(3), drop(99)]).await;
    for (id, attempt) in [(1, 0), (2, 1), (3, 1)] {
        let kept = Delivery {
            state: DeliveryState::Refused,
            attempt,
            last_error: format!("left by Ann, {id}"),
            ..delivery(id)
        };
        assert_eq!(stage.delivery(id).await, Some(kept));
    }
    assert!(stage.unsettled().await.is_empty());
    assert_eq!(
        stage.one(stage.settle(2, 1, Settled::Sent)).await,
        Written::Fenced,
        "its answer comes too late"
    );
    assert_eq!(stage.one(stage.claim(1, 1)).await, Written::Fenced);
}

pub async fn an_open_attempt_outlives_the_process(mut stage: Stage<'_>) {
    stage.put(vec![Change::PutDelivery(delivery(1))]).await;
    stage.one(stage.claim(1, 1)).await;
    stage.reopen().await;
    let found = stage.store.unsettled(stage.connection, 0, 9).await.unwrap();
    assert_eq!(
        found,
        [Delivery {
            state: DeliveryState::Open,
            attempt: 1,
            ..delivery(1)
        }]
    );
    assert_eq!(
        stage
            .one(stage.settle(
                1,
                1,
                Settled::Asking {
                    reason: "unknown".to_owned()
                }
            ))
            .await,
        Written::Done
    );
}

pub async fn unsettled_deliveries_come_in_order_and_in_pages(stage: Stage<'_>) {
    // Not in the order of their ids: turns of different dialogs commit as they are ready.
    stage
        .put([5, 300, 2, 40, 1].map(|id| Change::PutDelivery(delivery(id))).into())
        .await;
    stage.one(stage.claim(2, 1)).await;
    stage.one(stage.claim(5, 1)).await;
    stage
        .one(stage.settle(5, 1, Settled::Refused { reason: reason() }))
        .await;
    let page = |after, limit| {
        let (store, connection) = (&stage.store, stage.connection);
        async move {
            store
                .unsettled(connection, after, limit)
                .await
                .unwrap()
                .iter()
                .map(|it| it.id)
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(page(0, 9).await, [1, 2, 40, 300]);
    assert_eq!(page(0, 2).await, [1, 2]);
    assert_eq!(page(2, 2).await, [40, 300]);
    assert!(page(300, 2).await.is_empty());
}

pub async fn ids_are_never_used_twice(mut stage: Stage<'_>) {
    let other = stage.add("other").await;
    assert_eq!(stage.store.last_delivery(stage.connection).await.unwrap(), 0);
    stage
        .put(vec![Change::PutDelivery(delivery(8)), Change::PutDelivery(delivery(3))])
        .await;
    for id in [3, 8] {
        stage
            .commit(vec![stage.claim(id, 1), stage.settle(id, 1, Settled::Sent)])
            .await;
    }
    assert!(stage.unsettled().await.is_empty());
    stage.reopen().await;
    assert_eq!(
        stage.store.last_delivery(stage.connection).await.unwrap(),
        8,
        "also when all are gone"
    );
    assert_eq!(stage.store.last_delivery(other).await.unwrap(), 0);
    stage.put(vec![Change::PutDelivery(delivery(5))]).await;
    assert_eq!(stage.store.last_delivery(stage.connection).await.unwrap(), 8);
    for twice in [vec![delivery(5)], vec![delivery(9), delivery(9)]] {
        let changes = twice.into_iter().map(Change::PutDelivery).collect();
        let error = stage
            .store
            .commit(vec![Write::Turn(stage.turn(changes))])
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Rejected { .. }), "{error}");
    }
    assert_eq!(stage.delivery(5).await, Some(delivery(5)));
    assert_eq!(stage.delivery(9).await, None);
}

pub async fn settlement_changes_come_with_the_outcome(stage: Stage<'_>) {
    stage
        .put(vec![Change::PutDelivery(delivery(1)), Change::PutDialog(dialog(1, 1))])
        .await;
    stage.one(stage.claim(1, 1)).await;
    let changes = vec![
        Change::PutMirror(mirror(1, 5, 6, NOW)),
        Change::PutDialog(dialog(1, 2)),
        Change::PutDelivery(delivery(2)),
        Change::DropDelivery {
            id: 1,
            reason: "it is gone by now".to_owned(),
        },
        Change::PutNotice {
            key: "rights".to_owned(),
            at: NOW,
        },
    ];
    let settle = Settlement {
        connection: stage.connection,
        delivery: 1,
        attempt: 1,
        now: NOW,
        outcome: Settled::Sent,
        changes,
    };
    assert_eq!(stage.one(Write::Settle(settle)).await, Written::Done);
    assert_eq!(
        stage.store.mirror_of_group_message(stage.connection, 6).await.unwrap(),
        Some(mirror(1, 5, 6, NOW))
    );
    assert_eq!(stage.dialog(1).await.unwrap().version, 2);
    assert_eq!(stage.unsettled().await, [2]);
    assert_eq!(stage.delivery(1).await, None);
    assert_eq!(stage.store.notice(stage.connection, "rights").await.unwrap(), Some(NOW));
}

pub async fn the_whole_life_fits_in_one_group(stage: Stage<'_>) {
    let group = vec![
        Write::Turn(stage.turn((1..=4).map(|id| Change::PutDelivery(delivery(id))).collect())),
        stage.claim(1, 1),
        stage.settle(1, 1, Settled::Sent),
        stage.settle(1, 1, Settled::Sent),
        stage.claim(2, 1),
        stage.settle(
            2,
            1,
            Settled::Again {
                not_before: 5,
                reason: reason(),
                op: Some("new".to_owned()),
            },
        ),
        stage.claim(2, 2),
        stage.claim(3, 1),
        stage.settle(3, 1, Settled::Asking { reason: reason() }),
        Write::Turn(stage.turn(vec![
            Change::RetryDelivery {
                id: 3,
                op: "retry".to_owned(),
            },
            Change::DropDelivery {
                id: 4,
                reason: reason(),
            },
        ])),
    ];
    use Written::*;
    assert_eq!(
        stage.commit(group).await,
        [Done, Done, Done, Fenced, Done, Done, Done, Done, Done, Done]
    );
    assert_eq!(stage.delivery(1).await, None);
    let open = Delivery {
        state: DeliveryState::Open,
        attempt: 2,
        not_before: 5,
        op: "new".to_owned(),
        ..delivery(2)
    };
    assert_eq!(stage.delivery(2).await, Some(open));
    let ready = Delivery {
        attempt: 1,
        last_error: reason(),
        op: "retry".to_owned(),
        ..delivery(3)
    };
    assert_eq!(stage.delivery(3).await, Some(ready));
    let dropped = Delivery {
        state: DeliveryState::Refused,
        last_error: reason(),
        ..delivery(4)
    };
    assert_eq!(stage.delivery(4).await, Some(dropped));
    assert_eq!(stage.store.last_delivery(stage.connection).await.unwrap(), 4);
}
