//! What an admin can set for each connection.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Quick replies
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Who may save, replace and delete quick replies. Everyone in the group may send them.
    pub editors: Editors,
}

/// Who may change quick replies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Editors {
    /// Every operator.
    #[default]
    Everyone,
    /// Only the connection's admins.
    Admins,
}
