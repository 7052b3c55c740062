//! `parse_mode=Markdown`, the old one.

use super::scan::Output;
use crate::world::content::Styled;

pub fn parse(text: &str) -> Result<Styled, String> {
    let t = text.as_bytes();
    let at = |i: usize| t.get(i).copied().unwrap_or(0);
    let mut out = Output::default();
    let mut i = 0;
    while i < t.len() {
        let c = t[i];
        if c == b'\\' && matches!(at(i + 1), b'_' | b'*' | b'`' | b'[') {
            out.byte(at(i + 1));
            i += 2;
            continue;
        }
        if !matches!(c, b'_' | b'*' | b'`' | b'[') {
            out.byte(c);
            i += 1;
            continue;
        }
        let begin = i;
        let end = if c == b'[' { b']' } else { c };
        i += 1;
        let mut language = None;
        let pre = c == b'`' && at(i) == b'`' && at(i + 1) == b'`';
        if pre {
            (language, i) = pre_head(text, i + 2);
        }
        let (offset, byte) = (out.utf16, out.text.len());
        while i < t.len() && (t[i] != end || (pre && !(at(i + 1) == b'`' && at(i + 2) == b'`'))) {
            out.byte(t[i]);
            i += 1;
        }
        if i == t.len() {
            return Err(format!("Can't find end of the entity starting at byte offset {begin}"));
        }
        match c {
            b'_' => out.entity("italic", offset, &[]),
            b'*' => out.entity("bold", offset, &[]),
            b'`' if pre => match language {
                Some(l) => out.entity("pre", offset, &[("language", l.into())]),
                None => out.entity("pre", offset, &[]),
            },
            b'`' => out.entity("code", offset, &[]),
            _ => {
                let url = if at(i + 1) == b'(' {
                    let from = i + 2;
                    i = text[from..].find(')').map_or(t.len(), |p| from + p);
                    text[from..i].to_owned()
                } else {
                    String::from_utf8_lossy(&out.text[byte..]).into_owned()
                };
                out.link(offset, &url);
            }
        }
        i += if pre { 3 } else { 1 };
    }
    Ok(out.done())
}

/// After three backticks: the language, and one line break to skip.
pub fn pre_head(text: &str, from: usize) -> (Option<String>, usize) {
    let t = text.as_bytes();
    let at = |i: usize| t.get(i).copied().unwrap_or(0);
    let mut i = from;
    let mut end = i;
    while end < t.len() && !t[end].is_ascii_whitespace() && t[end] != b'`' {
        end += 1;
    }
    let mut language = None;
    if end != i && end < t.len() && t[end] != b'`' {
        language = Some(text[i..end].to_owned());
        i = end;
    }
    if matches!(at(i), b'\n' | b'\r') {
        i += if matches!(at(i + 1), b'\n' | b'\r') && at(i) != at(i + 1) {
            2
        } else {
            1
        };
    }
    (language, i)
}
