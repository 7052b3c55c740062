//! Updates that are held back, handed over late, or dropped.

use switchboard_gateway::{Front, Taken, Verdict, Waiting};

use crate::stage::{Stage, update};

fn held(id: i64, chat: i64) -> Taken {
    Taken {
        verdict: Verdict::Hold,
        ..update(id, chat)
    }
}

fn counts(front: &Front) -> (usize, usize) {
    let Waiting { updates, held, .. } = front.waiting();
    (updates, held)
}

#[tokio::test(start_paused = true)]
async fn held_updates_wait_for_their_release() {
    let mut stage = Stage::new().await;
    stage
        .front
        .take(vec![held(1, 7), update(2, 8), held(3, 7), held(4, 9)])
        .await
        .unwrap();
    assert_eq!(counts(&stage.front), (1, 3));
    assert_eq!(stage.poll(&[]).await, [2]);
    assert_eq!(stage.poll(&[("offset", "5")]).await, [0; 0]);
    stage.restart().await;
    stage.front.release(7, false).await.unwrap();
    stage.front.take(vec![update(5, 7)]).await.unwrap();
    assert_eq!(stage.poll(&[]).await, [1, 3, 5]);
    assert_eq!(counts(&stage.front), (3, 1));
    stage.front.release(9, true).await.unwrap();
    stage.front.release(9, false).await.unwrap();
    assert_eq!(counts(&stage.front), (3, 0));
    assert_eq!(stage.stored().await, [(1, false), (3, false), (5, false)]);
}

