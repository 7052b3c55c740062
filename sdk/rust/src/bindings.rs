//! What wit-bindgen makes of the WIT package: the capabilities in one world, each hook in a world of its own.
#![allow(missing_docs, missing_debug_implementations, clippy::all, reason = "generated code")]

wit_bindgen::generate!({
    path: "../../wit",
    world: "switchboard:plugin/capabilities",
    additional_derives: [Clone, PartialEq, Default],
    generate_all,
});

macro_rules! hooks {
    ($($module:ident = $world:tt $([$($derive:ident),*])?;)*) => {$(
        pub mod $module {
            wit_bindgen::generate!({
                path: ["../../wit", "wit"],
                world: $world,
                with: { "switchboard:plugin/types@0.1.0": crate::bindings::switchboard::plugin::types },
                additional_derives: [Clone, PartialEq $($(, $derive)*)?],
                pub_export_macro: true,
                default_bindings_module: "switchboard_plugin::bindings",
            });
            pub use exports::switchboard::plugin::$module::*;
        }
    )*};
}

hooks! {
    describe = "switchboard:sdk/hook-describe" [Default];
    incoming = "switchboard:sdk/hook-incoming";
    incoming_text = "switchboard:sdk/hook-incoming-text";
    outgoing = "switchboard:sdk/hook-outgoing";
    outgoing_text = "switchboard:sdk/hook-outgoing-text";
    intercepted = "switchboard:sdk/hook-intercepted";
    intercepted_text = "switchboard:sdk/hook-intercepted-text";
    card = "switchboard:sdk/hook-card" [Default];
    command = "switchboard:sdk/hook-command" [Default];
    press = "switchboard:sdk/hook-press" [Default];
    timer = "switchboard:sdk/hook-timer" [Default];
    event = "switchboard:sdk/hook-event" [Default];
    migrate = "switchboard:sdk/hook-migrate";
}
