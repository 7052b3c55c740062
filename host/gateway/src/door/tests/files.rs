//! Files go through with their ranges and tags.

use std::sync::Arc;

use super::harness::*;

#[tokio::test]
async fn files_are_fetched_in_whole_and_in_part() {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(Notes::default())).await;
    let seen = server.serve(|request| match request.header("range") {
        Some("bytes=2-3") => b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-3/6\r\nAccept-Ranges: bytes\r\n\
              ETag: \"t\"\r\nLast-Modified: Sat, 21 Nov 2026 12:00:00 GMT\r\nContent-Length: 2\r\n\r\ncd"
            .to_vec(),
        Some(_) => {
            b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */6\r\nContent-Length: 0\r\n\r\n".to_vec()
        }
        None if request.line().starts_with("HEAD") => b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n".to_vec(),
        None => {
            b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 6\r\n\r\nabcdef".to_vec()
        }
    });
    let mut client = Peer::connect(door.address()).await;
    let path = format!("/file/bot{TOKEN}/photos/a%20b.jpg");
    let got = client.ask(get(&path)).await;
    assert_eq!(got.text(), "abcdef");
    assert!(seen.lock().pop().unwrap().line().contains("photos/a%20b.jpg"));
    let ranged =
        |range: &str| format!("GET {path} HTTP/1.1\r\nHost: door\r\nRange: {range}\r\nIf-Range: \"t\"\r\n\r\n");
    let got = client.ask(ranged("bytes=2-3")).await;
    assert!(got.line().contains("206 Partial Content"));
    assert_eq!(got.header("content-range"), Some("bytes 2-3/6"));
    assert_eq!(got.header("etag"), Some("\"t\""));
    assert_eq!(got.text(), "cd");
    assert_eq!(seen.lock().pop().unwrap().header("if-range"), Some("\"t\""));
    let got = client.ask(ranged("bytes=9-")).await;
    assert!(got.line().contains("416"));
    client.send(format!("HEAD {path} HTTP/1.1\r\nHost: door\r\n\r\n")).await;
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n";
    assert_eq!(client.exactly(head.len()).await.unwrap(), head.as_bytes());
    assert_eq!(client.ask(get(&path)).await.text(), "abcdef");
    // Nobody writes to files.
    let got = client
        .ask(format!(
            "POST {path} HTTP/1.1\r\nHost: door\r\nContent-Length: 0\r\n\r\n"
        ))
        .await;
    assert!(got.line().contains("501"));
}
