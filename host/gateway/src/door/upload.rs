//! A request's body on its way to the Bot API server.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

use super::buffer::Buffer;
use super::stream::Stream;
use crate::request::{BadChunk, Chunked, Framing, ParamReader};

/// Bytes of a buffer for a body that streams.
pub(super) const WIDE: usize = 64 << 10;

/// What is left of a body to read.
#[derive(Debug)]
pub(super) enum Left {
    Length(u64),
    Chunked(Chunked),
    Nothing,
}

impl Left {
    pub(super) fn of(framing: Framing) -> Self {
        match framing {
            Framing::None | Framing::Length(0) => Self::Nothing,
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunked::default()),
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// Moves what there is of the body out of `input`, taken out of its chunks.
    pub(super) fn decode(&mut self, input: &mut Buffer, mut sink: impl FnMut(&[u8])) -> Result<(), BadChunk> {
        loop {
            match self {
                Self::Nothing => return Ok(()),
                Self::Length(left) => {
                    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                    sink(&input.data()[..count]);
                    input.consume(count);
                    *left -= count as u64;
                    if *left == 0 {
                        *self = Self::Nothing;
                    }
                    return Ok(());
                }
                Self::Chunked(chunks) => {
                    let step = chunks.step(input.data())?;
                    sink(&input.data()[step.taken - step.data..step.taken]);
                    input.consume(step.taken);
                    if step.done {
                        *self = Self::Nothing;
                    } else if input.is_empty() {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// One body as it passes.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) left: Left,
    chunked: bool,
    pub(super) reader: Option<ParamReader>,
    /// What is ready for the server, from a point on.
    ready: Vec<u8>,
    sent: usize,
}

/// Why an upload ended.
#[derive(Debug)]
pub(super) enum End {
    /// All of it has been sent.
    Done,
    /// The server has begun to answer.
    Answered,
    /// The server is gone; an answer may have come before.
    ServerGone(io::ErrorKind),
    ClientGone,
    /// The client's chunks are none.
    Bad,
}

impl Upload {
    pub(super) fn new(framing: Framing, reader: Option<ParamReader>) -> Self {
        Self {
            left: Left::of(framing),
            chunked: framing == Framing::Chunked,
            reader,
            ready: Vec::new(),
            sent: 0,
        }
    }

    /// Whether the server has been sent all of it.
    pub(super) fn is_sent(&self) -> bool {
        self.left.is_nothing() && self.sent == self.ready.len()
    }

    /// Takes what has come of the body and appends it to `out`, in chunks of our own where it has chunks: what else stands between
    /// chunks is not passed on, since servers differ in how they read it.
    pub(super) fn take(&mut self, input: &mut Buffer, out: &mut Vec<u8>) -> Result<(), BadChunk> {
        /// Room for a chunk's size, written when it is known.
        const SIZE: usize = 18;
        let start = out.len();
        if self.chunked {
            out.extend_from_slice(&[0; SIZE]);
        }
        let begin = out.len();
        let reader = &mut self.reader;
        let result = self.left.decode(input, |data| {
            if let Some(reader) = reader {
                reader.feed(data);
            }
            out.extend_from_slice(data);
        });
        if self.chunked {
            let length = out.len() - begin;
            if length == 0 {
                out.truncate(start);
            } else {
                // Leading zeros would be fine, were there no server that counts them.
                let size = format!("{length:x}\r\n");
                out[begin - size.len()..begin].copy_from_slice(size.as_bytes());
                out.drain(start..begin - size.len());
                out.extend_from_slice(b"\r\n");
            }
            if result.is_ok() && self.left.is_nothing() {
                out.extend_from_slice(b"0\r\n\r\n");
            }
        }
        result
    }

    /// Passes the rest of the body on, and looks out for an early answer.
    pub(super) fn poll_pump(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut TcpStream,
        input: &mut Buffer,
        server: &mut Stream,
        answer: &mut Buffer,
        progress: &mut u64,
    ) -> Poll<End> {
        input.widen(WIDE);
        loop {
            while self.sent < self.ready.len() {
                match Pin::new(&mut *server).poll_write(cx, &self.ready[self.sent..]) {
                    Poll::Ready(Ok(0)) => return Poll::Ready(End::ServerGone(io::ErrorKind::WriteZero)),
                    Poll::Ready(Ok(count)) => {
                        self.sent += count;
                        *progress += count as u64;
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(End::ServerGone(error.kind())),
                    Poll::Pending => return self.poll_early(cx, server, answer),
                }
            }
            self.ready.clear();
            self.sent = 0;
            if self.left.is_nothing() {
                return match Pin::new(&mut *server).poll_flush(cx) {
                    Poll::Ready(Ok(())) => Poll::Ready(End::Done),
                    Poll::Ready(Err(error)) => Poll::Ready(End::ServerGone(error.kind())),
                    Poll::Pending => Poll::Pending,
                };
            }
            if input.is_empty() {
                input.room(WIDE);
                match input.poll_fill(cx, client) {
                    Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(End::ClientGone),
                    Poll::Ready(Ok(count)) => *progress += count as u64,
                    Poll::Pending => {
                        if let Poll::Ready(Err(error)) = Pin::new(&mut *server).poll_flush(cx) {
                            return Poll::Ready(End::ServerGone(error.kind()));
                        }
                        return self.poll_early(cx, server, answer);
                    }
                }
            }
            let mut ready = std::mem::take(&mut self.ready);
            let taken = self.take(input, &mut ready);
            self.ready = ready;
            if taken.is_err() {
                return Poll::Ready(End::Bad);
            }
        }
    }

    fn poll_early(&self, cx: &mut Context<'_>, server: &mut Stream, answer: &mut Buffer) -> Poll<End> {
        answer.room(WIDE);
        match answer.poll_fill(cx, server) {
            Poll::Ready(Ok(0)) => Poll::Ready(End::ServerGone(io::ErrorKind::UnexpectedEof)),
            Poll::Ready(Ok(_)) => Poll::Ready(End::Answered),
            Poll::Ready(Err(error)) => Poll::Ready(End::ServerGone(error.kind())),
            Poll::Pending => Poll::Pending,
        }
    }
}
