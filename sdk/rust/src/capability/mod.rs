//! The capabilities, each as a small handle on the host. Using a function of one makes the plugin import it.
#![allow(
    clippy::missing_errors_doc,
    reason = "all give the host's error, in words for operators"
)]

mod contacts;
mod dialogs;
mod other;
mod store;
mod templates;

pub use crate::host::{Page, Pairs};
pub use contacts::Contacts;
pub use dialogs::Dialogs;
pub use other::{Http, Log, Schedule};
pub use store::Store;
pub use templates::Templates;
