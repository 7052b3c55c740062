//! Forums: topics, General, closing, deleting, rights, upgrades.

mod common;

use common::{SOON, stage};
use serde_json::{Value, json};
use telegram_sim::people::act::Post;
use telegram_sim::people::compose::Item;

#[tokio::test]
async fn a_topic_is_the_id_of_its_creation_message() {
    let s = stage().await;
    s.api.updates().await;
    let t = s.topic("Alice").await;
    let got = s.api.incoming().await;
    assert_eq!(got[0]["message_id"], t);
    assert_eq!(got[0]["message_thread_id"], t);
    assert_eq!(got[0]["is_topic_message"], true);
    assert_eq!(got[0]["forum_topic_created"]["name"], "Alice");
    let v = s
        .api
        .ok(
            "sendMessage",
            json!({"chat_id": s.forum.id(), "message_thread_id": t, "text": "in"}),
        )
        .await;
    assert_eq!(
        (&v["message_thread_id"], &v["is_topic_message"]),
        (&json!(t), &json!(true))
    );
    assert_eq!(v["chat"]["is_forum"], true);
    assert!(
        v["reply_to_message"]["forum_topic_created"].is_object(),
        "what answers nothing answers the creation"
    );
    s.owner.in_topic(&s.forum, t).text("hello");
    let got = s.api.incoming().await;
    assert_eq!(
        (&got[0]["text"], &got[0]["message_thread_id"]),
        (&json!("hello"), &json!(t))
    );
    assert_eq!(s.forum.topic_named("Alice").unwrap().messages, 3);
}

#[tokio::test]
async fn general_has_no_number() {
    let s = stage().await;
    let g = s.forum.id();
    let p = json!({"chat_id": g, "message_thread_id": 1, "text": "x"});
    assert_eq!(
        s.api.err("sendMessage", p).await,
        (400, "Bad Request: message thread not found".into())
    );
    let v = s.api.ok("sendMessage", json!({"chat_id": g, "text": "x"})).await;
    assert!(v.get("message_thread_id").is_none() && v.get("is_topic_message").is_none());
    s.api.updates().await;
    let general = s.owner.general(&s.forum);
    let r = general.reply(v["message_id"].as_i64().unwrap(), "an answer");
    general.reply(r.message_id, "and one to that");
    let got = s.api.incoming().await;
    for m in &got {
        assert_eq!(
            m["message_thread_id"], v["message_id"],
            "a reply in General carries a bogus thread id"
        );
        assert!(m.get("is_topic_message").is_none());
    }
    assert_eq!(got.len(), 2);
}

#[tokio::test]
async fn without_forum_mode_the_thread_is_ignored_in_silence() {
    let s = stage().await;
    let t = s.topic("A").await;
    s.forum.set_forum(false);
    let v = s
        .api
        .ok(
            "sendMessage",
            json!({"chat_id": s.forum.id(), "message_thread_id": t, "text": "x"}),
        )
        .await;
    assert!(v.get("is_topic_message").is_none());
    assert!(
        s.api
            .ok("getChat", json!({"chat_id": s.forum.id()}))
            .await
            .get("is_forum")
            .is_none()
    );
    let p = json!({"chat_id": s.forum.id(), "name": "B"});
    assert_eq!(
        s.api.err("createForumTopic", p).await,
        (400, "Bad Request: the chat is not a forum".into())
    );
}

