//! An answer's body on its way to the client.

use std::io::{self, IoSlice};
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

use super::buffer::Buffer;
use super::forward::Body;
use super::stream::Stream;
use super::upload::{Left, WIDE};
use super::wire::Watch;
use crate::request::Chunked;

/// One body as it passes.
#[derive(Debug)]
pub(super) struct Download {
    end: End,
    /// The client knows no chunks.
    unchunk: bool,
    /// Bytes at the buffer's start that belong to the body.
    valid: usize,
    ended: bool,
    broken: bool,
}

#[derive(Debug, Clone)]
enum End {
    Length(u64),
    Chunked(Chunked),
    Close,
}

impl Download {
    pub(super) fn new(body: Body, unchunk: bool) -> Self {
        let end = match body {
            Body::Close => End::Close,
            Body::Framed(framing) => match Left::of(framing) {
                Left::Nothing => End::Length(0),
                Left::Length(length) => End::Length(length),
                Left::Chunked(chunks) => End::Chunked(chunks),
            },
        };
        Self {
            ended: matches!(end, End::Length(0)),
            unchunk: unchunk && matches!(end, End::Chunked(_)),
            end,
            valid: 0,
            broken: false,
        }
    }

    /// Whether the client can tell a body that broke off from one that ended.
    pub(super) fn tells_end(&self) -> bool {
        !matches!(self.end, End::Close) && !self.unchunk
    }

    /// Bytes of the body, if all of it stands in the buffer.
    pub(super) fn all_of(&mut self, answer: &Buffer) -> Option<usize> {
        match &self.end {
            End::Length(length) => {
                let length = usize::try_from(*length).ok()?;
                (answer.len() >= length).then_some(length)
            }
            End::Chunked(_) if self.unchunk => None,
            End::Chunked(chunks) => {
                let mut chunks = chunks.clone();
                let mut seen = 0;
                while seen < answer.len() {
                    let step = chunks.step(&answer.data()[seen..]).ok()?;
                    seen += step.taken;
                    if step.done {
                        return Some(seen);
                    }
                }
                None
            }
            End::Close => None,
        }
    }

    /// Passes the body on, after what stands in `out`. Ready when all has been written.
    pub(super) fn poll_pump(
        &mut self,
        cx: &mut Context<'_>,
        server: &mut Stream,
        answer: &mut Buffer,
        out: &mut Vec<u8>,
        client: &mut Watch<'_>,
        progress: &mut u64,
    ) -> Poll<io::Result<()>> {
        answer.widen(WIDE);
        loop {
            self.judge(answer, out);
            let mut moved = false;
            if !out.is_empty() || self.valid > 0 {
                let slices = [IoSlice::new(out), IoSlice::new(&answer.data()[..self.valid])];
                let slices = if out.is_empty() { &slices[1..] } else { &slices[..] };
                if let Poll::Ready(count) = client.stream().poll_write_vectored(cx, slices) {
                    let count = count?;
                    if count == 0 {
                        return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                    }
                    let of_out = count.min(out.len());
                    out.drain(..of_out);
                    answer.consume(count - of_out);
                    self.valid -= count - of_out;
                    *progress += count as u64;
                    moved = true;
                }
            }
            let idle = out.is_empty() && self.valid == 0;
            if self.ended && idle {
                return Poll::Ready(if self.broken {
                    Err(io::ErrorKind::UnexpectedEof.into())
                } else {
                    Ok(())
                });
            }
            // Chunks taken apart wait in `out`, which must not grow.
            if !self.ended && (!self.unchunk || idle) && answer.room(WIDE) {
                match answer.poll_fill(cx, server) {
                    Poll::Ready(Ok(0)) => {
                        self.ended = true;
                        self.broken = !matches!(self.end, End::Close);
                        moved = true;
                    }
                    Poll::Ready(Ok(count)) => {
                        *progress += count as u64;
                        moved = true;
                    }
                    Poll::Ready(Err(_)) => {
                        (self.ended, self.broken) = (true, true);
                        moved = true;
                    }
                    Poll::Pending => {}
                }
            }
            if !moved {
                if idle {
                    ready!(client.poll_gone(cx));
                    return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
                }
                return Poll::Pending;
            }
        }
    }

    /// Finds out how much of what has come belongs to the body.
    fn judge(&mut self, answer: &mut Buffer, out: &mut Vec<u8>) {
        while !self.ended && answer.len() > self.valid {
            let fresh = &answer.data()[self.valid..];
            match &mut self.end {
                End::Close => self.valid = answer.len(),
                End::Length(left) => {
                    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(fresh.len());
                    self.valid += count;
                    *left -= count as u64;
                    self.ended = *left == 0;
                }
                End::Chunked(chunks) => match chunks.step(fresh) {
                    Err(_) => (self.ended, self.broken) = (true, true),
                    Ok(step) => {
                        if self.unchunk {
                            out.extend_from_slice(&fresh[step.taken - step.data..step.taken]);
                            answer.consume(step.taken);
                        } else {
                            self.valid += step.taken;
                        }
                        self.ended = step.done;
                    }
                },
            }
        }
    }
}
