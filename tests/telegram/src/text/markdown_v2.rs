//! `parse_mode=MarkdownV2`, with TDLib's errors.

use super::markdown::pre_head;
use super::scan::Output;
use crate::world::content::Styled;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Spoiler,
    Code,
    Pre,
    Link,
    Emoji,
    Quote,
}

impl Kind {
    fn name(self, language: bool) -> &'static str {
        match self {
            Kind::Bold => "Bold",
            Kind::Italic => "Italic",
            Kind::Underline => "Underline",
            Kind::Strikethrough => "Strikethrough",
            Kind::Spoiler => "Spoiler",
            Kind::Code => "Code",
            Kind::Pre if language => "PreCode",
            Kind::Pre => "Pre",
            Kind::Link => "TextUrl",
            Kind::Emoji => "CustomEmoji",
            Kind::Quote => "BlockQuote",
        }
    }
}

struct Open {
    kind: Kind,
    language: Option<String>,
    offset: usize,
    at: usize,
    byte: usize,
}

const RESERVED: &[u8] = b"_*[]()~`>#+-=|{}.!\n";

pub fn parse(text: &str) -> Result<Styled, String> {
    let t = text.as_bytes();
    let at = |i: usize| t.get(i).copied().unwrap_or(0);
    let reserved = |c: u8| {
        Err(format!(
            "Character '{}' is reserved and must be escaped with the preceding '\\'",
            c as char
        ))
    };
    let unfinished = |o: &Open| {
        format!(
            "Can't find end of {} entity at byte offset {}",
            o.kind.name(o.language.is_some()),
            o.at
        )
    };
    let mut out = Output::default();
    let mut open: Vec<Open> = Vec::new();
    let mut quoted = false;
    let mut line_start = true;
    let mut i = 0;
    while i < t.len() {
        let c = t[i];
        if c == b'\\' && (1..=126).contains(&at(i + 1)) {
            out.byte(at(i + 1));
            line_start = false;
            i += 2;
            continue;
        }
        let inside = open.last().map(|o| o.kind);
        let plain = match inside {
            Some(Kind::Code | Kind::Pre) => c != b'`',
            _ => !RESERVED.contains(&c),
        };
        if plain {
            out.byte(c);
            if c != b'\r' {
                line_start = false;
            }
            i += 1;
            continue;
        }
        let (d, e) = (at(i + 1), at(i + 2));
        let ends = match inside {
            None => false,
            Some(_) if quoted && c == b'\n' && d != b'>' => true,
            Some(Kind::Bold) => c == b'*',
            Some(Kind::Italic) => c == b'_' && d != b'_',
            Some(Kind::Code) => c == b'`',
            Some(Kind::Pre) => c == b'`' && d == b'`' && e == b'`',
            Some(Kind::Link | Kind::Emoji) => c == b']',
            Some(Kind::Underline) => c == b'_' && d == b'_',
            Some(Kind::Strikethrough) => c == b'~',
            Some(Kind::Spoiler) => c == b'|' && d == b'|',
            Some(Kind::Quote) => false,
        };
        if !ends {
            let start = i;
            let mut language = None;
            let kind = match c {
                b'_' if d == b'_' => {
                    i += 1;
                    Kind::Underline
                }
                b'_' => Kind::Italic,
                b'*' => Kind::Bold,
                b'~' => Kind::Strikethrough,
                b'|' if d == b'|' => {
                    i += 1;
                    Kind::Spoiler
                }
                b'[' => Kind::Link,
                b'`' if d == b'`' && e == b'`' => {
                    let (l, next) = pre_head(text, i + 3);
                    language = l;
                    i = next - 1;
                    Kind::Pre
                }
                b'`' => Kind::Code,
                b'!' if d == b'[' => {
                    i += 1;
                    Kind::Emoji
                }
                b'\n' => {
                    out.byte(b'\n');
                    line_start = true;
                    i += 1;
                    continue;
                }
                b'>' if line_start => {
                    i += 1;
                    if !quoted {
                        quoted = true;
                        open.push(Open {
                            kind: Kind::Quote,
                            language: None,
                            offset: out.utf16,
                            at: start,
                            byte: out.text.len(),
                        });
                    }
                    continue;
                }
                _ => return reserved(c),
            };
            line_start = false;
            i += 1;
            open.push(Open {
                kind,
                language,
                offset: out.utf16,
                at: start,
                byte: out.text.len(),
            });
            continue;
        }
        let Some(mut o) = open.pop() else { continue };
        let mut expandable = false;
        if c == b'\n' && o.kind != Kind::Quote {
            // `||` right before the line's end closes the quotation as an expandable one.
            let marks = o.kind == Kind::Spoiler && o.at + 2 == i;
            match open.pop().filter(|q| marks && q.kind == Kind::Quote) {
                Some(q) => {
                    o = q;
                    expandable = true;
                }
                None => return Err(unfinished(&o)),
            }
        }
        match o.kind {
            Kind::Bold => out.entity("bold", o.offset, &[]),
            Kind::Italic => out.entity("italic", o.offset, &[]),
            Kind::Code => out.entity("code", o.offset, &[]),
            Kind::Strikethrough => out.entity("strikethrough", o.offset, &[]),
            Kind::Underline | Kind::Spoiler => {
                i += 1;
                out.entity(
                    if o.kind == Kind::Spoiler {
                        "spoiler"
                    } else {
                        "underline"
                    },
                    o.offset,
                    &[],
                );
            }
            Kind::Pre => {
                i += 2;
                match o.language {
                    Some(l) => out.entity("pre", o.offset, &[("language", l.into())]),
                    None => out.entity("pre", o.offset, &[]),
                }
            }
            Kind::Link => {
                let url = if d == b'(' {
                    let (url, end) = url_in_brackets(text, i + 2)?;
                    i = end;
                    url
                } else {
                    String::from_utf8_lossy(&out.text[o.byte..]).into_owned()
                };
                out.link(o.offset, &url);
            }
            Kind::Emoji => {
                if d != b'(' {
                    return Err("The entity must contain a tg://emoji or tg://time URL".into());
                }
                let (url, end) = url_in_brackets(text, i + 2)?;
                i = end;
                match url.strip_prefix("tg://emoji?id=").and_then(|n| n.parse::<i64>().ok()) {
                    Some(id) => out.entity("custom_emoji", o.offset, &[("custom_emoji_id", id.to_string().into())]),
                    None => return Err("Invalid tg://emoji or tg://time URL specified".into()),
                }
            }
            Kind::Quote => {
                quoted = false;
                line_start = true;
                out.byte(b'\n');
                out.entity(
                    if expandable {
                        "expandable_blockquote"
                    } else {
                        "blockquote"
                    },
                    o.offset,
                    &[],
                );
            }
        }
        i += 1;
    }
    if quoted {
        let marks = open
            .last()
            .is_some_and(|o| o.kind == Kind::Spoiler && o.at + 2 == t.len());
        if marks {
            open.pop();
        }
        if let Some(q) = open.pop_if(|o| o.kind == Kind::Quote) {
            out.entity(
                if marks { "expandable_blockquote" } else { "blockquote" },
                q.offset,
                &[],
            );
        }
    }
    match open.last() {
        Some(o) => Err(unfinished(o)),
        None => Ok(out.done()),
    }
}

/// The URL up to the closing bracket, with escapes undone, and where that bracket is.
fn url_in_brackets(text: &str, from: usize) -> Result<(String, usize), String> {
    let t = text.as_bytes();
    let mut url = Vec::new();
    let mut i = from;
    while i < t.len() && t[i] != b')' {
        if t[i] == b'\\' && t.get(i + 1).is_some_and(|b| (1..=126).contains(b)) {
            i += 1;
        }
        url.push(t[i]);
        i += 1;
    }
    if i >= t.len() {
        return Err(format!("Can't find end of a URL at byte offset {from}"));
    }
    Ok((String::from_utf8_lossy(&url).into_owned(), i))
}
