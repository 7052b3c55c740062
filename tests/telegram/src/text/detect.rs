//! Entities that Telegram finds by itself: commands, mentions, hashtags, addresses.

use serde_json::{Value, json};

use super::entities::{sort, span};
use crate::world::content::Styled;

const DOMAINS: [&str; 18] = [
    "com", "org", "net", "io", "me", "ru", "de", "fr", "es", "uk", "eu", "dev", "app", "info", "co", "us", "example",
    "in",
];

/// Adds what is found, except inside code, links and mentions that are there already.
pub fn add(styled: &mut Styled) {
    if !styled
        .text
        .bytes()
        .any(|b| matches!(b, b'/' | b'@' | b'#' | b'.' | b'$'))
    {
        return;
    }
    let taken: Vec<(usize, usize)> = styled
        .entities
        .iter()
        .filter(|e| matches!(e["type"].as_str(), Some("code" | "pre" | "text_link" | "text_mention")))
        .map(span)
        .collect();
    let mut found = Vec::new();
    for (kind, from, to) in find(&styled.text) {
        let offset = super::utf16_len(&styled.text[..from]);
        let length = super::utf16_len(&styled.text[from..to]);
        if taken.iter().all(|(o, l)| offset + length <= *o || o + l <= offset) {
            found.push(json!({"type": kind, "offset": offset, "length": length}) as Value);
        }
    }
    if !found.is_empty() {
        styled.entities.extend(found);
        sort(&mut styled.entities);
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn find(text: &str) -> Vec<(&'static str, usize, usize)> {
    let mut out = Vec::new();
    let mut from = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let start = from;
        from += word.len();
        let word = word.trim_end();
        let lead = word.len()
            - word
                .trim_start_matches(['(', '"', '\'', '«', '[', ',', ';', ':', '<'])
                .len();
        let body = &word[lead..];
        let at = start + lead;
        let run = |skip: usize| body[skip..].find(|c| !is_word(c)).map_or(body.len(), |p| skip + p);
        let Some(first) = body.chars().next() else {
            continue;
        };
        match first {
            '/' => {
                let mut end = run(1);
                if end > 1 && end <= 33 && body[1..end].is_ascii() {
                    if body[end..].starts_with('@') {
                        let to = run(end + 1);
                        if to - end >= 4 {
                            end = to;
                        }
                    }
                    // `/a/b` is a path, not a command.
                    if !body[end..].starts_with('/') {
                        out.push(("bot_command", at, at + end));
                    }
                }
                continue;
            }
            '@' => {
                let end = run(1);
                if (4..=33).contains(&end) && body[1..end].is_ascii() {
                    out.push(("mention", at, at + end));
                }
                continue;
            }
            '#' => {
                let end = run(1);
                if end > 1 && !body[1..end].chars().all(|c| c.is_ascii_digit()) {
                    out.push(("hashtag", at, at + end));
                }
                continue;
            }
            _ => {}
        }
        let body = body.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '"', '\'', '»', '>']);
        let end = at + body.len();
        if let Some((name, host)) = body.split_once('@') {
            if !name.is_empty() && name.chars().all(|c| is_word(c) || "+-.".contains(c)) && is_host(host, false) {
                out.push(("email", at, end));
            }
            continue;
        }
        let (scheme, rest) = match body.split_once("://") {
            Some((s, r)) if s.eq_ignore_ascii_case("http") || s.eq_ignore_ascii_case("https") => (true, r),
            Some(_) => continue,
            None => (false, body),
        };
        let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
        if is_host(host, scheme) {
            out.push(("url", at, end));
        }
    }
    out
}

fn is_host(host: &str, any_domain: bool) -> bool {
    let Some((name, last)) = host.rsplit_once('.') else {
        return false;
    };
    !name.is_empty()
        && host.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-')
        && last.chars().count() >= 2
        && last.chars().all(char::is_alphabetic)
        && (any_domain || DOMAINS.contains(&last.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(&'static str, &str)> {
        find(text).into_iter().map(|(k, a, b)| (k, &text[a..b])).collect()
    }

    #[test]
    fn finds_what_telegram_finds() {
        assert_eq!(kinds("/say hello"), [("bot_command", "/say")]);
        assert_eq!(kinds("/start@my_bot x"), [("bot_command", "/start@my_bot")]);
        assert_eq!(kinds("/ note"), []);
        assert_eq!(
            kinds("see https://a.example/x, or b.com."),
            [("url", "https://a.example/x"), ("url", "b.com")]
        );
        assert_eq!(
            kinds("mail a.b@c.org #tag @alice"),
            [("email", "a.b@c.org"), ("hashtag", "#tag"), ("mention", "@alice")]
        );
        assert_eq!(kinds("1.5 and end.Then"), []);
    }
}
