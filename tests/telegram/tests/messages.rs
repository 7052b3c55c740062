//! Messages both ways: text, replies, edits, deletions, buttons, reactions, pins.

mod common;

use common::{SOON, stage};
use serde_json::{Value, json};

#[tokio::test]
async fn a_customer_writes_and_the_bot_answers() {
    let s = stage().await;
    let chat = s.alice.private(&s.bot);
    let hi = chat.text("hello /help @desk_bot");
    let got = s.api.incoming().await;
    let m = got.iter().find(|m| m["chat"]["type"] == "private").unwrap();
    assert_eq!(m["text"], "hello /help @desk_bot");
    assert_eq!(m["from"]["first_name"], "Alice");
    assert_eq!(
        m["entities"][0],
        json!({"type": "bot_command", "offset": 6, "length": 5})
    );
    assert_ne!(m["message_id"], hi.message_id, "each account numbers its own messages");
    assert_eq!(m["message_id"], hi.bot_message_id);
    let sent = s
        .api
        .ok(
            "sendMessage",
            json!({"chat_id": s.alice.id, "text": "*hi*", "parse_mode": "Markdown",
            "reply_parameters": {"message_id": m["message_id"]}}),
        )
        .await;
    assert_eq!(sent["text"], "hi");
    assert_eq!(sent["reply_to_message"]["message_id"], m["message_id"]);
    let seen = chat.wait_text("hi", SOON).await.unwrap();
    assert_eq!(seen.entities[0]["type"], "bold");
    assert_eq!(seen.reply_to, Some(hi.message_id));
    assert!(
        s.api.updates().await.is_empty(),
        "a bot gets no update for its own message"
    );
}

#[tokio::test]
async fn one_bot_numbers_all_its_private_chats_together() {
    let s = stage().await;
    let bob = s.sim.user("Bob");
    let ids: Vec<i64> = [&s.alice, &bob, &s.alice]
        .iter()
        .map(|p| p.private(&s.bot).text("x").bot_message_id)
        .collect();
    assert_eq!(ids, [1, 2, 3]);
    let group = s.owner.general(&s.forum).text("y");
    assert_eq!(group.message_id, group.bot_message_id);
    // An id of one chat is no id of another.
    let params = json!({"chat_id": s.alice.id, "from_chat_id": bob.id, "message_id": 1});
    assert_eq!(
        s.api.err("copyMessage", params).await,
        (400, "Bad Request: message to copy not found".into())
    );
}