#[tokio::test(start_paused = true)]
async fn a_high_offset_confirms_a_late_update_only_once_it_was_seen() {
    let stage = Stage::new().await;
    stage
        .front
        .take(vec![held(1, 7), held(2, 7), update(3, 8)])
        .await
        .unwrap();
    assert_eq!(stage.poll(&[]).await, [3]);
    stage.front.release(7, false).await.unwrap();
    // The offset of a program that has seen 3, and goes on from the highest id it knows.
    assert_eq!(stage.poll(&[("offset", "4"), ("limit", "1")]).await, [1]);
    assert_eq!(stage.poll(&[("offset", "4")]).await, [2]);
    assert_eq!(stage.poll(&[("offset", "4")]).await, [0; 0]);
    assert_eq!(counts(&stage.front), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn late_updates_stand_before_newer_ones_in_an_answer() {
    let stage = Stage::new().await;
    stage
        .front
        .take(vec![held(1, 7), update(2, 8), update(3, 8)])
        .await
        .unwrap();
    stage.front.release(7, false).await.unwrap();
    stage.take([4]).await;
    // A program goes on from the last id that it sees, whatever came before.
    assert_eq!(stage.poll(&[]).await, [1, 2, 3, 4]);
    assert_eq!(stage.poll(&[("offset", "5")]).await, [0; 0]);
    assert_eq!(counts(&stage.front), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_is_remembered_over_an_orderly_restart() {
    let mut stage = Stage::new().await;
    stage
        .front
        .take(vec![held(1, 7), held(2, 7), update(3, 8)])
        .await
        .unwrap();
    stage.poll(&[]).await;
    stage.front.release(7, false).await.unwrap();
    assert_eq!(stage.poll(&[("offset", "4"), ("limit", "1")]).await, [1]);
    stage.restart().await;
    assert_eq!(stage.poll(&[("offset", "4")]).await, [2]);
    // After a crash a late one may come again, but is not lost.
    stage.kill().await;
    assert_eq!(stage.poll(&[("offset", "4")]).await, [2]);
    assert_eq!(stage.poll(&[("offset", "3")]).await, [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_release_wakes_a_poll() {
    let stage = Stage::new().await;
    stage.front.take(vec![held(1, 7)]).await.unwrap();
    let (got, released) = tokio::join!(stage.poll(&[("timeout", "50")]), async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        stage.front.release(7, false).await
    });
    released.unwrap();
    assert_eq!(got, [1]);
}

#[tokio::test(start_paused = true)]
async fn many_are_handed_over_in_order() {
    let stage = Stage::new().await;
    let all: Vec<Taken> = (1..=1500)
        .map(|id| if id % 3 == 0 { update(id, 8) } else { held(id, 7) })
        .collect();
    stage.front.take(all).await.unwrap();
    stage.front.release(7, false).await.unwrap();
    let mut seen = Vec::new();
    let mut offset = "0".to_owned();
    loop {
        let got = stage.poll(&[("offset", &offset)]).await;
        let Some(last) = got.last() else { break };
        offset = (last + 1).to_string();
        seen.extend(got);
    }
    assert_eq!(seen.len(), 1500);
    let late: Vec<i64> = seen.iter().copied().filter(|id| id % 3 != 0).collect();
    assert!(late.is_sorted());
    assert!(seen.iter().copied().filter(|id| id % 3 == 0).is_sorted());
}

#[tokio::test(start_paused = true)]
async fn dropping_what_is_pending_drops_what_is_held_too() {
    for method in ["deletewebhook", "setwebhook"] {
        let mut stage = Stage::new().await;
        stage
            .front
            .take(vec![held(1, 7), held(2, 7), update(3, 8)])
            .await
            .unwrap();
        stage.front.release(7, false).await.unwrap();
        stage.front.take(vec![held(4, 9)]).await.unwrap();
        stage.call(method, &[("drop_pending_updates", "True")]).await;
        assert_eq!(counts(&stage.front), (0, 0));
        assert!(stage.front.held_chats().is_empty());
        stage.front.release(9, false).await.unwrap();
        assert_eq!(stage.poll(&[]).await, [0; 0]);
        stage.restart().await;
        assert_eq!(stage.stored().await, []);
        // What comes afterwards is held and handed over as ever.
        stage.front.take(vec![held(5, 9)]).await.unwrap();
        stage.front.release(9, false).await.unwrap();
        assert_eq!(stage.poll(&[]).await, [5]);
    }
}

/// Several releases between polls: ids rise in each answer, and in all answers each update comes once.
#[tokio::test(start_paused = true)]
async fn ids_rise_in_each_answer_whatever_was_released_when() {
    let stage = Stage::new().await;
    let mut seen = Vec::new();
    let mut offset = "0".to_owned();
    for round in 0..20 {
        let first = round * 6 + 1;
        let batch = (first..first + 6).map(|id| match id % 3 {
            0 => update(id, 3),
            chat => held(id, chat),
        });
        stage.front.take(batch.collect()).await.unwrap();
        if round % 4 == 3 {
            stage.front.release(1 + (round / 4) % 2, false).await.unwrap();
        }
        let got = stage.poll(&[("offset", &offset), ("limit", "5")]).await;
        assert!(got.is_sorted_by(|a, b| a < b), "{got:?}");
        if let Some(last) = got.last() {
            offset = (last + 1).to_string();
        }
        seen.extend(got);
        tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    }
    for chat in [1, 2] {
        stage.front.release(chat, false).await.unwrap();
    }
    loop {
        let got = stage.poll(&[("offset", &offset), ("limit", "7")]).await;
        let Some(last) = got.last() else { break };
        assert!(got.is_sorted_by(|a, b| a < b), "{got:?}");
        offset = (last + 1).to_string();
        seen.extend(got);
        tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    }
    for chat in 0..3 {
        let ours: Vec<i64> = seen.iter().copied().filter(|id| id % 3 == chat).collect();
        assert!(ours.is_sorted(), "a chat keeps its order: {ours:?}");
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=120).collect::<Vec<i64>>());
}

#[tokio::test(start_paused = true)]
async fn an_update_of_no_chat_cannot_be_held() {
    let stage = Stage::new().await;
    let alone = Taken {
        chat: None,
        ..held(1, 0)
    };
    stage.front.take(vec![alone]).await.unwrap();
    assert_eq!(counts(&stage.front), (1, 0));
}
