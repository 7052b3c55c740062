//! Mirrors and albums.

use switchboard_store::*;

use crate::fixture::*;

pub async fn mirrors_are_found_from_both_sides(stage: Stage<'_>) {
    let rows = [Direction::Incoming, Direction::Outgoing, Direction::Intercepted].map(|direction| {
        let number = direction as i64;
        Mirror {
            direction,
            ..mirror(1, 10 + number, 20 + number, NOW)
        }
    });
    // Message numbers are counted in each customer's chat, and in the group.
    let other = mirror(2, 10, 30, NOW);
    stage
        .put(rows.iter().chain([&other]).cloned().map(Change::PutMirror).collect())
        .await;
    for row in rows.iter().chain([&other]) {
        let (store, connection) = (&stage.store, stage.connection);
        assert_eq!(
            store
                .mirror_of_customer_message(connection, row.chat, row.customer_message)
                .await
                .unwrap()
                .as_ref(),
            Some(row)
        );
        assert_eq!(
            store
                .mirror_of_group_message(connection, row.group_message)
                .await
                .unwrap()
                .as_ref(),
            Some(row)
        );
    }
    let latest = stage.store.latest_mirrors(stage.connection, 2).await.unwrap();
    let mut newest: Vec<&Mirror> = rows.iter().chain([&other]).collect();
    newest.sort_by_key(|row| std::cmp::Reverse((row.group_message, row.customer_message)));
    assert_eq!(latest.iter().collect::<Vec<_>>(), newest[..2]);
    assert_eq!(
        stage
            .store
            .mirror_of_customer_message(stage.connection, 2, 11)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        stage.store.mirror_of_group_message(stage.connection, 10).await.unwrap(),
        None
    );
    let changed = Mirror {
        kind: "text".to_owned(),
        topic: 9,
        delivery: 12,
        ..rows[0].clone()
    };
    stage.put(vec![Change::PutMirror(changed.clone())]).await;
    assert_eq!(
        stage.store.mirror_of_group_message(stage.connection, 20).await.unwrap(),
        Some(changed)
    );
}

pub async fn the_newest_twin_wins(stage: Stage<'_>) {
    let (store, connection) = (&stage.store, stage.connection);
    // A copy that was repeated: both twins lead to the customer's message, which leads to the newer.
    stage
        .put(vec![
            Change::PutMirror(mirror(1, 5, 100, NOW)),
            Change::PutMirror(mirror(1, 5, 101, NOW + 1)),
            Change::PutMirror(mirror(1, 5, 99, NOW + 1)),
        ])
        .await;
    assert_eq!(
        store
            .mirror_of_customer_message(connection, 1, 5)
            .await
            .unwrap()
            .unwrap()
            .group_message,
        101
    );
    assert_eq!(
        store
            .mirror_of_group_message(connection, 100)
            .await
            .unwrap()
            .unwrap()
            .customer_message,
        5
    );
    assert_eq!(
        store
            .mirror_of_group_message(connection, 101)
            .await
            .unwrap()
            .unwrap()
            .customer_message,
        5
    );
    // Joined texts: one twin stands for two messages.
    stage
        .put(vec![
            Change::PutMirror(mirror(1, 7, 102, NOW)),
            Change::PutMirror(mirror(1, 8, 102, NOW)),
        ])
        .await;
    assert_eq!(
        store
            .mirror_of_customer_message(connection, 1, 7)
            .await
            .unwrap()
            .unwrap()
            .group_message,
        102
    );
    assert_eq!(
        store
            .mirror_of_customer_message(connection, 1, 8)
            .await
            .unwrap()
            .unwrap()
            .group_message,
        102
    );
    assert_eq!(
        store
            .mirror_of_group_message(connection, 102)
            .await
            .unwrap()
            .unwrap()
            .customer_message,
        8
    );
}

pub async fn albums_are_gathered(stage: Stage<'_>) {
    let (store, connection) = (&stage.store, stage.connection);
    let parts = [3, 1, 2].map(|message| album_part(Place::Topic, 1, "a", message, NOW));
    let others = [
        album_part(Place::Topic, 1, "b", 4, NOW),
        album_part(Place::Customer, 1, "a", 1, NOW),
        album_part(Place::General, 0, "a", 1, NOW),
    ];
    stage
        .put(parts.iter().chain(&others).cloned().map(Change::PutAlbumPart).collect())
        .await;
    let found = store.album(connection, Place::Topic, "a").await.unwrap();
    assert_eq!(found.iter().map(|part| part.message).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(found[2], parts[0]);
    for part in parts.iter().chain(&others) {
        assert_eq!(
            store
                .album_part(connection, part.place, part.chat, part.message)
                .await
                .unwrap()
                .as_ref(),
            Some(part)
        );
    }
    assert_eq!(store.album_part(connection, Place::Topic, 2, 1).await.unwrap(), None);
    assert!(store.album(connection, Place::Topic, "c").await.unwrap().is_empty());
    let edited = AlbumPart {
        content: "{}".to_owned(),
        ..parts[1].clone()
    };
    stage.put(vec![Change::PutAlbumPart(edited.clone())]).await;
    assert_eq!(store.album(connection, Place::Topic, "a").await.unwrap()[0], edited);
}
