//! Chunked bodies, read strictly and piece by piece.

use super::decode::hex;

/// Bytes of one line of a size with its extensions, and of all trailers.
const LINE_LIMIT: u32 = 4 << 10;
const TRAILER_LIMIT: u32 = 16 << 10;

/// Reads one chunked body, however it is cut into pieces.
#[derive(Debug, Clone, Default)]
pub struct Chunked {
    state: State,
    /// Bytes left of the chunk, or the size as far as it has been read.
    left: u64,
    /// Bytes of the present line, or of the trailers.
    line: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    FirstDigit,
    Digits,
    Extension,
    SizeEnd,
    Data,
    DataReturn,
    DataEnd,
    /// At the start of a trailer's line.
    Trailer,
    TrailerLine,
    TrailerLineEnd,
    LastEnd,
    Done,
}

/// What was read of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Bytes taken from the piece.
    pub taken: usize,
    /// The last so many of them are the body's.
    pub data: usize,
    /// The body has ended.
    pub done: bool,
}

/// This is no chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadChunk;

impl Chunked {
    /// Reads until there is data, or the piece or the body ends. Takes at least one byte of a piece that has any, unless the body
    /// has ended.
    ///
    /// # Errors
    /// [`BadChunk`]; the connection is of no further use.
    pub fn step(&mut self, piece: &[u8]) -> Result<Step, BadChunk> {
        let mut taken = 0;
        while taken < piece.len() && self.state != State::Done {
            if self.state == State::Data {
                let data = usize::try_from(self.left)
                    .unwrap_or(usize::MAX)
                    .min(piece.len() - taken);
                self.left -= data as u64;
                if self.left == 0 {
                    self.state = State::DataReturn;
                }
                return Ok(Step {
                    taken: taken + data,
                    data,
                    done: false,
                });
            }
            self.byte(piece[taken])?;
            taken += 1;
        }
        Ok(Step {
            taken,
            data: 0,
            done: self.state == State::Done,
        })
    }

    fn byte(&mut self, byte: u8) -> Result<(), BadChunk> {
        self.state = match (self.state, byte) {
            (State::FirstDigit | State::Digits, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                if self.state == State::FirstDigit {
                    self.left = 0;
                    self.line = 0;
                }
                if self.left >> 56 != 0 {
                    return Err(BadChunk);
                }
                self.count(LINE_LIMIT)?;
                self.left = self.left << 4 | u64::from(hex(byte).ok_or(BadChunk)?);
                State::Digits
            }
            (State::Digits | State::Extension, b'\r') => State::SizeEnd,
            (State::Digits, b';' | b' ' | b'\t') => State::Extension,
            (State::Extension, b'\t' | b' '..=b'~' | 0x80..) => {
                self.count(LINE_LIMIT)?;
                State::Extension
            }
            (State::SizeEnd, b'\n') if self.left > 0 => State::Data,
            (State::SizeEnd, b'\n') => {
                self.line = 0;
                State::Trailer
            }
            (State::DataReturn, b'\r') => State::DataEnd,
            (State::DataEnd, b'\n') => State::FirstDigit,
            (State::Trailer, b'\r') => State::LastEnd,
            (State::Trailer | State::TrailerLine, b'\t' | b' '..=b'~' | 0x80..) => {
                self.count(TRAILER_LIMIT)?;
                State::TrailerLine
            }
            (State::TrailerLine, b'\r') => State::TrailerLineEnd,
            (State::TrailerLineEnd, b'\n') => State::Trailer,
            (State::LastEnd, b'\n') => State::Done,
            _ => return Err(BadChunk),
        };
        Ok(())
    }

    fn count(&mut self, limit: u32) -> Result<(), BadChunk> {
        self.line += 1;
        if self.line > limit { Err(BadChunk) } else { Ok(()) }
    }
}
