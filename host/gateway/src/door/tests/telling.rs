//! What the relay is told of a call, and when.

use std::sync::Arc;
use std::time::Duration;

use super::harness::*;
use crate::{Params, Spent};

const MESSAGE: &str = r#"{"ok":true,"result":{"message_id":9,"chat":{"id":-77,"type":"supergroup"},"text":"x"}}"#;

fn spent(chat: Option<i64>, weight: u32) -> Spent {
    Spent {
        chat,
        weight,
        retry_after: None,
    }
}

#[tokio::test]
async fn a_call_is_told_before_the_last_byte_of_its_answer_leaves() {
    let server = Server::new().await;
    let notes = Arc::new(Notes {
        gate: Some(tokio::sync::Notify::new()),
        ..Notes::default()
    });
    let door = door(server.address, Arc::clone(&notes) as _).await;
    server.serve(|_| answer("200 OK", MESSAGE));
    let mut client = Peer::connect(door.address()).await;
    client.send(post("SendMessage", "chat_id=5&text=x")).await;
    soon(notes.arrived.notified()).await;
    assert_eq!(*notes.spent.lock(), [spent(Some(5), 1)]);
    // Nothing to wait for: the answer must not come before the gate opens, however long that takes.
    let early = tokio::time::timeout(Duration::from_millis(100), client.exactly(1)).await;
    assert!(early.is_err(), "the answer did not wait");
    notes.gate.as_ref().unwrap().notify_one();
    assert_eq!(client.message().await.unwrap().text(), MESSAGE);
    let called = notes.called.lock();
    assert_eq!(called[0].method, "sendmessage");
    assert_eq!(called[0].params.get("text"), Some("x"));
    assert_eq!(
        called[0].result.get(),
        r#"{"message_id":9,"chat":{"id":-77,"type":"supergroup"},"text":"x"}"#
    );
}

