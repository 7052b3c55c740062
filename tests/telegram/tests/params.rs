//! How parameters may come, and what a wrong path, method or token gets.

mod common;

use common::{SOON, stage};
use serde_json::{Value, json};

#[tokio::test]
async fn every_shape_of_parameters_is_taken() {
    let s = stage().await;
    let chat = s.chat();
    let id = s.alice.id.to_string();
    let http = common::http();
    let ok = |v: Value| assert_eq!(v["ok"], true, "{v}");
    let get = |r: reqwest::Response| async { r.json::<Value>().await.unwrap() };

    let url = s.api.url("SendMessage");
    ok(get(http
        .get(format!("{url}?chat_id={id}&text=one%20%2B+1"))
        .send()
        .await
        .unwrap())
    .await);
    // pyTelegramBotAPI posts with everything in the query and an empty body.
    ok(get(http.post(format!("{url}?chat_id={id}&text=two")).send().await.unwrap()).await);
    let form = |body: &str| {
        http.post(&url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.to_owned())
            .send()
    };
    ok(get(form(&format!("chat_id={id}&text=three")).await.unwrap()).await);
    ok(get(http
        .post(s.api.url("sendmessage"))
        .json(&json!({"chat_id": id, "text": "four", "nonsense": 1}))
        .send()
        .await
        .unwrap())
    .await);
    let parts = reqwest::multipart::Form::new()
        .text("chat_id", id.clone())
        .text("text", "five");
    ok(get(http.post(&url).multipart(parts).send().await.unwrap()).await);
    // Query and body together; JSON in a form field; the test environment's path.
    let markup = r#"{"inline_keyboard":[[{"text":"b","callback_data":"x"}]]}"#;
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("text", "six")
        .append_pair("reply_markup", markup)
        .finish();
    let r = http
        .post(format!("{}?chat_id={id}", s.api.url("test/sendMessage")))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send();
    let v = get(r.await.unwrap()).await;
    assert_eq!(
        v["result"]["reply_markup"]["inline_keyboard"][0][0]["callback_data"],
        "x"
    );
    chat.wait_text("six", SOON).await.unwrap();
    assert_eq!(chat.texts()[1..], ["one + 1", "two", "three", "four", "five", "six"]);
}

#[tokio::test]
async fn uploads_come_directly_or_attached_with_or_without_a_length() {
    let s = stage().await;
    let chat = s.chat();
    let http = common::http();
    let png = telegram_sim::sim::samples::PNG;
    let part = || {
        reqwest::multipart::Part::bytes(png)
            .file_name("a.png")
            .mime_str("image/png")
            .unwrap()
    };
    let form = |direct: bool| {
        let f = reqwest::multipart::Form::new()
            .text("chat_id", s.alice.id.to_string())
            .text("caption", "c");
        if direct {
            f.part("photo", part())
        } else {
            f.text("photo", "attach://f1").part("f1", part())
        }
    };
    for direct in [true, false] {
        let r = http
            .post(s.api.url("sendPhoto"))
            .multipart(form(direct))
            .send()
            .await
            .unwrap();
        let v: Value = r.json().await.unwrap();
        assert_eq!(v["result"]["photo"][0]["width"], 4, "{v}");
    }
    // Chunked: a streamed part has no known length.
    let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(png[..10].to_vec()), Ok(png[10..].to_vec())]);
    let part = reqwest::multipart::Part::stream(reqwest::Body::wrap_stream(stream)).file_name("a.png");
    let form = reqwest::multipart::Form::new()
        .text("chat_id", s.alice.id.to_string())
        .part("photo", part);
    let v: Value = http
        .post(s.api.url("sendPhoto"))
        .multipart(form)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(v["ok"], true, "{v}");
    let seen = chat.content();
    assert_eq!(seen.iter().filter(|m| m.kind == "photo").count(), 3);
    assert_eq!(seen.last().unwrap().media.as_ref().unwrap().size, png.len());
}

