//! Files with real bytes; every bot has file ids of its own for the same file.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::Id;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    Photo,
    Video,
    Animation,
    Audio,
    Voice,
    VideoNote,
    Document,
    Sticker,
    Thumbnail,
}

impl MediaKind {
    const ALL: [MediaKind; 9] = [
        MediaKind::Photo,
        MediaKind::Video,
        MediaKind::Animation,
        MediaKind::Audio,
        MediaKind::Voice,
        MediaKind::VideoNote,
        MediaKind::Document,
        MediaKind::Sticker,
        MediaKind::Thumbnail,
    ];

    /// The field of `Message` that holds it.
    pub fn field(self) -> &'static str {
        match self {
            MediaKind::Photo => "photo",
            MediaKind::Video => "video",
            MediaKind::Animation => "animation",
            MediaKind::Audio => "audio",
            MediaKind::Voice => "voice",
            MediaKind::VideoNote => "video_note",
            MediaKind::Document => "document",
            MediaKind::Sticker => "sticker",
            MediaKind::Thumbnail => "thumbnail",
        }
    }

    pub fn from_field(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.field() == name)
    }

    /// TDLib's name of the type, as its error texts have it.
    pub fn type_name(self) -> &'static str {
        match self {
            MediaKind::Photo => "Photo",
            MediaKind::Video => "Video",
            MediaKind::Animation => "Animation",
            MediaKind::Audio => "Audio",
            MediaKind::Voice => "VoiceNote",
            MediaKind::VideoNote => "VideoNote",
            MediaKind::Document => "Document",
            MediaKind::Sticker => "Sticker",
            MediaKind::Thumbnail => "Thumbnail",
        }
    }

    pub fn folder(self) -> &'static str {
        match self {
            MediaKind::Photo => "photos",
            MediaKind::Video => "videos",
            MediaKind::Animation => "animations",
            MediaKind::Audio => "music",
            MediaKind::Voice => "voice",
            MediaKind::VideoNote => "video_notes",
            MediaKind::Document => "documents",
            MediaKind::Sticker => "stickers",
            MediaKind::Thumbnail => "thumbnails",
        }
    }

    pub fn default_mime(self) -> &'static str {
        match self {
            MediaKind::Photo | MediaKind::Thumbnail => "image/jpeg",
            MediaKind::Video | MediaKind::Animation | MediaKind::VideoNote => "video/mp4",
            MediaKind::Audio => "audio/mpeg",
            MediaKind::Voice => "audio/ogg",
            MediaKind::Document => "application/octet-stream",
            MediaKind::Sticker => "image/webp",
        }
    }

    /// Kinds that Telegram keeps as documents, so that a file id of one is taken where another is asked.
    pub fn is_document_class(self) -> bool {
        !matches!(self, MediaKind::Photo | MediaKind::Thumbnail)
    }
}

pub type FileNo = u32;

#[derive(Debug, Clone)]
pub struct File {
    pub kind: MediaKind,
    pub bytes: Bytes,
    pub mime: String,
    pub name: Option<String>,
}

/// A medium of a message: its files and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    pub kind: MediaKind,
    pub file: FileNo,
    pub thumbnail: Option<FileNo>,
    /// Photos: smaller sizes with width and height; the last is `file`.
    pub sizes: Vec<(FileNo, i64, i64)>,
    /// Everything that is not an id: width, duration, file_name, emoji …
    pub attributes: Map<String, Value>,
}

#[derive(Debug, Default)]
pub struct Files {
    files: Vec<File>,
    /// Media as first sent, so that a file id brings its attributes back.
    media: std::collections::HashMap<FileNo, Media>,
}

impl Files {
    pub fn add(&mut self, file: File) -> FileNo {
        self.files.push(file);
        (self.files.len() - 1) as FileNo
    }

    pub fn get(&self, no: FileNo) -> Option<&File> {
        self.files.get(no as usize)
    }

    pub fn remember(&mut self, media: &Media) {
        self.media.insert(media.file, media.clone());
        for (no, ..) in &media.sizes {
            self.media.insert(*no, media.clone());
        }
    }

