//! Where a request goes: `/bot<token>/[test/]<method>` and `/file/bot<token>/<path>`.

use std::borrow::Cow;

use super::percent;

/// The target of a request. The path is decoded before it is taken apart, as the Bot API server does.
#[derive(Debug, PartialEq, Eq)]
pub enum Target<'a> {
    Call {
        token: Cow<'a, [u8]>,
        /// Of Telegram's test environment.
        test: bool,
        /// In lower case; empty where the parameters name it.
        method: String,
        query: Option<&'a [u8]>,
    },
    File {
        token: Cow<'a, [u8]>,
        /// The path names no file, but might name something else to a server that tidies paths up.
        lost: bool,
    },
    /// Answered with 404 and this description.
    Nothing(&'static str),
    /// Answered with 400: servers differ in how they read it.
    Odd,
}

const NOT_FOUND: Target<'static> = Target::Nothing("Not Found");

/// Takes a request's target apart.
#[must_use]
pub fn parse_target(target: &[u8]) -> Target<'_> {
    if target.first() != Some(&b'/') {
        return Target::Nothing("Not Found: absolute URI is specified in the Request-Line");
    }
    let (path, query) = match memchr::memchr2(b'?', b'#', target) {
        Some(at) if target[at] == b'#' => return Target::Odd,
        Some(at) => (&target[..at], Some(&target[at + 1..])),
        None => (target, None),
    };
    if query.is_some_and(|query| memchr::memchr(b'#', query).is_some()) {
        return Target::Odd;
    }
    let (rest, file) = {
        let path = percent(path, false);
        match &path {
            Cow::Borrowed(path) => match strip(path) {
                Some((rest, file)) => (Cow::Borrowed(rest), file),
                None => return NOT_FOUND,
            },
            Cow::Owned(path) => match strip(path) {
                Some((rest, file)) => (Cow::Owned(rest.to_vec()), file),
                None => return NOT_FOUND,
            },
        }
    };
    let Some(slash) = memchr::memchr(b'/', &rest) else {
        return NOT_FOUND;
    };
    let tail = &rest[slash..];
    if file {
        let lost = tail.len() == 1 || tail.split(|&byte| byte == b'/').any(|part| part == b"..");
        let token = head_of(rest, slash);
        return Target::File { token, lost };
    }
    let (test, method) = match tail.strip_prefix(b"/test") {
        Some([b'/', method @ ..]) => (true, method),
        Some(_) => return NOT_FOUND,
        None => (false, &tail[1..]),
    };
    // Names with anything else in them name no method, but might name another path to a server that tidies paths up.
    if !method.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Target::Nothing("Not Found: method not found");
    }
    let method = method
        .iter()
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    Target::Call {
        token: head_of(rest, slash),
        test,
        method,
        query,
    }
}

fn strip(path: &[u8]) -> Option<(&[u8], bool)> {
    if let Some(rest) = path.strip_prefix(b"/bot") {
        return Some((rest, false));
    }
    path.strip_prefix(b"/file/bot").map(|rest| (rest, true))
}

fn head_of(text: Cow<'_, [u8]>, length: usize) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..length]),
        Cow::Owned(mut text) => {
            text.truncate(length);
            Cow::Owned(text)
        }
    }
}
