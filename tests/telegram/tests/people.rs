//! The people's HTTP API, as the playground's page uses it, and the program itself.

mod common;

use std::io::BufRead as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use common::{SOON, stage};
use serde_json::{Value, json};

struct Web {
    http: reqwest::Client,
    root: String,
}

impl Web {
    async fn read(r: reqwest::Response) -> Result<Value, String> {
        assert_eq!(r.headers()["access-control-allow-origin"], "*");
        let status = r.status();
        let v: Value = r.json().await.unwrap();
        assert_eq!(v["ok"], status.is_success());
        if status.is_success() {
            Ok(v["result"].clone())
        } else {
            Err(v["error"].as_str().unwrap().into())
        }
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        Self::read(
            self.http
                .post(format!("{}/sim/{path}", self.root))
                .json(&body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    async fn put(&self, path: &str, body: Value) -> Result<Value, String> {
        Self::read(
            self.http
                .put(format!("{}/sim/{path}", self.root))
                .json(&body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    async fn get(&self, path: &str) -> Result<Value, String> {
        Self::read(self.http.get(format!("{}/sim/{path}", self.root)).send().await.unwrap()).await
    }
}

#[tokio::test]
async fn a_page_can_do_everything() {
    let s = stage().await;
    let w = Web {
        http: common::http(),
        root: s.sim.api_url(),
    };
    let u = w
        .post(
            "users",
            json!({"first_name": "Cleo", "last_name": "Pat", "username": "cleo"}),
        )
        .await
        .unwrap();
    let (u, g, bot) = (u["id"].as_i64().unwrap(), s.forum.id(), s.bot.id);
    let me = format!("users/{u}");
    s.api.updates().await;

    let sent = w
        .post(&format!("{me}/send"), json!({"chat": bot, "text": "hello /now"}))
        .await
        .unwrap();
    assert_eq!(sent[0]["entities"][0]["type"], "bot_command");
    let png = base64::engine::general_purpose::STANDARD.encode(telegram_sim::sim::samples::PNG);
    let data = format!("data:image/png;base64,{png}");
    let photo = json!({"chat": bot, "kind": "photo", "caption": "look", "media": data, "file_name": "p.png", "reply_to": sent[0]["message_id"]});
    let photo = w.post(&format!("{me}/send"), photo).await.unwrap();
    assert_eq!(photo[0]["reply_to"], sent[0]["message_id"]);
    let url = format!("{}{}", w.root, photo[0]["media"]["url"].as_str().unwrap());
    let file = w.http.get(url).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/png");
    assert_eq!(file.bytes().await.unwrap(), telegram_sim::sim::samples::PNG);
    let album = json!({"chat": bot, "media_group": [{"kind": "photo"}, {"kind": "video", "caption": "v"}]});
    assert_eq!(
        w.post(&format!("{me}/send"), album)
            .await
            .unwrap()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(s.api.incoming().await.len(), 4);

    let markup = json!({"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]});
    s.api
        .ok(
            "sendMessage",
            json!({"chat_id": u, "text": "press", "reply_markup": markup}),
        )
        .await;
    let list = w.get(&format!("{me}/chats/{bot}/messages")).await.unwrap();
    let m = list.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&m["text"], &m["from_bot"], &m["buttons"][0][0]["text"]),
        (&json!("press"), &json!(true), &json!("Go"))
    );
    let after = w
        .get(&format!("{me}/chats/{bot}/messages?after={}", photo[0]["message_id"]))
        .await
        .unwrap();
    assert_eq!(after.as_array().unwrap().len(), 3);
    let press = json!({"chat": bot, "message": m["message_id"], "row": 0, "col": 0});
    let answer = async {
        let q = loop {
            let u = s.api.ok("getUpdates", json!({"timeout": 5})).await;
            if let Some(q) = u[0]["callback_query"]["id"].as_str() {
                break q.to_owned();
            }
        };
        s.api
            .ok("answerCallbackQuery", json!({"callback_query_id": q, "text": "gone"}))
            .await
    };
    let path = format!("{me}/press");
    let (pressed, _) = tokio::join!(w.post(&path, press), answer);
    assert_eq!(pressed.unwrap()["answer"]["text"], "gone");

    let mine = sent[0]["message_id"].clone();
    w.post(
        &format!("{me}/edit"),
        json!({"chat": bot, "message": mine, "text": "changed"}),
    )
    .await
    .unwrap();
    w.post(
        &format!("{me}/react"),
        json!({"chat": bot, "message": m["message_id"], "emoji": "👍"}),
    )
    .await
    .unwrap();
    w.post(&format!("{me}/pin"), json!({"chat": bot, "message": mine}))
        .await
        .unwrap();
    let list = w.get(&format!("{me}/chats/{bot}/messages")).await.unwrap();
    let first = &list[0];
    assert_eq!(
        (&first["text"], &first["edited"], &first["pinned"]),
        (&json!("changed"), &json!(true), &json!(true))
    );
    w.post(&format!("{me}/delete"), json!({"chat": bot, "message": mine}))
        .await
        .unwrap();
    assert_eq!(
        w.post(
            &format!("{me}/edit"),
            json!({"chat": bot, "message": mine, "text": "x"})
        )
        .await
        .unwrap_err(),
        "no such message"
    );

    assert_eq!(
        w.post(&format!("{me}/send"), json!({"chat": g, "text": "x"}))
            .await
            .unwrap_err(),
        "not a member of the group"
    );
    w.post(&format!("groups/{g}/members"), json!({"user": u, "admin": true}))
        .await
        .unwrap();
    let t = w
        .post(&format!("{me}/topics/create"), json!({"group": g, "name": "New"}))
        .await
        .unwrap()["thread"]
        .clone();
    w.post(
        &format!("{me}/send"),
        json!({"chat": g, "thread": t, "text": "in the topic"}),
    )
    .await
    .unwrap();
    w.post(
        &format!("{me}/topics/edit"),
        json!({"group": g, "thread": t, "name": "Renamed"}),
    )
    .await
    .unwrap();
    w.post(&format!("{me}/topics/close"), json!({"group": g, "thread": t}))
        .await
        .unwrap();
    let topics = w.get(&format!("groups/{g}/topics?user={u}")).await.unwrap();
    assert_eq!(
        (&topics[1]["name"], &topics[1]["closed"], &topics[0]["thread"]),
        (&json!("Renamed"), &json!(true), &json!(1))
    );
    w.post(&format!("{me}/topics/delete"), json!({"group": g, "thread": t}))
        .await
        .unwrap();
    let to = json!({"chat": bot, "message": photo[0]["message_id"], "to": g});
    assert_eq!(
        w.post(&format!("{me}/forward"), to).await.unwrap()[0]["forward_from"],
        "Cleo Pat"
    );
    let chats = w.get(&format!("{me}/chats")).await.unwrap();
    assert_eq!(chats.as_array().unwrap().len(), 2);
    w.post(&format!("{me}/block"), json!({"bot": bot})).await.unwrap();
    assert!(
        w.post(&format!("{me}/send"), json!({"chat": bot, "text": "x"}))
            .await
            .is_err()
    );
    assert_eq!(
        s.api.err("sendMessage", json!({"chat_id": u, "text": "x"})).await.0,
        403
    );
    w.put(&format!("groups/{g}"), json!({"forum": false})).await.unwrap();
    assert_eq!(w.get(&format!("groups/{g}")).await.unwrap()["forum"], false);
    assert_eq!(
        w.get("nonsense").await.unwrap_err(),
        "no such place in the people's API"
    );
    assert!(w.post("users/1/send", json!({})).await.is_err());
    assert!(
        w.get("bots").await.unwrap().to_string().find("the-secret").is_none(),
        "no page shows a token"
    );
}

#[tokio::test]
async fn changes_are_told_as_they_come() {
    let s = stage().await;
    let w = Web {
        http: common::http(),
        root: s.sim.api_url(),
    };
    let chat = s.chat();
    let path = format!("users/{}/events", s.alice.id);
    let first = w.get(&path).await.unwrap();
    assert_eq!(first["events"][0]["type"], "message");
    let last = first["last"].as_u64().unwrap();
    // Nothing new for Alice: the poll waits through what happens elsewhere.
    let waiting = {
        let (http, url) = (w.http.clone(), format!("{}/sim/{path}?after={last}&timeout=20", w.root));
        tokio::spawn(async move { Web::read(http.get(url).send().await.unwrap()).await.unwrap() })
    };
    s.owner.general(&s.forum).text("not for her");
    s.api
        .ok("sendMessage", json!({"chat_id": s.alice.id, "text": "for her"}))
        .await;
    let got = tokio::time::timeout(SOON, waiting).await.unwrap().unwrap();
    assert_eq!(got["events"][0]["message"]["text"], "for her");
    assert_eq!(got["events"][0]["chat"], s.bot.id);
    assert_eq!(got["lost"], false);
    let last = got["last"].as_u64().unwrap();
    let m = chat.messages().pop().unwrap();
    s.api
        .ok("sendChatAction", json!({"chat_id": s.alice.id, "action": "typing"}))
        .await;
    chat.react(m.message_id, "👍");
    chat.delete(m.message_id);
    let got = w.get(&format!("{path}?after={last}")).await.unwrap();
    let types: Vec<&str> = got["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["action", "reaction", "deleted"]);
    assert_eq!(got["events"][2]["message_id"], m.message_id);
}

#[tokio::test]
async fn the_program_prints_its_address_and_serves() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_telegram-sim"))
        .args([
            "--listen",
            "127.0.0.1:0",
            "--group-limit",
            "1/60s",
            "--faults",
            r#"[{"fault":"error_before","method":"getMe","times":1}]"#,
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let w = Web {
        http: common::http(),
        root: line.trim().to_owned(),
    };
    w.post("bots", json!({"token": "5:x", "username": "b_bot"}))
        .await
        .unwrap();
    let me = |n: u16| {
        let w = &w;
        async move {
            let r = w.http.get(format!("{}/bot5:x/getMe", w.root)).send().await.unwrap();
            assert_eq!(r.status().as_u16(), n);
        }
    };
    me(500).await;
    me(200).await;
    assert_eq!(w.get("limits").await.unwrap()["group"], "1/60000ms");
    child.kill().unwrap();
    child.wait().unwrap();
    let bad = Command::new(env!("CARGO_BIN_EXE_telegram-sim"))
        .args(["--group-limit", "many"])
        .output()
        .unwrap();
    assert!(!bad.status.success());
    assert!(String::from_utf8_lossy(&bad.stderr).contains("a rate is written like 20/60s"));
}