    pub fn media(&self, no: FileNo) -> Option<&Media> {
        self.media.get(&no)
    }

    /// Brings bytes in as a medium of a kind, with sizes and a thumbnail where Telegram makes them.
    pub fn store(
        &mut self,
        kind: MediaKind,
        bytes: Bytes,
        name: Option<String>,
        mime: Option<String>,
        mut attributes: Map<String, Value>,
    ) -> Media {
        let mime = mime
            .filter(|m| m != "application/octet-stream")
            .or_else(|| sniff(&bytes).map(str::to_owned))
            .unwrap_or_else(|| kind.default_mime().to_owned());
        let file = self.add(File {
            kind,
            bytes: bytes.clone(),
            mime: mime.clone(),
            name: name.clone(),
        });
        let (w, h) = image_size(&bytes).unwrap_or((640, 480));
        let mut sizes = Vec::new();
        let mut thumbnail = None;
        match kind {
            MediaKind::Photo => {
                let (sw, sh) = fit(w, h, 90);
                if (sw, sh) != (w, h) {
                    let small = File {
                        kind,
                        bytes: bytes.clone(),
                        mime: mime.clone(),
                        name: None,
                    };
                    sizes.push((self.add(small), sw, sh));
                }
                sizes.push((file, w, h));
            }
            MediaKind::Video | MediaKind::Animation | MediaKind::VideoNote | MediaKind::Sticker => {
                let thumb = File {
                    kind: MediaKind::Thumbnail,
                    bytes: Bytes::from_static(crate::sim::samples::PNG),
                    mime: "image/png".into(),
                    name: None,
                };
                thumbnail = Some(self.add(thumb));
            }
            _ => {}
        }
        let mut default = |k: &str, v: Value| {
            attributes.entry(k.to_owned()).or_insert(v);
        };
        match kind {
            MediaKind::Video | MediaKind::Animation => {
                default("width", 320.into());
                default("height", 240.into());
                default("duration", 1.into());
                default("mime_type", mime.into());
            }
            MediaKind::VideoNote => {
                default("length", 240.into());
                default("duration", 1.into());
            }
            MediaKind::Audio | MediaKind::Voice => {
                default("duration", 1.into());
                default("mime_type", mime.into());
            }
            MediaKind::Document => default("mime_type", mime.into()),
            MediaKind::Sticker => {
                default("type", "regular".into());
                default("width", 512.into());
                default("height", 512.into());
                default("is_animated", false.into());
                default("is_video", (mime == "video/webm").into());
            }
            MediaKind::Photo | MediaKind::Thumbnail => {}
        }
        if let (MediaKind::Document | MediaKind::Video | MediaKind::Animation | MediaKind::Audio, Some(n)) =
            (kind, name)
        {
            default("file_name", n.into());
        }
        let media = Media {
            kind,
            file,
            thumbnail,
            sizes,
            attributes,
        };
        self.remember(&media);
        media
    }

    /// The path that getFile names.
    pub fn path(&self, no: FileNo) -> String {
        let Some(f) = self.get(no) else {
            return String::new();
        };
        let ext = f
            .name
            .as_deref()
            .and_then(|n| n.rsplit_once('.'))
            .map(|(_, e)| e)
            .filter(|e| e.len() <= 5 && e.bytes().all(|b| b.is_ascii_alphanumeric()))
            .unwrap_or_else(|| extension(&f.mime));
        format!("{}/file_{no}.{ext}", f.kind.folder())
    }
}

/// The number in a path made by `Files::path`.
pub fn path_number(path: &str) -> Option<FileNo> {
    let name = path.rsplit('/').next()?;
    name.strip_prefix("file_")?.split('.').next()?.parse().ok()
}

