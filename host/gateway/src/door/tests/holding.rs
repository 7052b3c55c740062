//! Calls that concern updates are the front's to answer, and reach nobody else.

use std::sync::Arc;

use super::harness::*;
use crate::door::listen::Limits;

async fn with_front() -> (crate::Door, Peer, Arc<Mirror>, Arc<parking_lot::Mutex<Vec<Message>>>) {
    let server = Server::new().await;
    let front = Arc::new(Mirror::default());
    let door = door_with(
        server.address,
        Arc::new(Notes::default()),
        Some(Arc::clone(&front)),
        Limits::default(),
        1000,
    )
    .await;
    let seen = server.serve(|_| answer("200 OK", OK));
    let client = Peer::connect(door.address()).await;
    (door, client, front, seen)
}

#[tokio::test]
async fn the_front_answers_in_telegrams_form() {
    let (_door, mut client, front, seen) = with_front().await;
    for method in [
        "getUpdates",
        "GETUPDATES",
        "setWebhook",
        "deleteWebhook",
        "getWebhookInfo",
        "logOut",
        "close",
        "test/getUpdates",
        "get%55pdates",
    ] {
        let got = client.ask(post(method, "offset=-1")).await;
        assert_eq!(
            got.head,
            "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Type: application/json\r\nContent-Length: 23\r\n\r\n"
        );
        assert_eq!(got.text(), r#"{"ok":true,"result":[]}"#);
        let (asked, params, _) = front.asked.lock().pop().unwrap();
        assert_eq!(asked, method.replace("test/", "").replace("%55", "u").to_lowercase());
        assert_eq!(params.int("offset"), Some(-1));
    }
    assert!(seen.lock().is_empty());
    assert_eq!(client.ask(post("getMe", "")).await.text(), OK);
    assert!(front.asked.lock().is_empty());
}

#[tokio::test]
async fn a_method_among_the_parameters_gets_no_other_way_in() {
    let (_door, mut client, front, seen) = with_front().await;
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"method\"\r\n\r\nlogOut\r\n--b--";
    let typed = |kind: &str, body: &str| {
        format!(
            "POST /bot{TOKEN}/ HTTP/1.1\r\nHost: door\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let ways = [
        get(&format!("/bot{TOKEN}/?method=logOut")),
        typed("application/x-www-form-urlencoded", "method=logOut"),
        typed("application/json", r#"{"method":"logOut","x":}"#),
        typed("multipart/form-data; boundary=b", multipart),
    ];
    for request in ways {
        assert_eq!(client.ask(request).await.text(), r#"{"ok":true,"result":[]}"#);
        assert_eq!(front.asked.lock().pop().unwrap().0, "logout");
    }
    // One that cannot be found here might be found by another reader.
    let hidden = client.ask(typed("text/plain", r#"{"method":"logOut"}"#)).await;
    assert!(hidden.line().contains("404"));
    assert!(seen.lock().is_empty());
    // Another one passes on as it came.
    let got = client
        .ask(typed("application/json", r#"{"method":"sendMessage"}"#))
        .await;
    assert_eq!(got.text(), OK);
    assert_eq!(seen.lock().pop().unwrap().text(), r#"{"method":"sendMessage"}"#);
}

#[tokio::test]
async fn a_certificate_comes_along() {
    let (_door, mut client, front, _seen) = with_front().await;
    let body = "--b\r\nContent-Disposition: form-data; name=\"url\"\r\n\r\nhttps://x\r\n--b\r\nContent-Disposition: form-data; \
                name=\"certificate\"; filename=\"c.pem\"\r\n\r\nPEM\r\nPEM\r\n--b--\r\n";
    let request = format!(
        "POST /bot{TOKEN}/setWebhook HTTP/1.1\r\nHost: door\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    client.ask(request).await;
    let (_, params, certificate) = front.asked.lock().pop().unwrap();
    assert_eq!(params.get("url"), Some("https://x"));
    assert_eq!(certificate.as_deref(), Some(&b"PEM\r\nPEM"[..]));
}

#[tokio::test]
async fn what_the_front_leaves_is_passed_on_as_it_came() {
    let (_door, mut client, _front, seen) = with_front().await;
    let got = client.ask(post("setWebhook", "pass=1&url=x")).await;
    assert_eq!(got.text(), OK);
    assert_eq!(seen.lock().pop().unwrap().text(), "pass=1&url=x");
    let chunked = format!(
        "POST /bot{TOKEN}/setWebhook HTTP/1.1\r\nHost: door\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n6\r\n{{\"pass\r\n4\r\n\":1}}\r\n0\r\n\r\n"
    );
    assert_eq!(client.ask(chunked).await.text(), OK);
    assert_eq!(seen.lock().pop().unwrap().text(), r#"{"pass":1}"#);
}

#[tokio::test]
async fn too_many_parameters_are_refused_as_telegram_refuses_them() {
    let (door, mut client, front, _seen) = with_front().await;
    let got = client
        .ask(post("getUpdates", &format!("x={}", "y".repeat(1 << 20))))
        .await;
    assert_eq!(got.line(), "HTTP/1.1 413 Request Entity Too Large");
    assert_eq!(got.text(), "");
    assert!(client.closed().await);
    let mut client = Peer::connect(door.address()).await;
    let broken = format!(
        "POST /bot{TOKEN}/setWebhook HTTP/1.1\r\nHost: door\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: 5\r\n\r\n--b\r\n"
    );
    assert!(client.ask(broken).await.line().contains("400"));
    assert!(front.asked.lock().is_empty());
}

#[tokio::test]
async fn a_poll_ends_with_the_client_that_waits_for_it() {
    let (door, mut client, front, _seen) = with_front().await;
    client.send(post("getUpdates", "wait=1")).await;
    soon(front.arrived.notified()).await;
    drop(client);
    soon(front.dropped.notified()).await;
    // Also where it has sent more ahead than is read.
    let mut client = Peer::connect(door.address()).await;
    client.send(post("getUpdates", "wait=1")).await;
    soon(front.arrived.notified()).await;
    client.send(post("sendMessage", &"x".repeat(40 << 10))).await;
    drop(client);
    soon(front.dropped.notified()).await;
}

#[tokio::test]
async fn a_poll_ends_with_the_door() {
    let (door, mut client, front, _seen) = with_front().await;
    client.send(post("getUpdates", "wait=1")).await;
    soon(front.arrived.notified()).await;
    soon(door.stop()).await;
    soon(front.dropped.notified()).await;
    assert!(client.closed().await);
}
