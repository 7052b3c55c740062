//! answerInlineQuery: results and the messages that they become.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{Answer, Call};
use crate::error::ApiError;
use crate::text;
use crate::world::content::{Content, Styled};
use crate::world::file::{Media, MediaKind, sniff};
use crate::world::query::InlineResult;

/// More results than this are refused.
const RESULTS: usize = 50;

type Object = Map<String, Value>;

fn str_of<'a>(o: &'a Object, k: &str) -> &'a str {
    o.get(k).and_then(Value::as_str).unwrap_or_default()
}

fn required<'a>(o: &'a Object, k: &str) -> Result<&'a str, ApiError> {
    let found = o.get(k).and_then(Value::as_str);
    found.ok_or_else(|| ApiError::bad(format!("Can't find field \"{k}\"")))
}

impl Call<'_> {
    pub fn answer_inline_query(&mut self) -> Answer {
        let list = self
            .params
            .json("results")
            .map_err(|_| ApiError::bad("Can't parse JSON encoded inline query results"))?;
        let list = list.unwrap_or_else(|| json!([]));
        let list = list
            .as_array()
            .ok_or_else(|| ApiError::bad("Expected an Array of inline query results"))?;
        if list.len() > RESULTS {
            return Err(ApiError::bad("Too many inline query results specified"));
        }
        let mut results = Vec::with_capacity(list.len());
        for v in list {
            let r = self.inline_result(v).map_err(in_context)?;
            results.push(r);
        }
        let mut ids = HashSet::new();
        for r in &results {
            if r.id.is_empty() || r.id.len() > 64 {
                return Err(ApiError::bad("RESULT_ID_INVALID"));
            }
            if !ids.insert(&r.id) {
                return Err(ApiError::bad("RESULT_ID_DUPLICATE"));
            }
        }
        let id = self.params.string("inline_query_id");
        let next = self.params.string("next_offset");
        self.world.answer_inline(self.bot, &id, results, &next)?;
        Ok(true.into())
    }

    fn inline_result(&mut self, v: &Value) -> Result<InlineResult, ApiError> {
        let o = v
            .as_object()
            .ok_or_else(|| ApiError::bad("Inline query result must be an object"))?;
        let kind = required(o, "type")?.to_lowercase();
        let id = required(o, "id")?.to_owned();
        let markup = o.get("reply_markup").filter(|m| !m.is_null()).cloned();
        let (markup, _) = super::markup::parse(markup)?;
        let own = match o.get("input_message_content") {
            Some(c) => Some(self.input_content(c)?),
            None => None,
        };
        let content = match (own, kind.as_str()) {
            (Some(c), _) => c,
            (None, "article") => return Err(ApiError::bad("Can't find field \"message_text\"")),
            (None, k) => self.result_content(k, o)?,
        };
        let title = [str_of(o, "title"), str_of(o, "caption")];
        let title = title.into_iter().find(|t| !t.is_empty()).unwrap_or_default();
        Ok(InlineResult {
            id,
            kind,
            title: title.to_owned(),
            content,
            markup,
        })
    }

    /// `InputMessageContent`: what is sent instead of the result itself.
    fn input_content(&mut self, v: &Value) -> Result<Content, ApiError> {
        let o = v
            .as_object()
            .ok_or_else(|| ApiError::bad("InputMessageContent must be an Object"))?;
        if o.contains_key("message_text") {
            let entities = o.get("entities").and_then(Value::as_array).map(Vec::as_slice);
            let text = text::formatted(str_of(o, "message_text"), str_of(o, "parse_mode"), entities, self.world)?;
            if text.text.is_empty() {
                return Err(ApiError::bad("Message text is empty"));
            }
            return Ok(Content::text(text));
        }
        if o.contains_key("phone_number") {
            return self.result_content("contact", o);
        }
        if o.contains_key("latitude") {
            let kind = if o.contains_key("address") { "venue" } else { "location" };
            return self.result_content(kind, o);
        }
        Err(ApiError::bad("Input message content is not specified"))
    }

    fn result_content(&mut self, kind: &str, o: &Object) -> Result<Content, ApiError> {
        let location = || json!({"latitude": o.get("latitude"), "longitude": o.get("longitude")});
        let medium = match kind {
            "location" => return Ok(Content::field("location", location())),
            "venue" => {
                let venue = json!({
                    "location": location(), "title": required(o, "title")?, "address": required(o, "address")?,
                });
                let mut c = Content::field("venue", venue);
                c.fields.insert("location".into(), location());
                return Ok(c);
            }
            "contact" => {
                let v = json!({
                    "phone_number": required(o, "phone_number")?, "first_name": required(o, "first_name")?,
                });
                return Ok(Content::field("contact", v));
            }
            "game" => return Ok(super::games::game(required(o, "game_short_name")?)),
            "photo" => MediaKind::Photo,
            "gif" | "mpeg4_gif" => MediaKind::Animation,
            "video" => MediaKind::Video,
            "audio" => MediaKind::Audio,
            "voice" => MediaKind::Voice,
            "document" => MediaKind::Document,
            "sticker" => MediaKind::Sticker,
            k => {
                return Err(ApiError::bad(format!(
                    "type \"{k}\" is unsupported for the inline query result"
                )));
            }
        };
        let media = self.result_medium(kind, medium, o)?;
        let entities = o.get("caption_entities").and_then(Value::as_array).map(Vec::as_slice);
        let caption = text::formatted(str_of(o, "caption"), str_of(o, "parse_mode"), entities, self.world)?;
        super::send::check_caption(&caption)?;
        let bare = medium == MediaKind::Sticker;
        Ok(Content::media(media, if bare { Styled::default() } else { caption }))
    }

    /// By a file id of this bot, or by an address: then a sample, as nothing here has a way into any network.
    fn result_medium(&mut self, kind: &str, medium: MediaKind, o: &Object) -> Result<Media, ApiError> {
        let missing = || ApiError::bad(format!("Can't find field \"{kind}_url\""));
        let id = str_of(o, &format!("{kind}_file_id")).to_owned();
        if !id.is_empty() {
            return self.media(medium, &id, None, Map::new(), missing);
        }
        if str_of(o, &format!("{kind}_url")).is_empty() {
            return Err(missing());
        }
        let bytes = crate::sim::samples::of(medium);
        let mime = sniff(&bytes).map(str::to_owned);
        Ok(self.world.files.store(medium, bytes, None, mime, Map::new()))
    }
}

/// Puts the server's context before the text of a parse error.
fn in_context(e: ApiError) -> ApiError {
    match e.description.strip_prefix("Bad Request: ") {
        Some(d) if e.code == 400 => ApiError::bad(format!("Can't parse inline query result: {d}")),
        _ => e,
    }
}
