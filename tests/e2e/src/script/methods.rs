//! Every method that the simulated Telegram has, in every shape in which frameworks send it.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::play::{Play, file};
use super::shape::{ALL, File, Shape};

/// One a line: see its head.
const METHODS: &str = include_str!("methods.txt");

/// Each method in each shape.
pub async fn every_shape(play: &mut Play) -> Result<()> {
    for line in METHODS.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
        let mut fields = line.split(" | ");
        let method = fields.next().unwrap_or_default();
        let params = fields.next().context("parameters")?;
        let params: Value = serde_json::from_str(params).with_context(|| line.to_owned())?;
        let files: Vec<File> = fields.map(|kind| file(kind, kind)).collect();
        let mut worked = false;
        for shape in ALL {
            worked |= play.shaped(shape, method, &params, &files).await?.status == 200;
        }
        // Known to Telegram, not to this simulation; or refused always.
        let never = [
            "getStickerSet",
            "uploadStickerFile",
            "sendGift",
            "sendChecklist",
            "answerWebAppQuery",
        ];
        ensure!(worked || never.contains(&method), "{method} worked in no shape");
        play.updates().await?;
    }
    albums(play).await
}

/// Files that an object of parameters names.
async fn albums(play: &mut Play) -> Result<()> {
    let media = serde_json::json!({"chat_id": "$alice", "media": [
        {"type": "photo", "media": "attach://one", "caption": "<i>up</i>", "parse_mode": "HTML"},
        {"type": "photo", "media": "attach://two"},
    ]});
    let one = [file("one", "photo"), file("two", "photo")];
    let edit = serde_json::json!({
        "chat_id": "$alice", "message_id": "$new_photo", "media": {"type": "document", "media": "attach://one"},
    });
    for shape in [Shape::Multipart, Shape::Attached] {
        play.shaped(shape, "sendMediaGroup", &media, &one).await?;
        play.shaped(shape, "editMessageMedia", &edit, &one[..1]).await?;
    }
    Ok(())
}
