//! Contacts and dialogs.

use switchboard_store::*;

use crate::fixture::*;

pub async fn a_contact_comes_back_as_it_was(stage: Stage<'_>) {
    let full = contact(i64::from(u32::MAX) * 1000, 1);
    let bare = Contact {
        chat: -5,
        version: 7,
        ..Contact::default()
    };
    stage
        .put(vec![Change::PutContact(full.clone()), Change::PutContact(bare.clone())])
        .await;
    for row in [&full, &bare] {
        assert_eq!(
            stage.store.contact(stage.connection, row.chat).await.unwrap().as_ref(),
            Some(row)
        );
    }
    let changed = Contact {
        first_name: String::new(),
        username: None,
        blocked: false,
        tags: vec![],
        properties: vec![],
        start: None,
        language: None,
        version: 2,
        ..full
    };
    stage
        .put(vec![
            Change::PutContact(contact(changed.chat, 9)),
            Change::PutContact(changed.clone()),
        ])
        .await;
    assert_eq!(
        stage.store.contact(stage.connection, changed.chat).await.unwrap(),
        Some(changed),
        "the last one of a turn counts"
    );
    assert_eq!(stage.store.contact(stage.connection, 12).await.unwrap(), None);
}

pub async fn contacts_are_found_by_username(stage: Stage<'_>) {
    let named = |chat, name: &str, last_seen| Contact {
        username: Some(name.to_owned()),
        last_seen,
        ..contact(chat, 1)
    };
    let find = |name: &'static str| {
        let (store, connection) = (&stage.store, stage.connection);
        async move {
            store
                .contact_by_username(connection, name)
                .await
                .unwrap()
                .map(|it| it.chat)
        }
    };
    stage
        .put(vec![
            Change::PutContact(named(1, "Zoe_O", 10)),
            Change::PutContact(Contact {
                username: None,
                ..contact(2, 1)
            }),
        ])
        .await;
    for name in ["Zoe_O", "zoe_o", "ZOE_O"] {
        assert_eq!(find(name).await, Some(1), "{name}");
    }
    for name in ["zoe", "zoe_oo", "zoe%", "zoexo", ""] {
        assert_eq!(find(name).await, None, "{name}");
    }
    // The name passed on to somebody else.
    stage.put(vec![Change::PutContact(named(3, "zoe_o", 20))]).await;
    assert_eq!(find("Zoe_o").await, Some(3));
    stage.put(vec![Change::PutContact(named(3, "other", 30))]).await;
    assert_eq!(find("Zoe_o").await, Some(1));
}

pub async fn a_dialog_comes_back_as_it_was(stage: Stage<'_>) {
    let bare = Dialog {
        chat: -7,
        topic: None,
        title: None,
        topic_closed: false,
        welcomed: None,
        taken_over: None,
        takeover_ends: None,
        status: Status::Closed,
        ..dialog(0, 1)
    };
    stage
        .put(vec![Change::PutDialog(dialog(1, 1)), Change::PutDialog(bare.clone())])
        .await;
    assert_eq!(stage.dialog(1).await, Some(dialog(1, 1)));
    assert_eq!(stage.dialog(-7).await, Some(bare));
    for status in [Status::Answered, Status::Closed, Status::Waiting] {
        let row = Dialog {
            status,
            topic: None,
            generation: 8,
            ..dialog(1, 2)
        };
        stage.put(vec![Change::PutDialog(row.clone())]).await;
        assert_eq!(stage.dialog(1).await, Some(row));
    }
    for (taken_over, takeover_ends) in [(None, None), (Some(5), None), (Some(6), Some(7)), (None, Some(8))] {
        let row = Dialog {
            taken_over,
            takeover_ends,
            ..dialog(1, 3)
        };
        stage.put(vec![Change::PutDialog(row.clone())]).await;
        assert_eq!(stage.dialog(1).await, Some(row.clone()));
        assert_eq!(
            stage.store.dialog_by_topic(stage.connection, 1001).await.unwrap(),
            Some(row)
        );
    }
    assert_eq!(stage.dialog(2).await, None);
}

