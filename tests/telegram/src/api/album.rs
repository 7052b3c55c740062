//! `sendMediaGroup`, and `InputMedia` objects wherever they occur.

use serde_json::Value;

use super::send::check_caption;
use super::{Answer, Call};
use crate::error::ApiError;
use crate::text;
use crate::world::content::Content;
use crate::world::file::MediaKind;
use crate::world::message::Draft;

impl Call<'_> {
    pub fn send_media_group(&mut self) -> Answer {
        let target = self.target()?;
        let list = self
            .params
            .json("media")
            .map_err(|_| ApiError::bad("Can't parse media JSON object"))?;
        let list = list.unwrap_or(Value::Array(Vec::new()));
        let items = list
            .as_array()
            .ok_or_else(|| ApiError::bad("Expected an Array of InputMedia"))?;
        match items.len() {
            0 => return Err(ApiError::bad("There are no messages to send")),
            1 => {
                return Err(ApiError::bad("Wrong number of items in the album: an album has 2-10"));
            }
            2..=10 => {}
            _ => return Err(ApiError::bad("Too many messages to send as an album")),
        }
        let mut contents = Vec::with_capacity(items.len());
        for i in items {
            let c = self
                .input_media(i, true)
                .map_err(|e| prefix(e, "Can't parse InputMedia: "))?;
            contents.push(c);
        }
        let class = contents[0].album_class();
        for c in &contents {
            if c.album_class().is_none() {
                return Err(ApiError::bad("Invalid message content type"));
            }
            if c.album_class() != class {
                let alone = if c.album_class() == Some("visual") {
                    class
                } else {
                    c.album_class()
                };
                let name = if alone == Some("audio") { "Audio" } else { "Document" };
                return Err(ApiError::bad(format!("{name} can't be mixed with other media types")));
            }
        }
        for c in &contents {
            self.world.may_post(self.bot, target.key, c)?;
        }
        let group = self.world.new_media_group();
        let mut sent = Vec::with_capacity(contents.len());
        for content in contents {
            let draft = Draft {
                media_group: Some(group.clone()),
                ..Draft::new(self.bot, content)
            };
            sent.push(self.place(&target, draft, false)?);
        }
        sent.into_iter()
            .map(|id| self.sent(&target, id))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array)
    }

    /// The content that an `InputMedia` object describes.
    pub fn input_media(&mut self, v: &Value, album: bool) -> Result<Content, ApiError> {
        let o = v.as_object().ok_or_else(|| ApiError::bad("expected an Object"))?;
        let kind_name = o.get("type").and_then(Value::as_str).unwrap_or_default().to_lowercase();
        let kind = match kind_name.as_str() {
            "photo" => MediaKind::Photo,
            "video" => MediaKind::Video,
            "audio" => MediaKind::Audio,
            "document" => MediaKind::Document,
            "animation" if !album => MediaKind::Animation,
            "animation" | "voice" | "video_note" if album => {
                return Err(ApiError::bad(format!(
                    "type \"{kind_name}\" can't be used in sendMediaGroup"
                )));
            }
            _ => {
                return Err(ApiError::bad(format!("type \"{kind_name}\" is unsupported")));
            }
        };
        let media = o.get("media").and_then(Value::as_str).unwrap_or_default().to_owned();
        let upload = self.params.attached(&media).cloned();
        let attributes = self.attributes(kind, &|k| o.get(k).cloned());
        let media = self.media(kind, &media, upload, attributes, || ApiError::bad("media not found"))?;
        let str = |k: &str| o.get(k).and_then(Value::as_str).unwrap_or_default();
        let entities = o.get("caption_entities").and_then(Value::as_array).map(Vec::as_slice);
        let caption = text::formatted(str("caption"), str("parse_mode"), entities, self.world)?;
        check_caption(&caption)?;
        let mut content = Content::media(media, caption);
        for (given, shown) in [
            ("has_spoiler", "has_media_spoiler"),
            ("show_caption_above_media", "show_caption_above_media"),
        ] {
            if o.get(given).and_then(Value::as_bool) == Some(true) {
                content.fields.insert(shown.into(), true.into());
            }
        }
        Ok(content)
    }
}

/// Puts TDLib's context before the text of a plain parse error.
fn prefix(e: ApiError, with: &str) -> ApiError {
    let words = ["type \"", "media not found", "expected an Object"];
    match e.description.strip_prefix("Bad Request: ") {
        Some(d) if words.iter().any(|w| d.starts_with(w)) => ApiError::bad(format!("{with}{d}")),
        _ => e,
    }
}