#[tokio::test]
async fn texts_are_checked_and_trimmed() {
    let s = stage().await;
    s.chat();
    let send = |text: String, extra: Value| {
        let mut p = json!({"chat_id": s.alice.id, "text": text});
        p.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        p
    };
    let long = "я".repeat(4096);
    s.api.ok("sendMessage", send(long, json!({}))).await;
    let cases = [
        (send("".into(), json!({})), "message text is empty"),
        (send("  \n ".into(), json!({})), "message text is empty"),
        (send("😀".repeat(2049), json!({})), "message is too long"),
        (
            send("<b>x".into(), json!({"parse_mode": "HTML"})),
            "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        (
            send("<x>x</x>".into(), json!({"parse_mode": "html"})),
            "can't parse entities: Unsupported start tag \"x\" at byte offset 0",
        ),
        (
            send("a*b".into(), json!({"parse_mode": "Markdown"})),
            "can't parse entities: Can't find end of the entity starting at byte offset 1",
        ),
        (
            send("a.b".into(), json!({"parse_mode": "MarkdownV2"})),
            "can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'",
        ),
        (
            send("*b".into(), json!({"parse_mode": "MarkdownV2"})),
            "can't parse entities: Can't find end of Bold entity at byte offset 0",
        ),
        (send("x".into(), json!({"parse_mode": "rtf"})), "unsupported parse_mode"),
        (
            send(
                "x".into(),
                json!({"entities": [{"type": "bold", "offset": 0, "length": 5}]}),
            ),
            "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 5",
        ),
        (
            send(
                "x".into(),
                json!({"entities": [{"type": "sparkle", "offset": 0, "length": 1}]}),
            ),
            "can't parse MessageEntity: Unsupported type specified",
        ),
        (
            send("x".into(), json!({"reply_parameters": {"message_id": 9999}})),
            "message to be replied not found",
        ),
        (
            send("x".into(), json!({"reply_markup": "{oops"})),
            "can't parse reply keyboard markup JSON object",
        ),
        (
            send(
                "x".into(),
                json!({"reply_markup": {"inline_keyboard": [[{"text": "b", "callback_data": "d".repeat(65)}]]}}),
            ),
            "BUTTON_DATA_INVALID",
        ),
        (
            send(
                "x".into(),
                json!({"reply_markup": {"inline_keyboard": [[{"text": "b"}]]}}),
            ),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
    ];
    for (params, text) in cases {
        assert_eq!(
            s.api.err("sendMessage", params).await,
            (400, format!("Bad Request: {text}"))
        );
    }
    assert_eq!(
        s.api.err("sendMessage", json!({"text": "x"})).await,
        (400, "Bad Request: chat_id is empty".into())
    );
    let v = s
        .api
        .ok(
            "sendMessage",
            send(
                "  x  ".into(),
                json!({"entities": [{"type": "bold", "offset": 1, "length": 3}]}),
            ),
        )
        .await;
    assert_eq!(v["text"], "x");
    assert_eq!(v["entities"], json!([{"type": "bold", "offset": 0, "length": 1}]));
    let forgiving = json!({"reply_parameters": {"message_id": 9999, "allow_sending_without_reply": true}});
    assert!(
        s.api
            .ok("sendMessage", send("x".into(), forgiving))
            .await
            .get("reply_to_message")
            .is_none()
    );
    let old = s
        .api
        .ok(
            "sendMessage",
            send("x".into(), json!({"reply_to_message_id": v["message_id"]})),
        )
        .await;
    assert_eq!(old["reply_to_message"]["message_id"], v["message_id"]);
}

#[tokio::test]
async fn formatting_comes_out_as_entities() {
    let s = stage().await;
    s.chat();
    let html = "<b>a<i>b</i></b> <a href=\"https://x.example/?a=1&amp;b=2\">l</a> <pre><code class=\"language-rs\">c</code></pre> \
                <tg-spoiler>d</tg-spoiler> <blockquote expandable>q</blockquote> &lt;😀";
    let v = s
        .api
        .ok(
            "sendMessage",
            json!({"chat_id": s.alice.id, "text": html, "parse_mode": "HTML"}),
        )
        .await;
    assert_eq!(v["text"], "ab l c d q <😀");
    let kinds: Vec<&str> = v["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["bold", "italic", "text_link", "pre", "spoiler", "expandable_blockquote"]
    );
    assert_eq!(v["entities"][2]["url"], "https://x.example/?a=1&b=2");
    assert_eq!(v["entities"][3]["language"], "rs");
    let md = "*b _i_* ~s~ ||p|| __u__ `c\\.d` [l](https://x.example) 1\\.5\n>quote\n>more\nafter";
    let v = s
        .api
        .ok(
            "sendMessage",
            json!({"chat_id": s.alice.id, "text": md, "parse_mode": "MarkdownV2"}),
        )
        .await;
    assert_eq!(v["text"], "b i s p u c.d l 1.5\nquote\nmore\nafter");
    let kinds: Vec<&str> = v["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "bold",
            "italic",
            "strikethrough",
            "spoiler",
            "underline",
            "code",
            "text_link",
            "blockquote"
        ]
    );
    let link = format!("<a href=\"tg://user?id={}\">you</a>", s.alice.id);
    let v = s
        .api
        .ok(
            "sendMessage",
            json!({"chat_id": s.alice.id, "text": link, "parse_mode": "HTML"}),
        )
        .await;
    assert_eq!(v["entities"][0]["user"]["first_name"], "Alice");
}

