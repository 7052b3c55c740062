//! A bot's token, which is never shown.

use zeroize::Zeroizing;

/// A bot's token. It has no `Display`, and its `Debug` shows the bot's id only.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

/// A token that cannot be one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TokenError {
    #[error(
        "this is not a bot token: a token is the bot's number, a colon and some 35 letters, digits, `-` or `_`, as @BotFather gives it"
    )]
    Shape,
}

impl Token {
    /// Takes a token of the form `123456:ABC…`.
    ///
    /// # Errors
    /// [`TokenError::Shape`] where it has another form; the text is not repeated.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let (id, secret) = text.split_once(':').ok_or(TokenError::Shape)?;
        let secret_fits = secret.len() >= 5
            && secret
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if id.parse::<i64>().is_ok_and(|id| id > 0) && secret_fits {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(TokenError::Shape)
        }
    }

    /// Telegram's id of the bot: the number before the colon.
    #[must_use]
    pub fn bot_id(&self) -> i64 {
        self.0
            .split(':')
            .next()
            .and_then(|id| id.parse().ok())
            .unwrap_or_default()
    }

    /// The token itself, for the request's path and for sealing. Nothing that is printed may hold it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({}:…)", self.bot_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_secret() {
        let token = Token::new("123456:AAabcdefghijklmnopqrstuvwxyz0123456").unwrap();
        assert_eq!(format!("{token:?}"), "Token(123456:…)");
        assert_eq!(token.bot_id(), 123_456);
    }

    #[test]
    fn what_is_no_token_is_refused_without_repeating_it() {
        for text in ["", "abc", "12:", "x:abcdefgh", "12:with space", "-5:abcdefghij"] {
            let error = Token::new(text).unwrap_err();
            assert!(text.is_empty() || !error.to_string().contains(text));
        }
    }
}
