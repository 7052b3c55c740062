//! A small privacy plugin: customers' numbers and addresses are hidden, a forbidden word of an operator is not sent.
use switchboard_plugin::prelude::*;

struct Mask;

impl Plugin for Mask {
    fn describe() -> Description {
        about!().phase("sanitize").hold_on_failure().stateless()
    }

    fn incoming_text(_: &impl Host, text: String, _: bool) -> IncomingTextVerdict {
        let splices: Vec<Splice> = words(&text)
            .filter(|(_, word)| is_private(word))
            .map(|(at, word)| {
                Splice::new(
                    at,
                    word.len(),
                    if word.contains('@') {
                        "‹mail›"
                    } else {
                        "‹phone›"
                    },
                )
            })
            .collect();
        if splices.is_empty() {
            IncomingTextVerdict::Pass
        } else {
            IncomingTextVerdict::Edit(splices)
        }
    }

    fn outgoing_text(_: &impl Host, text: String) -> TextVerdict {
        if text.contains("password") {
            return TextVerdict::Drop("never ask for a password".to_owned());
        }
        TextVerdict::Pass
    }
}

/// Stretches between white space, each with its offset in bytes.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = text.as_ptr() as usize;
    text.split_whitespace()
        .map(move |word| (word.as_ptr() as usize - start, word))
}

fn is_private(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    digits >= 7 || (word.contains('@') && word.contains('.'))
}

export!(Mask: incoming_text, outgoing_text);
