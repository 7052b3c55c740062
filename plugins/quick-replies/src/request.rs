//! What an operator wants, read from the words behind `/say`.

use switchboard_plugin::{Error, Invocation};

/// Words that have a meaning of their own and so are no names.
const DELETE: [&str; 2] = ["del", "delete"];
const FORWARD: [&str; 2] = ["fwd", "forward"];

#[derive(Debug, PartialEq)]
pub enum Request<'a> {
    List,
    Send { name: &'a str, forward: bool },
    Save { name: &'a str },
    Delete { name: &'a str },
}

impl<'a> Request<'a> {
    pub fn of(call: &'a Invocation) -> Result<Self, Error> {
        let is = |words: [&str; 2], word: &str| words.iter().any(|it| it.eq_ignore_ascii_case(word));
        match (call.words().as_slice(), call.reply.is_some()) {
            ([], false) => Ok(Self::List),
            ([], true) => Err(Error::invalid(
                "Under which name? Reply to the message with /say NAME to save it.",
            )),
            ([word], _) if is(DELETE, word) => Err(Error::invalid("Which one? /say del NAME deletes a quick reply.")),
            ([word, name], _) if is(DELETE, word) => Ok(Self::Delete { name }),
            ([word], _) if is(FORWARD, word) => Err(Error::invalid(
                "Which one? /say NAME fwd sends a quick reply as a forward.",
            )),
            ([name], true) => Ok(Self::Save { name }),
            ([name], false) => Ok(Self::Send { name, forward: false }),
            ([name, word], false) if is(FORWARD, word) => Ok(Self::Send { name, forward: true }),
            ([_, word], true) if is(FORWARD, word) => Err(Error::invalid(
                "A reply with /say NAME saves. To send as a forward, write /say NAME fwd without replying.",
            )),
            (words, replies) => {
                let joined = words.join("-");
                let what = if replies { "save" } else { "send" };
                Err(Error::invalid(format!(
                    "A name has no spaces. To {what} this, write /say {joined}, say. /say alone lists all."
                )))
            }
        }
    }
}