#[tokio::test]
async fn topics_are_renamed_closed_and_deleted() {
    let s = stage().await;
    let g = s.forum.id();
    let t = s.topic("A").await;
    let at = |extra: Value| {
        let mut p = json!({"chat_id": g, "message_thread_id": t});
        p.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        p
    };
    s.api.ok("editForumTopic", at(json!({"name": "B"}))).await;
    let not_modified = (400, "Bad Request: TOPIC_NOT_MODIFIED".to_owned());
    assert_eq!(
        s.api.err("editForumTopic", at(json!({"name": "B"}))).await,
        not_modified
    );
    assert_eq!(s.forum.topic_named("B").unwrap().thread, t);
    s.api.ok("closeForumTopic", at(json!({}))).await;
    assert_eq!(s.api.err("closeForumTopic", at(json!({}))).await, not_modified);
    // A manager of topics still writes; an ordinary member does not.
    s.api.ok("sendMessage", at(json!({"text": "x"}))).await;
    let bob = s.sim.user("Bob");
    s.forum.add(&bob);
    let post = Post {
        chat: g,
        thread: Some(t),
        ..Post::default()
    };
    let item = Item {
        text: Some("x".into()),
        ..Item::default()
    };
    let refused = bob
        .in_topic(&s.forum, t)
        .try_send(&post, std::slice::from_ref(&item))
        .unwrap_err();
    assert_eq!(refused.text, "the topic is closed");
    let second = s.sim.bot("888:s", "plain_bot");
    s.forum.add_bot(&second);
    let plain = common::Api::new(&s.sim, "888:s");
    assert_eq!(
        plain.err("sendMessage", at(json!({"text": "x"}))).await,
        (400, "Bad Request: TOPIC_CLOSED".into())
    );
    s.api.ok("reopenForumTopic", at(json!({}))).await;
    assert_eq!(s.api.err("reopenForumTopic", at(json!({}))).await, not_modified);
    plain.ok("sendMessage", at(json!({"text": "x"}))).await;
    let p = json!({"chat_id": g, "message_id": t});
    assert_eq!(
        s.api.err("deleteMessage", p).await.1,
        "Bad Request: message can't be deleted"
    );
    s.api.updates().await;
    s.api.ok("deleteForumTopic", at(json!({}))).await;
    assert!(
        s.api.updates().await.is_empty(),
        "no update tells of a topic's deletion"
    );
    assert_eq!(
        s.api.err("sendMessage", at(json!({"text": "x"}))).await.1,
        "Bad Request: message thread not found"
    );
    assert_eq!(
        s.api.err("editForumTopic", at(json!({"name": "C"}))).await.1,
        "Bad Request: TOPIC_DELETED"
    );
    assert_eq!(
        s.api
            .err("closeForumTopic", json!({"chat_id": g, "message_thread_id": 4242}))
            .await
            .1,
        "Bad Request: TOPIC_ID_INVALID"
    );
    assert!(s.forum.own_topics().is_empty());
    let long = s
        .api
        .ok("createForumTopic", json!({"chat_id": g, "name": "n".repeat(200)}))
        .await;
    assert_eq!(long["name"].as_str().unwrap().len(), 128);
    assert_eq!(
        s.api
            .err("createForumTopic", json!({"chat_id": g, "name": " "}))
            .await
            .1,
        "Bad Request: name must be non-empty"
    );
    assert_eq!(
        s.api
            .err("createForumTopic", json!({"chat_id": g, "name": "x", "icon_color": 5}))
            .await
            .1,
        "Bad Request: invalid icon color specified"
    );
}

#[tokio::test]
async fn people_rename_close_and_delete_and_the_bot_hears_of_it() {
    let s = stage().await;
    let t = s.topic("A").await;
    s.api.updates().await;
    s.forum.close_topic(&s.owner, t);
    s.forum.reopen_topic(&s.owner, t);
    s.sim
        .with_world(|w| w.person_edits_topic(s.owner.id, s.forum.id(), t, "Z"))
        .unwrap();
    let got = s.api.incoming().await;
    assert!(got[0]["forum_topic_closed"].is_object() && got[1]["forum_topic_reopened"].is_object());
    assert_eq!(got[2]["forum_topic_edited"], json!({"name": "Z"}));
    s.forum.delete_topic(&s.owner, t);
    assert!(s.api.updates().await.is_empty());
    s.api
        .ok("closeGeneralForumTopic", json!({"chat_id": s.forum.id()}))
        .await;
    s.api
        .ok("hideGeneralForumTopic", json!({"chat_id": s.forum.id()}))
        .await;
    assert!(s.forum.topics()[0].hidden && s.forum.topics()[0].closed);
}

#[tokio::test]
async fn rights_are_asked_for_by_name() {
    let s = stage().await;
    let g = s.forum.id();
    let t = s.forum.create_topic(&s.owner, "Olga's");
    let m = s.owner.in_topic(&s.forum, t).text("x");
    s.forum.add_admin_bot_with(&s.bot, &["can_manage_chat"]);
    let at = json!({"chat_id": g, "message_thread_id": t, "name": "n"});
    let one = json!({"chat_id": g, "message_id": m.message_id});
    for (method, params, text) in [
        ("createForumTopic", &at, "not enough rights to create a topic"),
        ("editForumTopic", &at, "not enough rights to edit the topic"),
        ("closeForumTopic", &at, "not enough rights to edit the topic"),
        ("deleteForumTopic", &at, "not enough rights to delete the topic"),
        (
            "pinChatMessage",
            &one,
            "not enough rights to manage pinned messages in the chat",
        ),
        ("deleteMessage", &one, "message can't be deleted"),
        (
            "setChatTitle",
            &json!({"chat_id": g, "title": "T"}),
            "not enough rights to change chat title",
        ),
        (
            "banChatMember",
            &json!({"chat_id": g, "user_id": s.owner.id}),
            "not enough rights to restrict/unrestrict chat member",
        ),
    ] {
        assert_eq!(
            s.api.err(method, params.clone()).await,
            (400, format!("Bad Request: {text}")),
            "{method}"
        );
    }
    s.forum.add_admin_bot_with(
        &s.bot,
        &["can_manage_topics", "can_delete_messages", "can_pin_messages"],
    );
    s.api.ok("pinChatMessage", one).await;
    s.api.ok("unpinAllForumTopicMessages", at.clone()).await;
    s.api.ok("editForumTopic", at.clone()).await;
    s.api.ok("deleteForumTopic", at).await;
    let me = s
        .api
        .ok("getChatMember", json!({"chat_id": g, "user_id": s.bot.id}))
        .await;
    assert_eq!(
        (&me["status"], &me["can_manage_topics"], &me["can_change_info"]),
        (&json!("administrator"), &json!(true), &json!(false))
    );
    let admins = s.api.ok("getChatAdministrators", json!({"chat_id": g})).await;
    assert_eq!(admins.as_array().unwrap().len(), 2);
    // A member may be kept from writing.
    s.sim
        .with_world(|w| w.group_mut(g).unwrap().permissions = telegram_sim::world::rights::Rights::default());
    s.forum.add_bot(&s.bot);
    assert_eq!(
        s.api.err("sendMessage", json!({"chat_id": g, "text": "x"})).await,
        (
            400,
            "Bad Request: not enough rights to send text messages to the chat".into()
        )
    );
}

