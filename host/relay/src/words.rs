//! Every sentence that operators read, in one place.

use switchboard_store::{Contact, Dialog, Status};

use crate::title;

pub fn not_delivered(name: &str, why: &str) -> String {
    format!("⚠️ Not delivered to {name}: {why}.")
}

pub fn not_confirmed(name: &str, count: usize) -> String {
    let what = match count {
        0 | 1 => "this".to_owned(),
        2 => "this and your next message".to_owned(),
        _ => format!("this and your next {} messages", count - 1),
    };
    format!(
        "❓ Not confirmed: Telegram did not say whether {what} reached {name}. What you write next waits until you decide."
    )
}

/// Before what the bot's own program says, so that it is told apart at a glance.
pub const PROGRAM: &str = "🤖 ";
/// The same on a button, where a message has no room for it.
pub const BY_PROGRAM: &str = "🤖 by the bot";
pub const GONE: &str = "🗑 deleted by the bot";
/// What a button of the bot's program does in the topic.
pub const NOT_YOURS: &str = "n:c";

pub fn only_customer() -> &'static str {
    "Only the customer can press the bot's buttons. Here they only show what the customer sees."
}

pub fn program_sent(content: &crate::content::Content) -> String {
    let kind = content.kind.replace('_', " ");
    match content.text.as_str() {
        "" => format!("{PROGRAM}The bot sent something that cannot be shown here ({kind})."),
        text => format!("{PROGRAM}[{kind}] {text}"),
    }
}

/// Amounts are in the smallest units of the currency; most have a hundred of them.
pub fn invoice(title: &str, amount: i64, currency: &str) -> String {
    match currency {
        "XTR" => format!("{title}, {amount} ⭐"),
        "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "PYG" | "UGX" => format!("{title}, {amount} {currency}"),
        _ => format!("{title}, {}.{:02} {currency}", amount / 100, amount % 100),
    }
}

pub fn no_program() -> &'static str {
    "This bot has no program of its own beside Switchboard, so there is nobody to take the dialog over from."
}

pub fn taken_over(name: &str, held: bool, minutes: Option<u32>) -> String {
    let what = if held {
        format!("The bot's own program gets nothing from {name} now")
    } else {
        format!("The bot's own program is told with each update from {name}")
    };
    let end = match minutes {
        Some(1) => ", until /release or a minute without a message of yours".to_owned(),
        Some(minutes) => format!(", until /release or {minutes} minutes without a message of yours"),
        None => ", until /release".to_owned(),
    };
    format!("✋ The dialog is yours. {what}{end}.")
}

pub fn taken_over_already(name: &str) -> String {
    format!("The dialog with {name} is taken over already. /release gives it back to the bot's own program.")
}

pub fn released_dialog(name: &str) -> String {
    format!("↩️ {name} talks to the bot's own program again.")
}

pub fn not_taken_over(name: &str) -> String {
    format!("The dialog with {name} is not taken over. /takeover takes it from the bot's own program.")
}

pub fn takeover_over(name: &str) -> String {
    format!(
        "↩️ No operator wrote for a while: {name} talks to the bot's own program again. /takeover takes the dialog back."
    )
}

pub fn operator_has_it() -> &'static str {
    "You are talking to a person now. Please write your message."
}

pub const SEND_AGAIN: &str = "Send again";
pub const LEAVE_IT: &str = "Leave it";
pub const MAYBE_REPEATED: &str = "↻ may be a repeat";

fn it(count: usize) -> &'static str {
    if count > 1 { "them" } else { "it" }
}

pub fn sending_again(count: usize) -> String {
    format!("↻ Sent again. The customer may have {} twice.", it(count))
}

pub fn left(count: usize) -> String {
    format!("✔️ Left as it is. The customer may not have {}.", it(count))
}

pub fn left_by_rule(name: &str) -> String {
    format!(
        "❓ Not confirmed: Telegram did not say whether this reached {name}. It was not sent again (UNCONFIRMED = leave)."
    )
}

