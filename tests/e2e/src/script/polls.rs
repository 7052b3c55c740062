//! The rules of getUpdates: offsets, limits, kinds, waiting, and who ends whom.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::play::Play;
use super::raw::{self, Response};
use super::shape::Shape;
use crate::stage::TOKEN;

/// A poll is asked again within half a second only to see what that does.
const GUARD: Duration = Duration::from_millis(3100);

pub async fn rules(play: &mut Play) -> Result<()> {
    offsets(play).await?;
    kinds(play).await?;
    waiting(play).await?;
    guarded(play).await?;
    conflicts(play).await
}

fn ids(v: &Value) -> Vec<i64> {
    let list = v.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|u| u["update_id"].as_i64()).collect()
}

async fn poll(play: &mut Play, params: Value) -> Result<Vec<i64>> {
    play.asked = params["offset"].as_i64().unwrap_or(0);
    Ok(ids(&play.ok("getUpdates", params).await?))
}

/// So many texts of Alice, arrived.
async fn texts(play: &mut Play, n: usize) -> Result<()> {
    for i in 0..n {
        play.cast.alice.text(&format!("text {i}"));
    }
    play.place.arrived().await
}

async fn offsets(play: &mut Play) -> Result<()> {
    play.updates().await?;
    texts(play, 8).await?;
    let all = poll(play, json!({"offset": 0})).await?;
    ensure!(all.len() == 8, "{all:?}");
    let at = |i: usize| all.get(i).copied().unwrap_or_default();
    for (what, params, want) in [
        ("a limit", json!({"offset": 1, "limit": 3}), &all[..3]),
        ("a limit of 0 is 1", json!({"offset": 0, "limit": 0}), &all[..1]),
        ("a limit beyond 100", json!({"offset": 1, "limit": 1000}), &all[..]),
        ("confirming two", json!({"offset": at(2)}), &all[2..]),
        ("what was confirmed stays so", json!({"offset": at(0)}), &all[2..]),
        ("an offset far beyond", json!({"offset": at(7) + 1000}), &all[2..]),
        ("the last three", json!({"offset": -3}), &all[5..]),
        ("the rest is gone", json!({"offset": at(3)}), &all[5..]),
        ("more than there are", json!({"offset": -50}), &all[5..]),
        ("a word for a number", json!({"offset": "seven"}), &all[5..]),
        (
            "a number in a string",
            json!({"offset": at(6).to_string(), "limit": "1"}),
            &all[6..7],
        ),
        ("a little beyond the end", json!({"offset": at(7) + 5}), &all[8..]),
        ("nothing is left", json!({"offset": 1}), &all[8..]),
    ] {
        let got = poll(play, params).await?;
        ensure!(got == want, "{what}: {got:?}, not {want:?} of {all:?}");
    }
    // In every shape.
    texts(play, 4).await?;
    for (i, shape) in [
        Shape::GetQuery,
        Shape::PostQuery,
        Shape::Form,
        Shape::JsonCamel,
        Shape::Multipart,
        Shape::Attached,
    ]
    .into_iter()
    .enumerate()
    {
        let params = json!({"offset": i64::from(i % 2 == 1), "limit": 2, "timeout": 0, "allowed_updates": []});
        let got = play.shaped(shape, "getUpdates", &params, &[]).await?;
        ensure!(ids(got.result()).len() == 2, "{shape:?}: {}", got.body);
        play.asked = i64::from(i % 2 == 1);
    }
    play.updates().await?;
    Ok(())
}

