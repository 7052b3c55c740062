//! The Bot API server behind the door: its address, and the connections to it that wait for the next call.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::stream::Stream;
use crate::GatewayError;

/// Longest wait for a connection, TLS included.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest time that a connection waits for the next call: well below what servers allow, so that one is seldom taken up just
/// as the server closes it.
const IDLE: Duration = Duration::from_secs(15);
/// Connections that wait for the next call.
const MOST_IDLE: usize = 128;

pub(super) struct Upstream {
    host: String,
    port: u16,
    /// What `Host` says.
    authority: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    idle: Mutex<VecDeque<(Stream, Instant)>>,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstream")
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

/// A root URL, taken apart.
struct UpstreamUrl<'a> {
    tls: bool,
    authority: &'a str,
    host: &'a str,
    port: u16,
}

impl<'a> UpstreamUrl<'a> {
    fn parse(url: &'a str) -> Result<Self, &'static str> {
        let (tls, rest) = if let Some(rest) = url.strip_prefix("https://") {
            (true, rest)
        } else if let Some(rest) = url.strip_prefix("http://") {
            (false, rest)
        } else {
            return Err("it begins with neither http:// nor https://");
        };
        let authority = rest.trim_end_matches('/');
        if authority.is_empty()
            || authority
                .bytes()
                .any(|b| matches!(b, b'/' | b'?' | b'#' | b'@' | ..=b' ' | 0x7f..))
        {
            return Err("it is not a scheme, a host and perhaps a port");
        }
        let default = if tls { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| "its port is no port")?),
            _ => (authority, default),
        };
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        Ok(Self {
            tls,
            authority,
            host,
            port,
        })
    }
}

impl Upstream {
    pub(super) fn new(url: &str, tls: Option<Arc<rustls::ClientConfig>>) -> Result<Self, GatewayError> {
        let wrong = |why| GatewayError::Upstream {
            url: url.to_owned(),
            why,
        };
        let parts = UpstreamUrl::parse(url).map_err(wrong)?;
        let tls = if parts.tls {
            let config = match tls {
                Some(config) => config,
                None => Arc::new(platform_tls()?),
            };
            let name = ServerName::try_from(parts.host.to_owned()).map_err(|_| wrong("its host is no name"))?;
            Some((TlsConnector::from(config), name))
        } else {
            None
        };
        Ok(Self {
            host: parts.host.to_owned(),
            port: parts.port,
            authority: parts.authority.to_owned(),
            tls,
            idle: Mutex::default(),
        })
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// A connection that has been used before and is still open.
    pub(super) fn reuse(&self) -> Option<Stream> {
        let mut idle = self.idle.lock();
        loop {
            let (mut stream, since) = idle.pop_back()?;
            if since.elapsed() < IDLE && is_quiet(&mut stream) {
                return Some(stream);
            }
        }
    }

    /// Whether a connection waits that could be used.
    #[cfg(test)]
    pub(super) fn is_warm(&self) -> bool {
        self.idle.lock().iter_mut().any(|(stream, _)| is_quiet(stream))
    }

    pub(super) async fn connect(&self) -> io::Result<Stream> {
        match tokio::time::timeout(CONNECT, self.dial()).await {
            Ok(done) => done,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    async fn dial(&self) -> io::Result<Stream> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        super::listen::prepare(&stream);
        match &self.tls {
            None => Ok(Stream::Plain(stream)),
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), stream).await?;
                Ok(Stream::Tls(Box::new(stream)))
            }
        }
    }

    /// Keeps a connection, all of whose last answer has been read.
    pub(super) fn keep(&self, stream: Stream) {
        let mut idle = self.idle.lock();
        if idle.len() < MOST_IDLE {
            idle.push_back((stream, Instant::now()));
        }
    }

    /// Closes what has waited too long; `all`: whatever waits.
    pub(super) fn tidy(&self, all: bool) {
        let mut idle = self.idle.lock();
        while idle.front().is_some_and(|(_, since)| all || since.elapsed() >= IDLE) {
            idle.pop_front();
        }
    }
}

/// Nothing has come, not even the end. Asks no more of the system than what it has told already.
fn is_quiet(stream: &mut Stream) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    let mut byte = [0];
    let mut into = ReadBuf::new(&mut byte);
    matches!(std::pin::Pin::new(stream).poll_read(&mut cx, &mut into), Poll::Pending)
}

fn platform_tls() -> Result<rustls::ClientConfig, GatewayError> {
    let trouble = |error: rustls::Error| GatewayError::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(trouble)?
        .with_platform_verifier()
        .map_err(trouble)?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_a_root_url() {
        let parts = UpstreamUrl::parse("https://api.telegram.org").unwrap();
        assert_eq!((parts.tls, parts.host, parts.port), (true, "api.telegram.org", 443));
        let parts = UpstreamUrl::parse("http://[::1]:8081/").unwrap();
        assert_eq!((parts.tls, parts.host, parts.port), (false, "::1", 8081));
        assert_eq!(parts.authority, "[::1]:8081");
        for url in [
            "",
            "api.telegram.org",
            "ftp://x",
            "http://",
            "http://a/b",
            "http://a:b",
            "http://u@h",
        ] {
            assert!(UpstreamUrl::parse(url).is_err(), "{url}");
        }
    }
}
