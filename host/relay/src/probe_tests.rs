//! Tests of the probe against canned answers: each problem's exact line.

use serde_json::{Value, json};
use switchboard_telegram::{Api, Token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const GROUP: i64 = -1_001_234_567_890;
const SECRET: &str = "AAabcdefghijklmnopqrstuvwxyz0123456";

/// The answers of a Bot API server, by method.
#[derive(Clone)]
struct Answers(Value);

impl Answers {
    fn good() -> Self {
        Self(json!({
            "getMe": {"ok": true, "result": {"id": 42, "is_bot": true, "first_name": "Help", "username": "help_bot"}},
            "getWebhookInfo": {"ok": true, "result": {"url": "", "pending_update_count": 0}},
            "getChat": {"ok": true, "result": {"id": GROUP, "type": "supergroup", "title": "Team", "is_forum": true}},
            "getChatMember": {"ok": true, "result": {
                "status": "administrator", "user": {"id": 42, "is_bot": true, "first_name": "Help"},
                "can_manage_topics": true, "can_delete_messages": true, "can_pin_messages": true,
            }},
        }))
    }

    fn with(mut self, method: &str, result: Value) -> Self {
        let given = self.0[method]["result"].as_object_mut().unwrap();
        given.extend(result.as_object().unwrap().clone());
        self
    }

    fn refusing(mut self, method: &str, code: i64, description: &str) -> Self {
        self.0[method] = json!({"ok": false, "error_code": code, "description": description});
        self
    }

    async fn probe(self) -> Result<Facts, Problem> {
        // Whichever test comes first installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, self.0.clone()));
            }
        });
        let token = Token::new(&format!("42:{SECRET}")).unwrap();
        let client = Api::new(&format!("http://{address}")).unwrap().bot(token);
        let found = probe(&client, GROUP, Mode::Direct).await;
        server.abort();
        found
    }

    async fn problem(self) -> String {
        let problem = self.probe().await.unwrap_err();
        let (mut text, mut source) = (problem.to_string(), std::error::Error::source(&problem));
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        assert!(!text.contains(SECRET) && !text.contains('\n'), "{text}");
        text
    }
}

async fn serve(mut stream: TcpStream, answers: Value) {
    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase();
            let length = length.split_once("content-length: ").map_or("0", |(_, rest)| rest);
            let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
            if body.len() >= length {
                let method = head
                    .split_whitespace()
                    .nth(1)
                    .and_then(|path| path.rsplit('/').next())
                    .unwrap();
                let answer = answers[method].to_string();
                let code = answers[method]["error_code"].as_i64().unwrap_or(200);
                let answer = format!(
                    "HTTP/1.1 {code} .\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
                    answer.len()
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
                request.clear();
                continue;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => request.extend_from_slice(&chunk[..count]),
            _ => return,
        }
    }
}

#[tokio::test]
async fn a_good_connection_gives_its_facts() {
    let facts = Answers::good().probe().await.unwrap();
    let expected = Facts {
        username: "help_bot".into(),
        name: "Help".into(),
        group_title: "Team".into(),
        warnings: vec![],
        webhook: None,
    };
    assert_eq!(facts, expected);
}

#[tokio::test]
async fn recommended_rights_are_warnings() {
    let answers = Answers::good().with(
        "getChatMember",
        json!({"can_delete_messages": false, "can_pin_messages": false}),
    );
    assert_eq!(
        answers.probe().await.unwrap().warnings,
        [
            "@help_bot lacks the right \"Delete messages\" in the group \"Team\": a topic that is not needed cannot be removed",
            "@help_bot lacks the right \"Pin messages\" in the group \"Team\": messages cannot be pinned in topics",
        ]
    );
}

#[tokio::test]
async fn a_wrong_token() {
    for (code, description) in [(401, "Unauthorized"), (404, "Not Found")] {
        assert_eq!(
            Answers::good().refusing("getMe", code, description).problem().await,
            "Telegram does not know the bot of this token: it was mistyped or revoked; @BotFather shows the present one (/mybots, API Token)"
        );
    }
}

#[tokio::test]
async fn a_webhook_shows_its_host_only() {
    let url = format!("https://user:pass@bot.example:8443/hook/42:{SECRET}");
    assert_eq!(
        Answers::good()
            .with("getWebhookInfo", json!({ "url": url }))
            .problem()
            .await,
        "@help_bot has a webhook at bot.example:8443: another program takes its updates, so mode direct would get none; \
         write mode = \"gateway\" or \"chain\", in which that program works on beside Switchboard, or stop it and call deleteWebhook"
    );
}

#[tokio::test]
async fn groups_that_cannot_be_backend_groups() {
    let good = Answers::good;
    assert_eq!(
        good()
            .refusing("getChat", 400, "Bad Request: chat not found")
            .problem()
            .await,
        "@help_bot does not find the group -1001234567890: the id is wrong (a supergroup's id begins with -100) or the bot is not in it; \
         add the bot to the group as an administrator"
    );
    let kicked = "Forbidden: bot was kicked from the supergroup chat";
    assert_eq!(
        good().refusing("getChat", 403, kicked).problem().await,
        "@help_bot is not in the group -1001234567890; add it there as an administrator with the right to manage topics"
    );
    assert_eq!(
        good().with("getChat", json!({"is_forum": false})).problem().await,
        "the group \"Team\" (-1001234567890) has no topics; switch on Topics in the group's settings"
    );
    assert_eq!(
        good()
            .with("getChat", json!({"type": "group", "is_forum": false}))
            .problem()
            .await,
        "-1001234567890 is a basic group (\"Team\"), and a backend group is a supergroup with topics; \
         make a group, switch on Topics in its settings, and take its new id"
    );
    let mut moved = good().refusing(
        "getChat",
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
    );
    moved.0["getChat"]["parameters"] = json!({"migrate_to_chat_id": -1005});
    assert_eq!(
        moved.problem().await,
        "the group -1001234567890 was upgraded by Telegram and is now -1005; write group = -1005"
    );
}

#[tokio::test]
async fn rights_that_are_required() {
    let member = |change: Value| Answers::good().with("getChatMember", change);
    assert_eq!(
        member(json!({"status": "left"})).problem().await,
        "@help_bot is not in the group -1001234567890; add it there as an administrator with the right to manage topics"
    );
    assert_eq!(
        member(json!({"status": "member"})).problem().await,
        "@help_bot is no administrator of the group \"Team\" (-1001234567890); make it one with the right to manage topics"
    );
    assert_eq!(
        member(json!({"can_manage_topics": false})).problem().await,
        "@help_bot may not manage topics in the group \"Team\" (-1001234567890); give it the administrator's right \"Manage topics\""
    );
}

#[tokio::test]
async fn what_is_not_foreseen_is_passed_on() {
    assert_eq!(
        Answers::good()
            .refusing("getChat", 400, "Bad Request: something new")
            .problem()
            .await,
        "Telegram refuses getChat: Bad Request: something new (400)"
    );
    assert_eq!(
        Answers::good().refusing("getMe", 502, "Bad Gateway").problem().await,
        "no word from Telegram on getMe: Telegram did not answer: getMe was answered with 502 Bad Gateway"
    );
}
