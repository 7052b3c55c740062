//! Inline mode, games, payments, paid media: what people ask of a bot other than by messages.

mod common;

use common::{SOON, Stage, stage};
use serde_json::{Value, json};

const LATE: &str = "Bad Request: query is too old and response timeout expired or query ID is invalid";

async fn update(s: &Stage, kind: &str) -> Value {
    let all = s.api.updates().await;
    let found = all.iter().find_map(|u| u.get(kind));
    found.unwrap_or_else(|| panic!("no {kind} in {all:?}")).clone()
}

async fn began() -> Stage {
    let s = stage().await;
    s.chat();
    s.api.updates().await;
    s
}

#[tokio::test]
async fn an_inline_result_becomes_a_message_via_the_bot() {
    let s = began().await;
    s.bot.set_inline(true);
    let chat = s.alice.private(&s.bot);
    let asked = chat.inline(&s.bot, "te");
    let query = update(&s, "inline_query").await;
    assert_eq!(
        (&query["id"], &query["query"], &query["chat_type"]),
        (&json!(asked), &json!("te"), &json!("sender"))
    );
    let button = json!({"inline_keyboard": [[{"text": "More", "callback_data": "more"}]]});
    let results = json!([
        {"type": "article", "id": "a", "title": "Tea", "input_message_content": {"message_text": "<b>Tea</b>", "parse_mode": "HTML"}, "reply_markup": button},
        {"type": "location", "id": "b", "title": "Here", "latitude": 1.5, "longitude": 2.5},
        {"type": "photo", "id": "c", "photo_url": "https://example.org/a.jpg", "caption": "A photo"},
    ]);
    s.api
        .ok(
            "answerInlineQuery",
            json!({"inline_query_id": asked, "results": results, "next_offset": "3"}),
        )
        .await;
    let shown = chat.results(&asked, SOON).await.unwrap();
    assert_eq!(
        shown.iter().map(|r| r.title.as_str()).collect::<Vec<_>>(),
        ["Tea", "Here", "A photo"]
    );

    let sent = chat.choose(&asked, "a");
    let all = s.api.updates().await;
    let chosen = &all.iter().find(|u| u.get("chosen_inline_result").is_some()).unwrap()["chosen_inline_result"];
    let message = &all.iter().find(|u| u.get("message").is_some()).unwrap()["message"];
    assert_eq!(
        (&message["text"], &message["via_bot"]["id"]),
        (&json!("Tea"), &json!(s.bot.id))
    );
    assert_eq!(message["from"]["id"], s.alice.id);
    assert_eq!((&chosen["result_id"], &chosen["query"]), (&json!("a"), &json!("te")));

    // The bot changes it and hears its buttons by the inline id alone.
    let id = &chosen["inline_message_id"];
    let edit = json!({"inline_message_id": id, "text": "Green tea", "reply_markup": button});
    assert_eq!(s.api.ok("editMessageText", edit.clone()).await, json!(true));
    chat.wait_text("Green tea", SOON).await.unwrap();
    assert!(
        s.api
            .err("editMessageText", edit)
            .await
            .1
            .contains("message is not modified")
    );
    chat.press(sent.message_id, "more");
    let press = update(&s, "callback_query").await;
    assert_eq!(&press["inline_message_id"], id);
    assert!(press.get("message").is_none());
    let wrong = json!({"inline_message_id": "AwAAA1", "text": "x"});
    assert_eq!(
        s.api.err("editMessageText", wrong).await.1,
        "Bad Request: MESSAGE_ID_INVALID"
    );
    // Others of its results go elsewhere, too.
    let general = s.owner.general(&s.forum);
    let asked = general.inline(&s.bot, "");
    let results = json!([{"type": "contact", "id": "z", "phone_number": "1", "first_name": "Ann"}]);
    s.api
        .ok(
            "answerInlineQuery",
            json!({"inline_query_id": asked, "results": results}),
        )
        .await;
    assert_eq!(general.choose(&asked, "z").kind, "contact");
}

