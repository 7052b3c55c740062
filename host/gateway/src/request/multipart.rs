//! `multipart/form-data`, read in passing: fields are kept, files are only noted.

use std::ops::Range;

use memchr::memmem;

use super::decode::text_of;
use super::form;
use crate::Params;

/// Bytes of a boundary, as RFC 2046 limits them.
const BOUNDARY_LIMIT: usize = 70;
/// Bytes of the headers of one part.
const PART_HEAD_LIMIT: usize = 8 << 10;

/// The boundary that a content type names.
#[must_use]
pub fn boundary(content_type: &[u8]) -> Option<&[u8]> {
    let at = memmem::find(&content_type.to_ascii_lowercase(), b"boundary")? + 8;
    let value = &content_type[at..];
    let value = &value[memchr::memchr(b'=', value)? + 1..];
    let value = value.split(|&byte| byte == b';').next().unwrap_or_default();
    let value = match value {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    };
    (!value.is_empty() && value.len() <= BOUNDARY_LIMIT).then_some(value)
}

/// Reads one body, however it is cut into pieces.
#[derive(Debug)]
pub struct Multipart {
    /// What ends a part: a line break and the boundary.
    needle: Vec<u8>,
    finder: memmem::Finder<'static>,
    state: State,
    /// What cannot be judged before more of the body has come.
    carry: Vec<u8>,
    name: String,
    urlencoded: bool,
    value: Vec<u8>,
    /// Bytes that may still be kept.
    room: usize,
    over: bool,
    /// The one file that is kept, by name, and as far as it has come.
    wanted: Option<(&'static str, usize)>,
    file: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Prologue,
    /// After a boundary: another part or the end.
    Boundary,
    Headers,
    Value,
    File,
    WantedFile,
    Epilogue,
    Broken,
}

impl Multipart {
    /// `room` is how many bytes of fields are kept. `wanted` names one file that is kept too, up to a number of bytes.
    #[must_use]
    pub fn new(boundary: &[u8], room: usize, wanted: Option<(&'static str, usize)>) -> Self {
        let needle = [b"\r\n--", boundary].concat();
        Self {
            finder: memmem::Finder::new(&needle).into_owned(),
            needle,
            state: State::Prologue,
            carry: Vec::new(),
            name: String::new(),
            urlencoded: false,
            value: Vec::new(),
            room,
            over: false,
            wanted,
            file: None,
        }
    }

    /// Takes the next piece.
    pub fn feed(&mut self, piece: &[u8], params: &mut Params) {
        if self.carry.is_empty() {
            let used = self.run(piece, params);
            self.carry.extend_from_slice(&piece[used..]);
        } else {
            let mut all = std::mem::take(&mut self.carry);
            all.extend_from_slice(piece);
            let used = self.run(&all, params);
            all.drain(..used);
            self.carry = all;
        }
    }

    /// There was more than is kept.
    #[must_use]
    pub fn over(&self) -> bool {
        self.over
    }

    /// The body has another form than it says, or has not come to its end.
    #[must_use]
    pub fn broken(&self) -> bool {
        self.state != State::Epilogue
    }

    /// The file that was wanted.
    pub fn take_file(&mut self) -> Option<Vec<u8>> {
        self.file.take()
    }

    /// Reads as far as can be judged; returns how far.
    fn run(&mut self, text: &[u8], params: &mut Params) -> usize {
        let mut at = 0;
        loop {
            let rest = &text[at..];
            match self.state {
                State::Prologue => match memmem::find(rest, &self.needle[2..]) {
                    Some(found) => {
                        at += found + self.needle.len() - 2;
                        self.state = State::Boundary;
                    }
                    None => return text.len() - rest.len().min(self.needle.len() - 3),
                },
                State::Boundary => {
                    if rest.len() < 2 {
                        return at;
                    }
                    self.state = match &rest[..2] {
                        b"--" => State::Epilogue,
                        b"\r\n" => State::Headers,
                        _ => State::Broken,
                    };
                    at += 2;
                }
                State::Headers => match memmem::find(rest, b"\r\n\r\n") {
                    Some(end) if end <= PART_HEAD_LIMIT => {
                        self.state = self.part(&rest[..end], params);
                        at += end + 4;
                    }
                    None if rest.len() < PART_HEAD_LIMIT + 4 => return at,
                    _ => self.state = State::Broken,
                },
                State::Value | State::File | State::WantedFile => {
                    let (body, ended) = self.until_needle(rest);
                    let length = body.len();
                    self.keep(&rest[body]);
                    at += length;
                    if !ended {
                        return at;
                    }
                    at += self.needle.len();
                    self.end_part(params);
                    self.state = State::Boundary;
                }
                State::Epilogue | State::Broken => return text.len(),
            }
        }
    }

    /// What certainly belongs to the part, and whether the boundary follows it.
    fn until_needle(&self, text: &[u8]) -> (Range<usize>, bool) {
        if let Some(found) = self.finder.find(text) {
            return (0..found, true);
        }
        // The tail may be a boundary's beginning.
        let from = text.len().saturating_sub(self.needle.len() - 1);
        let start = memchr::memchr_iter(b'\r', &text[from..])
            .map(|at| from + at)
            .find(|&at| self.needle.starts_with(&text[at..]));
        (0..start.unwrap_or(text.len()), false)
    }

    fn keep(&mut self, bytes: &[u8]) {
        match self.state {
            State::Value if bytes.len() <= self.room => {
                self.room -= bytes.len();
                self.value.extend_from_slice(bytes);
            }
            State::Value => self.overflow(),
            State::WantedFile => {
                let limit = self.wanted.map_or(0, |(_, limit)| limit);
                let file = self.file.get_or_insert_default();
                if file.len() + bytes.len() > limit {
                    self.over = true;
                } else {
                    file.extend_from_slice(bytes);
                }
            }
            _ => {}
        }
    }

    /// Nothing more is kept, so that it does not matter where the limit was met.
    fn overflow(&mut self) {
        self.over = true;
        self.room = 0;
        self.value = Vec::new();
    }

    fn end_part(&mut self, params: &mut Params) {
        if self.state != State::Value {
            return;
        }
        let value = std::mem::take(&mut self.value);
        if self.over {
            return;
        }
        if self.urlencoded {
            form(&value, params);
        } else {
            params.push(std::mem::take(&mut self.name), text_of(&value));
        }
    }

    /// Reads the headers of a part.
    fn part(&mut self, headers: &[u8], params: &mut Params) -> State {
        let (mut name, mut is_file) = (None, false);
        self.urlencoded = false;
        for line in lines(headers) {
            let Some(colon) = memchr::memchr(b':', line) else {
                return State::Broken;
            };
            let (key, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
            if key.eq_ignore_ascii_case(b"content-disposition") {
                let Some(options) = value.strip_prefix(b"form-data;") else {
                    return State::Broken;
                };
                for option in options.split(|&byte| byte == b';') {
                    let Some(equals) = memchr::memchr(b'=', option) else {
                        continue;
                    };
                    let value = match option[equals + 1..].trim_ascii() {
                        [b'"', inner @ .., b'"'] => inner,
                        other => other,
                    };
                    match option[..equals].trim_ascii() {
                        b"name" => name = Some(text_of(value)),
                        b"filename" => is_file = true,
                        _ => {}
                    }
                }
            } else if key.eq_ignore_ascii_case(b"content-type") {
                self.urlencoded = value.starts_with(b"application/x-www-form-urlencoded");
            }
        }
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return State::Broken;
        };
        if name.len() > self.room {
            self.overflow();
            return State::File;
        }
        self.room -= name.len();
        if !is_file {
            self.name = name;
            return State::Value;
        }
        let wanted = self.file.is_none() && self.wanted.is_some_and(|(wanted, _)| wanted == name);
        params.files.push(name);
        if wanted {
            self.file = Some(Vec::new());
            State::WantedFile
        } else {
            State::File
        }
    }
}

/// The lines of a part's headers; a line that begins with a space goes on with the one before.
fn lines(headers: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = headers;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut from = 0;
        loop {
            let Some(end) = memmem::find(&rest[from..], b"\r\n").map(|at| from + at) else {
                return Some(std::mem::take(&mut rest));
            };
            if matches!(rest.get(end + 2), Some(b' ' | b'\t')) {
                from = end + 2;
                continue;
            }
            let line = &rest[..end];
            rest = &rest[end + 2..];
            return Some(line);
        }
    })
}
