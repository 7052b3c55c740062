//! Answer bodies: whole, dripping, or broken off.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::time::Sleep;

use super::connection::{Break, Breaker};

/// How many pieces a dripping answer has.
const DRIPS: usize = 8;

#[derive(Debug)]
pub struct Reply {
    rest: Bytes,
    /// Promises this many bytes more than it gives, then stops.
    missing: u64,
    drip: Option<(Pin<Box<Sleep>>, Duration, usize)>,
    /// Breaks the connection when what there is has been written.
    cut: Option<Arc<Breaker>>,
    flushed: bool,
}

impl Reply {
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Self {
            rest: bytes.into(),
            missing: 0,
            drip: None,
            cut: None,
            flushed: false,
        }
    }

    /// Half of it, then the connection closes.
    pub fn truncated(bytes: &Bytes, breaker: Arc<Breaker>) -> Self {
        let keep = bytes.len() / 2;
        let missing = (bytes.len() - keep) as u64;
        Self {
            rest: bytes.slice(..keep),
            missing,
            drip: None,
            cut: Some(breaker),
            flushed: false,
        }
    }

    pub fn dripping(bytes: Bytes, over: Duration) -> Self {
        let step = over / DRIPS as u32;
        let piece = bytes.len().div_ceil(DRIPS).max(1);
        let drip = Some((Box::pin(tokio::time::sleep(step)), step, piece));
        Self {
            drip,
            ..Self::whole(bytes)
        }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            if self.missing == 0 {
                return Poll::Ready(None);
            }
            // Waiting once lets the server write what it has; then the line goes dead.
            if self.flushed {
                if let Some(b) = self.cut.take() {
                    b.pull(Break::Close);
                }
            } else {
                self.flushed = true;
                cx.waker().wake_by_ref();
            }
            return Poll::Pending;
        }
        let piece = match &mut self.drip {
            None => self.rest.len(),
            Some((sleep, step, piece)) => {
                if sleep.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                let next = tokio::time::Instant::now() + *step;
                sleep.as_mut().reset(next);
                *piece
            }
        };
        let n = piece.min(self.rest.len());
        let data = self.rest.split_to(n);
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.missing == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64 + self.missing)
    }
}

pub fn response(status: u16, content_type: &'static str, body: Reply) -> Response<Reply> {
    let mut r = Response::new(body);
    *r.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    r.headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    r
}

pub fn json(status: u16, body: impl Into<Bytes>) -> Response<Reply> {
    response(status, "application/json", Reply::whole(body))
}

pub const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

pub fn bad_gateway() -> Response<Reply> {
    response(502, "text/html", Reply::whole(BAD_GATEWAY))
}
