//! Errors: a short word for programs, a sentence for the operator.

use crate::{Error, words::code};

impl Error {
    /// An error with a code of your own or of [`words::code`](crate::words::code).
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }

    /// What was handed in is not valid.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(code::INVALID, message)
    }

    /// There is no such thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(code::NOT_FOUND, message)
    }

    /// It is not allowed.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(code::REFUSED, message)
    }

    /// A limit is reached.
    pub fn limit(message: impl Into<String>) -> Self {
        Self::new(code::LIMIT, message)
    }

    /// Whether the code is this one.
    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Self::refused(message)
    }
}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::refused(message)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::invalid(error.to_string())
    }
}