pub fn left_unasked(name: &str) -> String {
    format!(
        "❓ Not confirmed: Telegram did not say whether the bot's own message, such as the greeting, reached {name}. It was not sent again."
    )
}

pub fn plugin_gone() -> &'static str {
    "The plugin of this button is not enabled any more."
}

pub fn decided_already() -> &'static str {
    "This was decided already."
}

pub fn blocked(name: &str) -> String {
    format!("⛔ {name} has blocked the bot. Messages cannot be delivered until they start it again.")
}

pub fn unblocked(name: &str) -> String {
    format!("✅ {name} has started the bot again.")
}

pub fn edit_not_shown(why: &str) -> String {
    format!("✏️ The customer edited this message, but the change cannot be shown here: {why}.")
}

pub fn cannot_show(kind: &str) -> String {
    format!(
        "📎 The customer sent something that cannot be shown here ({}). Ask them to send it in another form.",
        kind.replace('_', " ")
    )
}

pub fn made_twice(name: &str, link: &str) -> String {
    format!(
        "ℹ️ The topic “{name}” was made twice, as Telegram's answer was lost. This one is empty and can be deleted: {link}"
    )
}

pub fn loose_topic() -> &'static str {
    "⚠️ Not delivered: this topic belongs to no customer any more. Look for the customer's newer topic, or open one with /new in General."
}

pub fn cannot_send(kind: &str) -> String {
    format!(
        "a message of this kind ({}) cannot be sent by a bot",
        kind.replace('_', " ")
    )
}

pub fn part_missing(missing: usize) -> String {
    format!("⚠️ Telegram left out {missing} message(s) of this group; they may have been deleted.")
}

pub fn unfit(why: &str) -> String {
    format!(
        "🔧 Switchboard cannot work in this group: {why}. Messages wait, and nothing is lost; they follow when it is mended."
    )
}

pub fn unknown_command(name: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!(
            "There is no command /{name}. Did you mean /{near}? /help lists all. Nothing was sent to the customer."
        ),
        None => format!("There is no command /{name}. /help lists all. Nothing was sent to the customer."),
    }
}

pub fn only_in_topic(name: &str) -> String {
    format!("/{name} works in a customer's topic.")
}

pub fn only_in_general(name: &str) -> String {
    format!("/{name} works in General.")
}

pub fn only_admins(name: &str) -> String {
    format!("/{name} is for the connection's admins.")
}

pub fn new_usage() -> &'static str {
    "/new USER_ID opens a topic with a customer who has written to the bot before. USER_ID is the number that /info shows."
}

pub fn new_unknown(id: &str) -> String {
    format!(
        "No customer {id} is known, and Telegram shows none to this bot: a bot can only write to people who have started it."
    )
}

pub fn new_exists(link: &str) -> String {
    format!("There is a topic with this customer already: {link}")
}

pub fn opened_by(name: &str, operator: &str) -> String {
    format!("💬 {operator} opened this dialog with {name}. What you write here is sent to them.")
}

pub fn plugin_failed(plugin: &str, why: &str) -> String {
    format!("⚠️ Plugin {plugin} failed: {why}. What it had begun was undone.")
}

pub fn held(plugin: &str) -> String {
    format!(
        "⏸ A message is held back, because plugin {plugin} failed on it. It is not lost; what comes after it waits. Release it unchanged, or skip it?"
    )
}

pub const RELEASE: &str = "Release";
pub const SKIP: &str = "Skip";

pub fn released(by: &str) -> String {
    format!("▶️ Released unchanged by {by}.")
}

pub fn skipped(by: &str) -> String {
    format!("⏭ Skipped by {by}.")
}

pub fn not_checked(plugin: &str) -> String {
    format!("⚠️ not checked by {plugin}")
}

/// Marks under a message that is shown: buttons that do nothing.
pub fn marks(marks: &[String]) -> serde_json::Value {
    let button = |mark: &String| serde_json::json!([{ "text": mark, "callback_data": "n" }]);
    serde_json::json!({ "inline_keyboard": marks.iter().map(button).collect::<Vec<_>>() })
}