/// What a program wants is kept, per bot, and holds for what happens from then on.
async fn kinds(play: &mut Play) -> Result<()> {
    let id = play.cast.alice.text("to be reacted to").message_id;
    play.updates().await?;
    poll(
        play,
        json!({"offset": 0, "allowed_updates": ["callback_query", "Edited_Message"]}),
    )
    .await?;
    play.ok("getWebhookInfo", json!({})).await?;
    play.cast.alice.text("not wanted");
    play.cast.alice.edit(id, "wanted: an edit");
    play.cast.alice.react(id, "👍");
    ensure!(play.updates().await?.len() == 1, "only the edit");
    // All, the three that come only by name too.
    let all = json!([
        "message",
        "edited_message",
        "message_reaction",
        "chat_member",
        "poll",
        "poll_answer",
        "my_chat_member"
    ]);
    poll(play, json!({"offset": play.next, "allowed_updates": all})).await?;
    play.ok("getWebhookInfo", json!({})).await?;
    play.place
        .wanted(&["message_reaction", "chat_member", "poll", "poll_answer"])
        .await?;
    play.cast.alice.unreact(id);
    play.cast.club.remove(play.cast.eve.id);
    play.cast.club.add(&play.cast.eve.clone());
    // Reactions are told to administrators.
    let in_club = play.cast.alice_person.general(&play.cast.club);
    let seen = in_club.text("in the club").message_id;
    in_club.react(seen, "👍");
    let poll_id = play
        .ok(
            "sendPoll",
            json!({"chat_id": "$alice", "question": "?", "options": ["a", "b"], "is_anonymous": false}),
        )
        .await?;
    let seen = play.cast.alice.messages();
    let shown = seen
        .iter()
        .find(|m| Some(m.bot_message_id) == poll_id["message_id"].as_i64());
    play.cast.alice.vote(shown.context("the poll")?.message_id, &[1]);
    play.cast.bob.block();
    play.cast.bob.unblock();
    let got = play.updates().await?;
    for kind in [
        "message",
        "message_reaction",
        "chat_member",
        "poll",
        "poll_answer",
        "my_chat_member",
    ] {
        ensure!(
            got.iter().any(|u| u.get(kind).is_some()),
            "no {kind} among {} updates",
            got.len()
        );
    }
    // A list with something else than names in it, and no list at all, change nothing; an empty one is the default.
    for wrong in [json!([1]), json!("message"), json!("[\"message\""), json!({"a": 1})] {
        poll(
            play,
            json!({"offset": i64::from(play.asked == 0), "allowed_updates": wrong}),
        )
        .await?;
        play.ok("getWebhookInfo", json!({})).await?;
    }
    poll(
        play,
        json!({"offset": i64::from(play.asked == 0), "allowed_updates": "[]"}),
    )
    .await?;
    play.ok("getWebhookInfo", json!({})).await?;
    // Names of no kind are not told; with no other, all is as if none were given.
    for names in [json!(["no_such_kind", "poll"]), json!(["no_such_kind", "No Kind"])] {
        let offset = i64::from(play.asked == 0);
        poll(play, json!({"offset": offset, "allowed_updates": names})).await?;
        play.ok("getWebhookInfo", json!({})).await?;
    }
    play.cast.alice.react(id, "👎");
    play.cast.alice.text("after");
    ensure!(play.updates().await?.len() == 1, "reactions are not of the default");
    Ok(())
}

async fn waiting(play: &mut Play) -> Result<()> {
    // Without news, the whole time.
    let offset = play.next + 1;
    let got = play.call("getUpdates", json!({"offset": offset, "timeout": 1})).await?;
    play.record.note(
        "an empty poll of 1 s took its time",
        (got.took >= Duration::from_millis(950)).to_string(),
    );
    // With news, at once.
    let (answer, took) = {
        let request = Shape::Json.request(
            TOKEN,
            "getUpdates",
            &object(json!({"offset": play.next, "timeout": 30})),
            &[],
        );
        let host = play.place.host.clone();
        let started = std::time::Instant::now();
        let waiting = tokio::spawn(async move { raw::ask(&host, &request).await });
        play.cast.alice.text("the news");
        (waiting.await??, started.elapsed())
    };
    let got = play.took("a poll that was woken", &answer, took);
    play.record
        .note("it came soon", (took < Duration::from_secs(5)).to_string());
    ensure!(ids(got.result()).len() == 1, "{}", got.body);
    play.asked = play.next;
    play.updates().await?;
    Ok(())
}

fn object(v: Value) -> serde_json::Map<String, Value> {
    v.as_object().cloned().unwrap_or_default()
}

/// The same offset again and again is answered one at a time, and late when there is nothing.
async fn guarded(play: &mut Play) -> Result<()> {
    texts(play, 3).await?;
    let offset = i64::from(play.asked == 0);
    let first = poll(play, json!({"offset": offset})).await?;
    let second = poll(play, json!({"offset": offset})).await?;
    ensure!((first.len(), second.len()) == (3, 1), "{first:?} {second:?}");
    play.updates().await?;
    let offset = play.next;
    let started = std::time::Instant::now();
    play.asked = offset;
    let mut slow = 0;
    for _ in 0..2 {
        let got = play.call("getUpdates", json!({"offset": offset, "timeout": 0})).await?;
        slow += usize::from(got.took > GUARD / 2);
    }
    play.record.note("polls that were slowed down", slow.to_string());
    ensure!(
        slow > 0 && started.elapsed() < GUARD * 3,
        "{slow} slow in {:?}",
        started.elapsed()
    );
    Ok(())
}

/// A poll that waits ends the one before it.
async fn conflicts(play: &mut Play) -> Result<()> {
    let request = |offset: i64, timeout: i64| {
        Shape::Json.request(
            TOKEN,
            "getUpdates",
            &object(json!({"offset": offset, "timeout": timeout})),
            &[],
        )
    };
    for round in 0..2 {
        // Whichever came first loses; the later ones return empty after a second.
        let (host, first) = (play.place.host.clone(), request(play.next, 40));
        let waiting = tokio::spawn(async move { raw::ask(&host, &first).await });
        let mut offset = play.next + 1;
        let mut last: Option<Response> = None;
        while !waiting.is_finished() {
            last = Some(raw::ask(&play.place.host, &request(offset, 1)).await?);
            // Never the same twice.
            offset = if offset == play.next + 1 {
                play.next + 2
            } else {
                play.next + 1
            };
        }
        let ended = waiting.await??;
        ensure!(ended.status == 409, "{round}: {}", String::from_utf8_lossy(&ended.body));
        play.record.answer(format!("a poll that was ended {round}"), &ended);
        play.record
            .answer(format!("the one that ended it {round}"), &last.context("a later poll")?);
        play.asked = offset;
    }
    play.updates().await?;
    Ok(())
}
