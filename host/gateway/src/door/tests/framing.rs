//! Requests that two servers might read in two ways are read by neither, and answers keep their frames.

use std::sync::Arc;

use super::harness::*;

#[tokio::test]
async fn what_could_smuggle_a_request_is_refused_and_ends_the_connection() {
    let (door, _client, seen) = simple().await;
    let head = format!("POST /bot{TOKEN}/getMe HTTP/1.1\r\n");
    let host = "Host: door\r\n";
    let cases = [
        (
            "both lengths",
            format!("{head}{host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            400,
        ),
        (
            "both lengths, the other way",
            format!("{head}{host}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
            400,
        ),
        (
            "two lengths",
            format!("{head}{host}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
            400,
        ),
        (
            "a list of lengths",
            format!("{head}{host}Content-Length: 3, 3\r\n\r\nabc"),
            400,
        ),
        (
            "a signed length",
            format!("{head}{host}Content-Length: +3\r\n\r\nabc"),
            400,
        ),
        (
            "a hexadecimal length",
            format!("{head}{host}Content-Length: 0x3\r\n\r\nabc"),
            400,
        ),
        (
            "a length beyond all",
            format!("{head}{host}Content-Length: 99999999999999999999\r\n\r\nabc"),
            400,
        ),
        (
            "an empty length",
            format!("{head}{host}Content-Length: \r\n\r\nabc"),
            400,
        ),
        (
            "two encodings",
            format!("{head}{host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            400,
        ),
        (
            "another encoding",
            format!("{head}{host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
            501,
        ),
        (
            "a disguised encoding",
            format!("{head}{host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
            501,
        ),
        (
            "a space before the colon",
            format!("{head}{host}Content-Length : 3\r\n\r\nabc"),
            400,
        ),
        ("a folded line", format!("{head}{host}X: a\r\n b\r\n\r\n"), 400),
        (
            "a bare line feed",
            format!("{head}{host}X: a\nContent-Length: 3\r\n\r\nabc"),
            400,
        ),
        ("a bare carriage return", format!("{head}{host}X: a\rY: b\r\n\r\n"), 400),
        ("a zero byte", format!("{head}{host}X: a\0b\r\n\r\n"), 400),
        (
            "two types",
            format!("{head}{host}Content-Type: text/plain\r\nContent-Type: application/json\r\n\r\n"),
            400,
        ),
        ("no host", format!("{head}\r\n"), 400),
        ("two hosts", format!("{head}{host}{host}\r\n"), 400),
        (
            "chunks from the past",
            format!("POST /bot{TOKEN}/getMe HTTP/1.0\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            400,
        ),
        (
            "another version",
            format!("POST /bot{TOKEN}/getMe HTTP/2.0\r\n{host}\r\n"),
            505,
        ),
        ("no request", "\u{16}\u{3}\u{1}\r\n\r\n".to_owned(), 400),
        ("a fragment", get(&format!("/bot{TOKEN}/getMe#x")), 400),
        ("a tunnel", format!("CONNECT door:443 HTTP/1.1\r\n{host}\r\n"), 501),
        (
            "a bad size",
            format!("{head}{host}Transfer-Encoding: chunked\r\n\r\n3x\r\nabc\r\n0\r\n\r\n"),
            400,
        ),
        (
            "a size beyond all",
            format!("{head}{host}Transfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n"),
            400,
        ),
        (
            "a size ended by a line feed",
            format!("{head}{host}Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n"),
            400,
        ),
        (
            "a chunk longer than it says",
            format!("{head}{host}Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"),
            400,
        ),
    ];
    for (what, request, status) in cases {
        let mut client = Peer::connect(door.address()).await;
        // Something that would be taken for a second request, were the connection to go on.
        client
            .send(format!("{request}{}", get(&format!("/bot{TOKEN}/smuggled"))))
            .await;
        let got = client.message().await.expect(what);
        assert!(
            got.line().starts_with(&format!("HTTP/1.1 {status} ")),
            "{what}: {}",
            got.line()
        );
        assert_eq!(got.header("connection"), Some("close"), "{what}");
        assert_eq!(got.header("content-length"), Some("0"), "{what}");
        assert!(client.closed().await, "{what}");
    }
    assert!(!seen.lock().iter().any(|request| request.line().contains("smuggled")));
}

#[tokio::test]
async fn extensions_and_trailers_of_a_request_go_no_further() {
    let (_door, mut client, seen) = simple().await;
    let got = client
        .ask(format!(
            "POST /bot{TOKEN}/sendDocument HTTP/1.1\r\nHost: door\r\nTransfer-Encoding: Chunked\r\n\r\n\
             0005;name=\"value\"\r\nhello\r\n1 \r\n!\r\n0\r\nX: y\r\nGET /bot{TOKEN}/smuggled HTTP/1.1\r\n\r\n"
        ))
        .await;
    assert_eq!(got.text(), OK);
    let seen = seen.lock().pop().unwrap();
    assert_eq!(seen.text(), "hello!");
    assert_eq!(seen.raw_body, b"6\r\nhello!\r\n0\r\n\r\n");
    assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
}

#[tokio::test]
async fn a_body_cut_into_single_bytes_arrives_whole() {
    let (_door, mut client, seen) = simple().await;
    let request = format!(
        "POST /bot{TOKEN}/sendDocument HTTP/1.1\r\nHost: door\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    );
    for byte in request.bytes() {
        client.send([byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.message().await.unwrap().text(), OK);
    assert_eq!(seen.lock().pop().unwrap().text(), "abcde");
}

#[tokio::test]
async fn answers_keep_their_frames() {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(())).await;
    let chunks = "3;ext=1\r\nabc\r\n0\r\nX-Trailer: t\r\n\r\n";
    server.serve(move |request| {
        let line = request.line();
        if line.contains("getChunks") {
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n\r\n{chunks}").into_bytes()
        } else if line.contains("getNothing") {
            b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n".to_vec()
        } else if line.contains("getSame") {
            b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: \"e\"\r\n\r\n".to_vec()
        } else if line.starts_with("HEAD") {
            b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n".to_vec()
        } else {
            b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
                .to_vec()
        }
    });
    let mut client = Peer::connect(door.address()).await;
    client.send(get(&format!("/bot{TOKEN}/getChunks"))).await;
    let expected = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n\r\n{chunks}");
    assert_eq!(client.exactly(expected.len()).await.unwrap(), expected.as_bytes());
    let got = client.ask(get(&format!("/bot{TOKEN}/getNothing"))).await;
    assert_eq!(got.head, "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n");
    let got = client.ask(get(&format!("/bot{TOKEN}/getSame"))).await;
    assert_eq!(got.header("content-length"), Some("500"));
    client
        .send(format!("HEAD /bot{TOKEN}/getMe HTTP/1.1\r\nHost: door\r\n\r\n"))
        .await;
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n";
    assert_eq!(client.exactly(head.len()).await.unwrap(), head.as_bytes());
    client.send(get(&format!("/bot{TOKEN}/getHints"))).await;
    let both = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
    assert_eq!(client.exactly(both.len()).await.unwrap(), both.as_bytes());
}

#[tokio::test]
async fn an_answer_that_ends_with_its_connection_ends_the_clients() {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(())).await;
    let mut client = Peer::connect(door.address()).await;
    client.send(get(&format!("/bot{TOKEN}/getMe"))).await;
    let mut behind = server.accept().await;
    behind.message().await.unwrap();
    behind
        .send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall there is")
        .await;
    drop(behind);
    let got = client.message().await.unwrap();
    assert_eq!(got.header("connection"), Some("close"));
    assert_eq!(got.text(), "all there is");
}

#[tokio::test]
async fn heads_and_their_time_are_limited() {
    let server = Server::new().await;
    let door = door_with(server.address, Arc::new(()), None, brief(), 1000).await;
    server.serve(|_| answer("200 OK", OK));
    // 200 KiB pass, 256 KiB do not.
    let mut client = Peer::connect(door.address()).await;
    let long = "x".repeat(200 << 10);
    assert_eq!(client.ask(get(&format!("/bot{TOKEN}/getMe?x={long}"))).await.text(), OK);
    let too_long = "x".repeat(256 << 10);
    let got = client.ask(get(&format!("/bot{TOKEN}/getMe?x={too_long}"))).await;
    assert!(got.line().contains("431"), "{}", got.line());
    assert!(client.closed().await);
    let mut client = Peer::connect(door.address()).await;
    let many: String = (0..130).map(|n| format!("X-{n}: y\r\n")).collect();
    let got = client
        .ask(format!("GET /bot{TOKEN}/getMe HTTP/1.1\r\nHost: door\r\n{many}\r\n"))
        .await;
    assert!(got.line().contains("431"));
    // A head that does not end.
    let mut client = Peer::connect(door.address()).await;
    let got = client.ask("GET /bot").await;
    assert!(got.line().contains("408"), "{}", got.line());
    assert!(client.closed().await);
}
