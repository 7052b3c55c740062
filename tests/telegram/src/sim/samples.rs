//! Small real files of each kind, for people who attach something without bringing it.

use bytes::Bytes;

use crate::world::file::MediaKind;

/// A 4×4 PNG.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x04, 0x00, 0x00, 0x00, 0x04, 0x08, 0x02, 0x00, 0x00, 0x00, 0x26, 0x93, 0x09, 0x29, 0x00, 0x00, 0x00, 0x11, 0x49,
    0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x30, 0x9e, 0x79, 0x17, 0x8e, 0x18, 0x88, 0xe3, 0x00, 0x00, 0xa8, 0x52, 0x1a,
    0x91, 0x36, 0xb7, 0x27, 0xff, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];
/// A 1×1 GIF.
pub const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\
\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
/// The head of an MP4: enough to be told from other files.
pub const MP4: &[u8] = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2\x00\x00\x00\x08free\x00\x00\x00\x08mdat";
pub const MP3: &[u8] = b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x00 sample sound";
pub const OGG: &[u8] = b"OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00 OpusHead sample";
pub const WEBP: &[u8] =
    b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00";
pub const TEXT: &[u8] = b"A document of the simulated Telegram.\n";

pub fn of(kind: MediaKind) -> Bytes {
    Bytes::from_static(match kind {
        MediaKind::Photo | MediaKind::Thumbnail => PNG,
        MediaKind::Video | MediaKind::VideoNote => MP4,
        MediaKind::Animation => GIF,
        MediaKind::Audio => MP3,
        MediaKind::Voice => OGG,
        MediaKind::Sticker => WEBP,
        MediaKind::Document => TEXT,
    })
}

pub fn name(kind: MediaKind) -> Option<&'static str> {
    match kind {
        MediaKind::Document => Some("sample.txt"),
        MediaKind::Video => Some("sample.mp4"),
        MediaKind::Audio => Some("sample.mp3"),
        MediaKind::Animation => Some("sample.gif"),
        _ => None,
    }
}
