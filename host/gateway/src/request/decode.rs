//! Percent-encoding and `application/x-www-form-urlencoded`, as the Bot API server reads them.

use std::borrow::Cow;

use crate::Params;

/// Undoes percent-encoding; a `%` that no two hexadecimal digits follow stands for itself. `plus`: `+` is a space.
#[must_use]
pub fn percent(from: &[u8], plus: bool) -> Cow<'_, [u8]> {
    let plain = if plus {
        memchr::memchr2(b'%', b'+', from).is_none()
    } else {
        memchr::memchr(b'%', from).is_none()
    };
    if plain {
        return Cow::Borrowed(from);
    }
    let mut to = Vec::with_capacity(from.len());
    let mut rest = from;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'%', [high, low, tail @ ..]) => {
                if let (Some(high), Some(low)) = (hex(*high), hex(*low)) {
                    to.push(high << 4 | low);
                    rest = tail;
                } else {
                    to.push(b'%');
                }
            }
            (b'+', _) if plus => to.push(b' '),
            _ => to.push(byte),
        }
    }
    Cow::Owned(to)
}

/// Adds the fields of a query or of an urlencoded body.
pub fn form(text: &[u8], params: &mut Params) {
    let mut rest = text;
    while !rest.is_empty() {
        let field = match memchr::memchr(b'&', rest) {
            Some(at) => {
                let field = &rest[..at];
                rest = &rest[at + 1..];
                field
            }
            None => std::mem::take(&mut rest),
        };
        let (name, value) = match memchr::memchr(b'=', field) {
            Some(at) => (&field[..at], &field[at + 1..]),
            None => (field, &field[field.len()..]),
        };
        params.push(text_of(&percent(name, true)), text_of(&percent(value, true)));
    }
}

/// Bytes that came as text; what is no UTF-8 is replaced, and Telegram refuses such a call anyway.
pub(super) fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(super) fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
