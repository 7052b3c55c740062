//! The known name that a mistyped one is nearest to.

/// Less alike than this is no hint.
const ALIKE: f64 = 0.8;

/// `; did you mean "listen"?`, or the list of the known names where none is near.
pub fn hint(wanted: &str, known: &[&str]) -> String {
    match nearest(wanted, known, ALIKE) {
        Some(name) => format!("; did you mean {name:?}?"),
        None => format!("; known are {}", known.join(", ")),
    }
}

pub fn nearest<'a>(wanted: &str, known: &[&'a str], alike: f64) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), *name))
        .filter(|(likeness, _)| *likeness >= alike)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}
