//! Splices: changes of a plain text by plugins that do not see its formatting. The host keeps what it can of it.

use super::Invalid;
use crate::types::{Entity, Splice};

/// A splice with its place in the old text (`from..to`) and in the new one (`new_from..new_to`).
#[derive(Debug, Clone, Copy)]
struct Placed {
    from: usize,
    to: usize,
    new_from: usize,
    new_to: usize,
}

/// Applies splices, whose offsets are those of the old text, and carries the formatting over.
///
/// - Formatting outside of all splices moves along.
/// - Plain styles (bold, quotes, code …) stay around a splice that lies inside of them and are cut back where one reaches
///   in from outside.
/// - Everything else that a splice touches is dropped: a link or a mention might tell what was just hidden.
///
/// Fails where splices overlap, leave the text or cut a character in two. Lengths are not checked here.
pub fn splice(text: &str, entities: &[Entity], splices: &[Splice]) -> Result<(String, Vec<Entity>), Invalid> {
    let (new, placed) = rewrite(text, splices)?;
    let entities = entities.iter().filter_map(|entity| carry(entity, &placed)).collect();
    Ok((new, entities))
}

fn rewrite(text: &str, splices: &[Splice]) -> Result<(String, Vec<Placed>), Invalid> {
    let mut sorted: Vec<&Splice> = splices.iter().collect();
    // An insertion stands before a replacement at the same place; insertions keep their order.
    sorted.sort_by_key(|splice| (splice.offset, splice.length));
    let mut new = String::with_capacity(text.len());
    let mut placed = Vec::with_capacity(sorted.len());
    let mut done = 0;
    for splice in sorted {
        let from = splice.offset as usize;
        let to = from + splice.length as usize;
        if to > text.len() {
            return Err(Invalid::because(format!(
                "a splice ends at byte {to}, the text at byte {}",
                text.len()
            )));
        }
        if !text.is_char_boundary(from) || !text.is_char_boundary(to) {
            return Err(Invalid::because(format!(
                "a splice at bytes {from}–{to} cuts a character in two"
            )));
        }
        if from < done {
            return Err(Invalid::because(format!("two splices overlap at byte {from}")));
        }
        new.push_str(&text[done..from]);
        let new_from = new.len();
        new.push_str(&splice.text);
        placed.push(Placed {
            from,
            to,
            new_from,
            new_to: new.len(),
        });
        done = to;
    }
    new.push_str(&text[done..]);
    Ok((new, placed))
}

fn carry(entity: &Entity, splices: &[Placed]) -> Option<Entity> {
    let start = entity.offset as usize;
    let end = start + entity.length as usize;
    let touches = |splice: &Placed| {
        let inserted = splice.from == splice.to;
        splice.from < end && splice.to > start && (!inserted || splice.from > start)
    };
    let touched = splices.iter().any(touches);
    if touched && !is_style(&entity.kind) {
        return None;
    }
    // Swallowed whole by something larger than itself.
    if splices
        .iter()
        .any(|s| s.from <= start && end <= s.to && (s.from, s.to) != (start, end))
    {
        return None;
    }
    let new_start = match splices.iter().find(|s| s.from <= start && start < s.to) {
        Some(splice) if splice.from == start => splice.new_from,
        Some(splice) => splice.new_to,
        None => moved(start, splices.iter().rfind(|s| s.to <= start)),
    };
    let new_end = match splices.iter().find(|s| s.from < end && end < s.to) {
        Some(splice) => splice.new_from,
        // What is inserted right behind the formatting is not formatted.
        None => moved(end, splices.iter().rfind(|s| s.to <= end && s.from < end)),
    };
    if new_end <= new_start {
        return None;
    }
    Some(Entity {
        offset: u32::try_from(new_start).ok()?,
        length: u32::try_from(new_end - new_start).ok()?,
        ..entity.clone()
    })
}

fn moved(position: usize, last_before: Option<&Placed>) -> usize {
    last_before.map_or(position, |splice| splice.new_to + (position - splice.to))
}

