//! The parameters of a call, in whichever shape they came.

/// The parameters of one call, in the order in which they came. Values are as a form would carry them: what was not a string in
/// a JSON body is its JSON text (`5`, `true`, `{"a":1}`), as Telegram's own server reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    fields: Vec<(String, String)>,
    /// Names of parts that carried files.
    pub files: Vec<String>,
}

impl Params {
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.fields.push((name.into(), value.into()));
    }

    /// The first value of this name: the query stands before the body.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A whole number; `None` also for what is none.
    #[must_use]
    pub fn int(&self, name: &str) -> Option<i64> {
        self.get(name)?.trim().parse().ok()
    }

    /// `true`, `True`, `yes`, `1` and the like count, as Telegram's server reads them.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| matches!(value.trim().to_ascii_lowercase().as_str(), "true" | "yes" | "1"))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}
