//! A sanitizer that fails on what its text says, so that the message has to be held.
use switchboard_plugin::prelude::*;

struct Sentry;

impl Plugin for Sentry {
    const LOG_PANICS: bool = true;

    fn describe() -> Description {
        about!().phase("sanitize").hold_on_failure()
    }

    fn incoming(_: &impl Host, message: Message, _: Dialog) -> IncomingVerdict {
        look(&message.text);
        IncomingVerdict::Pass
    }

    fn outgoing(_: &impl Host, message: Message, _: Dialog) -> Verdict {
        look(&message.text);
        Verdict::Pass
    }
}

/// The panic says what it must not: operators may not see it.
fn look(text: &str) {
    while text.contains("loop") {
        std::hint::black_box(());
    }
    assert!(!text.contains("trap"), "sentry: cannot read “{text}”");
}

export!(Sentry: incoming, outgoing);
