//! Neighbours that fail: nothing is sent twice that must not be, nothing hangs, and nothing is kept.

use std::sync::Arc;
use std::time::Duration;

use super::harness::*;
use crate::door::listen::Limits;

const BAD_GATEWAY: &str = r#"{"ok":false,"error_code":502,"description":"Bad Gateway"}"#;

#[tokio::test]
async fn a_dead_server_is_a_bad_gateway() {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(())).await;
    drop(server);
    let mut client = Peer::connect(door.address()).await;
    for _ in 0..2 {
        let got = client.ask(post("sendMessage", "chat_id=5&text=x")).await;
        assert_eq!(got.line(), "HTTP/1.1 502 Bad Gateway");
        assert_eq!(got.text(), BAD_GATEWAY);
    }
    // The body that has not been sent is not waited for.
    client
        .send(format!(
            "POST /bot{TOKEN}/sendDocument HTTP/1.1\r\nHost: door\r\nContent-Length: 1000000\r\n\r\nabc"
        ))
        .await;
    assert_eq!(client.message().await.unwrap().text(), BAD_GATEWAY);
    assert!(client.closed().await);
}

#[tokio::test]
async fn a_call_that_has_left_is_never_sent_again() {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(())).await;
    let mut client = Peer::connect(door.address()).await;
    client.send(post("sendMessage", "chat_id=5&text=1")).await;
    let mut behind = server.accept().await;
    behind.message().await.unwrap();
    behind.send(answer("200 OK", OK)).await;
    client.message().await.unwrap();
    // Over the connection that was kept: taken, and not answered.
    client.send(post("sendMessage", "chat_id=5&text=2")).await;
    assert_eq!(behind.message().await.unwrap().text(), "chat_id=5&text=2");
    drop(behind);
    assert_eq!(client.message().await.unwrap().text(), BAD_GATEWAY);
    // What only asks is asked again.
    client.send(post("sendMessage", "chat_id=5&text=3")).await;
    let mut behind = server.accept().await;
    assert_eq!(behind.message().await.unwrap().text(), "chat_id=5&text=3");
    behind.send(answer("200 OK", OK)).await;
    client.message().await.unwrap();
    client.send(post("getChat", "chat_id=5")).await;
    behind.message().await.unwrap();
    drop(behind);
    let mut behind = server.accept().await;
    assert!(behind.message().await.unwrap().line().contains("getChat"));
    behind.send(answer("200 OK", OK)).await;
    assert_eq!(client.message().await.unwrap().text(), OK);
}

