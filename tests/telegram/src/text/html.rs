//! `parse_mode=HTML`, with TDLib's errors.

use super::scan::Output;
use crate::world::content::Styled;

const TAGS: [&str; 17] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "tg-time",
    "span",
    "pre",
    "code",
    "blockquote",
];

struct Open {
    tag: String,
    argument: String,
    offset: usize,
    byte: usize,
}

pub fn parse(text: &str) -> Result<Styled, String> {
    let t = text.as_bytes();
    let at = |i: usize| t.get(i).copied().unwrap_or(0);
    let mut out = Output::default();
    let mut open: Vec<Open> = Vec::new();
    let mut language: Option<String> = None;
    let mut i = 0;
    while i < t.len() {
        if t[i] == b'&'
            && let Some((c, used)) = decode(&text[i..])
        {
            out.character(c);
            i += used;
            continue;
        }
        if t[i] != b'<' {
            out.byte(t[i]);
            i += 1;
            continue;
        }
        let begin = i;
        i += 1;
        if at(i) != b'/' {
            let (tag, argument, next) = start_tag(text, begin)?;
            open.push(Open {
                tag,
                argument,
                offset: out.utf16,
                byte: out.text.len(),
            });
            i = next;
            continue;
        }
        if open.is_empty() {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        }
        i += 1;
        let name_at = i;
        while i < t.len() && !t[i].is_ascii_whitespace() && t[i] != b'>' {
            i += 1;
        }
        let name = text[name_at..i].to_lowercase();
        while i < t.len() && t[i].is_ascii_whitespace() {
            i += 1;
        }
        if at(i) != b'>' {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        i += 1;
        let Some(o) = open.pop() else { continue };
        if !name.is_empty() && name != o.tag {
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{name}>\"",
                o.tag
            ));
        }
        close(&mut out, o, &mut language)?;
    }
    if let Some(o) = open.last() {
        return Err(format!("Can't find end tag corresponding to start tag \"{}\"", o.tag));
    }
    Ok(out.done())
}

fn close(out: &mut Output, o: Open, language: &mut Option<String>) -> Result<(), String> {
    if out.utf16 == o.offset {
        return Ok(());
    }
    match o.tag.as_str() {
        "b" | "strong" => out.entity("bold", o.offset, &[]),
        "i" | "em" => out.entity("italic", o.offset, &[]),
        "u" | "ins" => out.entity("underline", o.offset, &[]),
        "s" | "strike" | "del" => out.entity("strikethrough", o.offset, &[]),
        "tg-spoiler" | "span" => out.entity("spoiler", o.offset, &[]),
        "blockquote" if o.argument.is_empty() => out.entity("blockquote", o.offset, &[]),
        "blockquote" => out.entity("expandable_blockquote", o.offset, &[]),
        "a" => {
            let url = if o.argument.is_empty() {
                String::from_utf8_lossy(&out.text[o.byte..]).into_owned()
            } else {
                o.argument
            };
            out.link(o.offset, &url);
        }
        "tg-emoji" => match o.argument.parse::<i64>() {
            Ok(id) if id != 0 => out.entity("custom_emoji", o.offset, &[("custom_emoji_id", id.to_string().into())]),
            _ => return Err("Invalid custom emoji identifier specified".into()),
        },
        "tg-time" => {}
        "code" => {
            if out.last_is("pre", o.offset) && !o.argument.is_empty() {
                out.pop();
                out.entity("pre", o.offset, &[("language", o.argument.into())]);
            } else {
                *language = (!o.argument.is_empty()).then_some(o.argument);
                out.entity("code", o.offset, &[]);
            }
        }
        "pre" => {
            if out.last_is("code", o.offset)
                && let Some(l) = language.take()
            {
                out.pop();
                out.entity("pre", o.offset, &[("language", l.into())]);
            } else {
                out.entity("pre", o.offset, &[]);
            }
        }
        _ => {}
    }
    Ok(())
}

