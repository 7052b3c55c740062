//! Parameters in a JSON body.

use serde::de::IgnoredAny;

use super::decode::{hex, text_of};
use crate::Params;

/// Adds the fields of a JSON object. As in the Bot API server, what stands before a mistake counts.
pub fn fields(body: &[u8], params: &mut Params) {
    let mut text = Text { rest: body };
    text.space();
    if !text.skip(b'{') {
        return;
    }
    loop {
        text.space();
        let Some(name) = text.string() else { return };
        text.space();
        if !text.skip(b':') {
            return;
        }
        text.space();
        let value = if text.rest.first() == Some(&b'"') {
            text.string()
        } else {
            text.value()
        };
        let Some(value) = value else { return };
        params.push(name, value);
        text.space();
        if !text.skip(b',') {
            return;
        }
    }
}

/// How many elements a JSON array has; `None` for what is no array.
#[must_use]
pub fn length_of_array(text: &str) -> Option<usize> {
    serde_json::from_str::<Vec<IgnoredAny>>(text).ok().map(|all| all.len())
}

struct Text<'a> {
    rest: &'a [u8],
}

impl Text<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn skip(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((&first, rest)) if first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// What is no string, as its JSON text.
    fn value(&mut self) -> Option<String> {
        let mut stream = serde_json::Deserializer::from_slice(self.rest).into_iter::<IgnoredAny>();
        stream.next()?.ok()?;
        let (value, rest) = self.rest.split_at(stream.byte_offset());
        self.rest = rest;
        Some(text_of(value))
    }

    /// Looser than JSON, as there: any byte may stand in it, and any byte may be escaped.
    fn string(&mut self) -> Option<String> {
        if !self.skip(b'"') {
            return None;
        }
        let mut value = Vec::new();
        loop {
            let at = memchr::memchr2(b'"', b'\\', self.rest)?;
            value.extend_from_slice(&self.rest[..at]);
            let quote = self.rest[at] == b'"';
            self.rest = &self.rest[at + 1..];
            if quote {
                return Some(text_of(&value));
            }
            let (&escape, rest) = self.rest.split_first()?;
            self.rest = rest;
            match escape {
                b'b' => value.push(8),
                b'f' => value.push(12),
                b'n' => value.push(b'\n'),
                b'r' => value.push(b'\r'),
                b't' => value.push(b'\t'),
                b'u' => {
                    let character = self.unicode()?;
                    value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                other => value.push(other),
            }
        }
    }

    fn unicode(&mut self) -> Option<char> {
        let first = self.four()?;
        if !(0xD800..0xE000).contains(&first) {
            return char::from_u32(first);
        }
        let before = self.rest;
        if let [b'\\', b'u', rest @ ..] = self.rest {
            self.rest = rest;
            let second = self.four()?;
            if (0xD800..0xE000).contains(&second) {
                let code = ((first & 0x3FF) << 10 | (second & 0x3FF)) + 0x1_0000;
                return Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        self.rest = before;
        Some(char::REPLACEMENT_CHARACTER)
    }

    fn four(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        let mut code = 0;
        for &digit in digits {
            code = code << 4 | u32::from(hex(digit)?);
        }
        self.rest = rest;
        Some(code)
    }
}
