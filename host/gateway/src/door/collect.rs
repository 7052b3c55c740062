//! An answer read whole before it is passed back, if it is not too long.

use std::future::poll_fn;

use super::buffer::Buffer;
use super::forward::Body;
use super::stream::Stream;
use super::tee::ANSWER_LIMIT;
use crate::request::{Chunked, Framing};

/// What came of reading an answer. Either way its bytes stay in the buffer, to be passed back.
#[derive(Debug)]
pub(super) enum Collected {
    /// It is too long, or broke off.
    Not,
    /// The buffer holds exactly the body.
    Plain,
    /// The body, taken out of its chunks.
    Decoded(Vec<u8>),
}

/// Reads an answer's body into `answer`.
pub(super) async fn collect(server: &mut Stream, answer: &mut Buffer, body: Body) -> Collected {
    match body {
        Body::Framed(Framing::None) => Collected::Not,
        Body::Framed(Framing::Length(length)) => {
            let Some(length) = usize::try_from(length).ok().filter(|length| *length <= ANSWER_LIMIT) else {
                return Collected::Not;
            };
            while answer.len() < length {
                if !more(server, answer).await.unwrap_or(false) {
                    return Collected::Not;
                }
            }
            if answer.len() == length {
                Collected::Plain
            } else {
                Collected::Not
            }
        }
        Body::Close => loop {
            match more(server, answer).await {
                Some(true) => {}
                Some(false) if answer.len() <= ANSWER_LIMIT => return Collected::Plain,
                Some(false) => return Collected::Not,
                None => return Collected::Not,
            }
        },
        Body::Framed(Framing::Chunked) => {
            let mut chunks = Chunked::default();
            let (mut seen, mut decoded) = (0, Vec::new());
            loop {
                while seen < answer.len() {
                    let Ok(step) = chunks.step(&answer.data()[seen..]) else {
                        return Collected::Not;
                    };
                    seen += step.taken;
                    decoded.extend_from_slice(&answer.data()[seen - step.data..seen]);
                    if decoded.len() > ANSWER_LIMIT {
                        return Collected::Not;
                    }
                    if step.done {
                        return Collected::Decoded(decoded);
                    }
                }
                if !more(server, answer).await.unwrap_or(false) {
                    return Collected::Not;
                }
            }
        }
    }
}

/// Reads once. `false`: the connection has ended. `None`: there is too much, or the connection broke.
async fn more(server: &mut Stream, answer: &mut Buffer) -> Option<bool> {
    // Twice the limit, for the sake of chunks.
    if answer.len() > ANSWER_LIMIT || !answer.room(2 * ANSWER_LIMIT) {
        return None;
    }
    let count = poll_fn(|cx| answer.poll_fill(cx, server)).await.ok()?;
    Some(count > 0)
}
