//! Big bodies go through in both directions, and little memory holds them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::harness::*;

const SIZE: u64 = 256 << 20;
const PIECE: usize = 1 << 20;

/// Bytes of memory that this process holds.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

fn piece() -> Vec<u8> {
    (0..PIECE).map(|n| (n % 251) as u8).collect()
}

/// Reads so many bytes and says whether they are pieces, one after the other; and how much memory there was at most.
async fn check(peer: &mut Peer, most: &AtomicU64) -> bool {
    let expected = piece();
    let mut got = vec![0; PIECE];
    for n in 0..SIZE / PIECE as u64 {
        // What the peer has read ahead stands first.
        let ahead = peer.ahead(&mut got);
        soon(peer.stream.read_exact(&mut got[ahead..])).await.unwrap();
        if got != expected {
            return false;
        }
        if n % 16 == 0 {
            most.fetch_max(resident(), Ordering::Relaxed);
        }
    }
    true
}

async fn send(peer: &mut Peer) {
    let piece = piece();
    for _ in 0..SIZE / PIECE as u64 {
        soon(peer.stream.write_all(&piece)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn much_goes_through_and_little_is_held() {
    let server = Server::new().await;
    // Somebody reads along, as in earnest.
    let door = door(server.address, Arc::new(Notes::default())).await;
    let mut client = Peer::connect(door.address()).await;
    let before = resident();
    let most = Arc::new(AtomicU64::new(0));

    let part = "--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"f\"\r\n\r\n";
    let end = "\r\n--b\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n5\r\n--b--\r\n";
    let head = format!(
        "POST /bot{TOKEN}/sendDocument HTTP/1.1\r\nHost: door\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: {}\r\n\r\n{part}",
        part.len() as u64 + SIZE + end.len() as u64
    );
    let sending = tokio::spawn(async move {
        client.send(head).await;
        send(&mut client).await;
        client.send(end).await;
        client
    });
    let mut behind = server.accept().await;
    behind.head_only().await;
    behind.exactly(part.len()).await.unwrap();
    assert!(check(&mut behind, &most).await);
    behind.exactly(end.len()).await.unwrap();
    behind
        .send(answer("200 OK", r#"{"ok":true,"result":{"chat":{"id":5}}}"#))
        .await;
    let mut client = sending.await.unwrap();
    client.message().await.unwrap();

    client.send(get(&format!("/file/bot{TOKEN}/big"))).await;
    let sending = tokio::spawn(async move {
        behind.message().await.unwrap();
        behind
            .send(format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n"))
            .await;
        send(&mut behind).await;
    });
    client.head_only().await;
    assert!(check(&mut client, &most).await);
    sending.await.unwrap();

    let held = most.load(Ordering::Relaxed).saturating_sub(before);
    // Of it some 4 MiB are this test's own pieces.
    assert!(held < 20 << 20, "{held} bytes were held");
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_the_server_back() {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(())).await;
    let mut client = Peer::connect(door.address()).await;
    client.send(get(&format!("/file/bot{TOKEN}/big"))).await;
    let mut behind = server.accept().await;
    behind.message().await.unwrap();
    behind
        .send(format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n"))
        .await;
    // What the kernel's buffers take is some megabytes; then it must stop.
    let mut written = 0_u64;
    let piece = vec![0; PIECE];
    loop {
        let more = tokio::time::timeout(std::time::Duration::from_millis(500), behind.stream.write(&piece)).await;
        match more {
            Ok(count) => written += count.unwrap() as u64,
            Err(_) => break,
        }
        assert!(written < SIZE / 2, "nothing holds the server back");
    }
}
