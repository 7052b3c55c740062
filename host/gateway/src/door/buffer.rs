//! Bytes that have been read and not yet used.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, ReadBuf};

/// Bytes of a buffer to begin with: most calls and answers fit.
const SMALL: usize = 16 << 10;
/// Buffers that are kept for the next use.
const KEPT: usize = 64;

/// A window of unused bytes in a buffer that grows only when it is told to.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    pub(super) fn data(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Makes room for at least one byte more, within a limit of bytes in all. `false`: it is full.
    pub(super) fn room(&mut self, limit: usize) -> bool {
        if self.end < self.bytes.len() {
            return true;
        }
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            return true;
        }
        let size = (self.bytes.len() * 2).clamp(SMALL, limit.max(SMALL));
        if size <= self.bytes.len() {
            return false;
        }
        self.bytes.resize(size, 0);
        true
    }

    /// Makes the whole buffer this large.
    pub(super) fn widen(&mut self, size: usize) {
        if self.bytes.len() < size {
            self.bytes.resize(size, 0);
        }
    }

    /// Reads once into the room that there is; 0 bytes are the end.
    pub(super) fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut (impl AsyncRead + Unpin),
    ) -> Poll<io::Result<usize>> {
        let mut into = ReadBuf::new(&mut self.bytes[self.end..]);
        ready!(Pin::new(from).poll_read(cx, &mut into))?;
        let count = into.filled().len();
        self.end += count;
        Poll::Ready(Ok(count))
    }
}

/// Buffers between two uses, so that an idle connection holds none.
#[derive(Debug, Default)]
pub(super) struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    pub(super) fn take(&self) -> Buffer {
        let bytes = self.0.lock().pop().unwrap_or_else(|| vec![0; SMALL]);
        Buffer {
            bytes,
            start: 0,
            end: 0,
        }
    }

    /// Takes a buffer back; what is in it is dropped.
    pub(super) fn give(&self, buffer: Buffer) {
        let mut kept = self.0.lock();
        if buffer.bytes.len() == SMALL && kept.len() < KEPT {
            kept.push(buffer.bytes);
        }
    }
}