#[tokio::test]
async fn inline_answers_are_checked_and_late_ones_refused() {
    let s = began().await;
    s.bot.set_inline(false);
    let chat = s.alice.private(&s.bot);
    let article =
        |id: &str| json!({"type": "article", "id": id, "title": "t", "input_message_content": {"message_text": "x"}});
    let asked = chat.inline(&s.bot, "q");
    for (results, text) in [
        (json!("{"), "can't parse JSON encoded inline query results"),
        (json!({}), "expected an Array of inline query results"),
        (
            json!([1]),
            "can't parse inline query result: inline query result must be an object",
        ),
        (
            json!([{"type": "article"}]),
            "can't parse inline query result: can't find field \"id\"",
        ),
        (
            json!([{"type": "smell", "id": "1"}]),
            "type \"smell\" is unsupported for the inline query result",
        ),
        (json!([article("1"), article("1")]), "RESULT_ID_DUPLICATE"),
        (json!([article(&"x".repeat(65))]), "RESULT_ID_INVALID"),
        (
            Value::Array(vec![article("1"); 51]),
            "too many inline query results specified",
        ),
    ] {
        let (code, got) = s
            .api
            .err(
                "answerInlineQuery",
                json!({"inline_query_id": asked, "results": results}),
            )
            .await;
        assert_eq!(code, 400);
        assert!(got.to_lowercase().contains(&text.to_lowercase()), "{got}");
    }
    let good = json!({"inline_query_id": asked, "results": [article("1")]});
    s.api.ok("answerInlineQuery", good.clone()).await;
    assert_eq!(s.api.err("answerInlineQuery", good).await, (400, LATE.into()));
    let asked = chat.inline(&s.bot, "q");
    let pressed = {
        let markup = json!({"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]});
        s.api
            .ok(
                "sendMessage",
                json!({"chat_id": s.alice.id, "text": "x", "reply_markup": markup}),
            )
            .await;
        let id = chat.wait_text("x", SOON).await.unwrap().message_id;
        chat.press(id, "b")
    };
    s.sim.expire_queries();
    let late = json!({"inline_query_id": asked, "results": []});
    assert_eq!(s.api.err("answerInlineQuery", late).await, (400, LATE.into()));
    assert_eq!(
        s.api
            .err("answerCallbackQuery", json!({"callback_query_id": pressed}))
            .await,
        (400, LATE.into())
    );
}

#[tokio::test]
async fn a_game_is_played_and_its_scores_rise() {
    let s = began().await;
    let chat = s.alice.private(&s.bot);
    let sent = s
        .api
        .ok("sendGame", json!({"chat_id": s.alice.id, "game_short_name": "quest"}))
        .await;
    assert_eq!(sent["game"]["title"], "quest");
    let seen = chat.wait_message(SOON, |m| m.kind == "game").await.unwrap();
    let query = chat.press_text(seen.message_id, "Play quest");
    assert_eq!(update(&s, "callback_query").await["game_short_name"], "quest");
    s.api
        .ok(
            "answerCallbackQuery",
            json!({"callback_query_id": query, "url": "https://example.org/quest"}),
        )
        .await;
    let answer = chat.answer(&query, SOON).await.unwrap();
    assert_eq!(answer.url.as_deref(), Some("https://example.org/quest"));
    let score =
        |n: i64| json!({"chat_id": s.alice.id, "message_id": sent["message_id"], "user_id": s.alice.id, "score": n});
    let edited = s.api.ok("setGameScore", score(7)).await;
    assert!(edited["game"]["text"].as_str().unwrap().contains("Alice – 7"));
    assert_eq!(
        s.api.err("setGameScore", score(7)).await.1,
        "Bad Request: BOT_SCORE_NOT_MODIFIED"
    );
    let table = s.api.ok("getGameHighScores", score(0)).await;
    assert_eq!((&table[0]["position"], &table[0]["score"]), (&json!(1), &json!(7)));
}

#[tokio::test]
async fn a_payment_goes_through_checkout_and_maybe_shipping() {
    let s = began().await;
    let chat = s.alice.private(&s.bot);
    let invoice = |more: Value| {
        let mut v = json!({
            "chat_id": s.alice.id, "title": "Tea", "description": "Green", "payload": "tea-1", "currency": "XTR",
            "prices": [{"label": "Tea", "amount": 4}, {"label": "Cup", "amount": 1}],
        });
        v.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        v
    };
    let sent = s.api.ok("sendInvoice", invoice(json!({}))).await;
    assert_eq!(sent["invoice"]["total_amount"], 5);
    assert_eq!(sent["reply_markup"]["inline_keyboard"][0][0]["pay"], true);
    let seen = chat
        .wait_message(SOON, |m| m.kind == "invoice")
        .await
        .unwrap()
        .message_id;
    let paying = chat.pay(seen);
    let checkout = update(&s, "pre_checkout_query").await;
    assert_eq!(
        (&checkout["id"], &checkout["invoice_payload"]),
        (&json!(paying), &json!("tea-1"))
    );
    let ok = json!({"pre_checkout_query_id": paying, "ok": true});
    s.api.ok("answerPreCheckoutQuery", ok.clone()).await;
    assert_eq!(chat.paid(&paying, SOON).await.unwrap()["ok"], true);
    let message = update(&s, "message").await;
    assert_eq!(message["successful_payment"]["total_amount"], 5);
    assert_eq!(s.api.err("answerPreCheckoutQuery", ok).await, (400, LATE.into()));
    // It may be refused, and has to be shipped first.
    let flexible = json!({"currency": "EUR", "provider_token": "p", "is_flexible": true});
    s.api.ok("sendInvoice", invoice(flexible)).await;
    let seen = chat
        .wait_message(SOON, |m| {
            m.fields.get("invoice").is_some_and(|i| i["currency"] == "EUR")
        })
        .await
        .unwrap()
        .message_id;
    let paying = chat.pay(seen);
    assert_eq!(update(&s, "shipping_query").await["shipping_address"]["city"], "Berlin");
    let options = json!([{"id": "post", "title": "By post", "prices": [{"label": "Post", "amount": 300}]}]);
    s.api
        .ok(
            "answerShippingQuery",
            json!({"shipping_query_id": paying, "ok": true, "shipping_options": options}),
        )
        .await;
    let checkout = update(&s, "pre_checkout_query").await;
    assert_eq!(
        (&checkout["total_amount"], &checkout["shipping_option_id"]),
        (&json!(305), &json!("post"))
    );
    let no = json!({"pre_checkout_query_id": checkout["id"], "ok": false});
    assert!(
        s.api
            .err("answerPreCheckoutQuery", no.clone())
            .await
            .1
            .contains("parameter \"error_message\" is required")
    );
    let no = json!({"pre_checkout_query_id": checkout["id"], "ok": false, "error_message": "sold out"});
    s.api.ok("answerPreCheckoutQuery", no).await;
    assert_eq!(chat.paid(&paying, SOON).await.unwrap()["error"], "sold out");
    for (more, text) in [
        (json!({"prices": []}), "there must be at least one price"),
        (json!({"currency": "euro"}), "CURRENCY_INVALID"),
        (json!({"currency": "EUR"}), "PAYMENT_PROVIDER_INVALID"),
        (
            json!({"prices": [{"label": "", "amount": 1}]}),
            "LabeledPrice label must be non-empty",
        ),
        (json!({"payload": ""}), "parameter \"payload\" is required"),
    ] {
        let got = s.api.err("sendInvoice", invoice(more)).await.1;
        assert!(got.to_lowercase().contains(&text.to_lowercase()), "{got}");
    }
    assert!(
        s.api
            .ok("createInvoiceLink", invoice(json!({})))
            .await
            .as_str()
            .unwrap()
            .starts_with("https://t.me/")
    );
}

#[tokio::test]
async fn paid_media_are_bought_and_protected_texts_only_copied() {
    let s = began().await;
    let chat = s.alice.private(&s.bot);
    let photo = chat.photo("mine");
    let message = update(&s, "message").await;
    let media = json!([{"type": "photo", "media": message["photo"][0]["file_id"]}]);
    let sent = s
        .api
        .ok(
            "sendPaidMedia",
            json!({"chat_id": s.alice.id, "star_count": 3, "media": media, "payload": "p-1", "caption": "c"}),
        )
        .await;
    assert_eq!(
        (&sent["paid_media"]["star_count"], &sent["caption"]),
        (&json!(3), &json!("c"))
    );
    assert_eq!(sent["paid_media"]["paid_media"][0]["type"], "photo");
    let seen = chat
        .wait_message(SOON, |m| m.kind == "paid_media")
        .await
        .unwrap()
        .message_id;
    chat.buy(seen);
    assert_eq!(update(&s, "purchased_paid_media").await["paid_media_payload"], "p-1");
    let copy = json!({"chat_id": s.alice.id, "from_chat_id": s.alice.id, "message_id": sent["message_id"]});
    assert_eq!(
        s.api.err("copyMessage", copy).await.1,
        "Bad Request: the message can't be copied"
    );
    assert_eq!(photo.kind, "photo");

    let kept = chat.protected("nobody forwards this");
    assert_eq!(update(&s, "message").await["has_protected_content"], true);
    let there = json!({"chat_id": s.alice.id, "from_chat_id": s.alice.id, "message_id": kept.bot_message_id});
    assert_eq!(
        s.api.err("forwardMessage", there.clone()).await.1,
        "Bad Request: the message can't be forwarded"
    );
    s.api.ok("copyMessage", there).await;
}

#[tokio::test]
async fn menu_buttons_and_scopes_are_kept_apart() {
    let s = began().await;
    let button = json!({"type": "web_app", "text": "Shop", "web_app": {"url": "https://example.org/"}});
    let alice = json!({"chat_id": s.alice.id});
    assert_eq!(
        s.api.ok("getChatMenuButton", alice.clone()).await,
        json!({"type": "commands"})
    );
    s.api.ok("setChatMenuButton", json!({"menu_button": button})).await;
    assert_eq!(
        s.api.ok("getChatMenuButton", alice.clone()).await,
        button,
        "the bot's own"
    );
    s.api
        .ok(
            "setChatMenuButton",
            json!({"chat_id": s.alice.id, "menu_button": {"type": "commands"}}),
        )
        .await;
    assert_eq!(
        s.api.ok("getChatMenuButton", alice.clone()).await,
        json!({"type": "commands"})
    );
    s.api
        .ok(
            "setChatMenuButton",
            json!({"chat_id": s.alice.id, "menu_button": {"type": "default"}}),
        )
        .await;
    assert_eq!(s.api.ok("getChatMenuButton", alice).await, button);
    let wrong = json!({"menu_button": {"type": "web_app", "text": "x"}});
    assert!(
        s.api
            .err("setChatMenuButton", wrong)
            .await
            .1
            .contains("can't parse menu button")
    );

    let scopes = [
        json!({"type": "default"}),
        json!({"type": "all_private_chats"}),
        json!({"type": "all_group_chats"}),
        json!({"type": "all_chat_administrators"}),
        json!({"type": "chat", "chat_id": s.forum.id()}),
        json!({"type": "chat_administrators", "chat_id": s.forum.id()}),
        json!({"type": "chat_member", "chat_id": s.forum.id(), "user_id": s.owner.id}),
    ];
    for (i, scope) in scopes.iter().enumerate() {
        let commands = json!([{"command": format!("c{i}"), "description": "d"}]);
        s.api
            .ok("setMyCommands", json!({"commands": commands, "scope": scope}))
            .await;
    }
    for (i, scope) in scopes.iter().enumerate() {
        let got = s.api.ok("getMyCommands", json!({"scope": scope})).await;
        assert_eq!(got[0]["command"], format!("c{i}"));
        let other = s
            .api
            .ok("getMyCommands", json!({"scope": scope, "language_code": "de"}))
            .await;
        assert_eq!(other, json!([]), "another language is another list");
    }
    s.api.ok("deleteMyCommands", json!({"scope": scopes[4]})).await;
    assert_eq!(s.api.ok("getMyCommands", json!({"scope": scopes[4]})).await, json!([]));
    assert_ne!(s.api.ok("getMyCommands", json!({"scope": scopes[5]})).await, json!([]));
    let nobody = json!({"scope": {"type": "chat_member", "chat_id": s.forum.id()}});
    assert!(
        s.api
            .err("getMyCommands", nobody)
            .await
            .1
            .ends_with("Can't find field \"user_id\"")
    );
}

#[tokio::test]
async fn the_journal_tells_whose_program_called() {
    let s = began().await;
    let http = reqwest::Client::builder()
        .no_proxy()
        .user_agent("desk/2")
        .build()
        .unwrap();
    http.get(s.api.url("getMe")).send().await.unwrap();
    let calls = s.sim.calls_of("desk/");
    assert_eq!(calls.iter().map(|c| c.method.as_str()).collect::<Vec<_>>(), ["getme"]);
}

#[tokio::test]
async fn a_repeated_update_comes_twice_and_no_more() {
    use telegram_sim::{Fault, FaultRule};
    let s = began().await;
    s.sim
        .set_faults(vec![FaultRule::new(Fault::DuplicateUpdates, "getUpdates")]);
    let chat = s.alice.private(&s.bot);
    let mut seen = Vec::new();
    let mut offset = 0;
    for text in ["one", "two", "three"] {
        chat.text(text);
        for _ in 0..2 {
            let list = s.api.ok("getUpdates", json!({"offset": offset, "timeout": 1})).await;
            for u in list.as_array().unwrap() {
                seen.push(u["message"]["text"].as_str().unwrap().to_owned());
                offset = offset.max(u["update_id"].as_i64().unwrap() + 1);
            }
        }
    }
    assert_eq!(seen, ["one", "one", "two", "two", "three", "three"]);
}
