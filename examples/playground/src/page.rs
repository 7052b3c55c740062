//! The page's files: built in, or read from a folder by those who work on them.

use std::path::PathBuf;

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What the page may load and call: itself, and the simulated Telegram on loopback.
const POLICY: &str = "default-src 'self'; connect-src 'self' http://127.0.0.1:*; img-src 'self' data: blob: http://127.0.0.1:*; \
                      media-src 'self' blob: http://127.0.0.1:*; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        const FILES: &[(&str, &[u8])] = &[$(($name, include_bytes!(concat!("../page/", $name)).as_slice())),*];
    };
}

files![
    "index.html",
    "style.css",
    "chat.css",
    "app.js",
    "api.js",
    "calls.js",
    "composer.js",
    "customer.js",
    "dom.js",
    "format.js",
    "host.js",
    "kinds.js",
    "message.js",
    "operators.js",
    "store.js",
    "thread.js",
];

/// Samples of media that people send from the page and in the scripted dialog.
pub mod sample {
    pub const FILES: &[(&str, &[u8])] = &[
        ("machine.jpg", MACHINE),
        ("gasket.jpg", GASKET),
        ("parts.jpg", PARTS),
        ("beans.jpg", BEANS),
        ("brewing.mp4", include_bytes!("../samples/brewing.mp4")),
        ("hello.mp4", include_bytes!("../samples/hello.mp4")),
        ("note.ogg", VOICE),
        ("tune.mp3", include_bytes!("../samples/tune.mp3")),
        ("cup.webp", include_bytes!("../samples/cup.webp")),
        ("steam.gif", include_bytes!("../samples/steam.gif")),
        ("invoice.pdf", INVOICE),
    ];
    pub const MACHINE: &[u8] = include_bytes!("../samples/machine.jpg");
    pub const GASKET: &[u8] = include_bytes!("../samples/gasket.jpg");
    pub const PARTS: &[u8] = include_bytes!("../samples/parts.jpg");
    pub const BEANS: &[u8] = include_bytes!("../samples/beans.jpg");
    pub const VOICE: &[u8] = include_bytes!("../samples/note.ogg");
    pub const INVOICE: &[u8] = include_bytes!("../samples/invoice.pdf");
}

#[derive(Debug, Clone)]
pub struct Page {
    folder: Option<PathBuf>,
}

impl Page {
    pub fn of(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// One of the page's files.
    pub fn file(&self, name: &str) -> Response {
        let Some((name, bytes)) = FILES.iter().find(|(known, _)| *known == name) else {
            return (StatusCode::NOT_FOUND, "no such file").into_response();
        };
        let fresh = self
            .folder
            .as_ref()
            .and_then(|folder| std::fs::read(folder.join(name)).ok());
        answer(name, fresh.unwrap_or_else(|| bytes.to_vec()))
    }
}

pub fn sample(name: &str) -> Response {
    match sample::FILES.iter().find(|(known, _)| *known == name) {
        Some((name, bytes)) => answer(name, bytes.to_vec()),
        None => (StatusCode::NOT_FOUND, "no such sample").into_response(),
    }
}

fn answer(name: &str, bytes: Vec<u8>) -> Response {
    let kind = match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "jpg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "mp4" => "video/mp4",
        "ogg" => "audio/ogg",
        "mp3" => "audio/mpeg",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, bytes).into_response()
}
