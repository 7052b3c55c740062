//! Reading and writing with an eye on the other side.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _, Interest};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::buffer::Buffer;
use super::forward::{Asked, Response, read_response};
use super::stream::Stream;
use crate::request::HEADERS_LIMIT;

/// Between two looks at a client that has sent so much ahead that nothing more can be read of it.
const LOOK: Duration = Duration::from_secs(1);

/// A client that waits, and may hang up.
pub(super) struct Watch<'a> {
    stream: &'a mut TcpStream,
    input: &'a mut Buffer,
    next_look: Option<Pin<Box<Sleep>>>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(stream: &'a mut TcpStream, input: &'a mut Buffer) -> Self {
        Self {
            stream,
            input,
            next_look: None,
        }
    }

    pub(super) fn stream(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.stream)
    }

    /// Ready when the client has hung up. What it sends ahead is kept, as far as there is room.
    pub(super) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.input.room(0) {
            match ready!(self.input.poll_fill(cx, self.stream)) {
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(_) => {}
            }
        }
        while !is_shut(self.stream) {
            let look = self.next_look.get_or_insert_with(|| Box::pin(tokio::time::sleep(LOOK)));
            ready!(look.as_mut().poll(cx));
            self.next_look = None;
        }
        Poll::Ready(())
    }

    pub(super) async fn gone(&mut self) {
        poll_fn(|cx| self.poll_gone(cx)).await;
    }
}

/// Whether the other side has closed, though not all that it sent has been read.
fn is_shut(stream: &TcpStream) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    match pin!(stream.ready(Interest::READABLE)).poll(&mut cx) {
        Poll::Ready(Ok(ready)) => ready.is_read_closed(),
        Poll::Ready(Err(_)) => true,
        Poll::Pending => false,
    }
}

/// Why something could not be written, and whether some of it was.
#[derive(Debug)]
pub(super) struct Unwritten {
    pub(super) error: io::Error,
    pub(super) some: bool,
}

/// Writes both slices with as few calls of the system as it takes.
pub(super) async fn write_both(
    to: &mut (impl AsyncWrite + Unpin),
    first: &[u8],
    second: &[u8],
) -> Result<(), Unwritten> {
    let mut done = 0;
    let total = first.len() + second.len();
    let fail = |error, done| Unwritten { error, some: done > 0 };
    while done < total {
        let slices = [
            IoSlice::new(&first[done.min(first.len())..]),
            IoSlice::new(&second[done.saturating_sub(first.len())..]),
        ];
        let slices = if slices[0].is_empty() {
            &slices[1..]
        } else {
            &slices[..]
        };
        match poll_fn(|cx| Pin::new(&mut *to).poll_write_vectored(cx, slices)).await {
            Ok(0) => return Err(fail(io::ErrorKind::WriteZero.into(), done)),
            Ok(count) => done += count,
            Err(error) => return Err(fail(error, done)),
        }
    }
    to.flush().await.map_err(|error| fail(error, done))
}

/// As [`write_both`], but a reader that takes nothing for a while ends it.
pub(super) async fn write_within(to: &mut TcpStream, first: &[u8], second: &[u8], stall: Duration) -> io::Result<()> {
    match tokio::time::timeout(stall, write_both(to, first, second)).await {
        Ok(done) => done.map_err(|unwritten| unwritten.error),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// What came instead of the head of an answer.
#[derive(Debug)]
pub(super) enum NoHead {
    ClientGone,
    /// The server closed the connection; whether anything of an answer had come.
    ServerGone {
        some: bool,
    },
    /// What came is no answer, or none came in time.
    Bad(&'static str),
}

/// Waits for the head of an answer and writes it for the client into `out`; what has come of the body stays in `answer`.
/// Interim answers go into `out` too.
pub(super) async fn answer_head(
    server: &mut Stream,
    answer: &mut Buffer,
    asked: Asked,
    out: &mut Vec<u8>,
    mut watch: Option<Watch<'_>>,
) -> Result<Response, NoHead> {
    loop {
        let start = out.len();
        if !answer.is_empty() {
            match read_response(answer.data(), asked, out) {
                Err(_) => return Err(NoHead::Bad("what came is no HTTP")),
                Ok(None) => out.truncate(start),
                Ok(Some(response)) => {
                    answer.consume(response.length);
                    if !response.interim() {
                        return Ok(response);
                    }
                    // `100 Continue` was not asked for, and old clients know none of these.
                    if asked.old || response.status == 100 {
                        out.truncate(start);
                    }
                    continue;
                }
            }
        }
        if !answer.room(HEADERS_LIMIT) {
            return Err(NoHead::Bad("the head is too long"));
        }
        let count = poll_fn(|cx| {
            if let Poll::Ready(count) = answer.poll_fill(cx, server) {
                return Poll::Ready(Ok(count));
            }
            match &mut watch {
                Some(watch) => watch.poll_gone(cx).map(|()| Err(NoHead::ClientGone)),
                None => Poll::Pending,
            }
        })
        .await?;
        match count {
            Ok(0) | Err(_) => {
                return Err(NoHead::ServerGone {
                    some: !answer.is_empty(),
                });
            }
            Ok(_) => {}
        }
    }
}