/// A bot's own id of a file: the number and the bot, with a check that catches ids that were made up.
pub fn file_id(bot: Id, kind: MediaKind, no: FileNo) -> String {
    let mut raw = Vec::with_capacity(18);
    raw.push(kind as u8);
    raw.extend_from_slice(&no.to_be_bytes());
    raw.extend_from_slice(&bot.to_be_bytes());
    let check = raw
        .iter()
        .fold(0x5157_u32, |a, b| a.wrapping_mul(31).wrapping_add(u32::from(*b)));
    raw.extend_from_slice(&check.to_be_bytes());
    format!("AgACAgI{}", URL_SAFE_NO_PAD.encode(raw))
}

/// The file that an id means for this bot; another bot's id means nothing.
pub fn parse_file_id(bot: Id, id: &str) -> Option<FileNo> {
    let raw = URL_SAFE_NO_PAD.decode(id.strip_prefix("AgACAgI")?).ok()?;
    let (body, check) = raw.split_at_checked(13)?;
    let want = body
        .iter()
        .fold(0x5157_u32, |a, b| a.wrapping_mul(31).wrapping_add(u32::from(*b)));
    if check != want.to_be_bytes() || body[5..13] != bot.to_be_bytes() {
        return None;
    }
    Some(FileNo::from_be_bytes(body[1..5].try_into().ok()?))
}

pub fn unique_id(no: FileNo) -> String {
    format!(
        "AQAD{}",
        URL_SAFE_NO_PAD.encode(no.wrapping_mul(0x9E37_79B1).to_be_bytes())
    )
}

/// The number behind a unique id.
pub fn parse_unique_id(id: &str) -> Option<FileNo> {
    let raw = URL_SAFE_NO_PAD.decode(id.strip_prefix("AQAD")?).ok()?;
    let n = u32::from_be_bytes(raw.try_into().ok()?);
    Some(n.wrapping_mul(inverse(0x9E37_79B1)))
}

const fn inverse(a: u32) -> u32 {
    // Newton's iteration modulo 2^32.
    let mut x = a;
    let mut i = 0;
    while i < 5 {
        x = x.wrapping_mul(2u32.wrapping_sub(a.wrapping_mul(x)));
        i += 1;
    }
    x
}

/// What the first bytes say a file is.
pub fn sniff(b: &[u8]) -> Option<&'static str> {
    match b {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [b'O', b'g', b'g', b'S', ..] => Some("audio/ogg"),
        [b'I', b'D', b'3', ..] => Some("audio/mpeg"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("video/mp4"),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => Some("video/webm"),
        [b'%', b'P', b'D', b'F', ..] => Some("application/pdf"),
        _ => None,
    }
}

fn extension(mime: &str) -> &'static str {
    match mime {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "audio/ogg" => "oga",
        "audio/mpeg" => "mp3",
        "video/mp4" => "mp4",
        "video/webm" => "webm",
        "application/pdf" => "pdf",
        "text/plain" => "txt",
        _ => "bin",
    }
}

/// Width and height out of a PNG or GIF header.
fn image_size(b: &[u8]) -> Option<(i64, i64)> {
    match b {
        [0x89, b'P', b'N', b'G', ..] if b.len() >= 24 => {
            let n = |i: usize| i64::from(u32::from_be_bytes([b[i], b[i + 1], b[i + 2], b[i + 3]]));
            Some((n(16), n(20)))
        }
        [b'G', b'I', b'F', b'8', _, _, w0, w1, h0, h1, ..] => Some((
            i64::from(u16::from_le_bytes([*w0, *w1])),
            i64::from(u16::from_le_bytes([*h0, *h1])),
        )),
        _ => None,
    }
}

fn fit(w: i64, h: i64, max: i64) -> (i64, i64) {
    let big = w.max(h);
    if big <= max {
        return (w, h);
    }
    ((w * max / big).max(1), (h * max / big).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_belong_to_one_bot_and_come_back() {
        let id = file_id(7, MediaKind::Voice, 300);
        assert_eq!(parse_file_id(7, &id), Some(300));
        assert_eq!(parse_file_id(8, &id), None);
        assert_eq!(parse_file_id(7, "AgACAgInonsense"), None);
        assert_eq!(parse_unique_id(&unique_id(300)), Some(300));
    }
}
