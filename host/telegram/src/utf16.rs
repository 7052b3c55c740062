//! Telegram counts text in UTF-16 units; Rust counts bytes of UTF-8.

/// Length in UTF-16 units.
#[must_use]
pub fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Turns an offset and a length in UTF-16 units into bytes; `None` where they do not lie on character borders inside the text.
#[must_use]
pub fn to_utf8_offsets(text: &str, offset: usize, length: usize) -> Option<(usize, usize)> {
    let start = byte_at(text, offset)?;
    let end = byte_at(text, offset.checked_add(length)?)?;
    Some((start, end - start))
}

/// The other way round; `None` where the bytes do not lie on character borders.
#[must_use]
pub fn to_utf16_offsets(text: &str, offset: usize, length: usize) -> Option<(usize, usize)> {
    let head = text.get(..offset)?;
    let body = text.get(offset..offset.checked_add(length)?)?;
    Some((utf16_len(head), utf16_len(body)))
}

fn byte_at(text: &str, units: usize) -> Option<usize> {
    let mut seen = 0;
    for (byte, character) in text.char_indices() {
        if seen == units {
            return Some(byte);
        }
        if seen > units {
            return None;
        }
        seen += character.len_utf16();
    }
    (seen == units).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogate_pairs_count_two() {
        let text = "a👍é";
        assert_eq!(utf16_len(text), 4);
        assert_eq!(to_utf8_offsets(text, 1, 2), Some((1, 4)));
        assert_eq!(to_utf16_offsets(text, 1, 4), Some((1, 2)));
        assert_eq!(to_utf8_offsets(text, 2, 1), None, "inside a surrogate pair");
        assert_eq!(to_utf8_offsets(text, 3, 9), None, "past the end");
    }
}
