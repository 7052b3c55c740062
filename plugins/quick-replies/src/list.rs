//! The list: pages of replies with previews, links to their sources, and buttons that send or turn the page.

use switchboard_plugin::prelude::*;
use switchboard_plugin::words::{code, place};

use crate::names;
use crate::say::MOST;

/// Replies on a page: as many as a phone shows without scrolling much.
const PAGE: usize = 8;
/// Buttons in a row: names must stay readable.
const ROW: usize = 2;
/// Characters of a preview.
const PREVIEW: usize = 40;
/// Characters of a name on a button.
const LABEL: usize = 24;

const HELP: &str = "/say NAME sends one, /say NAME fwd as a forward. Reply to a message with /say NAME to save it. \
                    /say del NAME deletes.";

pub fn command(host: &impl Host, call: &Invocation) -> Reply {
    answer(page(&host.templates().all("", MOST)?, 0, call.place == place::TOPIC))
}

/// `p2` shows page 2, `s…` sends the reply of that key.
pub fn press(host: &impl Host, event: &PressEvent) -> Result<Answer, Error> {
    let all = host.templates().all("", MOST)?;
    let in_topic = event.place == place::TOPIC;
    if let Some(number) = event.value.strip_prefix('p').and_then(|number| number.parse().ok()) {
        return Ok(Answer {
            edit: Some(page(&all, number, in_topic)),
            ..Answer::default()
        });
    }
    let Some(key) = event.value.strip_prefix('s') else {
        return Err(Error::invalid("This button is not known any more. Write /say again."));
    };
    let Some(dialog) = &event.dialog else {
        return Err(Error::refused("Quick replies are sent from the topic of a customer."));
    };
    let Some(template) = all.iter().find(|template| names::key(&template.name) == key) else {
        let edit = Some(page(&all, 0, in_topic));
        let toast = Some("This quick reply was deleted.".to_owned());
        return Ok(Answer {
            toast,
            edit,
            ..Answer::default()
        });
    };
    match host.templates().send(&template.name, dialog.id) {
        Ok(()) => {
            let toast = Some(format!("Sending {}", shortened(&template.name, LABEL)));
            Ok(Answer {
                toast,
                ..Answer::default()
            })
        }
        Err(error) if error.is(code::NOT_FOUND) => Err("This quick reply was deleted.".into()),
        Err(error) => Err(error),
    }
}

fn page(all: &[Template], number: usize, in_topic: bool) -> Content {
    if all.is_empty() {
        let text = StyledText::new().bold("No quick replies yet.");
        return text
            .plain("\nReply to a message with /say NAME to save it under that name.")
            .into();
    }
    let pages = all.len().div_ceil(PAGE);
    // The list may have become shorter since the button was drawn.
    let number = number.min(pages - 1);
    let shown = &all[number * PAGE..all.len().min((number + 1) * PAGE)];
    let mut text = StyledText::new().bold(&format!("Quick replies: {}", all.len()));
    if pages > 1 {
        text = text.plain(&format!(", page {} of {pages}", number + 1));
    }
    for template in shown {
        text = text.plain("\n• ").code(&template.name).plain(" ");
        text = match &template.link {
            Some(link) => text.link(&summary(template), link),
            None => text.plain(&summary(template)),
        };
    }
    let mut content = Content::from(text.plain("\n\n").italic(HELP));
    if in_topic {
        for pair in shown.chunks(ROW) {
            content = content.row(pair.iter().map(|template| {
                let label = shortened(&template.name, LABEL);
                Button::press(label, format!("s{}", names::key(&template.name)))
            }));
        }
    }
    let turn = |to: usize, label: &str| Button::press(label, format!("p{to}"));
    let back = (number > 0).then(|| turn(number - 1, "‹ Back"));
    let next = (number + 1 < pages).then(|| turn(number + 1, "More ›"));
    let turns: Vec<_> = back.into_iter().chain(next).collect();
    if turns.is_empty() { content } else { content.row(turns) }
}

/// What a reply is, in a few words: `“Our price list is…”`, `photo “The map”`, `album of 3`.
pub fn summary(template: &Template) -> String {
    let preview = template.preview.split_whitespace().collect::<Vec<_>>().join(" ");
    let kind = match template.kind.as_str() {
        "text" if preview.is_empty() => "text".to_owned(),
        "text" => String::new(),
        "album" => format!("album of {}", template.size),
        kind => kind.replace('_', " "),
    };
    let quoted = match preview.as_str() {
        "" => String::new(),
        preview => format!("“{}”", shortened(preview, PREVIEW)),
    };
    [kind, quoted]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most - 1).collect();
    format!("{}…", cut.trim_end())
}
