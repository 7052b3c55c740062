//! Which messages are worth a call: a plugin's prefilter, made ready once.

use crate::types::Prefilter;

/// A prefilter made ready for matching.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    kinds: Vec<String>,
    has_text: bool,
    /// Lower case.
    any_of: Vec<String>,
}

impl Filter {
    /// Without a prefilter every message matches.
    pub fn new(prefilter: Option<&Prefilter>) -> Self {
        prefilter.map_or_else(Self::default, |prefilter| Self {
            kinds: prefilter.kinds.clone(),
            has_text: prefilter.has_text,
            any_of: prefilter.any_of.iter().map(|word| word.to_lowercase()).collect(),
        })
    }

    /// Whether a message of that kind, with that text or caption, is worth a call.
    pub fn matches(&self, kind: &str, text: &str) -> bool {
        if !self.kinds.is_empty() && !self.kinds.iter().any(|wanted| wanted == kind) {
            return false;
        }
        if self.has_text && text.is_empty() {
            return false;
        }
        if self.any_of.is_empty() {
            return true;
        }
        let text = text.to_lowercase();
        self.any_of.iter().any(|word| text.contains(word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(kinds: &[&str], has_text: bool, any_of: &[&str]) -> Filter {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Filter::new(Some(&Prefilter {
            kinds: owned(kinds),
            has_text,
            any_of: owned(any_of),
        }))
    }

    #[test]
    fn no_prefilter_matches_everything() {
        assert!(Filter::new(None).matches("sticker", ""));
        assert!(filter(&[], false, &[]).matches("sticker", ""));
    }

    #[test]
    fn every_condition_must_hold() {
        let filter = filter(&["text", "photo"], true, &["ПРИВЕТ", "hello"]);
        assert!(filter.matches("text", "Well, Hello!"));
        assert!(filter.matches("photo", "привет"));
        assert!(!filter.matches("video", "hello"));
        assert!(!filter.matches("text", "bye"));
        assert!(!filter.matches("text", ""));
    }
}
