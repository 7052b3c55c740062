//! Texts as both sides count them: Telegram in UTF-16 units, plugins in bytes of UTF-8.

use crate::types::Entity;

/// UTF-16 units that a text may have.
pub const TEXT_LIMIT: usize = 4_096;
/// UTF-16 units that a caption may have.
pub const CAPTION_LIMIT: usize = 1_024;

/// The length of a text as Telegram counts it.
pub fn utf16_len(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().map(char::len_utf16).sum()
    }
}

/// A character that is not one unit in both countings.
#[derive(Debug, Clone, Copy)]
struct Wide {
    byte: u32,
    unit: u32,
    bytes: u32,
    units: u32,
}

/// Converts offsets of one text between bytes of UTF-8 and units of UTF-16.
#[derive(Debug, Clone)]
pub struct Offsets {
    wide: Vec<Wide>,
    bytes: u32,
    units: u32,
}

impl Offsets {
    /// Reads the text once; a conversion is then a binary search.
    pub fn new(text: &str) -> Self {
        let mut wide = Vec::new();
        let mut unit = 0u32;
        for (byte, character) in text.char_indices() {
            let (bytes, units) = (character.len_utf8() as u32, character.len_utf16() as u32);
            if bytes > 1 {
                wide.push(Wide {
                    byte: byte as u32,
                    unit,
                    bytes,
                    units,
                });
            }
            unit += units;
        }
        Self {
            wide,
            bytes: text.len() as u32,
            units: unit,
        }
    }

    /// The byte at a UTF-16 offset; `None` past the end or inside of a character.
    pub fn to_utf8(&self, unit: u32) -> Option<u32> {
        if unit > self.units {
            return None;
        }
        let before = self.wide.partition_point(|wide| wide.unit < unit);
        match before.checked_sub(1).map(|index| self.wide[index]) {
            None => Some(unit),
            Some(wide) => Some(wide.byte + wide.bytes + unit.checked_sub(wide.unit + wide.units)?),
        }
    }

    /// The UTF-16 offset of a byte; `None` past the end or inside of a character.
    pub fn to_utf16(&self, byte: u32) -> Option<u32> {
        if byte > self.bytes {
            return None;
        }
        let before = self.wide.partition_point(|wide| wide.byte < byte);
        match before.checked_sub(1).map(|index| self.wide[index]) {
            None => Some(byte),
            Some(wide) => Some(wide.unit + wide.units + byte.checked_sub(wide.byte + wide.bytes)?),
        }
    }

    /// Offset and length of an entity, from UTF-16 units to bytes.
    pub fn range_to_utf8(&self, offset: u32, length: u32) -> Option<(u32, u32)> {
        let start = self.to_utf8(offset)?;
        let end = self.to_utf8(offset.checked_add(length)?)?;
        Some((start, end - start))
    }

    /// Offset and length of an entity, from bytes to UTF-16 units.
    pub fn range_to_utf16(&self, offset: u32, length: u32) -> Option<(u32, u32)> {
        let start = self.to_utf16(offset)?;
        let end = self.to_utf16(offset.checked_add(length)?)?;
        Some((start, end - start))
    }
}

/// Whether formatting lies on the text: inside of it, on character borders, not empty, with a value where one is needed.
pub fn check_entities(text: &str, entities: &[Entity]) -> Result<(), String> {
    for entity in entities {
        let kind = crate::checks::shortened(&entity.kind);
        if entity.kind.is_empty() {
            return Err("an entity has no kind".to_owned());
        }
        if entity.length == 0 {
            return Err(format!("the entity `{kind}` at byte {} is empty", entity.offset));
        }
        let start = entity.offset as usize;
        let end = start + entity.length as usize;
        if end > text.len() {
            return Err(format!(
                "the entity `{kind}` ends at byte {end}, the text at byte {}",
                text.len()
            ));
        }
        if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            return Err(format!(
                "the entity `{kind}` at bytes {start}–{end} cuts a character in two"
            ));
        }
        let needs_value = matches!(entity.kind.as_str(), "text_link" | "text_mention" | "custom_emoji");
        if needs_value && entity.value.as_deref().is_none_or(str::is_empty) {
            return Err(format!("the entity `{kind}` at byte {start} needs a value"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_of_a_mixed_text() {
        // a: 1/1, ё: 2/1, 😀: 4/2, z: 1/1 (bytes/units)
        let offsets = Offsets::new("aё😀z");
        let pairs = [(0, 0), (1, 1), (2, 3), (4, 7), (5, 8)];
        for (unit, byte) in pairs {
            assert_eq!(offsets.to_utf8(unit), Some(byte));
            assert_eq!(offsets.to_utf16(byte), Some(unit));
        }
        assert_eq!(offsets.to_utf8(3), None, "between surrogates");
        assert_eq!(offsets.to_utf16(2), None, "inside of ё");
        assert_eq!(offsets.to_utf8(6), None, "past the end");
        assert_eq!(offsets.range_to_utf8(1, 3), Some((1, 6)));
        assert_eq!(offsets.range_to_utf8(1, u32::MAX), None);
    }

    #[test]
    fn entities_must_lie_on_the_text() {
        let entity = |offset, length| Entity {
            kind: "bold".into(),
            offset,
            length,
            value: None,
        };
        assert!(check_entities("aё", &[entity(0, 3)]).is_ok());
        assert!(
            check_entities("aё", &[entity(0, 2)])
                .unwrap_err()
                .contains("cuts a character")
        );
        assert!(
            check_entities("aё", &[entity(1, 3)])
                .unwrap_err()
                .contains("ends at byte 4")
        );
        assert!(check_entities("aё", &[entity(u32::MAX, u32::MAX)]).is_err());
        assert!(check_entities("aё", &[entity(0, 0)]).is_err());
        let link = Entity {
            kind: "text_link".into(),
            offset: 0,
            length: 1,
            value: None,
        };
        assert!(check_entities("a", &[link]).unwrap_err().contains("needs a value"));
    }
}
