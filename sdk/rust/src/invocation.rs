//! Short ways to say where a command or a press was made, and to make one up in a test.

use crate::{Dialog, Error, Invocation, Message, MessageRef, PressEvent, words::place};

impl Invocation {
    /// The dialog of the topic.
    ///
    /// # Errors
    /// `refused`, with a sentence for the operator, where the command was not given in a topic.
    pub fn topic(&self) -> Result<&Dialog, Error> {
        self.dialog
            .as_ref()
            .ok_or_else(|| Error::refused(format!("/{} works in the topic of a customer.", self.name)))
    }

    /// The id of the dialog of the topic, if it is one.
    pub fn dialog_id(&self) -> Option<i64> {
        self.dialog.as_ref().map(|dialog| dialog.id)
    }

    /// The arguments, split at white space.
    pub fn words(&self) -> Vec<&str> {
        self.args.split_whitespace().collect()
    }

    /// For tests: a command as an operator gives it in a dialog's topic, such as `/say price`.
    pub fn in_topic(dialog: &Dialog, text: &str) -> Self {
        Self {
            dialog: Some(dialog.clone()),
            ..Self::written(place::TOPIC, text)
        }
    }

    /// For tests: a command as an operator gives it in General.
    pub fn in_general(text: &str) -> Self {
        Self::written(place::GENERAL, text)
    }

    /// For tests: the command replies to a message.
    #[must_use]
    pub fn replying_to(mut self, message: &Message) -> Self {
        self.message.reply_to = Some(message.ref_.clone());
        self.reply = Some(message.clone());
        self
    }

    fn written(place: &str, text: &str) -> Self {
        let (name, args) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        Self {
            name: name.trim_start_matches('/').to_owned(),
            args: args.trim().to_owned(),
            place: place.to_owned(),
            message: Message {
                ref_: MessageRef {
                    place: place.to_owned(),
                    id: 1,
                },
                kind: "text".to_owned(),
                text: text.to_owned(),
                ..Message::default()
            },
            ..Self::default()
        }
    }
}

impl PressEvent {
    /// For tests: a press on a button of this value in a dialog's topic.
    pub fn in_topic(dialog: &Dialog, value: &str) -> Self {
        Self {
            dialog: Some(dialog.clone()),
            ..Self::pressed(place::TOPIC, value)
        }
    }

    /// For tests: a press in General.
    pub fn in_general(value: &str) -> Self {
        Self::pressed(place::GENERAL, value)
    }

    fn pressed(place: &str, value: &str) -> Self {
        Self {
            value: value.to_owned(),
            place: place.to_owned(),
            message: MessageRef {
                place: place.to_owned(),
                id: 1,
            },
            ..Self::default()
        }
    }
}

impl Message {
    /// For tests: a text in a topic.
    pub fn in_topic(id: i64, text: &str) -> Self {
        Self::placed(place::TOPIC, id, text)
    }

    /// For tests: a text in General.
    pub fn in_general(id: i64, text: &str) -> Self {
        Self::placed(place::GENERAL, id, text)
    }

    /// For tests: a text of the customer.
    pub fn from_customer(id: i64, text: &str) -> Self {
        Self::placed(place::CUSTOMER, id, text)
    }

    fn placed(place: &str, id: i64, text: &str) -> Self {
        Self {
            ref_: MessageRef {
                place: place.to_owned(),
                id,
            },
            kind: "text".to_owned(),
            text: text.to_owned(),
            ..Self::default()
        }
    }
}
