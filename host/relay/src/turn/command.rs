//! Commands in a topic.

use std::sync::Arc;

use switchboard_store::{ChatId, Status};
use switchboard_telegram::types::Message;

use super::draft::Draft;
use crate::RelayError;
use crate::connection::Inner;
use crate::content::Content;
use crate::op::Op;
use crate::words;

/// Commands of the relay itself; a plugin cannot take them.
pub const TOPIC_COMMANDS: [&str; 7] = ["close", "hold", "wait", "takeover", "release", "info", "help"];
pub const GENERAL_COMMANDS: [&str; 3] = ["new", "info", "help"];

/// A command as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// In lower case, without slash and bot name.
    pub name: String,
    pub args: String,
}

/// Whether this is a command for another bot of the group.
pub fn is_for_another(message: &Message, bot: &str) -> bool {
    let word = message
        .body()
        .strip_prefix('/')
        .and_then(|text| text.split_whitespace().next());
    let addressee = word
        .and_then(|word| word.split_once('@'))
        .filter(|(name, _)| is_name(name));
    addressee.is_some_and(|(_, addressee)| !addressee.eq_ignore_ascii_case(bot))
}

fn is_name(name: &str) -> bool {
    let starts = name.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
    starts && name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Reads `/name@bot args`; `None` for what is no command, or one for another bot.
pub fn parse(message: &Message, bot: &str) -> Option<Call> {
    let text = message.body().strip_prefix('/')?;
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, args) = text.split_at(end);
    let (name, addressee) = word
        .split_once('@')
        .map_or((word, None), |(name, addressee)| (name, Some(addressee)));
    if addressee.is_some_and(|addressee| !addressee.eq_ignore_ascii_case(bot)) {
        return None;
    }
    let fits = is_name(name);
    fits.then(|| Call {
        name: name.to_ascii_lowercase(),
        args: args.trim().to_owned(),
    })
}

impl Inner {
    pub(super) async fn topic_command(
        self: &Arc<Self>,
        draft: &mut Draft,
        chat: ChatId,
        message: &Message,
        call: Call,
    ) -> Result<(), RelayError> {
        match call.name.as_str() {
            "close" => {
                draft.set_status(chat, Status::Closed, 0);
                self.end_takeover(draft, chat);
            }
            "takeover" => self.take_over(draft, chat, message),
            "release" => self.release(draft, chat, message),
            "hold" => {
                draft.set_status(chat, Status::Waiting, 0);
            }
            "wait" => {
                draft.set_status(chat, Status::Answered, 0);
            }
            "info" => {
                if let Some(person) = draft.person(chat)
                    && let (Some(contact), Some(dialog)) = (&person.contact, &person.dialog)
                {
                    let card = words::info(contact, dialog, &[]);
                    reply(draft, Some(chat), message, card);
                }
            }
            "help" => {
                let text = words::help_topic(
                    self.config.parameters.reply_only,
                    self.program.is_some(),
                    &self.plugins.help("topic"),
                );
                reply(draft, Some(chat), message, text);
            }
            name => {
                if self.plugin_command(draft, Some(chat), message, &call).await? {
                    return Ok(());
                }
                let text = if GENERAL_COMMANDS.contains(&name) || self.plugins.has_command(name, "general") {
                    words::only_in_general(name)
                } else {
                    let known = TOPIC_COMMANDS
                        .iter()
                        .map(|name| (*name).to_owned())
                        .chain(self.plugins.commands("topic"));
                    words::unknown_command(name, nearest(name, known).as_deref())
                };
                reply(draft, Some(chat), message, text);
            }
        }
        Ok(())
    }
}

/// An answer under a command.
pub fn reply(draft: &mut Draft, chat: Option<ChatId>, message: &Message, text: String) {
    draft.queue(Op::Post {
        chat,
        content: Content::text(text),
        reply: Some(message.message_id),
        more: vec![],
    });
}

/// The known word that is most like one, if any is like it.
pub fn nearest(word: &str, known: impl Iterator<Item = String>) -> Option<String> {
    known
        .map(|name| (strsim::jaro_winkler(word, &name), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str) -> Option<Call> {
        parse(
            &Message {
                text: Some(text.to_owned()),
                ..Message::default()
            },
            "Shop_Bot",
        )
    }

    #[test]
    fn commands_are_read_as_telegram_writes_them() {
        assert_eq!(
            call("/say hello  there "),
            Some(Call {
                name: "say".into(),
                args: "hello  there".into()
            })
        );
        assert_eq!(
            call("/Close@shop_bot"),
            Some(Call {
                name: "close".into(),
                args: String::new()
            })
        );
        assert_eq!(call("/close@other_bot"), None);
        let to = |text: &str| {
            is_for_another(
                &Message {
                    text: Some(text.to_owned()),
                    ..Message::default()
                },
                "Shop_Bot",
            )
        };
        assert!(to("/close@other_bot now") && !to("/close@shop_bot") && !to("/close") && !to("a/b@c") && !to("/a/b@c"));
        assert_eq!(call("/ a note"), None);
        assert_eq!(call("/path/to/file"), None);
        assert_eq!(call("no command"), None);
        assert_eq!(call("/1st"), None);
    }

    #[test]
    fn near_misses_find_their_word() {
        let known = || TOPIC_COMMANDS.iter().map(|name| (*name).to_owned());
        assert_eq!(nearest("clsoe", known()).as_deref(), Some("close"));
        assert_eq!(nearest("invoice", known()), None);
    }
}
