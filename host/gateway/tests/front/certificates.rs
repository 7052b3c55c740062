//! Webhooks with HTTPS: whom they trust.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use switchboard_gateway::Rules;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use crate::stage::{Stage, params, until};

/// Made as Telegram's guide says: self-signed, and so an authority of its own.
const CERTIFICATE: &[u8] = include_bytes!("self-signed.pem");
const KEY: &[u8] = include_bytes!("self-signed.key");

/// Answers each request with 200, and gives its port.
async fn listen() -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut seen = Vec::new();
                while let Ok(read @ 1..) = stream.read_buf(&mut seen).await {
                    if seen.ends_with(b"}") {
                        seen.clear();
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
                    }
                    assert!(read < 1 << 20);
                }
            });
        }
    });
    port
}

fn quick() -> Rules {
    let ms = std::time::Duration::from_millis;
    Rules {
        set_gap: ms(0),
        retry: ms(2),
        retry_most: ms(10),
        probe: ms(2),
        ..Rules::default()
    }
}

#[tokio::test]
async fn an_uploaded_certificate_is_trusted() {
    let mut stage = Stage::with(quick()).await;
    let url = format!("https://bot.invalid:{}/", listen().await);
    let fields = params(&[("url", &url), ("ip_address", "127.0.0.1")]);
    let answer = stage
        .front
        .answer("setwebhook", &fields, Some(CERTIFICATE.into()))
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(stage.info().await["has_custom_certificate"], true);
    stage.take([1]).await;
    until("it is delivered", async || stage.front.waiting().updates == 0).await;
    // It is kept over a restart.
    stage.restart().await;
    stage.take([2]).await;
    until("it is delivered", async || stage.front.waiting().updates == 0).await;
    assert!(stage.info().await.get("last_error_message").is_none());
    // With a certificate the same wish is met anew.
    let answer = stage
        .front
        .answer("setwebhook", &fields, Some(CERTIFICATE.into()))
        .await
        .unwrap();
    assert!(String::from_utf8_lossy(&answer.body).contains("Webhook was set"));
}

#[tokio::test]
async fn a_certificate_of_nobody_is_not_trusted() {
    let stage = Stage::with(quick()).await;
    let url = format!("https://bot.invalid:{}/", listen().await);
    let fields = [("url", url.as_str()), ("ip_address", "127.0.0.1")];
    let said = stage.says("setwebhook", &fields).await;
    if said.contains("Can't create an SSL context") {
        // A machine without any authorities trusts nobody either.
        return;
    }
    assert_eq!(said, "Webhook was set");
    stage.take([1]).await;
    until("it fails", async || {
        stage.info().await.get("last_error_message").is_some()
    })
    .await;
    let text = stage.info().await["last_error_message"].as_str().unwrap().to_owned();
    assert!(text.starts_with("SSL error {"), "{text}");
    assert_eq!(stage.front.waiting().updates, 1);
}
