//! The head of a request, read strictly: what servers might read in two ways is refused.

use httparse::{EMPTY_HEADER, Header, Status};

/// Bytes of a head, as the Bot API server limits them.
pub const HEADERS_LIMIT: usize = 256 << 10;
/// Lines of a head.
pub const MOST_HEADERS: usize = 128;

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    /// Bytes.
    Length(u64),
    Chunked,
}

/// A head that is sound.
#[derive(Debug)]
pub struct Head<'h, 'b> {
    pub method: &'b str,
    pub target: &'b str,
    /// The client speaks HTTP/1.0.
    pub old: bool,
    pub headers: &'h [Header<'b>],
    pub framing: Framing,
    /// The client leaves the connection open.
    pub keep_alive: bool,
    /// The client waits for `100 Continue` before it sends the body.
    pub expects: bool,
    pub content_type: Option<&'b [u8]>,
    /// The body is compressed.
    pub encoded: bool,
}

/// A head that is answered with this status and nothing else; the connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(pub u16);

/// Where the head at the start of `bytes` ends; `seen` bytes of them have been looked at before.
#[must_use]
pub fn end_of_head(bytes: &[u8], seen: usize) -> Option<usize> {
    let from = seen.saturating_sub(3).min(bytes.len());
    memchr::memmem::find(&bytes[from..], b"\r\n\r\n").map(|at| from + at + 4)
}

/// Reads a whole head, the empty line included. `slots` lends room for the lines.
///
/// # Errors
/// The status to answer with.
pub fn parse_head<'h, 'b>(bytes: &'b [u8], slots: &'h mut [Header<'b>; MOST_HEADERS]) -> Result<Head<'h, 'b>, Refused> {
    // A line feed alone ends a line for some servers only.
    if memchr::memchr_iter(b'\n', bytes).any(|at| at == 0 || bytes[at - 1] != b'\r') {
        return Err(Refused(400));
    }
    *slots = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(slots);
    match request.parse(bytes) {
        Ok(Status::Complete(length)) if length == bytes.len() => {}
        Ok(_) => return Err(Refused(400)),
        Err(httparse::Error::TooManyHeaders) => return Err(Refused(431)),
        Err(httparse::Error::Version) => return Err(Refused(505)),
        Err(_) => return Err(Refused(400)),
    }
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Err(Refused(400));
    };
    let old = version == 0;
    let mut head = Head {
        method,
        target,
        old,
        headers: request.headers,
        framing: Framing::None,
        keep_alive: !old,
        expects: false,
        content_type: None,
        encoded: false,
    };
    let (mut hosts, mut types, mut length, mut chunked) = (0, 0, None, false);
    for header in head.headers {
        match header.name.len() {
            4 if is(header, "host") => hosts += 1,
            14 if is(header, "content-length") => {
                if length.is_some() {
                    return Err(Refused(400));
                }
                length = Some(number(header.value)?);
            }
            17 if is(header, "transfer-encoding") => {
                if chunked {
                    return Err(Refused(400));
                }
                if !header.value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                    return Err(Refused(501));
                }
                chunked = true;
            }
            10 if is(header, "connection") => {
                if lists(header.value, b"close") {
                    head.keep_alive = false;
                } else if old && lists(header.value, b"keep-alive") {
                    head.keep_alive = true;
                }
            }
            6 if is(header, "expect") => head.expects = header.value.eq_ignore_ascii_case(b"100-continue") && !old,
            12 if is(header, "content-type") => {
                types += 1;
                head.content_type = Some(header.value);
            }
            16 if is(header, "content-encoding") => {
                head.encoded |= !header.value.eq_ignore_ascii_case(b"identity") && !header.value.is_empty();
            }
            _ => {}
        }
    }
    if hosts > 1 || types > 1 || (hosts == 0 && !old) || (chunked && (old || length.is_some())) {
        return Err(Refused(400));
    }
    head.framing = match (chunked, length) {
        (true, _) => Framing::Chunked,
        (false, Some(length)) if length > 0 => Framing::Length(length),
        _ => Framing::None,
    };
    Ok(head)
}

/// Whether a header has this name, given in lower case.
pub(crate) fn is(header: &Header<'_>, name: &str) -> bool {
    header.name.eq_ignore_ascii_case(name)
}

/// Whether a comma-separated list holds a word, given in lower case.
pub(crate) fn lists(value: &[u8], word: &[u8]) -> bool {
    value
        .split(|&byte| byte == b',')
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(word))
}

/// Digits and nothing else.
pub(crate) fn number(value: &[u8]) -> Result<u64, Refused> {
    let value = value.trim_ascii();
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Refused(400));
    }
    value
        .iter()
        .try_fold(0_u64, |sum, &digit| {
            sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
        })
        .ok_or(Refused(400))
}
