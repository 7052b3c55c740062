//! The bridge from the component's exports to the trait: every plugin is a guest of every hook, `export!` picks.

use crate::{
    Answer, Contact, Content, Description, Dialog, DueTimer, Error, Happening, Invocation, Message, Plugin, PressEvent,
    View, bindings,
    guest::{self, GuestHost},
};

impl<P: Plugin> bindings::describe::Guest for P {
    fn describe() -> Description {
        guest::enter::<P>();
        P::describe()
    }
}

macro_rules! message_hook {
    ($hook:ident) => {
        impl<P: Plugin> bindings::$hook::Guest for P {
            fn $hook(message: Message, dialog: Dialog) -> bindings::$hook::Verdict {
                guest::enter::<P>();
                P::$hook(&GuestHost, message, dialog).into()
            }
        }
    };
}

message_hook!(incoming);
message_hook!(outgoing);
message_hook!(intercepted);

impl<P: Plugin> bindings::incoming_text::Guest for P {
    fn incoming_text(text: String, open: bool) -> bindings::incoming_text::Verdict {
        guest::enter::<P>();
        P::incoming_text(&GuestHost, text, open).into()
    }
}

macro_rules! text_hook {
    ($hook:ident) => {
        impl<P: Plugin> bindings::$hook::Guest for P {
            fn $hook(text: String) -> bindings::$hook::Verdict {
                guest::enter::<P>();
                P::$hook(&GuestHost, text).into()
            }
        }
    };
}

text_hook!(outgoing_text);
text_hook!(intercepted_text);

impl<P: Plugin> bindings::card::Guest for P {
    fn card(contact: Contact, dialog: Option<Dialog>) -> View {
        guest::enter::<P>();
        P::card(&GuestHost, contact, dialog)
    }
}

macro_rules! fallible_hook {
    ($hook:ident: $input:ty => $output:ty) => {
        impl<P: Plugin> bindings::$hook::Guest for P {
            fn $hook(input: $input) -> Result<$output, Error> {
                guest::enter::<P>();
                P::$hook(&GuestHost, input)
            }
        }
    };
}

fallible_hook!(command: Invocation => Option<Content>);
fallible_hook!(press: PressEvent => Answer);
fallible_hook!(timer: DueTimer => ());
fallible_hook!(event: Happening => ());

impl<P: Plugin> bindings::migrate::Guest for P {
    fn migrate(from_version: String, settings: String) -> Result<String, Error> {
        guest::enter::<P>();
        P::migrate(from_version, settings)
    }
}
