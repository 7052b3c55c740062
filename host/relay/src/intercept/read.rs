//! From a call and its result to what it did in which chat.

use serde_json::Value;
use switchboard_store::{ChatId, MessageId};

use super::{Interception, ProgramCall};

/// Prefixes of methods whose calls change what a customer sees, in lower case.
const WATCHED: [&str; 10] = [
    "send",
    "copymessage",
    "forwardmessage",
    "edit",
    "deletemessage",
    "setmessagereaction",
    "pinchatmessage",
    "unpinchatmessage",
    "stopmessagelivelocation",
    "setgamescore",
];
/// Methods that begin so and leave no message: a chat action and drafts are gone in seconds, the message follows.
const FLEETING: [&str; 3] = ["sendchataction", "sendmessagedraft", "sendrichmessagedraft"];

/// Whether calls of this method, in lower case, are of interest.
pub fn watched(method: &str) -> bool {
    WATCHED.iter().any(|prefix| method.starts_with(prefix)) && !FLEETING.contains(&method)
}

/// What a call did; `None` for what no private chat shows.
pub fn read(call: &ProgramCall) -> Option<(ChatId, Interception)> {
    // A business account's dialogs are with its owner, not with the bot.
    if !watched(&call.method) || call.param("business_connection_id").is_some() {
        return None;
    }
    let result: Value = serde_json::from_str(call.result.get()).ok()?;
    let named = || {
        call.param("chat_id")?
            .trim()
            .parse::<ChatId>()
            .ok()
            .filter(|chat| *chat > 0)
    };
    match call.method.as_str() {
        "deletemessage" => Some((
            named()?,
            Interception::Deleted {
                ids: vec![call.message()?],
            },
        )),
        "deletemessages" => Some((
            named()?,
            Interception::Deleted {
                ids: call.json("message_ids")?,
            },
        )),
        "setmessagereaction" => Some((
            named()?,
            Interception::Reacted {
                message: call.message()?,
                reaction: call.json("reaction").unwrap_or_default(),
            },
        )),
        "pinchatmessage" => Some((
            named()?,
            Interception::Pinned {
                message: call.message()?,
                pinned: true,
            },
        )),
        "unpinchatmessage" => Some((
            named()?,
            Interception::Pinned {
                message: call.message()?,
                pinned: false,
            },
        )),
        method if method.starts_with("edit") || method.starts_with("stop") || method.starts_with("set") => {
            let chat = private_chat(&result)?;
            Some((chat, Interception::Edited { message: result }))
        }
        _ => sent(call, result, named),
    }
}

fn sent(call: &ProgramCall, result: Value, named: impl Fn() -> Option<ChatId>) -> Option<(ChatId, Interception)> {
    let keyboard = call
        .json::<Value>("reply_markup")
        .filter(|markup| markup.get("keyboard").is_some());
    let messages = match result {
        Value::Array(messages) => messages,
        one => vec![one],
    };
    if messages.iter().all(|message| message.get("chat").is_some()) {
        let chat = private_chat(messages.first()?)?;
        return Some((chat, Interception::Sent { messages, keyboard }));
    }
    let ids: Vec<MessageId> = messages
        .iter()
        .filter_map(|message| message.get("message_id")?.as_i64())
        .collect();
    if ids.is_empty() {
        return None;
    }
    // What was copied with a keyboard of either kind shows it by what the program asked for.
    let keyboard = keyboard.or_else(|| call.json("reply_markup"));
    Some((named()?, Interception::Copied { ids, keyboard }))
}

fn private_chat(message: &Value) -> Option<ChatId> {
    if message.get("business_connection_id").is_some() {
        return None;
    }
    let chat = message.get("chat")?;
    (chat.get("type")? == "private")
        .then(|| chat.get("id")?.as_i64())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(method: &str, params: &[(&str, &str)], result: &str) -> Option<(ChatId, Interception)> {
        read(&ProgramCall {
            method: method.to_owned(),
            params: params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            result: serde_json::value::RawValue::from_string(result.to_owned()).unwrap(),
        })
    }

    const MESSAGE: &str = r#"{"message_id":9,"chat":{"id":5,"type":"private"},"date":1,"text":"hi"}"#;

    #[test]
    fn messages_are_read_from_the_answer_whatever_sent_them() {
        for method in ["sendmessage", "sendinvoice", "sendfromthefuture", "forwardmessage"] {
            let (chat, what) = call(method, &[], MESSAGE).unwrap();
            assert!(chat == 5 && matches!(what, Interception::Sent { ref messages, .. } if messages.len() == 1));
        }
        let album = format!("[{MESSAGE},{MESSAGE}]");
        assert!(
            matches!(call("sendmediagroup", &[], &album), Some((5, Interception::Sent { messages, .. })) if messages.len() == 2)
        );
        assert!(matches!(
            call("editmessagetext", &[], MESSAGE),
            Some((5, Interception::Edited { .. }))
        ));
    }

    #[test]
    fn copies_are_known_by_what_was_asked() {
        let copied = call(
            "copymessages",
            &[("chat_id", "5")],
            r#"[{"message_id":7},{"message_id":8}]"#,
        );
        assert_eq!(
            copied,
            Some((
                5,
                Interception::Copied {
                    ids: vec![7, 8],
                    keyboard: None
                }
            ))
        );
        assert_eq!(
            call("deletemessages", &[("chat_id", "5"), ("message_ids", "[1,2]")], "true"),
            Some((5, Interception::Deleted { ids: vec![1, 2] }))
        );
    }

    #[test]
    fn groups_business_and_fleeting_things_are_none_of_ours() {
        let group = r#"{"message_id":9,"chat":{"id":-5,"type":"group"},"date":1}"#;
        assert_eq!(call("sendmessage", &[], group), None);
        assert_eq!(call("sendmessage", &[("business_connection_id", "x")], MESSAGE), None);
        assert_eq!(call("editmessagetext", &[("inline_message_id", "x")], "true"), None);
        assert_eq!(call("sendmessagedraft", &[("chat_id", "5")], "true"), None);
        assert_eq!(call("sendchataction", &[("chat_id", "5")], "true"), None);
        assert!(!watched("getupdates") && !watched("answercallbackquery") && watched("sendmessage"));
    }
}
