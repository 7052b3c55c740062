//! Heads on their way through the door: what is between two neighbours stays, everything else is passed on as it came.

use httparse::{EMPTY_HEADER, Header, Status};

use super::local;
use crate::request::{Framing, Head, MOST_HEADERS, Refused};

/// Writes a request's head for the Bot API server. `plain`: its answer is read here, so it must not be compressed.
pub(super) fn write_request(out: &mut Vec<u8>, head: &Head<'_, '_>, authority: &str, plain: bool) {
    for part in [head.method, " ", head.target, " HTTP/1.1\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    let named = Named::of(head.headers);
    let mut host = false;
    for header in head.headers {
        match header.name.len() {
            4 if is(header, "host") => {
                line(out, header.name, authority.as_bytes());
                host = true;
            }
            17 if is(header, "transfer-encoding") => line(out, header.name, b"chunked"),
            14 if is(header, "content-length") => line(out, header.name, header.value),
            6 if is(header, "expect") => {}
            15 if plain && is(header, "accept-encoding") => {}
            _ if stays(header) || named.names(header) => {}
            _ => line(out, header.name, header.value),
        }
    }
    if !host {
        line(out, "Host", authority.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// What the client asked for, as far as the answer's form depends on it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked {
    /// The request was `HEAD`.
    pub(super) head: bool,
    /// The client speaks HTTP/1.0.
    pub(super) old: bool,
    /// The connection stays open if the answer allows it.
    pub(super) keep_alive: bool,
}

/// How the end of an answer's body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// As requests tell it.
    Framed(Framing),
    /// By the end of the connection.
    Close,
}

/// What an answer's head says.
#[derive(Debug)]
pub(super) struct Response {
    /// Bytes of the head.
    pub(super) length: usize,
    pub(super) status: u16,
    pub(super) body: Body,
    /// The server leaves the connection open.
    pub(super) reusable: bool,
    /// The client's connection stays open after it.
    pub(super) keep_alive: bool,
    /// The body is JSON that can be read as it is.
    pub(super) json: bool,
    /// Seconds.
    pub(super) retry_after: Option<u64>,
}

impl Response {
    /// `100 Continue` and the like: the answer itself is still to come.
    pub(super) fn interim(&self) -> bool {
        self.status < 200
    }
}

/// The answer's head is none that can be passed on.
#[derive(Debug)]
pub(super) struct BadHead;

impl From<Refused> for BadHead {
    fn from(_: Refused) -> Self {
        Self
    }
}

/// Reads an answer's head and writes it for the client. `None`: there is more to come.
pub(super) fn read_response(bytes: &[u8], asked: Asked, out: &mut Vec<u8>) -> Result<Option<Response>, BadHead> {
    let mut slots = [EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Response::new(&mut slots);
    let length = match parsed.parse(bytes) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(_) => return Err(BadHead),
    };
    let (Some(status), Some(version)) = (parsed.code, parsed.version) else {
        return Err(BadHead);
    };
    if status == 101 {
        return Err(BadHead);
    }
    let headers: &[Header<'_>] = parsed.headers;
    let mut response = Response {
        length,
        status,
        body: Body::Close,
        reusable: version == 1,
        keep_alive: asked.keep_alive,
        json: false,
        retry_after: None,
    };
    let (mut stated, mut chunked, mut plain) = (None, false, true);
    for header in headers {
        match header.name.len() {
            14 if is(header, "content-length") => {
                let length = crate::request::number(header.value)?;
                if stated.is_some_and(|stated| stated != length) {
                    return Err(BadHead);
                }
                stated = Some(length);
            }
            17 if is(header, "transfer-encoding") => {
                if chunked || !header.value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                    return Err(BadHead);
                }
                chunked = true;
            }
            10 if is(header, "connection") => {
                if crate::request::lists(header.value, b"close") {
                    response.reusable = false;
                } else if version == 0 && crate::request::lists(header.value, b"keep-alive") {
                    response.reusable = true;
                }
            }
            12 if is(header, "content-type") => {
                let start = header.value.get(..16).unwrap_or_default();
                response.json = start.eq_ignore_ascii_case(b"application/json");
            }
            16 if is(header, "content-encoding") => plain = header.value.eq_ignore_ascii_case(b"identity"),
            11 if is(header, "retry-after") => {
                response.retry_after = crate::request::number(header.value).ok();
            }
            _ => {}
        }
    }
    response.json &= plain;
    response.body = if asked.head || status < 200 || matches!(status, 204 | 304) {
        Body::Framed(Framing::None)
    } else if chunked {
        // Both lengths at once is what smuggling looks like.
        response.reusable &= stated.is_none();
        Body::Framed(Framing::Chunked)
    } else {
        match stated {
            Some(0) => Body::Framed(Framing::None),
            Some(length) => Body::Framed(Framing::Length(length)),
            None => Body::Close,
        }
    };
    response.reusable &= response.body != Body::Close;
    let unchunk = chunked && asked.old;
    if response.body == Body::Close || unchunk {
        response.keep_alive = false;
    }
    write_response(out, bytes, &response, headers, asked, unchunk);
    Ok(Some(response))
}

fn write_response(
    out: &mut Vec<u8>,
    bytes: &[u8],
    response: &Response,
    headers: &[Header<'_>],
    asked: Asked,
    unchunk: bool,
) {
    // The status line as it came, but for the version.
    out.extend_from_slice(b"HTTP/1.1");
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let line_end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at + 1);
    let status = bytes.get(start + 8..line_end).unwrap_or_default();
    out.extend_from_slice(status.trim_ascii_end());
    out.extend_from_slice(b"\r\n");
    let named = Named::of(headers);
    let mut told = response.interim();
    let chunked = response.body == Body::Framed(Framing::Chunked);
    for header in headers {
        match header.name.len() {
            10 if is(header, "connection") => {
                if !told {
                    let value: &[u8] = if response.keep_alive { b"keep-alive" } else { b"close" };
                    line(out, header.name, value);
                    told = true;
                }
            }
            17 if is(header, "transfer-encoding") => {
                if !unchunk {
                    line(out, header.name, header.value);
                }
            }
            14 if is(header, "content-length") => {
                if !chunked {
                    line(out, header.name, header.value);
                }
            }
            _ if stays(header) || named.names(header) => {}
            _ => line(out, header.name, header.value),
        }
    }
    if !told && (asked.old || !response.keep_alive) {
        local::connection(out, response.keep_alive);
    }
    out.extend_from_slice(b"\r\n");
}

fn line(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

fn is(header: &Header<'_>, name: &str) -> bool {
    header.name.eq_ignore_ascii_case(name)
}

/// Whether a header is for the neighbour only.
fn stays(header: &Header<'_>) -> bool {
    match header.name.len() {
        2 => is(header, "te"),
        7 => is(header, "upgrade"),
        10 => is(header, "connection") || is(header, "keep-alive"),
        16 => is(header, "proxy-connection"),
        18 => is(header, "proxy-authenticate"),
        19 => is(header, "proxy-authorization"),
        _ => false,
    }
}

/// The headers that `Connection` names as the neighbour's.
struct Named<'a>(Option<&'a [Header<'a>]>);

impl<'a> Named<'a> {
    fn of(headers: &'a [Header<'a>]) -> Self {
        let plain = |value: &[u8]| value.eq_ignore_ascii_case(b"keep-alive") || value.eq_ignore_ascii_case(b"close");
        let names_some = headers
            .iter()
            .any(|header| header.name.len() == 10 && is(header, "connection") && !plain(header.value));
        Self(names_some.then_some(headers))
    }

    /// What carries the call itself stays, whatever is said of it.
    fn names(&self, header: &Header<'_>) -> bool {
        let Some(headers) = self.0 else { return false };
        !is(header, "content-type")
            && headers
                .iter()
                .filter(|other| is(other, "connection"))
                .any(|other| crate::request::lists(other.value, header.name.as_bytes()))
    }
}
