//! Properties of offsets, splices and replacements over any text.

use proptest::prelude::*;
use switchboard_runtime::pipeline::splice;
use switchboard_runtime::pipeline::text::{Offsets, check_entities, utf16_len};
use switchboard_runtime::types::{Entity, Splice};

/// Texts of characters of every width, short enough to hit borders.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec!['a', 'Z', ' ', 'ё', '€', '漢', '😀', '\u{301}']),
        0..40,
    )
    .prop_map(|characters| characters.into_iter().collect())
}

fn borders(text: &str) -> Vec<u32> {
    text.char_indices()
        .map(|(byte, _)| byte as u32)
        .chain([text.len() as u32])
        .collect()
}

/// A text with entities and splices that lie on it.
fn edited() -> impl Strategy<Value = (String, Vec<Entity>, Vec<Splice>)> {
    let kinds = prop::sample::select(vec!["bold", "spoiler", "url", "text_link", "strange"]);
    let range = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    (
        text(),
        prop::collection::vec((kinds, range), 0..6),
        prop::collection::vec((any::<prop::sample::Index>(), "[a-z😀]{0,4}"), 0..6),
    )
        .prop_map(|(text, entities, cuts)| {
            let borders = borders(&text);
            let entities = entities
                .into_iter()
                .filter_map(|(kind, (a, b))| {
                    let (a, b) = (*a.get(&borders), *b.get(&borders));
                    let value = (kind == "text_link").then(|| "https://a".to_owned());
                    (a != b).then(|| Entity {
                        kind: kind.into(),
                        offset: a.min(b),
                        length: a.abs_diff(b),
                        value,
                    })
                })
                .collect();
            // Sorted cut points, taken two by two, never overlap.
            let mut points: Vec<(u32, String)> = cuts.into_iter().map(|(at, new)| (*at.get(&borders), new)).collect();
            points.sort();
            let splices = points
                .chunks_exact(2)
                .map(|pair| Splice {
                    offset: pair[0].0,
                    length: pair[1].0 - pair[0].0,
                    text: pair[0].1.clone(),
                })
                .collect();
            (text, entities, splices)
        })
}

proptest! {
    #[test]
    fn offsets_go_both_ways(text in text()) {
        let offsets = Offsets::new(&text);
        for byte in borders(&text) {
            let unit = utf16_len(&text[..byte as usize]) as u32;
            prop_assert_eq!(offsets.to_utf16(byte), Some(unit));
            prop_assert_eq!(offsets.to_utf8(unit), Some(byte));
        }
    }

    #[test]
    fn offsets_inside_of_characters_have_no_twin(text in text(), at in 0u32..200) {
        let offsets = Offsets::new(&text);
        let is_border = at as usize <= text.len() && text.is_char_boundary(at as usize);
        prop_assert_eq!(offsets.to_utf16(at).is_some(), is_border);
        let units: Vec<u16> = text.encode_utf16().collect();
        let whole = units.get(..at as usize).is_some_and(|before| String::from_utf16(before).is_ok());
        prop_assert_eq!(offsets.to_utf8(at).is_some(), whole);
    }

    #[test]
    fn splices_make_the_text_that_they_say((text, _, splices) in edited()) {
        // The plain way: from the end to the start, so that offsets stay right.
        let mut expected = text.clone();
        for splice in splices.iter().rev() {
            let from = splice.offset as usize;
            expected.replace_range(from..from + splice.length as usize, &splice.text);
        }
        let (new, _) = splice(&text, &[], &splices).unwrap();
        prop_assert_eq!(new, expected);
    }

    #[test]
    fn formatting_stays_on_the_text((text, entities, splices) in edited()) {
        let (new, kept) = splice(&text, &entities, &splices).unwrap();
        prop_assert_eq!(check_entities(&new, &kept), Ok(()));
        prop_assert!(kept.len() <= entities.len());
    }

    #[test]
    fn formatting_that_no_splice_touches_covers_the_same_text((text, entities, splices) in edited()) {
        for entity in &entities {
            let (start, end) = (entity.offset, entity.offset + entity.length);
            let touched = splices.iter().any(|s| s.offset <= end && s.offset + s.length >= start);
            if touched {
                continue;
            }
            let (new, kept) = splice(&text, std::slice::from_ref(entity), &splices).unwrap();
            prop_assert_eq!(kept.len(), 1);
            let covered = &new[kept[0].offset as usize..(kept[0].offset + kept[0].length) as usize];
            prop_assert_eq!(covered, &text[start as usize..end as usize]);
        }
    }

    #[test]
    fn links_never_survive_on_changed_text((text, entities, splices) in edited()) {
        let (_, kept) = splice(&text, &entities, &splices).unwrap();
        let untouched = |e: &&Entity| {
            !splices.iter().any(|s| s.length > 0 && s.offset < e.offset + e.length && s.offset + s.length > e.offset)
        };
        let most = entities.iter().filter(|e| e.kind == "text_link").filter(untouched).count();
        prop_assert!(kept.iter().filter(|e| e.kind == "text_link").count() <= most);
    }

    #[test]
    fn any_splice_is_applied_or_refused(text in text(), raw in prop::collection::vec((0u32..60, 0u32..60, ".{0,3}"), 0..5)) {
        let splices: Vec<Splice> = raw.into_iter().map(|(offset, length, text)| Splice { offset, length, text }).collect();
        let _ = splice(&text, &[], &splices);
    }
}
