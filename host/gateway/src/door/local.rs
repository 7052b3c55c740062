//! Answers of the door's own, in the bytes of the Bot API server.

use crate::Answer;

pub(super) const BAD_GATEWAY: &str = "Bad Gateway";

/// Writes an answer in JSON. `body`: not for `HEAD`.
pub(super) fn write(out: &mut Vec<u8>, answer: &Answer, keep_alive: bool, body: bool) {
    status_line(out, answer.status);
    connection(out, keep_alive);
    out.extend_from_slice(b"Content-Type: application/json\r\n");
    if let Some(seconds) = answer.retry_after {
        out.extend_from_slice(format!("Retry-After: {seconds}\r\n").as_bytes());
    }
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", answer.body.len()).as_bytes());
    if body {
        out.extend_from_slice(&answer.body);
    }
}

/// Writes a refusal without a body, as that server answers what it cannot read as HTTP; the connection is closed after it.
pub(super) fn write_refusal(out: &mut Vec<u8>, status: u16) {
    status_line(out, status);
    connection(out, false);
    out.extend_from_slice(b"Content-Length: 0\r\n\r\n");
}

pub(super) fn connection(out: &mut Vec<u8>, keep_alive: bool) {
    out.extend_from_slice(if keep_alive {
        b"Connection: keep-alive\r\n"
    } else {
        b"Connection: close\r\n"
    });
}

fn status_line(out: &mut Vec<u8>, status: u16) {
    out.extend_from_slice(format!("HTTP/1.1 {status} {}\r\n", reason(status)).as_bytes());
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Internal Server Error",
    }
}
