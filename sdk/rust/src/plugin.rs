//! The trait that a plugin implements: a function for each hook, all but `describe` with a default.

use crate::{
    Answer, Contact, Content, Description, Dialog, DueTimer, Error, Happening, Host, IncomingTextVerdict,
    IncomingVerdict, Invocation, Message, PressEvent, TextVerdict, Verdict, View,
};

/// What comes back from a command: something to post, nothing, or an error that the operator is shown.
pub type Reply = Result<Option<Content>, Error>;

/// A plugin. Every turn runs on a fresh instance: what is to last belongs in the host's store.
///
/// A turn is a transaction: an error or a panic drops all that it asked for.
#[allow(unused_variables, reason = "the defaults look at nothing")]
pub trait Plugin {
    /// Write a panic's message into the host's log. Costs the permission to log, so it is off unless asked for.
    const LOG_PANICS: bool = false;

    /// What the plugin is; called once when it is loaded, with no connection and no capability.
    fn describe() -> Description;

    /// A message from the customer, before operators see it.
    fn incoming(host: &impl Host, message: Message, dialog: Dialog) -> IncomingVerdict {
        IncomingVerdict::Pass
    }

    /// The cheap form of [`incoming`](Self::incoming) for plugins that look at nothing but the text or caption.
    fn incoming_text(host: &impl Host, text: String, open: bool) -> IncomingTextVerdict {
        IncomingTextVerdict::Pass
    }

    /// An operator's message, before the customer gets it.
    fn outgoing(host: &impl Host, message: Message, dialog: Dialog) -> Verdict {
        Verdict::Pass
    }

    /// The cheap form of [`outgoing`](Self::outgoing).
    fn outgoing_text(host: &impl Host, text: String) -> TextVerdict {
        TextVerdict::Pass
    }

    /// A message that the bot's own program sent, before operators see it.
    fn intercepted(host: &impl Host, message: Message, dialog: Dialog) -> Verdict {
        Verdict::Pass
    }

    /// The cheap form of [`intercepted`](Self::intercepted).
    fn intercepted_text(host: &impl Host, text: String) -> TextVerdict {
        TextVerdict::Pass
    }

    /// What operators may see of a contact.
    fn card(host: &impl Host, contact: Contact, dialog: Option<Dialog>) -> View {
        View {
            link: true,
            ..View::default()
        }
    }

    /// An operator's command.
    ///
    /// # Errors
    /// Shown to the operator.
    fn command(host: &impl Host, call: Invocation) -> Reply {
        Ok(None)
    }

    /// A press of a button under one of the plugin's own messages.
    ///
    /// # Errors
    /// Shown to the one who pressed.
    fn press(host: &impl Host, event: PressEvent) -> Result<Answer, Error> {
        Ok(Answer::default())
    }

    /// A timer that the plugin set is due.
    ///
    /// # Errors
    /// Written to the host's log, and posted in the topic of the timer's dialog. What was asked for is dropped, and the timer is gone.
    fn timer(host: &impl Host, timer: DueTimer) -> Result<(), Error> {
        Ok(())
    }

    /// Something happened and was committed.
    ///
    /// # Errors
    /// Written to the host's log.
    fn event(host: &impl Host, happening: Happening) -> Result<(), Error> {
        Ok(())
    }

    /// Settings (JSON) that an older version was given, to be made this version's.
    ///
    /// # Errors
    /// The admin is shown it and the new version does not start.
    fn migrate(from_version: String, settings: String) -> Result<String, Error> {
        Ok(settings)
    }
}