pub async fn dialogs_are_found_by_topic(stage: Stage<'_>) {
    let at = |chat, topic, last_activity| {
        Change::PutDialog(Dialog {
            topic,
            last_activity,
            ..dialog(chat, 1)
        })
    };
    let find = |topic| {
        let (store, connection) = (&stage.store, stage.connection);
        async move {
            store
                .dialog_by_topic(connection, topic)
                .await
                .unwrap()
                .map(|it| it.chat)
        }
    };
    stage
        .put(vec![at(1, Some(50), 1), at(2, Some(60), 1), at(3, None, 1)])
        .await;
    assert_eq!(
        (find(50).await, find(60).await, find(70).await),
        (Some(1), Some(2), None)
    );
    // The topic was deleted and made again.
    stage.put(vec![at(1, Some(70), 2)]).await;
    assert_eq!((find(50).await, find(70).await), (None, Some(1)));
    stage.put(vec![at(2, Some(70), 3)]).await;
    assert_eq!(find(70).await, Some(2), "of two the one active last");
}

pub async fn quiet_answered_dialogs_are_to_be_closed(stage: Stage<'_>) {
    let at = |chat, status, last_activity| {
        Change::PutDialog(Dialog {
            status,
            last_activity,
            ..dialog(chat, 1)
        })
    };
    let find = |before, limit| {
        let (store, connection) = (&stage.store, stage.connection);
        async move {
            store
                .dialogs_to_close(connection, before, limit)
                .await
                .unwrap()
                .iter()
                .map(|it| it.chat)
                .collect::<Vec<_>>()
        }
    };
    use Status::*;
    stage
        .put(vec![
            at(1, Answered, 30),
            at(2, Answered, 10),
            at(3, Waiting, 5),
            at(4, Closed, 5),
            at(5, Answered, 20),
            at(6, Answered, 20),
        ])
        .await;
    assert_eq!(find(31, 9).await, [2, 5, 6, 1], "oldest first");
    assert_eq!(find(30, 9).await, [2, 5, 6], "before, not at");
    assert_eq!(find(31, 2).await, [2, 5]);
    stage.put(vec![at(2, Waiting, 10), at(5, Answered, 99)]).await;
    assert_eq!(find(31, 9).await, [6, 1]);
}

pub async fn takeovers_end_in_order(mut stage: Stage<'_>) {
    let at = |chat, taken_over, takeover_ends| {
        Change::PutDialog(Dialog {
            taken_over,
            takeover_ends,
            ..dialog(chat, 1)
        })
    };
    async fn find(stage: &Stage<'_>, now: i64, limit: u32) -> Vec<ChatId> {
        let over = stage.store.takeovers_to_end(stage.connection, now, limit).await;
        over.unwrap().iter().map(|it| it.chat).collect()
    }
    stage
        .put(vec![
            at(1, Some(1), Some(30)),
            at(2, Some(2), Some(10)),
            at(6, Some(9), Some(20)),
            at(5, Some(3), Some(20)),
            at(3, Some(1), None),
            at(4, None, Some(1)),
            at(7, None, None),
        ])
        .await;
    stage.reopen().await;
    assert_eq!(find(&stage, 30, 9).await, [2, 5, 6, 1], "earliest first, then by chat");
    assert_eq!(find(&stage, 29, 9).await, [2, 5, 6], "at the time, and not before");
    assert_eq!(find(&stage, 9, 9).await, [0; 0]);
    assert_eq!(find(&stage, 30, 2).await, [2, 5]);
    let whole = stage.store.takeovers_to_end(stage.connection, 10, 9).await.unwrap();
    assert_eq!(whole, [stage.dialog(2).await.unwrap()]);
    // One is given back, one is held for longer, one for good.
    stage
        .put(vec![at(2, None, None), at(5, Some(3), Some(40)), at(6, Some(9), None)])
        .await;
    assert_eq!(find(&stage, 40, 9).await, [1, 5]);
    let other = stage.add("other").await;
    assert_eq!(stage.store.takeovers_to_end(other, 99, 9).await.unwrap(), []);
}

pub async fn dialogs_are_counted(stage: Stage<'_>) {
    assert_eq!(
        stage.store.dialog_counts(stage.connection).await.unwrap(),
        DialogCounts::default()
    );
    let at = |chat, status| {
        Change::PutDialog(Dialog {
            status,
            ..dialog(chat, 1)
        })
    };
    use Status::*;
    stage
        .put(vec![
            at(1, Answered),
            at(2, Waiting),
            at(3, Waiting),
            at(4, Closed),
            at(5, Closed),
            at(6, Closed),
        ])
        .await;
    assert_eq!(
        stage.store.dialog_counts(stage.connection).await.unwrap(),
        DialogCounts {
            waiting: 2,
            answered: 1,
            closed: 3
        }
    );
}
