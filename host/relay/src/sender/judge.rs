//! What Telegram's refusals mean for a delivery. Telegram's texts vary in case and prefix, so they are matched by parts.

use switchboard_store::Place;
use switchboard_telegram::{ApiError, CallError};

/// What is known after a call that gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It is so already: as good as done.
    AlreadySo,
    /// Too many requests; wait this many milliseconds.
    Flood(i64),
    /// The topic is gone: make another.
    TopicGone,
    /// The topic is closed: open it.
    TopicClosed,
    /// The group has another id now.
    GroupMoved(i64),
    /// The bot lacks a right in the group, or the group's topics are off: wait, and say so in General.
    GroupUnfit(&'static str),
    /// The group cannot be reached at all: wait.
    GroupLost(&'static str),
    /// The customer blocked the bot, or is no more.
    Blocked(&'static str),
    /// The quoted or replied-to part cannot be used: without it.
    WithoutReply,
    /// This message cannot be copied: send what it says instead.
    CannotCopy,
    /// The token is not valid: wait until it is changed.
    TokenInvalid,
    /// Nothing reached Telegram.
    NotSent,
    /// Nobody knows.
    Unknown(String),
    /// Refused for good, in words for the operator.
    Refused(String),
}

/// Reads a failed call. `place` is where it was going to.
pub fn judge(error: &CallError, place: Place) -> Judgement {
    match error {
        CallError::Api(error) => judge_answer(error, place),
        CallError::NotSent(_) => Judgement::NotSent,
        CallError::Unknown(what) => Judgement::Unknown(what.clone()),
        CallError::Request(_) => Judgement::Refused("the request could not be built".to_owned()),
        // Telegram said `ok`, so it has happened; what came back cannot be read.
        CallError::Shape { .. } => Judgement::AlreadySo,
    }
}

pub const NO_TOPICS_RIGHT: &str =
    "the bot lacks the right “Manage topics”: give it to the bot in the group's list of administrators";
pub const NO_FORUM: &str = "topics are switched off in this group: switch them on in the group's settings";
pub const NO_POSTING: &str =
    "the bot may not post here: make it an administrator of this group with the right “Manage topics”";
pub const NO_ADMIN: &str =
    "the bot is not an administrator of this group any more: make it one, with the right “Manage topics”";
pub const TOPIC_SHUT: &str =
    "the topic is closed and the bot may not write in it: give the bot the right “Manage topics”";
pub const GONE: &str = "the bot is not in the backend group any more: add it again as an administrator";
/// What the right “Manage topics” mends.
pub const RIGHTS: [&str; 4] = [NO_TOPICS_RIGHT, NO_POSTING, NO_ADMIN, TOPIC_SHUT];
/// Everything that General may be told about the group, for taking it back.
pub const TROUBLES: [&str; 5] = [NO_TOPICS_RIGHT, NO_FORUM, NO_POSTING, NO_ADMIN, TOPIC_SHUT];

/// Where a 429 names no time.
const FLOOD_DEFAULT: u64 = 5;

fn judge_answer(error: &ApiError, place: Place) -> Judgement {
    let says = |part: &str| error.says(part);
    match error.code {
        429 => {
            return Judgement::Flood(
                i64::try_from(error.retry_after.unwrap_or(FLOOD_DEFAULT))
                    .unwrap_or(i64::MAX / 2_000)
                    .saturating_mul(1_000),
            );
        }
        401 => return Judgement::TokenInvalid,
        404 if !says("message") && !says("chat") => return Judgement::TokenInvalid,
        _ => {}
    }
    if let Some(to) = error.migrate_to {
        return Judgement::GroupMoved(to);
    }
    if says("message is not modified") || says("TOPIC_NOT_MODIFIED") {
        return Judgement::AlreadySo;
    }
    if says("can't be copied") || says("can't be forwarded") {
        return Judgement::CannotCopy;
    }
    if says("quote") || says("replied not found") || says("reply message not found") {
        return Judgement::WithoutReply;
    }
    match place {
        Place::Customer => judge_customer(error),
        Place::Topic | Place::General => judge_group(error),
    }
}

fn judge_group(error: &ApiError) -> Judgement {
    let says = |part: &str| error.says(part);
    if says("thread not found") || says("TOPIC_DELETED") || says("TOPIC_ID_INVALID") {
        Judgement::TopicGone
    } else if says("TOPIC_CLOSED") {
        Judgement::TopicClosed
    } else if says("CHANNEL_FORUM_MISSING") || says("not a forum") {
        Judgement::GroupUnfit(NO_FORUM)
    } else if says("manage topics") || says("create a topic") || says("create topics") || says("edit the topic") {
        Judgement::GroupUnfit(NO_TOPICS_RIGHT)
    } else if says("not enough rights")
        || says("have no rights")
        || says("CHAT_WRITE_FORBIDDEN")
        || says("CHAT_ADMIN_REQUIRED")
        || says("administrator rights")
    {
        Judgement::GroupUnfit(NO_POSTING)
    } else if says("kicked") || says("not a member") {
        Judgement::GroupLost(GONE)
    } else if says("chat not found") || says("CHANNEL_PRIVATE") || says("group is deactivated") {
        Judgement::GroupLost("the backend group cannot be found")
    } else {
        Judgement::Refused(plain(error))
    }
}

fn judge_customer(error: &ApiError) -> Judgement {
    let says = |part: &str| error.says(part);
    if says("kicked") || says("not a member") {
        // It is about the group that the message is copied from.
        Judgement::GroupLost(GONE)
    } else if says("blocked by the user") {
        Judgement::Blocked("the customer has blocked the bot")
    } else if says("deactivated") {
        Judgement::Blocked("the customer's account does not exist any more")
    } else if says("can't initiate conversation") {
        Judgement::Blocked("the customer has never started the bot, and a bot cannot write first")
    } else if says("chat not found") {
        Judgement::Blocked("Telegram knows no such customer")
    } else if says("VOICE_MESSAGES_FORBIDDEN") {
        Judgement::Refused("the customer does not accept voice and video messages".to_owned())
    } else if says("copy not found") || says("forward not found") {
        Judgement::Refused("the message was deleted before it could be sent".to_owned())
    } else {
        Judgement::Refused(plain(error))
    }
}

/// Telegram's own words, without the class before them.
fn plain(error: &ApiError) -> String {
    let text = error.description.trim();
    let text = text
        .strip_prefix("Bad Request:")
        .or_else(|| text.strip_prefix("Forbidden:"))
        .unwrap_or(text)
        .trim();
    format!("Telegram says: {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: i64, description: &str) -> CallError {
        CallError::Api(ApiError {
            code,
            description: description.to_owned(),
            retry_after: None,
            migrate_to: None,
        })
    }

    #[test]
    fn the_same_words_mean_different_things_on_either_side() {
        let error = answer(400, "Bad Request: chat not found");
        assert!(matches!(judge(&error, Place::Customer), Judgement::Blocked(_)));
        assert!(matches!(judge(&error, Place::Topic), Judgement::GroupLost(_)));
    }

    #[test]
    fn raw_server_codes_are_understood() {
        assert_eq!(
            judge(&answer(400, "Bad Request: TOPIC_DELETED"), Place::Topic),
            Judgement::TopicGone
        );
        assert_eq!(
            judge(&answer(400, "Bad Request: message thread not found"), Place::Topic),
            Judgement::TopicGone
        );
        assert_eq!(
            judge(&answer(400, "Bad Request: Topic_not_modified"), Place::Topic),
            Judgement::AlreadySo
        );
        assert_eq!(
            judge(&answer(400, "Bad Request: TOPIC_CLOSED"), Place::Topic),
            Judgement::TopicClosed
        );
    }

    #[test]
    fn a_flood_without_a_time_still_waits() {
        assert_eq!(
            judge(&answer(429, "Too Many Requests"), Place::Topic),
            Judgement::Flood(5_000)
        );
    }

    #[test]
    fn what_is_not_known_is_told_in_telegrams_words() {
        assert_eq!(
            judge(&answer(400, "Bad Request: STRANGE_NEW_RULE"), Place::Customer),
            Judgement::Refused("Telegram says: STRANGE_NEW_RULE".into())
        );
    }
}
