//! `/remind MILLISECONDS TEXT` notes the text in the topic when the time has come, and counts how often it did.
use switchboard_plugin::prelude::*;

struct Reminder;

impl Plugin for Reminder {
    fn describe() -> Description {
        let remind = CommandSpec::new("remind", "Reminds you")
            .usage("MILLISECONDS TEXT")
            .in_topics();
        let forget = CommandSpec::new("forget", "Forgets a reminder")
            .usage("TEXT")
            .in_topics();
        about!().command(remind).command(forget)
    }

    fn command(host: &impl Host, call: Invocation) -> Reply {
        let dialog = call.topic()?;
        if call.name == "forget" {
            let was = host.schedule().cancel(&key(&call.args))?;
            return answer(if was { "Forgotten." } else { "There was none." });
        }
        let Some((delay, text)) = call.args.split_once(' ') else {
            return Err(Error::invalid("When, and what of?"));
        };
        let delay: u64 = delay.parse().map_err(|_| Error::invalid("That is no time."))?;
        host.schedule()
            .set(&key(text), host.now() + delay, text, Some(dialog.id))?;
        answer(format!("Noted: {text}"))
    }

    fn timer(host: &impl Host, timer: DueTimer) -> Result<(), Error> {
        let Some(dialog) = timer.dialog else { return Ok(()) };
        let times = host.store().add(&timer.key, 1)?;
        host.dialogs()
            .note(dialog.id, format!("⏰ {} ({times})", timer.payload))?;
        assert!(!timer.payload.contains("crash"), "reminder: on purpose");
        Ok(())
    }
}

fn key(text: &str) -> String {
    text.replace(' ', "-")
}

export!(Reminder: command, timer);
