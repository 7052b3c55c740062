//! The parameters of a connection: one table from which parsing, help and documentation are drawn.

use serde::{Deserialize, Serialize};

/// What to do when nobody knows whether a message reached the customer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unconfirmed {
    /// Ask the operator in the topic.
    #[default]
    Ask,
    /// Send it again: it may arrive twice.
    Repeat,
    /// Leave it: it may not have arrived. The operator is told.
    Leave,
}

/// The parameters of one connection, parsed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameters {
    /// `WELCOME`; `None` is `OFF`. `{title}` stands for the customer's name.
    pub welcome: Option<String>,
    /// `AUTOCLOSE`, hours; `None` is `OFF`.
    pub autoclose: Option<u32>,
    /// `AUTO_INFO`
    pub auto_info: bool,
    /// `REPLY_ONLY`
    pub reply_only: bool,
    /// `SILENT_MODE`
    pub silent_mode: bool,
    /// `IGNORE_CHATS`
    pub ignore_chats: Vec<i64>,
    /// `WHITE_LIST`; empty lets everybody in.
    pub white_list: Vec<i64>,
    /// `ICON_COLOR`: one of Telegram's six.
    pub icon_color: Option<u32>,
    /// `UNCONFIRMED`
    pub unconfirmed: Unconfirmed,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            welcome: Some("Hello! Please write your question, and we will answer as soon as we can.".to_owned()),
            autoclose: Some(48),
            auto_info: false,
            reply_only: false,
            silent_mode: false,
            ignore_chats: vec![777_000],
            white_list: Vec::new(),
            icon_color: None,
            unconfirmed: Unconfirmed::Ask,
        }
    }
}
