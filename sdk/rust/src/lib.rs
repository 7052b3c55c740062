//! The Rust SDK for Switchboard plugins: a trait with defaults, one macro, a `Host` that tests can stand in for.
//!
//! ```
//! use switchboard_plugin::prelude::*;
//!
//! pub struct Hello;
//!
//! impl Plugin for Hello {
//!     fn describe() -> Description {
//!         about!().command(CommandSpec::new("hello", "Says hello"))
//!     }
//!
//!     fn command(_host: &impl Host, call: Invocation) -> Reply {
//!         answer(format!("Hello, {}!", call.operator.name))
//!     }
//! }
//!
//! export!(Hello: command);
//! ```
//!
//! The component exports the hooks that the macro lists and imports only the capabilities that their code
//! reaches: what is not used is not asked for. The book for authors is `sdk/README.md`.

// What came from outside is an error; what cannot fail says why beside it.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]
#![warn(missing_docs)]

#[doc(hidden)]
pub mod bindings;
pub mod capability;
mod content;
mod description;
mod error;
mod guest;
mod hooks;
mod host;
mod invocation;
pub mod limits;
mod plugin;
pub mod test;
mod verdict;
pub mod words;

pub use bindings::card::View;
pub use bindings::command::Invocation;
pub use bindings::describe::{CommandSpec, Description, Prefilter};
pub use bindings::event::Happening;
pub use bindings::press::{Answer, PressEvent};
pub use bindings::switchboard::plugin::http::{Request, Response};
pub use bindings::switchboard::plugin::templates::Template;
pub use bindings::switchboard::plugin::types::{
    Attachment, Button, Contact, Content, Dialog, Entity, Error, Message, MessageRef, Person, Replacement, Splice,
    StyledText,
};
pub use bindings::timer::DueTimer;
pub use content::{answer, nothing};
pub use host::Host;
pub use plugin::{Plugin, Reply};
pub use verdict::{IncomingTextVerdict, IncomingVerdict, TextVerdict, Verdict};

/// What nearly every plugin needs.
pub mod prelude {
    pub use crate::{
        Answer, Attachment, Button, CommandSpec, Contact, Content, Description, Dialog, DueTimer, Entity, Error,
        Happening, Host, IncomingTextVerdict, IncomingVerdict, Invocation, Message, MessageRef, Person, Plugin,
        Prefilter, PressEvent, Replacement, Reply, Splice, StyledText, Template, TextVerdict, Verdict, View, about,
        answer, export, nothing,
    };
}

/// A [`Description`] with the name, version and description of the crate's `Cargo.toml`.
#[macro_export]
macro_rules! about {
    () => {
        $crate::Description::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_DESCRIPTION"),
        )
    };
}

/// Makes the crate a plugin: `export!(Type: hook, hook)` exports `describe` and the hooks that are listed.
///
/// The hooks carry the names of the trait's functions: `incoming`, `incoming_text`, `outgoing`, `outgoing_text`,
/// `intercepted`, `intercepted_text`, `card`, `command`, `press`, `timer`, `event`, `migrate`.
/// A hook that is not listed is never called, whether the trait implements it or not.
#[macro_export]
macro_rules! export {
    ($plugin:ident $(: $($hook:ident),+ $(,)?)?) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            $crate::bindings::describe::export!($plugin with_types_in $crate::bindings::describe);
            $($($crate::bindings::$hook::export!($plugin with_types_in $crate::bindings::$hook);)+)?
        };
        $($(const _: &str = $crate::words::hook::$hook;)+)?
        const _: fn() -> $crate::Description = <$plugin as $crate::Plugin>::describe;
    };
}
