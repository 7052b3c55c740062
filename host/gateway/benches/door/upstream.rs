//! A Bot API server that answers every call with the same message, as cheaply as can be.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Starts it on a thread of its own.
pub fn start() -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .name("upstream".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("an address");
                tell.send(listener.local_addr().expect("an address"))
                    .expect("somebody waits");
                let answer = answer();
                loop {
                    let (mut stream, _) = listener.accept().await.expect("a connection");
                    let answer = answer.clone();
                    tokio::spawn(async move {
                        let _ = stream.set_nodelay(true);
                        let mut buffer = vec![0; 16 << 10];
                        let mut filled = 0;
                        loop {
                            match stream.read(&mut buffer[filled..]).await {
                                Ok(0) | Err(_) => return,
                                Ok(count) => filled += count,
                            }
                            while let Some(length) = whole(&buffer[..filled]) {
                                buffer.copy_within(length..filled, 0);
                                filled -= length;
                                if stream.write_all(&answer).await.is_err() {
                                    return;
                                }
                            }
                        }
                    });
                }
            });
        })
        .expect("a thread");
    told.recv().expect("an address")
}

/// Bytes of the request at the start, if all of it is there.
fn whole(bytes: &[u8]) -> Option<usize> {
    let head = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    let name = b"ontent-Length: ";
    let body = memchr::memmem::find(&bytes[..head], name).map_or(0, |at| {
        let digits = bytes[at + name.len()..].iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'))
    });
    (bytes.len() >= head + body).then_some(head + body)
}

fn answer() -> Vec<u8> {
    let body = format!(
        r#"{{"ok":true,"result":{{"message_id":77,"from":{{"id":123456,"is_bot":true,"first_name":"Bench","username":"bench_bot"}},"chat":{{"id":4711,"first_name":"Customer","type":"private"}},"date":1790000000,"text":"{}"}}}}"#,
        "An answer of ordinary length. ".repeat(8)
    );
    format!(
        "HTTP/1.1 200 OK\r\nServer: nginx/1.18.0\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: keep-alive\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n\
         Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET, POST, OPTIONS\r\n\
         Access-Control-Expose-Headers: Content-Length,Content-Type,Date,Server,Connection\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