#[tokio::test]
async fn replies_nest_one_level_and_quote() {
    let s = stage().await;
    let chat = s.chat();
    let a = chat.text("the quick brown fox");
    let b = chat.reply(a.message_id, "second");
    chat.quote(b.message_id, "eco", "third");
    let got = s.api.incoming().await;
    let third = got.last().unwrap();
    assert_eq!(third["reply_to_message"]["text"], "second");
    assert!(third["reply_to_message"].get("reply_to_message").is_none());
    assert_eq!(third["quote"], json!({"text": "eco", "position": 1, "is_manual": true}));
    let p = json!({"chat_id": s.alice.id, "text": "x", "reply_parameters": {"message_id": a.bot_message_id, "quote": "slow"}});
    assert_eq!(
        s.api.err("sendMessage", p).await,
        (400, "Bad Request: QUOTE_TEXT_INVALID".into())
    );
    // Across chats a reply is an external one.
    let p = json!({"chat_id": s.forum.id(), "text": "see", "reply_parameters": {"message_id": a.bot_message_id, "chat_id": s.alice.id}});
    let v = s.api.ok("sendMessage", p).await;
    assert_eq!(v["external_reply"]["origin"]["sender_user"]["first_name"], "Alice");
    assert!(v.get("reply_to_message").is_none());
}

#[tokio::test]
async fn edits_reach_the_other_side() {
    let s = stage().await;
    let chat = s.chat();
    let mine = chat.text("typo");
    chat.edit(mine.message_id, "fixed");
    let updates = s.api.updates().await;
    let edited = &updates.last().unwrap()["edited_message"];
    assert_eq!(
        (edited["text"].as_str(), edited["message_id"].as_i64()),
        (Some("fixed"), Some(mine.bot_message_id))
    );
    assert!(edited["edit_date"].is_number());
    let sent = s
        .api
        .ok("sendMessage", json!({"chat_id": s.alice.id, "text": "one"}))
        .await;
    let at = |text: &str| json!({"chat_id": s.alice.id, "message_id": sent["message_id"], "text": text});
    let v = s.api.ok("editMessageText", at("two")).await;
    assert_eq!(v["text"], "two");
    assert!(chat.wait_text("two", SOON).await.unwrap().edited);
    let (code, text) = s.api.err("editMessageText", at("two")).await;
    assert_eq!(code, 400);
    assert!(
        text.starts_with("Bad Request: message is not modified: specified new message content"),
        "{text}"
    );
    let theirs = json!({"chat_id": s.alice.id, "message_id": mine.bot_message_id, "text": "x"});
    assert_eq!(
        s.api.err("editMessageText", theirs).await.1,
        "Bad Request: message can't be edited"
    );
    let none = json!({"chat_id": s.alice.id, "message_id": 4242, "text": "x"});
    assert_eq!(
        s.api.err("editMessageText", none).await.1,
        "Bad Request: message to edit not found"
    );
    let caption = json!({"chat_id": s.alice.id, "message_id": sent["message_id"], "caption": "x"});
    assert_eq!(
        s.api.err("editMessageCaption", caption).await.1,
        "Bad Request: there is no caption in the message to edit"
    );
    assert!(
        s.api.updates().await.is_empty(),
        "a bot gets no update for its own edit"
    );
}

#[tokio::test]
async fn deletions_are_bounded_and_silent() {
    let s = stage().await;
    let chat = s.chat();
    let a = chat.text("a");
    let b = chat.text("b");
    s.api.updates().await;
    s.api
        .ok(
            "deleteMessage",
            json!({"chat_id": s.alice.id, "message_id": a.bot_message_id}),
        )
        .await;
    assert_eq!(
        s.api
            .err(
                "deleteMessage",
                json!({"chat_id": s.alice.id, "message_id": a.bot_message_id})
            )
            .await,
        (400, "Bad Request: message to delete not found".into())
    );
    s.api
        .ok(
            "deleteMessages",
            json!({"chat_id": s.alice.id, "message_ids": [a.bot_message_id, b.bot_message_id]}),
        )
        .await;
    assert_eq!(chat.texts(), ["/start"]);
    let c = chat.text("c");
    s.api.updates().await;
    chat.delete(c.message_id);
    assert!(s.api.updates().await.is_empty(), "no update tells of a deletion");
    let dice = s.api.ok("sendDice", json!({"chat_id": s.alice.id})).await;
    let p = json!({"chat_id": s.alice.id, "message_id": dice["message_id"]});
    assert_eq!(
        s.api.err("deleteMessage", p).await.1,
        "Bad Request: message can't be deleted"
    );
}

