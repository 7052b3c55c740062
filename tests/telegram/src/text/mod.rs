//! Formatted text: parse modes, given entities, trimming, and the entities that Telegram finds by itself.

pub mod detect;
pub mod entities;
pub mod html;
pub mod markdown;
pub mod markdown_v2;
mod scan;

use serde_json::Value;

use crate::error::ApiError;
use crate::world::World;
use crate::world::content::Styled;

/// A text longer than this many bytes is refused before it is looked at.
const MAX_BYTES: usize = 1 << 15;

/// What the Bot API server makes of text, parse mode and entities.
pub fn formatted(text: &str, parse_mode: &str, entities: Option<&[Value]>, world: &World) -> Result<Styled, ApiError> {
    if text.len() > MAX_BYTES {
        return Err(ApiError::bad("Text is too long"));
    }
    let mode = parse_mode.to_ascii_lowercase();
    let parsed = |r: Result<Styled, String>| r.map_err(|e| ApiError::bad(format!("Can't parse entities: {e}")));
    let mut styled = if text.is_empty() || mode.is_empty() || mode == "none" {
        entities::given(text, entities.unwrap_or_default())?
    } else {
        match mode.as_str() {
            "markdown" => parsed(markdown::parse(text))?,
            "markdownv2" => parsed(markdown_v2::parse(text))?,
            "html" => parsed(html::parse(text))?,
            _ => return Err(ApiError::bad("Unsupported parse_mode")),
        }
    };
    entities::resolve_mentions(&mut styled, world);
    entities::trim(&mut styled);
    detect::add(&mut styled);
    Ok(styled)
}

/// As a person's own client would send it: commands and links found, nothing else.
pub fn typed(text: &str) -> Styled {
    let mut styled = Styled::plain(text);
    entities::trim(&mut styled);
    detect::add(&mut styled);
    styled
}

pub fn utf16_len(s: &str) -> usize {
    s.encode_utf16().count()
}
