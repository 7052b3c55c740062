//! The parameters of a connection: one table from which parsing, help and documentation are drawn.

mod document;
mod error;
mod table;
mod value;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use document::document;
pub use error::ParameterError;
pub use table::{Availability, IconColor, Parameter, TABLE};

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

/// What becomes of a customer's updates while an operator has the dialog.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TakeoverUpdates {
    /// The bot's own program does not get them until the release.
    #[default]
    Hold,
    /// It gets them at once, with a mark.
    Mark,
}

/// What becomes of updates that were held back, when the dialog is released.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TakeoverRelease {
    /// The bot's own program gets them then.
    #[default]
    HandOver,
    /// It never gets them.
    Drop,
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
    /// `OPENED_BY`; empty: every message opens a dialog.
    pub opened_by: Vec<String>,
    /// `INTERCEPT_EXTERNAL`
    pub intercept_external: bool,
    /// `INTERCEPT_OPENS`
    pub intercept_opens: bool,
    /// `AUTO_TAKEOVER`
    pub auto_takeover: bool,
    /// `TAKEOVER_TIMEOUT`, minutes; `None` is `OFF`.
    pub takeover_timeout: Option<u32>,
    /// `TAKEOVER_UPDATES`
    pub takeover_updates: TakeoverUpdates,
    /// `TAKEOVER_RELEASE`
    pub takeover_release: TakeoverRelease,
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
            opened_by: Vec::new(),
            intercept_external: true,
            intercept_opens: false,
            auto_takeover: false,
            takeover_timeout: Some(60),
            takeover_updates: TakeoverUpdates::Hold,
            takeover_release: TakeoverRelease::HandOver,
        }
    }
}

impl Parameters {
    /// Reads parameters by their known names; what is not named keeps its default.
    ///
    /// # Errors
    /// The first name that is unknown, not available in this version or given twice, or the first value that its parameter does not take.
    pub fn parse(given: &BTreeMap<String, Value>) -> Result<Self, ParameterError> {
        let mut parameters = Self::default();
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, value) in given {
            let parameter = table::find(name)?;
            if let Some(first) = seen.insert(parameter.name, name) {
                return Err(ParameterError::Twice {
                    first: first.to_owned(),
                    second: name.clone(),
                });
            }
            let Availability::Here { read, example, .. } = &parameter.availability else {
                continue; // `find` gives only those that are here
            };
            read(value, &mut parameters).map_err(|rule| ParameterError::Value {
                name: parameter.name,
                rule,
                given: value::shown(value),
                example,
            })?;
        }
        Ok(parameters)
    }

    /// Whether what happens in this chat is handled at all.
    #[must_use]
    pub fn handles(&self, chat: i64) -> bool {
        !self.ignore_chats.contains(&chat) && (self.white_list.is_empty() || self.white_list.contains(&chat))
    }

    /// Whether a message that says this opens a dialog.
    #[must_use]
    pub fn opens(&self, text: &str) -> bool {
        if self.opened_by.is_empty() {
            return true;
        }
        let text = text.trim_start().to_lowercase();
        self.opened_by.iter().any(|word| {
            let rest = text.strip_prefix(word.as_str());
            // `/operator@bot` is `/operator`; `operators` is not `operator`.
            rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
        })
    }

    /// Every available parameter by its known name, with its value in the form that a connections file takes.
    #[must_use]
    pub fn render(&self) -> Vec<(&'static str, String)> {
        TABLE
            .iter()
            .filter_map(|parameter| match &parameter.availability {
                Availability::Here { show, .. } => Some((parameter.name, show(self))),
                Availability::Later { .. } => None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
