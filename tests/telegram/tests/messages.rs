//! Messages both ways: text, copies, forwards, albums, replies, edits, deletions, buttons.

mod common;

use common::{SOON, stage};
use serde_json::json;

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
