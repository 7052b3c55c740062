//! Media, albums, copies and forwards, and ids that belong to one bot.

mod common;

use common::{Api, SOON, Stage, stage};
use serde_json::{Value, json};

const KINDS: [&str; 14] = [
    "photo",
    "video",
    "animation",
    "audio",
    "voice",
    "video_note",
    "document",
    "sticker",
    "location",
    "venue",
    "contact",
    "poll",
    "dice",
    "text",
];

fn say(seat: &telegram_sim::Seat, kind: &str) -> telegram_sim::Sent {
    seat.send(telegram_sim::people::compose::Item {
        kind: Some(kind.into()),
        text: (kind == "text").then(|| "words".into()),
        caption: (kind == "photo").then(|| "a caption".into()),
        ..Default::default()
    })
}

#[tokio::test]
async fn every_kind_reaches_the_bot_and_can_be_copied_back() {
    let s = stage().await;
    let chat = s.chat();
    let t = s.topic("A").await;
    s.api.updates().await;
    for kind in KINDS {
        say(&chat, kind);
        let got = s.api.incoming().await;
        let m = &got[0];
        assert!(!m[kind].is_null(), "{kind}: {m}");
        match kind {
            "animation" => assert_eq!(m["document"]["file_id"], m["animation"]["file_id"]),
            "venue" => assert_eq!(m["location"], m["venue"]["location"]),
            _ => {}
        }
        let p = json!({"chat_id": s.forum.id(), "message_thread_id": t, "from_chat_id": s.alice.id, "message_id": m["message_id"]});
        let copy = s.api.ok("copyMessage", p).await;
        assert_eq!(copy.as_object().unwrap().len(), 1, "a copy answers with its id alone");
        let seen = s.owner.in_topic(&s.forum, t).messages().pop().unwrap();
        assert_eq!(
            (seen.message_id, seen.kind.as_str()),
            (copy["message_id"].as_i64().unwrap(), kind)
        );
        assert_eq!(seen.forward_from, None, "a copy names nobody");
        let sent = s.alice.private(&s.bot).messages().pop().unwrap();
        assert_eq!(
            seen.media.map(|m| m.unique_id),
            sent.media.map(|m| m.unique_id),
            "the same file"
        );
    }
    assert!(s.api.updates().await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_copied_says_so() {
    let s = stage().await;
    let chat = s.chat();
    for kind in ["giveaway", "invoice", "paid_media", "gift"] {
        let m = chat.other(kind);
        let p = json!({"chat_id": s.forum.id(), "from_chat_id": s.alice.id, "message_id": m.bot_message_id});
        assert_eq!(
            s.api.err("copyMessage", p).await,
            (400, "Bad Request: the message can't be copied".into()),
            "{kind}"
        );
    }
    let created = s.topic("A").await;
    let p = json!({"chat_id": s.alice.id, "from_chat_id": s.forum.id(), "message_id": created});
    assert_eq!(
        s.api.err("copyMessage", p.clone()).await.1,
        "Bad Request: the message can't be copied"
    );
    assert_eq!(
        s.api.err("forwardMessage", p).await.1,
        "Bad Request: the message can't be forwarded"
    );
    let secret = s
        .api
        .ok(
            "sendMessage",
            json!({"chat_id": s.alice.id, "text": "x", "protect_content": true}),
        )
        .await;
    assert_eq!(secret["has_protected_content"], true);
    let p = json!({"chat_id": s.forum.id(), "from_chat_id": s.alice.id, "message_id": secret["message_id"]});
    assert_eq!(
        s.api.err("forwardMessage", p).await.1,
        "Bad Request: the message can't be forwarded"
    );
}

#[tokio::test]
async fn copies_take_new_captions_keyboards_and_replies() {
    let s = stage().await;
    let chat = s.chat();
    let photo = chat.photo("old");
    let words = chat.text("words");
    let p = json!({
        "chat_id": s.alice.id, "from_chat_id": s.alice.id, "message_id": photo.bot_message_id,
        "caption": "<b>new</b>", "parse_mode": "HTML", "reply_parameters": {"message_id": words.bot_message_id},
        "reply_markup": {"inline_keyboard": [[{"text": "b", "callback_data": "x"}]]},
    });
    s.api.ok("copyMessage", p).await;
    let seen = chat.wait_text("new", SOON).await.unwrap();
    assert_eq!(seen.entities[0]["type"], "bold");
    assert_eq!(seen.reply_to, Some(words.message_id));
    assert!(seen.buttons.is_some());
}

#[tokio::test]
async fn forwards_name_their_author_unless_hidden() {
    let s = stage().await;
    let m = s.chat().text("mine");
    let p = json!({"chat_id": s.forum.id(), "from_chat_id": s.alice.id, "message_id": m.bot_message_id});
    let v = s.api.ok("forwardMessage", p.clone()).await;
    assert_eq!(v["forward_origin"]["sender_user"]["id"], s.alice.id);
    assert_eq!(v["forward_from"]["first_name"], "Alice");
    s.alice.hide_in_forwards();
    let v = s.api.ok("forwardMessage", p).await;
    assert_eq!(v["forward_origin"]["type"], "hidden_user");
    assert_eq!(v["forward_sender_name"], "Alice");
    assert!(v.get("forward_from").is_none());
}

#[tokio::test]
async fn many_go_at_once_in_order_without_the_bad_ones() {
    let s = stage().await;
    let chat = s.chat();
    let t = s.topic("A").await;
    let album = chat.album(&[("photo", "one"), ("video", ""), ("photo", "")]);
    let giveaway = chat.other("giveaway");
    let last = chat.text("last");
    let mut ids: Vec<i64> = album.iter().map(|m| m.bot_message_id).collect();
    ids.extend([giveaway.bot_message_id, last.bot_message_id, 4242]);
    let p = |ids: &[i64]| json!({"chat_id": s.forum.id(), "message_thread_id": t, "from_chat_id": s.alice.id, "message_ids": ids});
    let seat = s.owner.in_topic(&s.forum, t);
    for method in ["copyMessages", "forwardMessages"] {
        let before = seat.count();
        let v = s.api.ok(method, p(&ids)).await;
        let forwards = method == "forwardMessages";
        assert_eq!(
            v.as_array().unwrap().len(),
            if forwards { 5 } else { 4 },
            "the bad ones are left out in silence"
        );
        let mut seen = seat.messages().split_off(before);
        seen.retain(|m| m.kind != "giveaway");
        let kinds: Vec<&str> = seen.iter().map(|m| m.kind.as_str()).collect();
        assert_eq!(kinds, ["photo", "video", "photo", "text"]);
        let group = seen[0].media_group.clone().unwrap();
        assert_ne!(Some(&group), album[0].media_group.as_ref(), "a new album");
        assert!(seen[..3].iter().all(|m| m.media_group.as_ref() == Some(&group)));
        assert_eq!(seen[3].media_group, None);
        assert_eq!(seen[0].forward_from.is_some(), forwards);
    }
    let bad = |p: Value| {
        let s = &s;
        async move { s.api.err("copyMessages", p).await }
    };
    ids.reverse();
    assert_eq!(
        bad(p(&ids)).await.1,
        "Bad Request: message identifiers must be in a strictly increasing order"
    );
    assert_eq!(
        bad(p(&[])).await.1,
        "Bad Request: message identifiers are not specified"
    );
    assert_eq!(
        bad(p(&(1..=101).collect::<Vec<_>>())).await.1,
        "Bad Request: too many message identifiers specified"
    );
    assert_eq!(bad(p(&[4242])).await.1, "Bad Request: messages can't be forwarded");
    let mut one = p(&[album[0].bot_message_id, last.bot_message_id]);
    one["remove_caption"] = true.into();
    s.api.ok("copyMessages", one).await;
    assert_eq!(seat.texts().split_off(seat.content().len() - 2), ["", "last"]);
}

async fn file_ids(s: &Stage) -> (String, String) {
    let chat = s.chat();
    chat.photo("");
    let m = s.api.incoming().await.pop().unwrap();
    let size = &m["photo"][0];
    (
        size["file_id"].as_str().unwrap().into(),
        size["file_unique_id"].as_str().unwrap().into(),
    )
}

#[tokio::test]
async fn a_file_id_belongs_to_one_bot() {
    let s = stage().await;
    let other = s.sim.bot("888:s", "other_bot");
    let api = Api::new(&s.sim, "888:s");
    s.alice.private(&other).start(None);
    let (id, unique) = file_ids(&s).await;
    let v = s.api.ok("sendPhoto", json!({"chat_id": s.alice.id, "photo": id})).await;
    assert_eq!(v["photo"][0]["file_unique_id"], json!(unique));
    let p = json!({"chat_id": s.alice.id, "photo": id});
    assert_eq!(
        api.err("sendPhoto", p).await,
        (400, "Bad Request: wrong file identifier/HTTP URL specified".into())
    );
    assert_eq!(
        api.err("getFile", json!({"file_id": id})).await,
        (400, "Bad Request: invalid file_id".into())
    );
    let p = json!({"chat_id": s.alice.id, "voice": id});
    assert_eq!(
        s.api.err("sendVoice", p).await,
        (400, "Bad Request: can't use file of type Photo as VoiceNote".into())
    );
    s.forum.add_admin_bot(&other);
    s.api.ok("getUpdates", json!({"offset": -1})).await;
    s.owner.general(&s.forum).document("both see it");
    let see = |api: Api| async move { api.incoming().await.pop().unwrap()["document"].clone() };
    let (a, b) = (see(s.api.clone()).await, see(api.clone()).await);
    assert_eq!(a["file_unique_id"], b["file_unique_id"]);
    assert_ne!(a["file_id"], b["file_id"]);
}

#[tokio::test]
async fn files_are_downloaded_byte_for_byte() {
    let s = stage().await;
    let bytes: Vec<u8> = (0..=255).collect();
    s.chat().media("document", bytes.clone(), "all.bin", "");
    let doc = s.api.incoming().await.pop().unwrap()["document"].clone();
    assert_eq!((&doc["file_name"], &doc["file_size"]), (&json!("all.bin"), &json!(256)));
    let file = s.api.ok("getFile", json!({"file_id": doc["file_id"]})).await;
    let path = file["file_path"].as_str().unwrap();
    let url = format!("{}/file/bot{}/{path}", s.sim.api_url(), s.api.token);
    assert_eq!(s.api.http.get(url).send().await.unwrap().bytes().await.unwrap(), bytes);
    s.sim.bot("888:s", "other_bot");
    let foreign = format!("{}/file/bot888:s/{path}", s.sim.api_url());
    assert_eq!(
        s.api.http.get(foreign).send().await.unwrap().status(),
        404,
        "another bot was told of no such file"
    );
    let url = format!("{}/file/bot{}/{path}x", s.sim.api_url(), s.api.token);
    assert_eq!(s.api.http.get(url).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn albums_follow_the_rules() {
    let s = stage().await;
    let chat = s.chat();
    let (id, _) = file_ids(&s).await;
    let photo = json!({"type": "photo", "media": id, "caption": "c"});
    let send = |media: Value| json!({"chat_id": s.alice.id, "media": media});
    let v = s.api.ok("sendMediaGroup", send(json!([photo, photo]))).await;
    assert_eq!(v[0]["media_group_id"], v[1]["media_group_id"]);
    assert_eq!(v[0]["caption"], "c");
    for (media, text) in [
        (json!([]), "there are no messages to send"),
        (json!(vec![photo.clone(); 11]), "too many messages to send as an album"),
        (
            json!([photo, {"type": "animation", "media": id}]),
            "can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup",
        ),
        (
            json!([photo, {"type": "photo"}]),
            "can't parse InputMedia: media not found",
        ),
        (
            json!([photo, {"type": "photo", "media": "nonsense"}]),
            "wrong file identifier/HTTP URL specified",
        ),
    ] {
        assert_eq!(
            s.api.err("sendMediaGroup", send(media)).await,
            (400, format!("Bad Request: {text}"))
        );
    }
    chat.document("");
    let doc = s.api.incoming().await.pop().unwrap()["document"]["file_id"].clone();
    let mixed = json!([photo, {"type": "document", "media": doc}]);
    assert_eq!(
        s.api.err("sendMediaGroup", send(mixed)).await.1,
        "Bad Request: document can't be mixed with other media types"
    );
    assert_eq!(s.api.err("sendMediaGroup", send(json!([photo]))).await.0, 400);
    // A person's album of ten arrives as ten updates under one id.
    let ten: Vec<(&str, &str)> = (0..10)
        .map(|i| (if i % 2 == 0 { "photo" } else { "video" }, ""))
        .collect();
    chat.album(&ten);
    let got = s.api.incoming().await;
    assert_eq!(got.len(), 10);
    assert!(got.iter().all(|m| m["media_group_id"] == got[0]["media_group_id"]));
    // Media of a message may be exchanged.
    let edit =
        json!({"chat_id": s.alice.id, "message_id": v[0]["message_id"], "media": {"type": "document", "media": doc}});
    assert_eq!(
        s.api.err("editMessageMedia", edit.clone()).await.1,
        "Bad Request: can't change media type in the album"
    );
    let single = s.api.ok("sendPhoto", json!({"chat_id": s.alice.id, "photo": id})).await;
    let mut edit = edit;
    edit["message_id"] = single["message_id"].clone();
    assert_eq!(
        s.api.ok("editMessageMedia", edit).await["document"]["file_name"],
        "sample.txt"
    );
}

#[tokio::test]
async fn media_are_checked() {
    let s = stage().await;
    s.chat();
    let upload = |method: &str, field: &str, bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("f.bin");
        let form = reqwest::multipart::Form::new()
            .text("chat_id", s.alice.id.to_string())
            .part(field.to_owned(), part);
        let sent = s.api.http.post(s.api.url(method)).multipart(form).send();
        async {
            sent.await.unwrap().json::<Value>().await.unwrap()["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        }
    };
    assert_eq!(
        upload("sendPhoto", "photo", b"no picture".to_vec()).await,
        "Bad Request: IMAGE_PROCESS_FAILED"
    );
    assert_eq!(
        upload("sendDocument", "document", Vec::new()).await,
        "Bad Request: file must be non-empty"
    );
    assert_eq!(
        upload("sendDocument", "wrong", vec![1]).await,
        "Bad Request: there is no document in the request"
    );
    let big = vec![0; (10 << 20) + 1];
    assert_eq!(
        upload("sendPhoto", "photo", big).await,
        "Bad Request: file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes"
    );
    let p = |k: &str, v: Value| json!({"chat_id": s.alice.id, k: v});
    assert_eq!(
        s.api
            .err("sendPhoto", p("photo", json!("https://x.example/a.png")))
            .await
            .1,
        "Bad Request: failed to get HTTP URL content"
    );
    let mut long = p("photo", json!("x"));
    long["caption"] = "c".repeat(1025).into();
    assert_eq!(s.api.err("sendPhoto", long).await.0, 400);
    assert_eq!(
        s.api.err("sendLocation", p("latitude", json!(1))).await.1,
        "Bad Request: longitude is empty"
    );
    assert_eq!(
        s.api.err("sendContact", p("phone_number", json!("1"))).await.1,
        "Bad Request: parameter \"first_name\" is required"
    );
    assert_eq!(s.api.err("sendDice", p("emoji", json!("x"))).await.0, 400);
    assert_eq!(
        s.api.err("sendChatAction", p("action", json!("dance"))).await.1,
        "Bad Request: wrong parameter action in request"
    );
    s.api.ok("sendChatAction", p("action", json!("typing"))).await;
}

#[tokio::test]
async fn polls_are_voted_on_and_stopped() {
    let s = stage().await;
    let chat = s.chat();
    s.api.updates().await;
    let p = json!({"chat_id": s.alice.id, "question": "Q?", "options": ["a", {"text": "b"}], "is_anonymous": false});
    let sent = s.api.ok("sendPoll", p).await;
    let seen = chat.wait_message(SOON, |m| m.kind == "poll").await.unwrap();
    chat.vote(seen.message_id, &[1]);
    let u = s.api.updates().await;
    assert_eq!(u[0]["poll"]["options"][1]["voter_count"], 1);
    assert_eq!(
        (&u[1]["poll_answer"]["option_ids"], &u[1]["poll_answer"]["user"]["id"]),
        (&json!([1]), &json!(s.alice.id))
    );
    let stop = json!({"chat_id": s.alice.id, "message_id": sent["message_id"]});
    assert_eq!(s.api.ok("stopPoll", stop.clone()).await["is_closed"], true);
    assert_eq!(
        s.api.err("stopPoll", stop).await.1,
        "Bad Request: poll has already been closed"
    );
    let live = s
        .api
        .ok(
            "sendLocation",
            json!({"chat_id": s.alice.id, "latitude": 1, "longitude": 2, "live_period": 60}),
        )
        .await;
    let mut at = json!({"chat_id": s.alice.id, "message_id": live["message_id"], "latitude": 3, "longitude": 4});
    assert_eq!(
        s.api.ok("editMessageLiveLocation", at.clone()).await["location"]["latitude"],
        3.0
    );
    s.api.ok("stopMessageLiveLocation", at.clone()).await;
    at["latitude"] = 5.into();
    assert_eq!(
        s.api.err("editMessageLiveLocation", at).await.1,
        "Bad Request: there is no live location in the message to edit"
    );
}
