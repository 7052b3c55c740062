//! Media: uploads and file ids, one message at a time.

use serde_json::{Map, Value};

use super::params::Upload;
use super::{Answer, Call};
use crate::error::ApiError;
use crate::world::content::{Content, Styled};
use crate::world::file::{Media, MediaKind, parse_file_id, sniff};

pub fn kind_of(method: &str) -> MediaKind {
    match method {
        "sendphoto" => MediaKind::Photo,
        "sendvideo" => MediaKind::Video,
        "sendanimation" => MediaKind::Animation,
        "sendaudio" => MediaKind::Audio,
        "sendvoice" => MediaKind::Voice,
        "sendvideonote" => MediaKind::VideoNote,
        "sendsticker" => MediaKind::Sticker,
        _ => MediaKind::Document,
    }
}

fn words(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::VideoNote => "video note",
        k => k.field(),
    }
}

impl Call<'_> {
    pub fn send_media(&mut self, method: &str) -> Answer {
        let kind = kind_of(method);
        let field = kind.field();
        // Whether one may write there is asked first, as the upload would otherwise stay behind.
        self.target()?;
        let text = self.params.text(field).unwrap_or_default();
        let upload = self.params.upload(field).cloned();
        let attributes = self.attributes(kind, &|k| self.params.raw(k).cloned());
        let missing = || ApiError::bad(format!("There is no {} in the request", words(kind)));
        let media = self.media(kind, &text, upload, attributes, missing)?;
        let caption = match kind {
            MediaKind::Sticker | MediaKind::VideoNote => Styled::default(),
            _ => self.caption()?,
        };
        let mut content = Content::media(media, caption);
        if self.params.flag("has_spoiler") {
            content.fields.insert("has_media_spoiler".into(), true.into());
        }
        if self.params.flag("show_caption_above_media") && !content.text.text.is_empty() {
            content.fields.insert("show_caption_above_media".into(), true.into());
        }
        self.send(content)
    }

    /// Width, duration, title … from the call or from an InputMedia object.
    pub fn attributes(&self, kind: MediaKind, get: &dyn Fn(&str) -> Option<Value>) -> Map<String, Value> {
        let mut m = Map::new();
        let mut int = |k: &str| {
            let n = get(k).and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok()));
            if let Some(n) = n.filter(|n| *n > 0) {
                m.insert(k.to_owned(), n.into());
            }
        };
        let (ints, texts): (&[&str], &[&str]) = match kind {
            MediaKind::Video | MediaKind::Animation => (&["width", "height", "duration"], &[]),
            MediaKind::Audio => (&["duration"], &["performer", "title"]),
            MediaKind::Voice => (&["duration"], &[]),
            MediaKind::VideoNote => (&["duration", "length"], &[]),
            MediaKind::Sticker => (&[], &["emoji"]),
            _ => (&[], &[]),
        };
        for k in ints {
            int(k);
        }
        for k in texts {
            if let Some(Value::String(s)) = get(k).filter(|v| v.as_str() != Some("")) {
                m.insert((*k).to_owned(), s.into());
            }
        }
        m
    }

    /// A medium from an uploaded file or a file id of this bot.
    pub fn media(
        &mut self,
        kind: MediaKind,
        value: &str,
        upload: Option<Upload>,
        attributes: Map<String, Value>,
        missing: impl Fn() -> ApiError,
    ) -> Result<Media, ApiError> {
        if let Some(f) = upload {
            return self.uploaded(kind, f, attributes);
        }
        if value.is_empty() || value.starts_with("attach://") {
            return Err(missing());
        }
        if value.starts_with("http://") || value.starts_with("https://") {
            // The simulated Telegram has no way into any network.
            return Err(ApiError::bad("Failed to get HTTP URL content"));
        }
        let no =
            parse_file_id(self.bot, value).ok_or_else(|| ApiError::bad("wrong file identifier/HTTP URL specified"))?;
        let media = self
            .world
            .files
            .media(no)
            .ok_or_else(|| ApiError::bad("wrong file identifier/HTTP URL specified"))?
            .clone();
        if media.kind != kind && !(media.kind.is_document_class() && kind.is_document_class()) {
            return Err(ApiError::bad(format!(
                "Can't use file of type {} as {}",
                media.kind.type_name(),
                kind.type_name()
            )));
        }
        Ok(media)
    }

    fn uploaded(&mut self, kind: MediaKind, f: Upload, attributes: Map<String, Value>) -> Result<Media, ApiError> {
        if f.bytes.is_empty() {
            return Err(ApiError::bad("file must be non-empty"));
        }
        let max = if kind == MediaKind::Photo {
            self.uploads.photo
        } else {
            self.uploads.file
        };
        if f.bytes.len() > max {
            if kind == MediaKind::Photo {
                return Err(ApiError::bad(format!(
                    "File of size {} bytes is too big for a photo; the maximum size is {max} bytes",
                    f.bytes.len()
                )));
            }
            return Err(super::params::too_large());
        }
        if kind == MediaKind::Photo && !sniff(&f.bytes).is_some_and(|m| m.starts_with("image/")) {
            return Err(ApiError::bad("IMAGE_PROCESS_FAILED"));
        }
        // Telegram tells a moving picture from a document by its type.
        let kind = match (kind, f.mime.as_deref(), sniff(&f.bytes)) {
            (MediaKind::Document, Some("image/gif"), _) | (MediaKind::Document, _, Some("image/gif")) => {
                MediaKind::Animation
            }
            (k, ..) => k,
        };
        Ok(self.world.files.store(kind, f.bytes, f.name, f.mime, attributes))
    }
}
