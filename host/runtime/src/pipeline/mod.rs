//! The order of plugins and what their verdicts do to a message. No WebAssembly in here.

mod edit;
mod prefilter;
mod replace;
pub mod text;

pub use edit::splice;
pub use prefilter::Filter;
pub use replace::{apply, check};

use crate::contract::Direction;

/// A plugin's answer that the contract does not allow, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Invalid {
    pub(crate) fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// When a plugin stands in the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Hides things; first towards the group and last towards the customer, so that nobody sees what it hid.
    Sanitize,
    Filter,
    Route,
    Enrich,
}

impl Phase {
    /// The phase of that name in the WIT package.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "sanitize" => Phase::Sanitize,
            "filter" => Phase::Filter,
            "route" => Phase::Route,
            "enrich" => Phase::Enrich,
            _ => return None,
        })
    }
}

/// What happens to a message when a hook fails twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// It goes on untouched, marked.
    Pass,
    /// It waits, unseen.
    Hold,
}

impl OnFailure {
    /// The choice of that name in the WIT package.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "pass" => OnFailure::Pass,
            "hold" => OnFailure::Hold,
            _ => return None,
        })
    }

    /// The plugin's choice under an admin's, who may only tighten it.
    pub fn tightened(self, admin: Option<OnFailure>) -> Self {
        admin.map_or(self, |admin| self.max(admin))
    }
}

/// In which order plugins run, given their phases in the admin's order: indices into `phases`.
///
/// Towards the group `sanitize → filter → route → enrich`, towards the customer the other way round. Inside a phase the
/// admin's order holds both ways.
pub fn order(phases: &[Phase], direction: Direction) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..phases.len()).collect();
    match direction {
        Direction::Incoming | Direction::Intercepted => indices.sort_by_key(|&index| phases[index]),
        Direction::Outgoing => indices.sort_by_key(|&index| std::cmp::Reverse(phases[index])),
    }
    indices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_come_first_then_the_admins_order() {
        use Phase::*;
        let phases = [Enrich, Filter, Sanitize, Filter, Route];
        assert_eq!(order(&phases, Direction::Incoming), [2, 1, 3, 4, 0]);
        assert_eq!(order(&phases, Direction::Intercepted), [2, 1, 3, 4, 0]);
        assert_eq!(order(&phases, Direction::Outgoing), [0, 4, 1, 3, 2]);
    }

    #[test]
    fn an_admin_only_tightens() {
        assert_eq!(OnFailure::Hold.tightened(Some(OnFailure::Pass)), OnFailure::Hold);
        assert_eq!(OnFailure::Pass.tightened(Some(OnFailure::Hold)), OnFailure::Hold);
        assert_eq!(OnFailure::Pass.tightened(None), OnFailure::Pass);
    }
}
