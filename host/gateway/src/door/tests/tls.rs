//! A server behind TLS. The certificate beside this is for `localhost`, until the year 2126, and secret from nobody.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::harness::*;
use crate::Door;
use crate::door::listen::Limits;
use crate::door::upstream::Upstream;

const CERTIFICATE: &[u8] = include_bytes!("localhost.crt.der");
const KEY: &[u8] = include_bytes!("localhost.key.der");

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Answers all calls with `OK`, and says how many connections there were.
async fn server() -> (u16, Arc<std::sync::atomic::AtomicUsize>) {
    let config = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(CERTIFICATE)],
            PrivateKeyDer::try_from(KEY).unwrap(),
        )
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind(("localhost", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let mut bytes = Vec::new();
                while stream.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
                    // The bodies here end so, however long they are.
                    if bytes.ends_with(b"end") {
                        bytes.clear();
                        stream.write_all(&answer("200 OK", OK)).await.unwrap();
                    }
                }
            });
        }
    });
    (port, count)
}

async fn door_to(port: u16, config: Option<Arc<rustls::ClientConfig>>) -> Door {
    let upstream = Upstream::new(&format!("https://localhost:{port}"), config).unwrap();
    let door = Door::start(([127, 0, 0, 1], 0).into(), upstream, Limits::default(), 1000)
        .await
        .unwrap();
    door.admit(&token(), None, Arc::new(()));
    door
}

#[tokio::test]
async fn calls_and_long_bodies_go_through_tls_over_one_connection() {
    let (port, connections) = server().await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(CERTIFICATE)).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let door = door_to(port, Some(Arc::new(config))).await;
    let mut client = Peer::connect(door.address()).await;
    for body in [
        "chat_id=5&text=end".to_owned(),
        format!("{}end", "x".repeat(3 << 20)),
        "end".to_owned(),
    ] {
        assert_eq!(client.ask(post("sendMessage", &body)).await.text(), OK);
    }
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_spoken_to() {
    let (port, connections) = server().await;
    let door = door_to(port, None).await;
    let mut client = Peer::connect(door.address()).await;
    let got = client.ask(post("sendMessage", "end")).await;
    assert_eq!(got.line(), "HTTP/1.1 502 Bad Gateway");
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 0);
}
