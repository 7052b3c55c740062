//! The parameters of a call, read while its body passes.

use super::{Multipart, boundary, form, json_fields};
use crate::Params;

/// Bytes of all parameters of a call, as the Bot API server limits them.
pub const PARAMS_LIMIT: usize = 1 << 20;

/// Reads the parameters of one call from its query and, piece by piece, from its body.
#[derive(Debug)]
pub struct ParamReader {
    params: Params,
    room: usize,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// No parameters in it, or none that can be read.
    Other,
    Form(Vec<u8>),
    Json(Vec<u8>),
    Multipart(Box<Multipart>),
    TooMuch,
}

/// What a call's request held.
#[derive(Debug, Default)]
pub struct Read {
    pub params: Params,
    /// The file that was asked for.
    pub file: Option<Vec<u8>>,
    /// There was more than the limit; what is here is not all.
    pub over: bool,
    /// The body is not what its type says.
    pub broken: bool,
}

impl ParamReader {
    /// `wanted` names a file that is kept, up to a number of bytes.
    #[must_use]
    pub fn new(query: Option<&[u8]>, content_type: Option<&[u8]>, wanted: Option<(&'static str, usize)>) -> Self {
        let mut params = Params::default();
        let query = query.unwrap_or_default();
        form(query, &mut params);
        let room = PARAMS_LIMIT.saturating_sub(query.len());
        Self {
            params,
            room,
            body: content_type.map_or(Body::Other, |kind| Body::of(kind, room, wanted)),
        }
    }

    /// Takes the next piece of the body, however it is cut.
    pub fn feed(&mut self, piece: &[u8]) {
        match &mut self.body {
            Body::Form(kept) | Body::Json(kept) => {
                if kept.len() + piece.len() > self.room {
                    self.body = Body::TooMuch;
                } else {
                    kept.extend_from_slice(piece);
                }
            }
            Body::Multipart(parts) => parts.feed(piece, &mut self.params),
            Body::Other | Body::TooMuch => {}
        }
    }

    /// The body has ended.
    #[must_use]
    pub fn finish(self) -> Read {
        let mut read = Read {
            params: self.params,
            ..Read::default()
        };
        match self.body {
            Body::Other => {}
            Body::TooMuch => read.over = true,
            Body::Form(text) => form(&text, &mut read.params),
            Body::Json(text) => json_fields(&text, &mut read.params),
            Body::Multipart(mut parts) => {
                read.over = parts.over();
                read.broken = parts.broken();
                read.file = parts.take_file();
            }
        }
        read
    }
}

impl Body {
    /// By the rules of the Bot API server: the type is looked for anywhere in the header.
    fn of(content_type: &[u8], room: usize, wanted: Option<(&'static str, usize)>) -> Self {
        let kind = content_type.to_ascii_lowercase();
        let has = |name: &[u8]| memchr::memmem::find(&kind, name).is_some();
        if has(b"multipart/form-data") {
            boundary(content_type).map_or(Self::Other, |boundary| {
                Self::Multipart(Box::new(Multipart::new(boundary, room, wanted)))
            })
        } else if has(b"application/x-www-form-urlencoded") {
            Self::Form(Vec::new())
        } else if has(b"application/json") {
            Self::Json(Vec::new())
        } else {
            Self::Other
        }
    }
}
