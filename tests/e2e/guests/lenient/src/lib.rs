//! A plugin whose failure lets the message go on, marked.
use switchboard_plugin::prelude::*;

struct Lenient;

impl Plugin for Lenient {
    fn describe() -> Description {
        about!()
    }

    fn incoming(host: &impl Host, message: Message, dialog: Dialog) -> IncomingVerdict {
        look(host, &message, &dialog);
        IncomingVerdict::Pass
    }

    fn outgoing(host: &impl Host, message: Message, dialog: Dialog) -> Verdict {
        look(host, &message, &dialog);
        Verdict::Pass
    }
}

fn look(host: &impl Host, message: &Message, dialog: &Dialog) {
    if message.text.contains("odd") {
        let _ = host.contacts().tag(dialog.contact, "odd");
        panic!("lenient: on purpose");
    }
}

export!(Lenient: incoming, outgoing);
