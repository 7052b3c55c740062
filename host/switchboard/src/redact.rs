//! The last guard before a text is printed: whatever looks like a bot's token is blotted out.

use std::borrow::Cow;

/// Shortest number before the colon, and shortest secret behind it, that are taken for a token.
const DIGITS: usize = 1;
const SECRET: usize = 20;

/// The text on one line, with tokens' secrets blotted out.
pub fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.lines().map(str::trim).collect();
    redact(&words.join(" ")).into_owned()
}

/// The text with tokens' secrets blotted out.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut clean = String::new();
    let mut copied = 0;
    for (colon, _) in text.match_indices(':') {
        let digits = text[..colon].bytes().rev().take_while(u8::is_ascii_digit).count();
        let secret = text[colon + 1..]
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            .count();
        if digits >= DIGITS && secret >= SECRET && colon >= copied {
            clean.push_str(&text[copied..=colon]);
            clean.push('…');
            copied = colon + 1 + secret;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    clean.push_str(&text[copied..]);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_blotted_out_and_the_rest_stays() {
        let secret = "AAabcdefghijklmnopqrstuvwxyz-_12345";
        assert_eq!(
            redact(&format!("GET /bot12:{secret}/getMe and 3:{secret}.")),
            "GET /bot12:…/getMe and 3:…."
        );
        for harmless in ["", "at 12:30:59", "http://127.0.0.1:8080/x", "src/main.rs:12:5", "é:ü"] {
            assert_eq!(redact(harmless), harmless);
        }
    }

    #[test]
    fn lines_are_joined() {
        assert_eq!(one_line("a:\n   b\r\n"), "a: b");
    }
}
