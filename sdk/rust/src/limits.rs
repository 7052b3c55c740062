//! The limits that the host holds plugins to, as far as an author meets them. An admin may set others.

/// Bytes of a key in the store.
pub const KEY: usize = 256;
/// Bytes of a value in the store.
pub const VALUE: usize = 64 * 1024;
/// Entries in one page of the store.
pub const ENTRIES: u32 = 1_000;
/// UTF-16 units of a text.
pub const TEXT: usize = 4_096;
/// UTF-16 units of a caption.
pub const CAPTION: usize = 1_024;
/// Bytes of a press button's value.
pub const BUTTON_VALUE: usize = 40;
/// Buttons in one row.
pub const ROW: usize = 8;
/// Buttons under one message.
pub const BUTTONS: usize = 100;
/// Characters of the toast that answers a press.
pub const TOAST: usize = 200;
/// Characters of a template's name.
pub const TEMPLATE_NAME: usize = 64;
/// Templates in one page.
pub const TEMPLATES: u32 = 100;
/// Bytes of a timer's payload.
pub const PAYLOAD: usize = 4 * 1024;
/// Milliseconds that a timer may lie ahead: 366 days.
pub const AHEAD: u64 = 366 * 24 * 60 * 60 * 1_000;
/// Characters of a tag.
pub const TAG: usize = 64;
/// Bytes of a property's name.
pub const PROPERTY_NAME: usize = 64;
/// Bytes of a property's value.
pub const PROPERTY_VALUE: usize = 1_024;
