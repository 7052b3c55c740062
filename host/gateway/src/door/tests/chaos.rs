//! Neighbours that fail in many ways, many at once: the door stands afterwards, and nothing is left behind.

use std::sync::Arc;
use std::time::Duration;

use super::harness::*;

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// A server that does one of many things with each request.
async fn misbehave(server: Server) {
    let mut dice = Dice(7);
    loop {
        let mut peer = server.accept().await;
        let mut dice = Dice(dice.roll(1 << 30) as u64);
        tokio::spawn(async move {
            loop {
                let early = dice.roll(8) == 0;
                if early {
                    // Before the body has come.
                    peer.exactly(20).await?;
                } else {
                    peer.message().await?;
                }
                let whole = answer("200 OK", OK);
                let chunks = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n0\r\n\r\n";
                let bytes = match dice.roll(8) {
                    0 => b"HTTP/1.1 200 OK\r\n\r\nuntil the end".to_vec(),
                    1 => b"\0\r\n\r\n".to_vec(),
                    2 => chunks.to_vec(),
                    3 => [&whole[..], b"and more"].concat(),
                    _ => whole,
                };
                let cut = if dice.roll(4) == 0 {
                    dice.roll(bytes.len())
                } else {
                    bytes.len()
                };
                use tokio::io::AsyncWriteExt as _;
                peer.stream.write_all(&bytes[..cut]).await.ok()?;
                if early || cut < bytes.len() || dice.roll(3) == 0 {
                    return None::<()>;
                }
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_neighbours_do_the_door_stands() {
    let server = Server::new().await;
    let front = Arc::new(Mirror::default());
    let limits = crate::door::listen::Limits {
        stall: Duration::from_millis(200),
        answer: Duration::from_millis(500),
        orphan: Duration::from_millis(200),
        ..brief()
    };
    let notes = Arc::new(Notes::default());
    let door = Arc::new(door_with(server.address, Arc::clone(&notes) as _, Some(front), limits, 1000).await);
    let server = tokio::spawn(misbehave(server));
    let large = "x".repeat(300_000);
    let chunked = format!(
        "POST /bot{TOKEN}/sendDocument HTTP/1.1\r\nHost: door\r\nTransfer-Encoding: chunked\r\n\r\n493e0\r\n{large}\r\n0\r\n\r\n"
    );
    let shapes: Arc<[String]> = [
        post("sendMessage", "chat_id=5&text=x"),
        post("sendMessage", &large),
        chunked,
        get(&format!("/file/bot{TOKEN}/x")),
        post("getUpdates", "offset=1"),
        post("getUpdates", "wait=1"),
        get(&format!("/bot{TOKEN}/?method=getMe")),
        format!(
            "POST /bot{TOKEN}/sendMessage HTTP/1.1\r\nHost: door\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
        ),
        format!("GET /bot{TOKEN}/getMe HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
        "nonsense\r\n\r\n".to_owned(),
    ]
    .into();
    let clients: Vec<_> = (0..8)
        .map(|seed| {
            let (door, shapes) = (Arc::clone(&door), Arc::clone(&shapes));
            tokio::spawn(async move {
                let mut dice = Dice(seed);
                for _ in 0..60 {
                    let mut client = Peer::connect(door.address()).await;
                    for _ in 0..1 + dice.roll(3) {
                        let shape = &shapes[dice.roll(shapes.len())];
                        let cut = if dice.roll(3) == 0 {
                            dice.roll(shape.len())
                        } else {
                            shape.len()
                        };
                        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
                        if client.stream.write_all(&shape.as_bytes()[..cut]).await.is_err() || cut < shape.len() {
                            break;
                        }
                        if shape.contains("wait=1") {
                            // What is sent behind it, if it is much, hides that the client is gone.
                            break;
                        }
                        // Some read the answer, some a piece of it, some hang up.
                        let mut some = vec![0; 1 + dice.roll(400)];
                        let _ = tokio::time::timeout(Duration::from_millis(20), client.stream.read(&mut some)).await;
                    }
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    soon(async {
        while door.shared.places.available_permits() < 1000 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    server.abort();
    // What is told to have happened has happened: nothing is made of what broke off.
    assert!(notes.called.lock().iter().all(|call| call.result.get() == "true"));
    let mut client = Peer::connect(door.address()).await;
    assert_eq!(
        client.ask(post("getUpdates", "offset=1")).await.text(),
        r#"{"ok":true,"result":[]}"#
    );
}
