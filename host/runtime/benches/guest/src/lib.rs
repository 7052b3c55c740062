//! A plugin of usual size, for measuring what a hook costs: it looks at every message for words.
use switchboard_plugin::prelude::*;

struct Words;

const SOUGHT: [&str; 3] = ["refund", "возврат", "invoice"];

fn found(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    SOUGHT.into_iter().find(|word| text.contains(word))
}

impl Plugin for Words {
    fn describe() -> Description {
        about!()
    }

    fn incoming(_: &impl Host, message: Message, _: Dialog) -> IncomingVerdict {
        match found(&message.text) {
            Some(word) => IncomingVerdict::Drop(word.to_owned()),
            None => IncomingVerdict::Pass,
        }
    }

    fn outgoing_text(_: &impl Host, text: String) -> TextVerdict {
        match found(&text) {
            Some(word) => TextVerdict::Drop(word.to_owned()),
            None => TextVerdict::Pass,
        }
    }
}

export!(Words: incoming, outgoing_text);
