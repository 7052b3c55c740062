//! A topic's title: a mark for the dialog's status, and the contact's name.

use switchboard_store::{Contact, Dialog, Status};

/// Telegram's limit for a topic's name, in characters.
const LIMIT: usize = 128;
/// The contact's property that an operator sets by renaming the topic.
pub const NAME_PROPERTY: &str = "topic-name";

/// The mark of a status, first thing in the title.
#[must_use]
pub fn mark(status: Status) -> &'static str {
    match status {
        Status::Waiting => "🟪",
        Status::Answered => "🟨",
        Status::Closed => "⬛",
    }
}

/// What operators call the contact.
#[must_use]
pub fn name(contact: &Contact) -> String {
    let given = contact
        .properties
        .iter()
        .find(|(key, _)| key == NAME_PROPERTY)
        .map(|(_, value)| value.trim());
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return given.to_owned();
    }
    let full = format!("{} {}", contact.first_name.trim(), contact.last_name.trim());
    match full.trim() {
        "" => format!("Customer {}", contact.chat),
        full => full.to_owned(),
    }
}

/// The title that the topic should have.
#[must_use]
pub fn title(dialog: &Dialog, contact: &Contact) -> String {
    let title = format!("{} {}", mark(dialog.status), name(contact));
    title.chars().take(LIMIT).collect()
}

/// The name in a title that an operator gave, without our marks.
#[must_use]
pub fn without_mark(title: &str) -> &str {
    let mut rest = title.trim();
    for status in [Status::Waiting, Status::Answered, Status::Closed] {
        rest = rest.strip_prefix(mark(status)).unwrap_or(rest).trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_stay_within_telegrams_limit() {
        let contact = Contact {
            chat: 5,
            first_name: "ß".repeat(200),
            ..Contact::default()
        };
        let dialog = crate::cache::new_dialog(5, 0);
        assert_eq!(title(&dialog, &contact).chars().count(), LIMIT);
    }

    #[test]
    fn a_name_given_by_an_operator_wins() {
        let contact = Contact {
            chat: 5,
            first_name: "Al".into(),
            properties: vec![(NAME_PROPERTY.into(), "Big order".into())],
            ..Contact::default()
        };
        assert_eq!(name(&contact), "Big order");
        assert_eq!(without_mark("🟨 Big order"), "Big order");
        assert_eq!(
            name(&Contact {
                chat: 9,
                ..Contact::default()
            }),
            "Customer 9"
        );
    }
}