#[tokio::test]
async fn a_connection_closed_while_it_waited_is_not_used() {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(())).await;
    let mut client = Peer::connect(door.address()).await;
    for n in 0..5 {
        client.send(post("sendMessage", &format!("chat_id=5&text={n}"))).await;
        let mut behind = server.accept().await;
        assert_eq!(behind.message().await.unwrap().text(), format!("chat_id=5&text={n}"));
        behind.send(answer("200 OK", OK)).await;
        client.message().await.unwrap();
        drop(behind);
        // Until the door's side has heard of it, nobody could know.
        while door.shared.upstream.is_warm() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn an_answer_cut_short_is_cut_short_for_the_client() {
    let server = Server::new().await;
    let notes = Arc::new(Notes::default());
    let door = door(server.address, Arc::clone(&notes) as _).await;
    let heads = [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"ok\":true",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{\"ok\":true",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":true",
    ];
    for head in heads {
        let mut client = Peer::connect(door.address()).await;
        client.send(post("sendMessage", "chat_id=5&text=x")).await;
        let mut behind = server.accept().await;
        behind.message().await.unwrap();
        behind.send(head).await;
        drop(behind);
        assert_eq!(client.exactly(head.len()).await.unwrap(), head.as_bytes());
        assert!(client.closed().await);
        assert!(notes.called.lock().is_empty());
    }
    // What is no answer at all.
    for nonsense in [
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 101 Up\r\n\r\n",
    ] {
        let mut client = Peer::connect(door.address()).await;
        client.send(post("sendMessage", "chat_id=5&text=x")).await;
        let mut behind = server.accept().await;
        behind.message().await.unwrap();
        behind.send(nonsense).await;
        assert_eq!(client.message().await.unwrap().text(), BAD_GATEWAY);
    }
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_reaches_the_client() {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(())).await;
    let mut client = Peer::connect(door.address()).await;
    client
        .send(format!(
            "POST /bot{TOKEN}/sendDocument HTTP/1.1\r\nHost: door\r\nContent-Length: 1000000\r\n\r\nabc"
        ))
        .await;
    let mut behind = server.accept().await;
    behind.exactly(10).await.unwrap();
    behind
        .send("HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\n\r\n")
        .await;
    drop(behind);
    let got = client.message().await.unwrap();
    assert_eq!(got.line(), "HTTP/1.1 413 Request Entity Too Large");
    assert_eq!(got.header("connection"), Some("close"));
}

#[tokio::test]
async fn an_interim_answer_does_not_end_an_upload() {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(())).await;
    let mut client = Peer::connect(door.address()).await;
    client
        .send(format!(
            "POST /bot{TOKEN}/sendDocument HTTP/1.1\r\nHost: door\r\nContent-Length: 6\r\n\r\nabc"
        ))
        .await;
    let mut behind = server.accept().await;
    behind.head_only().await;
    behind.exactly(3).await.unwrap();
    behind.send("HTTP/1.1 100 Continue\r\n\r\n").await;
    // It has been dropped when the upload goes on after it.
    for byte in ["d", "e", "f"] {
        client.send(byte).await;
        assert_eq!(behind.exactly(1).await.unwrap(), byte.as_bytes());
    }
    behind.send(answer("200 OK", OK)).await;
    assert_eq!(client.message().await.unwrap().text(), OK);
}

#[tokio::test]
async fn a_client_that_hangs_up_frees_everything() {
    let server = Server::new().await;
    let front = Arc::new(Mirror::default());
    let door = door_with(
        server.address,
        Arc::new(()),
        Some(Arc::clone(&front)),
        Limits::default(),
        1000,
    )
    .await;
    // While it sends.
    let mut client = Peer::connect(door.address()).await;
    client
        .send(format!(
            "POST /bot{TOKEN}/sendDocument HTTP/1.1\r\nHost: door\r\nContent-Length: 1000000\r\n\r\nabc"
        ))
        .await;
    let mut behind = server.accept().await;
    behind.exactly(10).await.unwrap();
    drop(client);
    assert!(behind.message().await.is_none());
    // While it waits.
    let mut client = Peer::connect(door.address()).await;
    client.send(get(&format!("/bot{TOKEN}/getMe"))).await;
    let mut behind = server.accept().await;
    behind.message().await.unwrap();
    drop(client);
    assert!(behind.closed().await);
    // While it is sent to.
    let mut client = Peer::connect(door.address()).await;
    client.send(get(&format!("/file/bot{TOKEN}/x"))).await;
    let mut behind = server.accept().await;
    behind.message().await.unwrap();
    behind
        .send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc")
        .await;
    client.exactly(10).await.unwrap();
    drop(client);
    assert!(behind.closed().await);
    soon(async {
        while door.shared.places.available_permits() < 1000 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_crowd_sends_the_longest_idle_away() {
    let server = Server::new().await;
    let door = door_with(server.address, Arc::new(()), None, Limits::default(), 2).await;
    server.serve(|_| answer("200 OK", OK));
    let mut first = Peer::connect(door.address()).await;
    first.ask(post("getMe", "")).await;
    let mut second = Peer::connect(door.address()).await;
    second.ask(post("getMe", "")).await;
    let mut third = Peer::connect(door.address()).await;
    assert_eq!(third.ask(post("getMe", "")).await.text(), OK);
    assert!(first.closed().await);
    assert_eq!(second.ask(post("getMe", "")).await.text(), OK);
}

#[tokio::test]
async fn stopping_lets_calls_end() {
    let server = Server::new().await;
    let door = Arc::new(door(server.address, Arc::new(())).await);
    let mut client = Peer::connect(door.address()).await;
    client.send(post("sendMessage", "chat_id=5&text=x")).await;
    let mut behind = server.accept().await;
    behind.message().await.unwrap();
    let stopping = tokio::spawn({
        let door = Arc::clone(&door);
        async move { door.stop().await }
    });
    soon(door.shared.stopping.cancelled()).await;
    behind.send(answer("200 OK", OK)).await;
    assert_eq!(client.message().await.unwrap().text(), OK);
    assert!(client.closed().await);
    soon(stopping).await.unwrap();
    assert!(tokio::net::TcpStream::connect(door.address()).await.is_err());
}
