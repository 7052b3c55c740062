//! Tokens reach no log, whatever happens to a call.

use std::io::Write;
use std::sync::Arc;

use parking_lot::Mutex;
use tracing_subscriber::fmt::MakeWriter;

use super::harness::*;

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn tokens_reach_no_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    // For all threads of this process: the door has one of its own.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let server = Server::new().await;
    let address = server.address;
    let door = door(address, Arc::new(Notes::default())).await;
    server.serve(|request| {
        if request.line().contains("sendNonsense") {
            b"nonsense\r\n\r\n".to_vec()
        } else {
            answer("200 OK", OK)
        }
    });
    let requests = [
        post("sendMessage", "chat_id=5&text=x"),
        post("sendNonsense", "chat_id=5"),
        get(&format!("/bot{TOKEN}/../x")),
        get(&format!("/bot{TOKEN}x/getMe")),
        get(&format!("/file/bot{TOKEN}/x")),
        format!("GET /bot{TOKEN}/getMe HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    ];
    for request in requests {
        Peer::connect(door.address()).await.ask(request).await;
    }
    // A server that is gone.
    let gone = Server::new().await;
    let dead = super::harness::door(gone.address, Arc::new(Notes::default())).await;
    drop(gone);
    Peer::connect(dead.address())
        .await
        .ask(post("sendMessage", "chat_id=5&text=x"))
        .await;
    let caller = dead.caller(&token(), Arc::new(Notes::default()));
    let error = caller.call("sendMessage", crate::Params::default()).await.unwrap_err();
    tracing::info!(?error, ?door, ?caller, "what could be printed");
    let log = String::from_utf8(log.0.lock().clone()).unwrap();
    let secret = TOKEN.split_once(':').unwrap().1;
    assert!(log.contains("cannot be reached"), "the log is kept");
    assert!(!log.contains(secret), "{log}");
}