#[tokio::test]
async fn parameters_are_read_in_every_shape() {
    let server = Server::new().await;
    let notes = Arc::new(Notes::default());
    let door = door(server.address, Arc::clone(&notes) as _).await;
    let seen = server.serve(|_| answer("200 OK", MESSAGE));
    let mut client = Peer::connect(door.address()).await;
    let part = "--b\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n5\r\n--b\r\nContent-Disposition: form-data; \
                name=\"doc\"; filename=\"f\"\r\n\r\nabc\r\n--b\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\na & b\r\n--b--\r\n";
    let typed = |kind: &str, body: &str| {
        format!(
            "POST /bot{TOKEN}/sendDocument HTTP/1.1\r\nHost: door\r\nAccept-Encoding: gzip\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let chunks = format!(
        "POST /bot{TOKEN}/sendDocument HTTP/1.1\r\nHost: door\r\nContent-Type: multipart/form-data; boundary=\"b\"\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{part}\r\n0\r\n\r\n",
        part.len()
    );
    let requests = [
        get(&format!("/bot{TOKEN}/sendDocument?chat_id=5&caption=a+%26+b")),
        typed("application/x-www-form-urlencoded", "chat_id=5&caption=a+%26%20b"),
        typed(
            "application/json; charset=utf-8",
            r#"{"chat_id":5,"caption":"a \u0026 b"}"#,
        ),
        typed("multipart/form-data; boundary=b", part),
        chunks,
    ];
    for (n, request) in requests.iter().enumerate() {
        assert_eq!(client.ask(request).await.text(), MESSAGE);
        let call = notes.called.lock().pop().unwrap();
        assert_eq!(call.params.int("chat_id"), Some(5), "{n}");
        assert_eq!(call.params.get("caption"), Some("a & b"), "{n}");
        assert_eq!(call.params.files.len(), usize::from(n >= 3), "{n}");
        // Its answer is read here, so it must not come compressed.
        assert_eq!(seen.lock().pop().unwrap().header("accept-encoding"), None);
    }
}

#[tokio::test]
async fn what_calls_spend_is_told_for_all_of_them() {
    let server = Server::new().await;
    let notes = Arc::new(Notes::default());
    let door = door(server.address, Arc::clone(&notes) as _).await;
    server.serve(|request| {
        if request.line().contains("sendPhoto") {
            let body = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 3","parameters":{"retry_after":3}}"#;
            answer("429 Too Many Requests", body)
        } else {
            answer("200 OK", MESSAGE)
        }
    });
    let mut client = Peer::connect(door.address()).await;
    let mut told = async |request: String| {
        client.ask(request).await;
        notes.spent.lock().pop().unwrap()
    };
    assert_eq!(told(post("getMe", "")).await, spent(None, 0));
    assert_eq!(
        told(post("deleteMessage", "chat_id=5&message_id=1")).await,
        spent(Some(5), 0)
    );
    // The result tells the chat that a name stood for.
    assert_eq!(
        told(post("sendMessage", "chat_id=@group&text=x")).await,
        spent(Some(-77), 1)
    );
    assert_eq!(
        told(post("copyMessages", "chat_id=5&message_ids=[1,2,3]")).await,
        spent(Some(5), 3)
    );
    let refused = told(post("sendPhoto", "chat_id=5&photo=x")).await;
    assert_eq!(refused.retry_after, Some(3));
    assert_eq!(refused.chat, Some(5));
    // A refusal is no call that took effect.
    assert!(!notes.called.lock().iter().any(|call| call.method == "sendphoto"));
}

#[tokio::test]
async fn a_long_answer_streams_untold() {
    let server = Server::new().await;
    let notes = Arc::new(Notes::default());
    let door = door(server.address, Arc::clone(&notes) as _).await;
    let long = format!(r#"{{"ok":true,"result":"{}"}}"#, "x".repeat(1 << 20));
    let body = long.clone();
    server.serve(move |request| {
        if request.line().contains("Chunks") {
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
                body.len()
            )
            .into_bytes()
        } else {
            answer("200 OK", &body)
        }
    });
    let mut client = Peer::connect(door.address()).await;
    for method in ["sendLong", "sendChunks"] {
        assert!(client.ask(post(method, "chat_id=5")).await.body == long.as_bytes());
        assert!(notes.called.lock().is_empty());
        assert_eq!(notes.spent.lock().pop(), Some(spent(Some(5), 1)));
    }
}

#[tokio::test]
async fn a_chunked_answer_is_told_too() {
    let server = Server::new().await;
    let notes = Arc::new(Notes::default());
    let door = door(server.address, Arc::clone(&notes) as _).await;
    let (first, second) = MESSAGE.split_at(30);
    let chunks = format!(
        "{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    let body = chunks.clone();
    server.serve(move |_| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
            .into_bytes()
    });
    let mut client = Peer::connect(door.address()).await;
    let got = client.ask(post("sendMessage", "chat_id=5&text=x")).await;
    assert_eq!(got.raw_body, chunks.as_bytes());
    assert_eq!(notes.called.lock().len(), 1);
}

#[tokio::test]
async fn the_relay_learns_of_a_call_whose_program_hung_up() {
    let server = Server::new().await;
    let notes = Arc::new(Notes::default());
    let door = door(server.address, Arc::clone(&notes) as _).await;
    let mut client = Peer::connect(door.address()).await;
    client.send(post("sendMessage", "chat_id=5&text=x")).await;
    let mut behind = server.accept().await;
    behind.message().await.unwrap();
    drop(client);
    behind.send(answer("200 OK", MESSAGE)).await;
    soon(notes.arrived.notified()).await;
    assert_eq!(notes.called.lock()[0].method, "sendmessage");
}

#[tokio::test]
async fn calls_of_the_gateways_own_are_told_like_the_programs() {
    let server = Server::new().await;
    let address = server.address;
    let notes = Arc::new(Notes::default());
    let door = door(address, Arc::clone(&notes) as _).await;
    let seen = server.serve(|_| answer("200 OK", MESSAGE));
    let caller = door.caller(&token(), Arc::clone(&notes) as _);
    let mut params = Params::default();
    params.push("chat_id", "5");
    params.push("text", "ä &=+\n");
    let got = caller.call("sendMessage", params.clone()).await.unwrap();
    assert_eq!((got.status, &got.body[..]), (200, MESSAGE.as_bytes()));
    let request = seen.lock().pop().unwrap();
    assert_eq!(request.line(), format!("POST /bot{TOKEN}/sendMessage HTTP/1.1"));
    assert_eq!(request.text(), "chat_id=5&text=%C3%A4%20%26%3D%2B%0A");
    assert_eq!(notes.called.lock().pop().unwrap().params, params);
    assert_eq!(notes.spent.lock().pop(), Some(spent(Some(5), 1)));
    let odd = caller.call("send/../x", Params::default()).await.unwrap();
    assert_eq!(odd.status, 404);
    door.stop().await;
    assert!(caller.call("getMe", Params::default()).await.is_err());
}