pub fn timer_failed(plugin: &str, why: &str) -> String {
    format!("⚠️ Plugin {plugin} failed at a time that it had set: {why}. What it had begun was undone.")
}

pub fn circuit_open(plugin: &str, why: &str) -> String {
    format!("⚠️ Plugin {plugin} failed on three messages in a row and is left alone for a while: {why}.")
}

pub fn quarantined(plugin: &str, reason: &str) -> String {
    format!("🗄 A message was set aside by plugin {plugin}: {reason}. Release it, or skip it?")
}

pub fn dropped_outgoing(plugin: &str, reason: &str) -> String {
    format!("🚫 Not sent: {plugin} says: {reason}")
}

/// A dialog's status in a word.
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Waiting => "waiting for an answer",
        Status::Answered => "answered",
        Status::Closed => "closed",
    }
}

/// The `/info` card.
pub fn info(contact: &Contact, dialog: &Dialog, extra: &[(String, String)]) -> String {
    let mut lines = vec![format!("👤 {}", title::name(contact))];
    let full = format!("{} {}", contact.first_name, contact.last_name);
    if full.trim() != title::name(contact) {
        lines.push(format!("Name: {}", full.trim()));
    }
    if let Some(username) = &contact.username {
        lines.push(format!("Username: @{username}"));
    }
    lines.push(format!("User id: {}", contact.chat));
    if let Some(language) = &contact.language {
        lines.push(format!("Language: {language}"));
    }
    lines.push(format!(
        "Status: {} {}",
        title::mark(dialog.status),
        status(dialog.status)
    ));
    if dialog.taken_over.is_some() {
        lines.push("✋ Taken over from the bot's own program".to_owned());
    }
    if contact.blocked {
        lines.push("⛔ Has blocked the bot".to_owned());
    }
    if let Some(start) = &contact.start {
        lines.push(format!("Came with: /start {start}"));
    }
    if !contact.tags.is_empty() {
        lines.push(format!("Tags: {}", contact.tags.join(", ")));
    }
    lines.extend(
        contact
            .properties
            .iter()
            .filter(|(name, _)| name != title::NAME_PROPERTY)
            .chain(extra)
            .map(|(name, value)| format!("{name}: {value}")),
    );
    lines.push(format!("First seen: {}", date(contact.first_seen)));
    lines.join("\n")
}

fn date(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).map_or_else(
        |_| "unknown".to_owned(),
        |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

/// `/help` in a topic. `plugins` are usages and summaries.
pub fn help_topic(reply_only: bool, beside: bool, plugins: &[(String, String)]) -> String {
    let first = if reply_only {
        "Reply to a customer's message, and the reply is sent to them; all else stays here."
    } else {
        "What you write here is sent to the customer as the bot."
    };
    let mut lines = vec![
        first.to_owned(),
        "/ text (a slash and a space): a note that stays here".to_owned(),
        format!(
            "/close: {} closed, until the customer writes again",
            title::mark(Status::Closed)
        ),
        format!("/hold: {} waiting for an answer", title::mark(Status::Waiting)),
        format!("/wait: {} answered", title::mark(Status::Answered)),
        "/info: what is known of the customer".to_owned(),
    ];
    if beside {
        lines.push("/takeover: the bot's own program gets nothing from the customer, until /release".to_owned());
        lines.push(format!("{}stands before what the bot's own program sends", PROGRAM));
    }
    lines.extend(plugins.iter().map(|(usage, summary)| format!("{usage}: {summary}")));
    lines.join("\n")
}

/// `/help` in General.
pub fn help_general(plugins: &[(String, String)]) -> String {
    let mut lines = vec![
        "Each customer has a topic; what you write there is sent to them as the bot.".to_owned(),
        new_usage().to_owned(),
        "/info: this connection".to_owned(),
    ];
    lines.extend(plugins.iter().map(|(usage, summary)| format!("{usage}: {summary}")));
    lines.join("\n")
}
