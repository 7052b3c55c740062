//! The words that the WIT package uses where a set is open.

/// Where a message or a command is.
pub mod place {
    /// The customer's private chat with the bot.
    pub const CUSTOMER: &str = "customer";
    /// The topic of a dialog.
    pub const TOPIC: &str = "topic";
    /// The group's own topic.
    pub const GENERAL: &str = "general";
}

/// How a dialog stands.
pub mod status {
    /// The customer waits for an answer.
    pub const WAITING: &str = "waiting";
    /// The operators answered.
    pub const ANSWERED: &str = "answered";
    /// The dialog is over until the customer writes again.
    pub const CLOSED: &str = "closed";
}

/// Where a plugin stands in the pipeline; towards the customer the order is turned round.
pub mod phase {
    /// Before all others: what is masked here is seen by nobody behind. Must hold on failure.
    pub const SANITIZE: &str = "sanitize";
    /// Lets messages pass or not.
    pub const FILTER: &str = "filter";
    /// Decides where a message belongs.
    pub const ROUTE: &str = "route";
    /// Adds to a message. The default.
    pub const ENRICH: &str = "enrich";
}

/// What happens to a message when a hook fails twice.
pub mod on_failure {
    /// It goes on untouched, marked. The default.
    pub const PASS: &str = "pass";
    /// It waits, unseen, until somebody releases it.
    pub const HOLD: &str = "hold";
}

/// Codes of errors.
pub mod code {
    /// This version of the host does not do it yet.
    pub const NOT_AVAILABLE: &str = "not-available";
    /// There is no such thing.
    pub const NOT_FOUND: &str = "not-found";
    /// A limit is reached.
    pub const LIMIT: &str = "limit";
    /// What was handed in is not valid.
    pub const INVALID: &str = "invalid";
    /// It is not allowed.
    pub const REFUSED: &str = "refused";
}

/// Kinds of events.
pub mod event {
    /// A customer wrote for the first time, or an operator opened the dialog.
    pub const DIALOG_OPENED: &str = "dialog-opened";
    /// An operator answered.
    pub const DIALOG_ANSWERED: &str = "dialog-answered";
    /// The dialog was closed.
    pub const DIALOG_CLOSED: &str = "dialog-closed";
    /// The customer wrote again, or an operator opened it again.
    pub const DIALOG_REOPENED: &str = "dialog-reopened";
    /// The contact blocked the bot.
    pub const CONTACT_BLOCKED: &str = "contact-blocked";
    /// The contact unblocked the bot.
    pub const CONTACT_UNBLOCKED: &str = "contact-unblocked";
    /// A tag was added.
    pub const CONTACT_TAGGED: &str = "contact-tagged";
    /// A tag was taken away.
    pub const CONTACT_UNTAGGED: &str = "contact-untagged";
}

/// The hooks' names as `export!` takes them; a misspelt one fails to compile here.
#[doc(hidden)]
#[allow(non_upper_case_globals, missing_docs, reason = "these are the macro's words")]
pub mod hook {
    pub const incoming: &str = "incoming";
    pub const incoming_text: &str = "incoming-text";
    pub const outgoing: &str = "outgoing";
    pub const outgoing_text: &str = "outgoing-text";
    pub const intercepted: &str = "intercepted";
    pub const intercepted_text: &str = "intercepted-text";
    pub const card: &str = "card";
    pub const command: &str = "command";
    pub const press: &str = "press";
    pub const timer: &str = "timer";
    pub const event: &str = "event";
    pub const migrate: &str = "migrate";
}
