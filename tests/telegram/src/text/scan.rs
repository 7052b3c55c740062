//! What the parsers share: text that grows while its length in UTF-16 is known, and entities over it.

use serde_json::{Map, Value};

use crate::world::content::Styled;

#[derive(Debug, Default)]
pub struct Output {
    pub text: Vec<u8>,
    /// UTF-16 code units so far.
    pub utf16: usize,
    entities: Vec<Value>,
}

impl Output {
    /// Adds one byte of valid UTF-8 input; only first bytes of characters count.
    pub fn byte(&mut self, b: u8) {
        if b & 0xC0 != 0x80 {
            self.utf16 += 1 + usize::from(b >= 0xF0);
        }
        self.text.push(b);
    }

    pub fn character(&mut self, c: char) {
        let mut buf = [0; 4];
        for b in c.encode_utf8(&mut buf).bytes() {
            self.byte(b);
        }
    }

    pub fn entity(&mut self, kind: &str, offset: usize, extra: &[(&str, Value)]) {
        if self.utf16 <= offset {
            return;
        }
        let mut m = Map::new();
        m.insert("offset".into(), offset.into());
        m.insert("length".into(), (self.utf16 - offset).into());
        m.insert("type".into(), kind.into());
        for (k, v) in extra {
            m.insert((*k).into(), v.clone());
        }
        self.entities.push(Value::Object(m));
    }

    /// The link of a text: a user's, or a URL that passes for one. `None`: no entity.
    pub fn link(&mut self, offset: usize, url: &str) {
        if let Some(id) = url.strip_prefix("tg://user?id=").and_then(|i| i.parse::<i64>().ok()) {
            self.entity("text_mention", offset, &[("user", serde_json::json!({"id": id}))]);
        } else if let Some(url) = checked_url(url) {
            self.entity("text_link", offset, &[("url", url.into())]);
        }
    }

    pub fn last_is(&self, kind: &str, offset: usize) -> bool {
        self.entities
            .last()
            .is_some_and(|e| e["type"] == kind && e["offset"] == offset && e["length"] == self.utf16 - offset)
    }

    pub fn pop(&mut self) {
        self.entities.pop();
    }

    pub fn done(self) -> Styled {
        let mut s = Styled {
            text: String::from_utf8_lossy(&self.text).into_owned(),
            entities: self.entities,
        };
        super::entities::sort(&mut s.entities);
        s
    }
}

/// A URL as Telegram would keep it, with `http://` and the final slash that it adds.
pub fn checked_url(url: &str) -> Option<String> {
    let url = url.trim();
    if !crate::api::markup::is_url(url) {
        return None;
    }
    if url.starts_with("tg://") {
        return Some(url.to_owned());
    }
    let full = if url.starts_with("http://") || url.starts_with("https://") {
        url.to_owned()
    } else {
        format!("http://{url}")
    };
    let rest = full.split_once("://").map_or("", |(_, r)| r);
    Some(if rest.contains(['/', '?', '#']) {
        full
    } else {
        full + "/"
    })
}
