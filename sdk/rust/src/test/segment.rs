//! Enough of the segment language for tests: `tag:x`, `blocked`, `not …`, joined by `and`.

use crate::{Contact, Error};

pub(super) fn matches(contact: &Contact, query: &str) -> Result<bool, Error> {
    if query.trim().is_empty() {
        return Ok(true);
    }
    for term in query.split(" and ").map(str::trim) {
        let (wanted, term) = match term.strip_prefix("not ") {
            Some(rest) => (false, rest.trim()),
            None => (true, term),
        };
        let is = match term.split_once(':') {
            Some(("tag", tag)) => contact.tags.iter().any(|it| it == tag),
            None if term == "blocked" => contact.blocked,
            _ => {
                return Err(Error::invalid(format!("The test host does not know the term {term}.")));
            }
        };
        if is != wanted {
            return Ok(false);
        }
    }
    Ok(true)
}
