//! Files: what getFile names, whole and in ranges.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::play::{Play, file};
use super::raw::Request;
use super::shape::{AGENT, File, Shape};
use crate::stage::TOKEN;

pub async fn downloads(play: &mut Play) -> Result<()> {
    // Every byte once, over and over, larger than any buffer.
    let bytes: Vec<u8> = (0..3_000_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let large = File {
        bytes,
        ..file("document", "document")
    };
    let sent = play
        .shaped(Shape::Attached, "sendDocument", &json!({"chat_id": "$alice"}), &[large])
        .await?;
    let id = sent.result()["document"]["file_id"].clone();
    let named = play.ok("getFile", json!({"file_id": id})).await?;
    let path = named["file_path"].as_str().context("a path")?.to_owned();
    let target = format!("/file/bot{TOKEN}/{path}");
    for (range, status) in [
        ("", 200),
        ("bytes=0-99", 206),
        ("bytes=1000000-1999999", 206),
        ("bytes=2999990-", 206),
        ("bytes=-7", 206),
        ("bytes=3000000-", 416),
        ("lines=1-2", 200),
    ] {
        let mut request = Request::new("GET", target.clone()).header("User-Agent", AGENT);
        if !range.is_empty() {
            request = request.header("Range", range);
        }
        let got = play.ask(&format!("a file {range}"), &request).await?;
        ensure!(got.status == status, "{range}: {}", got.status);
    }
    for (what, target) in [
        (
            "a file that getFile never named",
            format!("/file/bot{TOKEN}/documents/file_99999.txt"),
        ),
        ("a file for a wrong token", format!("/file/bot700100:wrong/{path}")),
        ("no path", format!("/file/bot{TOKEN}")),
        ("an empty path", format!("/file/bot{TOKEN}/")),
        ("a path upwards", format!("/file/bot{TOKEN}/../../x")),
        (
            "a path upwards to a call",
            format!("/file/bot{TOKEN}/../bot{TOKEN}/getMe"),
        ),
        ("a path upwards, encoded", format!("/file/bot{TOKEN}/%2E%2e/x")),
        (
            "a path upwards for a wrong token",
            "/file/bot700100:wrong/../x".to_owned(),
        ),
    ] {
        let got = play
            .ask(what, &Request::new("GET", target).header("User-Agent", AGENT))
            .await?;
        ensure!(got.status >= 400, "{what}: {}", got.status);
    }
    let big = File {
        bytes: vec![1; (20 << 20) + 1],
        ..file("document", "document")
    };
    let sent = play
        .shaped(Shape::Multipart, "sendDocument", &json!({"chat_id": "$alice"}), &[big])
        .await?;
    let id = sent.result()["document"]["file_id"].clone();
    play.refused("getFile", json!({"file_id": id}), 400, "file is too big")
        .await
}