#[tokio::test]
async fn buttons_ask_the_bot_and_answers_come_back() {
    let s = stage().await;
    let chat = s.chat();
    s.api.updates().await;
    let markup = json!({"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}, {"text": "Site", "url": "https://x.example"}]]});
    let sent = s
        .api
        .ok(
            "sendMessage",
            json!({"chat_id": s.alice.id, "text": "?", "reply_markup": markup}),
        )
        .await;
    let seen = chat.wait_text("?", SOON).await.unwrap();
    assert_eq!(seen.buttons.as_ref().unwrap()[0][0]["text"], "Yes");
    let query = chat.press_text(seen.message_id, "Yes");
    let u = s.api.updates().await;
    let q = &u[0]["callback_query"];
    assert_eq!(
        (q["data"].as_str(), q["id"].as_str()),
        (Some("y"), Some(query.as_str()))
    );
    assert_eq!(q["message"]["message_id"], sent["message_id"]);
    s.api
        .ok(
            "answerCallbackQuery",
            json!({"callback_query_id": query, "text": "done", "show_alert": true}),
        )
        .await;
    let a = chat.answer(&query, SOON).await.unwrap();
    assert_eq!((a.text.as_deref(), a.show_alert), (Some("done"), true));
    let (code, text) = s
        .api
        .err("answerCallbackQuery", json!({"callback_query_id": "1"}))
        .await;
    assert_eq!(
        (code, text.as_str()),
        (
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid"
        )
    );
    // An edit without a keyboard takes it away.
    s.api
        .ok(
            "editMessageText",
            json!({"chat_id": s.alice.id, "message_id": sent["message_id"], "text": "!"}),
        )
        .await;
    assert!(chat.wait_text("!", SOON).await.unwrap().buttons.is_none());
}

#[tokio::test]
async fn reactions_need_the_asking_and_pins_leave_a_message() {
    let s = stage().await;
    let chat = s.chat();
    let a = chat.text("a");
    let sent = s
        .api
        .ok("sendMessage", json!({"chat_id": s.alice.id, "text": "b"}))
        .await;
    let b = chat.wait_text("b", SOON).await.unwrap();
    s.api.updates().await;
    chat.react(b.message_id, "👍");
    assert!(s.api.updates().await.is_empty(), "reactions come only when asked for");
    s.api
        .ok(
            "getUpdates",
            json!({"allowed_updates": ["message", "message_reaction"]}),
        )
        .await;
    chat.react(b.message_id, "🔥");
    let u = s.api.updates().await;
    let r = &u[0]["message_reaction"];
    assert_eq!(r["message_id"], sent["message_id"]);
    assert_eq!(
        (&r["old_reaction"][0]["emoji"], &r["new_reaction"][0]["emoji"]),
        (&json!("👍"), &json!("🔥"))
    );
    let react = |emoji: &str| json!({"chat_id": s.alice.id, "message_id": a.bot_message_id, "reaction": [{"type": "emoji", "emoji": emoji}]});
    s.api.ok("setMessageReaction", react("👍")).await;
    assert_eq!(
        chat.messages().iter().find(|m| m.text == "a").unwrap().reactions[0].emoji,
        "👍"
    );
    assert_eq!(
        s.api.err("setMessageReaction", react("🦑")).await.1,
        "Bad Request: REACTION_INVALID"
    );
    assert!(s.api.updates().await.is_empty());
    s.api
        .ok(
            "pinChatMessage",
            json!({"chat_id": s.alice.id, "message_id": a.bot_message_id}),
        )
        .await;
    assert!(chat.messages().iter().any(|m| m.pinned && m.text == "a"));
    let u = s.api.updates().await;
    assert_eq!(
        u[0]["message"]["pinned_message"]["text"], "a",
        "even its own pin comes to the bot"
    );
    s.api.ok("unpinChatMessage", json!({"chat_id": s.alice.id})).await;
    assert!(!chat.messages().iter().any(|m| m.pinned));
    let p = json!({"chat_id": s.alice.id, "message_id": 4242});
    assert_eq!(
        s.api.err("pinChatMessage", p).await.1,
        "Bad Request: message to pin not found"
    );
}
