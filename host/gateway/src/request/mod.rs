//! Requests of bot programs as bytes: heads, framing, paths and parameters, read by the rules of the public Bot API server.
//!
//! Nothing here does any input or output, so that all of it can be fuzzed.

mod chunked;
mod decode;
mod head;
mod json;
mod multipart;
mod reader;
mod target;

pub use chunked::{BadChunk, Chunked, Step};
pub use decode::{form, percent};
pub use head::{Framing, HEADERS_LIMIT, Head, MOST_HEADERS, Refused, end_of_head, parse_head};
pub(crate) use head::{lists, number};
pub use json::{fields as json_fields, length_of_array};
pub use multipart::{Multipart, boundary};
pub use reader::{PARAMS_LIMIT, ParamReader, Read};
pub use target::{Target, parse_target};

#[cfg(test)]
mod tests;