/// Reads `<tag attribute="value">` at `begin`; gives the tag, its argument and the position after it.
fn start_tag(text: &str, begin: usize) -> Result<(String, String, usize), String> {
    let t = text.as_bytes();
    let at = |i: usize| t.get(i).copied().unwrap_or(0);
    let skip = |mut i: usize| {
        while at(i).is_ascii_whitespace() {
            i += 1;
        }
        i
    };
    let unclosed = || format!("Unclosed start tag at byte offset {begin}");
    let mut i = begin + 1;
    while i < t.len() && !t[i].is_ascii_whitespace() && t[i] != b'>' {
        i += 1;
    }
    if i == t.len() {
        return Err(unclosed());
    }
    let tag = text[begin + 1..i].to_lowercase();
    if !TAGS.contains(&tag.as_str()) {
        return Err(format!("Unsupported start tag \"{tag}\" at byte offset {begin}"));
    }
    let mut argument = String::new();
    loop {
        i = skip(i);
        if at(i) == b'>' {
            break;
        }
        let name_at = i;
        while i < t.len() && !t[i].is_ascii_whitespace() && !b"=>/\"'".contains(&t[i]) {
            i += 1;
        }
        let name = &text[name_at..i];
        if name.is_empty() {
            return Err(format!(
                "Empty attribute name in the tag \"{tag}\" at byte offset {begin}"
            ));
        }
        i = skip(i);
        if at(i) != b'=' {
            if i >= t.len() {
                return Err(format!("Unclosed start tag \"{tag}\" at byte offset {begin}"));
            }
            if tag == "blockquote" && name == "expandable" {
                argument = "1".into();
            }
            continue;
        }
        i = skip(i + 1);
        if i >= t.len() {
            return Err(format!("Unclosed start tag \"{tag}\" at byte offset {begin}"));
        }
        let mut value = String::new();
        if at(i) == b'"' || at(i) == b'\'' {
            let end = at(i) as char;
            i += 1;
            let rest = &text[i..];
            let stop = rest.find(end).unwrap_or(rest.len());
            value = decode_all(&rest[..stop]);
            i += stop + 1;
        } else {
            let token = i;
            while at(i).is_ascii_alphanumeric() || at(i) == b'.' || at(i) == b'-' {
                value.push((at(i) as char).to_ascii_lowercase());
                i += 1;
            }
            if !at(i).is_ascii_whitespace() && at(i) != b'>' {
                return Err(format!("Unexpected end of name token at byte offset {token}"));
            }
        }
        if i >= t.len() {
            return Err(unclosed());
        }
        match (tag.as_str(), name) {
            ("a", "href") | ("tg-emoji", "emoji-id") => argument = value,
            ("code", "class") => argument = value.strip_prefix("language-").unwrap_or_default().into(),
            ("span", "class") => argument = value.strip_prefix("tg-").unwrap_or_default().into(),
            ("blockquote", "expandable") => argument = "1".into(),
            _ => {}
        }
    }
    if tag == "span" && argument != "spoiler" {
        return Err(format!(
            "Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"
        ));
    }
    Ok((tag, argument, i + 1))
}

/// `&lt;`, `&gt;`, `&amp;`, `&quot;` and numbers; anything else stays as it is.
fn decode(s: &str) -> Option<(char, usize)> {
    let end = s
        .bytes()
        .skip(1)
        .take(10)
        .position(|b| !(b.is_ascii_alphanumeric() || b == b'#'))
        .map_or(s.len().min(11), |p| p + 1);
    let name = &s[1..end];
    let c = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => {
            let n = name.strip_prefix('#')?;
            let code = match n.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => n.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c != '\0')?
        }
    };
    let used = end + usize::from(s.as_bytes().get(end) == Some(&b';'));
    Some((c, used))
}

fn decode_all(s: &str) -> String {
    let mut out = String::new();
    let mut i = 0;
    while let Some(c) = s[i..].chars().next() {
        match decode(&s[i..]).filter(|_| c == '&') {
            Some((d, used)) => {
                out.push(d);
                i += used;
            }
            None => {
                out.push(c);
                i += c.len_utf8();
            }
        }
    }
    out
}
