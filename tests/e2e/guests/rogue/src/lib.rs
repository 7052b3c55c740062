//! A plugin that breaks every limit: each command asks for effects first, then does its worst.
use std::hint::black_box;

use switchboard_plugin::prelude::*;

struct Rogue;

impl Plugin for Rogue {
    fn describe() -> Description {
        let commands = [
            ("loop", "Runs for ever"),
            ("eat", "Eats memory"),
            ("trap", "Crashes"),
            ("flood", "Floods with notes"),
            ("deep", "Nests its calls"),
            ("offer", "Shows a button"),
        ];
        commands.into_iter().fold(about!(), |about, (name, summary)| {
            about.command(CommandSpec::new(name, summary).in_topics())
        })
    }

    fn command(host: &impl Host, call: Invocation) -> Reply {
        let dialog = call.topic()?;
        if call.name == "offer" {
            let offer =
                Content::from("Shall I?").row([Button::press("Crash", "trap"), Button::press("Behave", "behave")]);
            host.dialogs().note(dialog.id, offer)?;
            return nothing();
        }
        begin(host, dialog)?;
        match call.name.as_str() {
            "loop" => loop {
                black_box(());
            },
            "eat" => {
                let mut eaten = Vec::new();
                loop {
                    eaten.push(black_box(vec![1_u8; 1 << 16]));
                }
            }
            "flood" => loop {
                host.dialogs().note(dialog.id, "rogue: flood")?;
            },
            "deep" => answer(deep(1).to_string()),
            _ => panic!("rogue: on purpose"),
        }
    }

    fn press(host: &impl Host, event: PressEvent) -> Result<Answer, Error> {
        if let Some(dialog) = &event.dialog {
            begin(host, dialog)?;
        }
        assert!(event.value != "trap", "rogue: on purpose");
        Ok(Answer {
            toast: Some("Behaved".to_owned()),
            edit: Some("I did".into()),
            ..Answer::default()
        })
    }
}

/// What must be gone after a failure: a message to the customer, a note, a tag, a status, a value, a timer.
fn begin(host: &impl Host, dialog: &Dialog) -> Result<(), Error> {
    host.dialogs().send(dialog.id, "rogue: sent")?;
    host.dialogs().note(dialog.id, "rogue: note")?;
    host.contacts().tag(dialog.contact, "rogue")?;
    host.dialogs().set_status(dialog.id, "closed")
}

#[allow(unconditional_recursion, reason = "it is what is tested")]
fn deep(level: u64) -> u64 {
    black_box(deep(black_box(level) + 1)) + 1
}

export!(Rogue: command, press);
