//! Requests that are no proper calls: wrong paths, tokens, verbs and bodies, and proper ones written oddly.

use anyhow::{Result, ensure};
use serde_json::json;

use super::play::Play;
use super::raw::{Body, Line, Request};
use super::shape::{AGENT, Shape, form};
use crate::stage::TOKEN;

pub async fn odd_requests(play: &mut Play) -> Result<()> {
    paths(play).await?;
    bodies(play).await?;
    verbs(play).await?;
    kept_connection(play).await
}

async fn paths(play: &mut Play) -> Result<()> {
    let number = play.place.bot.id;
    let good = format!("/bot{}/getMe", TOKEN.replace(':', "%3A"));
    for (path, status) in [
        ("/".to_owned(), 404),
        ("/nonsense".to_owned(), 404),
        ("/bot".to_owned(), 404),
        (format!("/bot{TOKEN}"), 404),
        (format!("/bot{TOKEN}/"), 404),
        (format!("/bot{TOKEN}/frobnicate"), 404),
        (format!("/bot{TOKEN}/getMe/"), 404),
        (format!("/bot{TOKEN}//getMe"), 404),
        (format!("/bot{TOKEN}/testgetMe"), 404),
        (format!("/bot{TOKEN}/test/frobnicate"), 404),
        (format!("/bot{TOKEN}/getMe?unknown=1&unknown=2&%zz"), 200),
        (format!("/bot{number}:wrong/getMe"), 401),
        (format!("/bot{number}:wrong/getUpdates"), 401),
        (format!("/bot{number}:wrong/setWebhook?url="), 401),
        ("/botwrong/getMe".to_owned(), 401),
        ("/bot:/getMe".to_owned(), 401),
        (good, 200),
    ] {
        let shown = path.replace(TOKEN, "TOKEN");
        let request = Request::new("GET", path).header("User-Agent", AGENT);
        let got = play.ask(&format!("GET {shown}"), &request).await?;
        ensure!(got.status == status, "{shown}: {} {}", got.status, got.body);
    }
    Ok(())
}

async fn bodies(play: &mut Play) -> Result<()> {
    let alice = play.cast.alice.person;
    let target = format!("/bot{TOKEN}/sendMessage");
    let text = format!("chat_id={alice}&text=plain");
    let json = format!("{{\"chat_id\":{alice},\"text\":\"sp\\u0061ced \\ud83e\\udd8a\",\"nothing\":null}}");
    let cases: [(&str, &str, Vec<u8>); 12] = [
        ("a form without a type", "", text.clone().into_bytes()),
        (
            "a form with a charset",
            "application/x-www-form-urlencoded; charset=utf-8",
            text.into_bytes(),
        ),
        (
            "JSON with escapes and null",
            "application/json",
            json.clone().into_bytes(),
        ),
        ("JSON in capitals", "Application/JSON", json.into_bytes()),
        ("broken JSON", "application/json", b"{oops".to_vec()),
        ("a JSON list", "application/json", b"[1]".to_vec()),
        ("empty JSON", "application/json", Vec::new()),
        (
            "not UTF-8",
            "application/json",
            b"{\"chat_id\":1,\"text\":\"\xff\"}".to_vec(),
        ),
        (
            "multipart without a boundary",
            "multipart/form-data",
            b"--x\r\n".to_vec(),
        ),
        (
            "multipart that breaks off",
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-".to_vec(),
        ),
        (
            "multipart of nothing",
            "multipart/form-data; boundary=x",
            b"--x--\r\n".to_vec(),
        ),
        ("an unknown type", "text/csv", b"chat_id,text".to_vec()),
    ];
    for (what, kind, body) in cases {
        let mut request = Request::new("POST", target.clone()).header("User-Agent", AGENT);
        if !kind.is_empty() {
            request = request.header("Content-Type", kind);
        }
        play.ask(what, &request.body(Body::Sized(body))).await?;
    }
    // Query and body together: the body's come later.
    let both = json!({"text": "from the body", "disable_notification": true});
    let mut request = Shape::Json.request(
        TOKEN,
        "sendMessage",
        &both.as_object().cloned().unwrap_or_default(),
        &[],
    );
    request.target = format!("{}?chat_id={alice}&text=from+the+query", request.target);
    play.ask("query and body", &request).await?;
    // A client that asks first, as curl does.
    let params = json!({"chat_id": alice, "text": "expected"});
    let body = form(&params.as_object().cloned().unwrap_or_default()).into_bytes();
    let request = Request::new("POST", target)
        .header("User-Agent", AGENT)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(Body::Expecting(body));
    let got = play.ask("after 100 Continue", &request).await?;
    ensure!(got.status == 200, "{}", got.body);
    Ok(())
}

async fn verbs(play: &mut Play) -> Result<()> {
    for verb in ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"] {
        let request = Request::new(verb, format!("/bot{TOKEN}/getMe")).header("User-Agent", AGENT);
        let got = play.ask(&format!("{verb} getMe"), &request).await?;
        ensure!(got.status == 501, "{verb}: {}", got.status);
    }
    // A long query and large headers within the limits.
    let long = format!(
        "/bot{TOKEN}/sendMessage?chat_id={}&text={}",
        play.cast.alice.person,
        "y".repeat(30_000)
    );
    let got = play
        .ask("a long query", &Request::new("GET", long).header("User-Agent", AGENT))
        .await?;
    ensure!(got.description().contains("message is too long"), "{}", got.body);
    let request = Request::new("GET", format!("/bot{TOKEN}/getMe"))
        .header("User-Agent", AGENT)
        .header("X-Long", "z".repeat(60_000));
    let got = play.ask("a long header", &request).await?;
    ensure!(got.status == 200, "{}", got.body);
    Ok(())
}

/// Many calls over one connection, good and bad ones.
async fn kept_connection(play: &mut Play) -> Result<()> {
    let mut line = Line::open(&play.place.host).await?;
    let alice = play.cast.alice.person;
    for i in 0..6 {
        let (method, params) = match i % 3 {
            0 => ("sendMessage", json!({"chat_id": alice, "text": format!("kept {i}")})),
            1 => ("sendMessage", json!({"chat_id": alice})),
            _ => ("getMe", json!({})),
        };
        let shape = if i < 3 { Shape::Json } else { Shape::Attached };
        let request = shape.request(TOKEN, method, &params.as_object().cloned().unwrap_or_default(), &[]);
        let answer = line.ask(&request).await?;
        play.took(&format!("kept connection {i}"), &answer, std::time::Duration::ZERO);
    }
    Ok(())
}