#[tokio::test]
async fn wrong_paths_tokens_methods_and_bodies_are_refused() {
    let s = stage().await;
    let http = common::http();
    let get = |url: String| async {
        let r = http.get(url).send().await.unwrap();
        let status = r.status().as_u16();
        let v: Value = r.json().await.unwrap();
        (status, v["description"].as_str().unwrap().to_owned())
    };
    let root = s.sim.api_url();
    assert_eq!(get(format!("{root}/nonsense")).await, (404, "Not Found".into()));
    assert_eq!(
        get(format!("{root}/bot777000:the-secret")).await,
        (404, "Not Found".into())
    );
    assert_eq!(
        get(s.api.url("frobnicate")).await,
        (404, "Not Found: method not found".into())
    );
    assert_eq!(
        get(s.api.url("sendGift")).await.0,
        501,
        "known to Telegram, not to the simulation"
    );
    assert_eq!(
        get(format!("{root}/bot777000:wrong/getMe")).await,
        (401, "Unauthorized".into())
    );
    assert_eq!(
        get(format!("{root}/botwrong/getMe")).await,
        (401, "Unauthorized: invalid token specified".into())
    );
    let r = http
        .post(s.api.url("sendMessage"))
        .header("content-type", "application/json")
        .body("{oops")
        .send()
        .await
        .unwrap();
    assert_eq!(r.status(), 400);
    let big = "x".repeat((1 << 20) + 1);
    let r = http
        .post(s.api.url("sendMessage"))
        .json(&json!({"chat_id": 1, "text": big}))
        .send()
        .await
        .unwrap();
    assert_eq!(r.status(), 413);
    // A token in the path may be percent-encoded.
    let v: Value = http
        .get(format!("{root}/bot777000%3Athe-secret/getMe"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(v["result"]["username"], "desk_bot");
}

#[tokio::test]
async fn get_me_has_what_typed_clients_demand() {
    let s = stage().await;
    let me = s.api.ok("getMe", json!({})).await;
    for field in [
        "can_join_groups",
        "can_read_all_group_messages",
        "supports_inline_queries",
        "can_connect_to_business",
        "has_main_web_app",
    ] {
        assert!(me[field].is_boolean(), "{field}");
    }
    assert_eq!(me["id"], 777_000);
}

#[tokio::test]
async fn names_commands_and_descriptions_are_kept_by_language_and_scope() {
    let s = stage().await;
    let list = json!([{"command": "start", "description": "begin"}]);
    let scope = json!({"type": "chat", "chat_id": s.forum.id()});
    s.api
        .ok(
            "setMyCommands",
            json!({"commands": list, "scope": scope, "language_code": "de"}),
        )
        .await;
    assert_eq!(s.api.ok("getMyCommands", json!({})).await, json!([]));
    assert_eq!(
        s.api
            .ok("getMyCommands", json!({"scope": scope, "language_code": "de"}))
            .await,
        list
    );
    s.api
        .ok("deleteMyCommands", json!({"scope": scope, "language_code": "de"}))
        .await;
    assert_eq!(
        s.api
            .ok("getMyCommands", json!({"scope": scope, "language_code": "de"}))
            .await,
        json!([])
    );
    let bad = json!({"commands": [{"command": "Bad!", "description": "x"}]});
    assert_eq!(
        s.api.err("setMyCommands", bad).await,
        (400, "Bad Request: BOT_COMMAND_INVALID".into())
    );
    s.api.ok("setMyDescription", json!({"description": "help"})).await;
    assert_eq!(
        s.api.ok("getMyDescription", json!({"language_code": "ru"})).await["description"],
        "help"
    );
    assert_eq!(s.api.ok("getMyName", json!({})).await["name"], "desk_bot");
    s.api.ok("logOut", json!({})).await;
    assert_eq!(
        s.api.err("getMe", json!({})).await,
        (400, "Bad Request: logged out".into())
    );
}
