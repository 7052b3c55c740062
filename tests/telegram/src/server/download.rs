//! `/file/bot<token>/<path>`: the bytes of a file, whole or in a range, by the path that getFile gave.

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{ACCEPT_RANGES, CONTENT_RANGE, HeaderName, HeaderValue, RANGE};
use hyper::{Request, Response};

use super::body::{Reply, response};
use super::bot::{error, percent, who};
use crate::core::Core;
use crate::error::ApiError;
use crate::world::file::path_number;

const TYPE: &str = "application/octet-stream";

pub fn file(core: &Core, rest: &str, request: &Request<Incoming>) -> Response<Reply> {
    let decoded = percent(rest);
    let Some((token, path)) = decoded.split_once('/') else {
        return error(&ApiError::new(404, "Not Found"));
    };
    let bot = match who(core, token) {
        Ok(b) => b,
        Err(e) => return error(&e),
    };
    let path = path.strip_prefix("test/").unwrap_or(path);
    // Only what getFile has named for this bot.
    let found = core.with(|i| {
        let no = path_number(path)?;
        let granted = i.world.bots.get(&bot)?.granted.contains(&no);
        let f = i.world.files.get(no)?;
        (granted && i.world.files.path(no) == path).then(|| f.bytes.clone())
    });
    let Some(bytes) = found else {
        return error(&ApiError::new(404, "Not Found: file not found"));
    };
    let asked = request.headers().get(RANGE).and_then(|v| v.to_str().ok());
    let mut answer = match asked.and_then(|r| range(r, bytes.len())) {
        None => response(200, TYPE, Reply::whole(bytes)),
        Some(Some((from, to))) => {
            let part = response(206, TYPE, Reply::whole(bytes.slice(from..=to)));
            with(part, CONTENT_RANGE, &format!("bytes {from}-{to}/{}", bytes.len()))
        }
        Some(None) => {
            let none = response(416, "text/html", Reply::whole(Bytes::new()));
            with(none, CONTENT_RANGE, &format!("bytes */{}", bytes.len()))
        }
    };
    answer
        .headers_mut()
        .insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answer
}

fn with(mut r: Response<Reply>, name: HeaderName, value: &str) -> Response<Reply> {
    if let Ok(v) = HeaderValue::from_str(value) {
        r.headers_mut().insert(name, v);
    }
    r
}

/// First and last byte of a single range; `Some(None)` lies outside, `None` is no range that one knows.
fn range(header: &str, size: usize) -> Option<Option<(usize, usize)>> {
    let (from, to) = header.strip_prefix("bytes=")?.split_once('-')?;
    let number = |s: &str| s.trim().parse::<usize>().ok();
    let (from, to) = match (number(from), number(to)) {
        (Some(f), Some(t)) if t >= f => (f, t.min(size.saturating_sub(1))),
        (Some(f), None) if to.trim().is_empty() => (f, size.saturating_sub(1)),
        (None, Some(last)) if from.trim().is_empty() => {
            if last == 0 {
                return Some(None);
            }
            (size.saturating_sub(last), size.saturating_sub(1))
        }
        _ => return None,
    };
    Some((from < size).then_some((from, to)))
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_are_read_as_servers_do() {
        assert_eq!(range("bytes=2-4", 10), Some(Some((2, 4))));
        assert_eq!(range("bytes=2-", 10), Some(Some((2, 9))));
        assert_eq!(range("bytes=-3", 10), Some(Some((7, 9))));
        assert_eq!(range("bytes=0-99", 10), Some(Some((0, 9))));
        assert_eq!(range("bytes=10-", 10), Some(None));
        assert_eq!(range("bytes=4-2", 10), None);
        assert_eq!(range("lines=1-2", 10), None);
    }
}
