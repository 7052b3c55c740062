//! Names: what can be one, what is near to one, and what stands for one in a button.

use switchboard_plugin::{Error, Template, limits};

pub fn check(name: &str) -> Result<(), Error> {
    if name.starts_with('/') {
        return Err(Error::invalid("A name does not begin with a slash."));
    }
    if name.chars().count() > limits::TEMPLATE_NAME {
        return Err(Error::invalid(format!(
            "That name is too long: it may have {} characters.",
            limits::TEMPLATE_NAME
        )));
    }
    Ok(())
}

/// A button's value has 40 bytes and a name may have more, so a button carries a number made of the name (FNV-1a).
/// It stays the same while the list changes, and a press on an old list still means the same reply.
pub fn key(name: &str) -> String {
    let hash = name
        .to_lowercase()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    format!("{hash:x}")
}

/// The names that may have been meant: at most three, the nearest first.
pub fn nearest<'a>(name: &str, all: &'a [Template]) -> Vec<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    let mut near: Vec<(usize, &str)> = all
        .iter()
        .filter_map(|template| {
            let other: Vec<char> = template.name.to_lowercase().chars().collect();
            let begins = wanted.len() >= 2 && (other.starts_with(&wanted) || wanted.starts_with(&other));
            let distance = if begins { 1 } else { distance(&wanted, &other) };
            let allowed = 1 + wanted.len().max(other.len()) / 4;
            (distance <= allowed).then_some((distance, template.name.as_str()))
        })
        .collect();
    near.sort();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && *x == b[j - 1] {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(names: &[&str]) -> Vec<Template> {
        names
            .iter()
            .map(|name| Template {
                name: (*name).to_owned(),
                ..Template::default()
            })
            .collect()
    }

    #[test]
    fn slips_must_find_their_name() {
        let all = templates(&["price", "prices-2026", "hello", "Адрес", "hours"]);
        assert_eq!(nearest("prcie", &all), ["price"]);
        assert_eq!(nearest("PRICE", &all), ["price", "prices-2026"]);
        assert_eq!(nearest("адерс", &all), ["Адрес"]);
        assert_eq!(nearest("invoice", &all), [""; 0]);
    }

    #[test]
    fn distances() {
        let of = |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(of("", "abc"), 3);
        assert_eq!(of("abc", ""), 3);
        assert_eq!(of("ab", "ba"), 1);
        assert_eq!(of("kitten", "sitting"), 3);
    }

    #[test]
    fn keys_must_ignore_case_and_fit() {
        assert_eq!(key("Price"), key("pRICE"));
        assert_ne!(key("price"), key("prices"));
        assert!(key(&"Ж".repeat(64)).len() <= 16);
    }
}