#[tokio::test]
async fn a_group_moves_to_a_new_id() {
    let s = stage().await;
    s.api.updates().await;
    let new = s.forum.upgrade();
    let got = s.api.incoming().await;
    assert_eq!(got[0]["migrate_to_chat_id"], new.id());
    assert_eq!(got[1]["migrate_from_chat_id"], s.forum.id());
    let a = s
        .api
        .call("sendMessage", json!({"chat_id": s.forum.id(), "text": "x"}))
        .await;
    assert_eq!(a.status, 400);
    assert_eq!(
        a.body["description"],
        "Bad Request: group chat was upgraded to a supergroup chat"
    );
    assert_eq!(a.body["parameters"]["migrate_to_chat_id"], new.id());
    s.api
        .ok("createForumTopic", json!({"chat_id": new.id(), "name": "again"}))
        .await;
}

#[tokio::test]
async fn who_may_not_write_is_told_why() {
    let s = stage().await;
    let g = s.forum.id();
    let send = |chat: i64| json!({"chat_id": chat, "text": "x"});
    assert_eq!(
        s.api.err("sendMessage", send(999)).await,
        (400, "Bad Request: chat not found".into())
    );
    assert_eq!(
        s.api.err("sendMessage", send(-1_009_999_999_999)).await,
        (400, "Bad Request: chat not found".into())
    );
    assert_eq!(
        s.api.err("sendMessage", send(s.owner.id)).await,
        (403, "Forbidden: bot can't initiate conversation with a user".into())
    );
    let chat = s.chat();
    s.api.updates().await;
    chat.block();
    let u = s.api.updates().await;
    assert_eq!(u[0]["my_chat_member"]["new_chat_member"]["status"], "kicked");
    assert_eq!(u[0]["my_chat_member"]["chat"]["type"], "private");
    assert_eq!(
        s.api.err("sendMessage", send(s.alice.id)).await,
        (403, "Forbidden: bot was blocked by the user".into())
    );
    chat.start(None);
    let u = s.api.updates().await;
    assert_eq!(u[0]["my_chat_member"]["new_chat_member"]["status"], "member");
    assert_eq!(u[1]["message"]["text"], "/start");
    s.api.ok("sendMessage", send(s.alice.id)).await;
    s.alice.deactivate();
    assert_eq!(
        s.api.err("sendMessage", send(s.alice.id)).await,
        (403, "Forbidden: user is deactivated".into())
    );
    s.forum.kick(s.bot.id);
    assert_eq!(
        s.api.err("sendMessage", send(g)).await,
        (403, "Forbidden: bot was kicked from the supergroup chat".into())
    );
    s.forum.remove(s.bot.id);
    assert_eq!(
        s.api.err("sendMessage", send(g)).await,
        (403, "Forbidden: bot is not a member of the supergroup chat".into())
    );
    let u = s.api.updates().await;
    assert_eq!(u[0]["my_chat_member"]["new_chat_member"]["status"], "kicked");
    assert_eq!(u[1]["message"]["left_chat_member"]["id"], s.bot.id);
}

#[tokio::test]
async fn privacy_mode_hides_small_talk() {
    let s = stage().await;
    let plain = s.sim.bot("888:s", "plain_bot");
    s.forum.add_bot(&plain);
    let api = common::Api::new(&s.sim, "888:s");
    let own = api
        .ok("sendMessage", json!({"chat_id": s.forum.id(), "text": "hi"}))
        .await;
    api.updates().await;
    let seat = s.owner.general(&s.forum);
    for t in ["chatter", "/cmd", "/cmd@plain_bot", "/cmd@desk_bot"] {
        seat.text(t);
    }
    seat.reply(own["message_id"].as_i64().unwrap(), "to you");
    let texts: Vec<Value> = api.incoming().await.into_iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts, ["/cmd", "/cmd@plain_bot", "to you"]);
    plain.set_privacy(false);
    seat.text("chatter");
    assert_eq!(api.incoming().await.len(), 1);
    assert!(
        s.api
            .incoming()
            .await
            .iter()
            .all(|m| m["from"]["is_bot"] == false || m["text"].is_null()),
        "bots do not see bots"
    );
    seat.wait_text("hi", SOON).await.unwrap();
}