/// Formatting that says nothing of the text's content.
fn is_style(kind: &str) -> bool {
    matches!(
        kind,
        "bold"
            | "italic"
            | "underline"
            | "strikethrough"
            | "spoiler"
            | "blockquote"
            | "expandable_blockquote"
            | "code"
            | "pre"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(kind: &str, offset: u32, length: u32) -> Entity {
        Entity {
            kind: kind.into(),
            offset,
            length,
            value: None,
        }
    }

    fn cut(offset: u32, length: u32, text: &str) -> Splice {
        Splice {
            offset,
            length,
            text: text.into(),
        }
    }

    /// The kept entities, as the stretches of the new text that they cover.
    fn covered(text: &str, entities: &[Entity], splices: &[Splice]) -> (String, Vec<String>) {
        let (new, kept) = splice(text, entities, splices).unwrap();
        let stretches = kept
            .iter()
            .map(|e| new[e.offset as usize..(e.offset + e.length) as usize].to_owned());
        let stretches = stretches.collect();
        (new, stretches)
    }

    #[test]
    fn formatting_outside_moves_along() {
        let entities = [entity("url", 0, 2), entity("bold", 7, 3)];
        let (new, kept) = covered("ab 123 xyz", &entities, &[cut(3, 3, "[number]")]);
        assert_eq!(new, "ab [number] xyz");
        assert_eq!(kept, ["ab", "xyz"]);
    }

    #[test]
    fn styles_stay_around_a_splice() {
        let (new, kept) = covered("my 123 ok", &[entity("bold", 0, 9)], &[cut(3, 3, "#")]);
        assert_eq!((new.as_str(), kept), ("my # ok", vec!["my # ok".to_owned()]));
        let (_, kept) = covered("my 123 ok", &[entity("bold", 3, 3)], &[cut(3, 3, "#")]);
        assert_eq!(kept, ["#"]);
        let (_, kept) = covered("my 123 ok", &[entity("bold", 3, 3)], &[cut(3, 3, "")]);
        assert!(kept.is_empty());
    }

    #[test]
    fn styles_are_cut_back_where_a_splice_reaches_in() {
        let (_, kept) = covered("abcdef", &[entity("bold", 2, 4)], &[cut(0, 3, "XX")]);
        assert_eq!(kept, ["def"]);
        let (_, kept) = covered("abcdef", &[entity("bold", 0, 4)], &[cut(3, 3, "XX")]);
        assert_eq!(kept, ["abc"]);
        let (_, kept) = covered("abcdef", &[entity("bold", 2, 2)], &[cut(0, 6, "XX")]);
        assert!(kept.is_empty());
    }

    #[test]
    fn what_could_tell_the_hidden_is_dropped() {
        let link = Entity {
            value: Some("tel:123".into()),
            ..entity("text_link", 0, 9)
        };
        let (_, kept) = covered("my 123 ok", &[link], &[cut(3, 3, "#")]);
        assert!(kept.is_empty());
    }

    #[test]
    fn insertions_stay_outside_of_what_they_touch() {
        let (new, kept) = covered("abc", &[entity("url", 1, 1)], &[cut(1, 0, "<"), cut(2, 0, ">")]);
        assert_eq!((new.as_str(), kept), ("a<b>c", vec!["b".to_owned()]));
    }

    #[test]
    fn wrong_splices_are_refused() {
        assert!(
            splice("abc", &[], &[cut(2, 2, "")])
                .unwrap_err()
                .0
                .contains("ends at byte 4")
        );
        assert!(
            splice("aё", &[], &[cut(2, 1, "")])
                .unwrap_err()
                .0
                .contains("cuts a character")
        );
        assert!(
            splice("abc", &[], &[cut(0, 2, ""), cut(1, 1, "")])
                .unwrap_err()
                .0
                .contains("overlap")
        );
        assert!(splice("abc", &[], &[cut(u32::MAX, u32::MAX, "")]).is_err());
    }
}
