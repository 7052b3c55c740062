//! The bot's program as a webhook: how it is reached, and what comes of one update posted to it.

use std::error::Error as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use tokio::time::timeout;

use super::super::rules::Rules;
use super::super::settings::Hook;
use super::{reply, tls};
use crate::Params;

/// As much of an answer is read; a longer one asks for no call.
const MAX_BODY: usize = 1 << 20;
const SECRET: &str = "x-telegram-bot-api-secret-token";

/// Where updates are posted to.
#[derive(Debug, Clone)]
pub(in super::super) struct Target {
    http: reqwest::Client,
    url: Url,
    host: Option<HeaderValue>,
    secret: Option<HeaderValue>,
    ip: Option<IpAddr>,
}

/// What came of an update posted.
#[derive(Debug)]
pub(super) enum Outcome {
    /// 2xx, and the call that the answer asked for.
    Delivered(Option<(String, Params)>),
    Failed {
        /// Telegram's words.
        text: String,
        /// `None`: no answer came.
        status: Option<u16>,
        retry_after: Option<Duration>,
    },
}

/// Reads a webhook's address: HTTPS where it names no scheme.
pub(in super::super) fn address(url: &str) -> Option<Url> {
    let lower = url.to_ascii_lowercase();
    let url = if lower.starts_with("https://") || lower.starts_with("http://") {
        Url::parse(url)
    } else if lower.contains("://") {
        return None;
    } else {
        Url::parse(&format!("https://{url}"))
    };
    url.ok()
        .filter(|url| url.host_str().is_some_and(|host| !host.is_empty()))
}

impl Target {
    /// Prepares the way to a webhook that is to be set, or says why there is none, in Telegram's words.
    pub(in super::super) async fn find(hook: &Hook, rules: &Rules) -> Result<Self, String> {
        let mut target = Self::prepare(hook, rules).await?;
        if target.ip.is_none() {
            let host = target
                .url
                .host_str()
                .unwrap_or_default()
                .trim_matches(['[', ']'])
                .to_owned();
            let port = target.url.port_or_known_default().unwrap_or(443);
            let found = timeout(rules.connect, tokio::net::lookup_host((host, port))).await;
            let first = found.ok().and_then(Result::ok).and_then(|mut found| found.next());
            target.ip = match first {
                Some(address) => Some(address.ip()),
                None => return Err("Failed to resolve host: Name or service not known".to_owned()),
            };
        }
        Ok(target)
    }

    /// As [`Target::find`], for one that was found before: its name may not resolve at this moment.
    pub(in super::super) async fn prepare(hook: &Hook, rules: &Rules) -> Result<Self, String> {
        let (hook, rules) = (hook.clone(), rules.clone());
        // The system's certificates are read from files.
        let work = move || Self::build(&hook, &rules);
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|_| Err("Can't create an SSL context".to_owned()))
    }

    fn build(hook: &Hook, rules: &Rules) -> Result<Self, String> {
        let mut url = address(&hook.url).ok_or("invalid webhook URL specified")?;
        let mut host = None;
        let mut http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config(hook.certificate.as_deref(), url.scheme() == "https")?)
            .http1_only()
            .http1_title_case_headers()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .connect_timeout(rules.connect)
            .timeout(rules.answer)
            .pool_max_idle_per_host(hook.max_connections as usize)
            .pool_idle_timeout(Duration::from_secs(50));
        if let Some(ip) = hook.ip {
            let name = url.host_str().unwrap_or_default().to_owned();
            if name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
                // An address is not resolved, so it is replaced; the program still reads the one it gave.
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                host = HeaderValue::from_str(&format!("{name}{port}")).ok();
                url.set_ip_host(ip).map_err(|()| "Invalid IP address specified")?;
            } else {
                http = http.resolve(&name, SocketAddr::new(ip, 0));
            }
        }
        let secret = match &hook.secret {
            None => None,
            Some(secret) => {
                let mut value =
                    HeaderValue::from_str(secret).map_err(|_| "secret token contains unallowed characters")?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let http = http.build().map_err(|error| words(&error.without_url()))?;
        Ok(Self {
            http,
            url,
            host,
            secret,
            ip: hook.ip,
        })
    }

    /// Where it was found to be.
    pub(in super::super) fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// Posts one update. `met` is told where the connection went.
    pub(super) async fn post(&self, body: &str, met: impl FnOnce(IpAddr)) -> Outcome {
        let mut request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::copy_from_slice(body.as_bytes()));
        if let Some(host) = &self.host {
            request = request.header(HOST, host);
        }
        if let Some(secret) = &self.secret {
            request = request.header(SECRET, secret);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                return Outcome::Failed {
                    text: words(&error.without_url()),
                    status: None,
                    retry_after: None,
                };
            }
        };
        if let Some(address) = response.remote_addr() {
            met(address.ip());
        }
        let status = response.status();
        if status.is_success() {
            let kind = response.headers().get(CONTENT_TYPE).cloned();
            let kind = kind.as_ref().map(HeaderValue::as_bytes).unwrap_or_default();
            let body = read(response).await.unwrap_or_default();
            return Outcome::Delivered(reply::parse(kind, &body));
        }
        let reason = response.extensions().get::<hyper::ext::ReasonPhrase>();
        let reason = reason.and_then(|reason| std::str::from_utf8(reason.as_bytes()).ok());
        let reason = reason.or(status.canonical_reason()).unwrap_or_default();
        let text = format!("Wrong response from the webhook: {} {reason}", status.as_u16());
        let seconds = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok());
        // Read to its end, a short answer leaves its connection usable.
        let _ = read(response).await;
        Outcome::Failed {
            text,
            status: Some(status.as_u16()),
            retry_after: seconds.map(Duration::from_secs),
        }
    }
}

/// The body, if it is whole and not too long.
async fn read(mut response: reqwest::Response) -> Option<Bytes> {
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_BODY => body.extend_from_slice(&chunk),
            Ok(None) => return Some(body.freeze()),
            Ok(Some(_)) | Err(_) => return None,
        }
    }
}

/// Why no answer came, in the words that Telegram has for it.
fn words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        let text = if error.is_connect() {
            "Connection timed out"
        } else {
            "Read timeout expired"
        };
        return text.to_owned();
    }
    let mut cause = error.source();
    while let Some(this) = cause {
        if let Some(tls) = this.downcast_ref::<rustls::Error>() {
            return format!("SSL error {{{tls}}}");
        }
        let io = this.downcast_ref::<io::Error>();
        let text = match io.map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => "Connection refused",
            Some(io::ErrorKind::ConnectionReset) => "Connection reset by peer",
            Some(io::ErrorKind::HostUnreachable) => "No route to host",
            Some(io::ErrorKind::NetworkUnreachable) => "Network is unreachable",
            Some(io::ErrorKind::TimedOut) => "Connection timed out",
            _ if this.to_string().contains("lookup address") => "Failed to resolve host: Name or service not known",
            _ => "",
        };
        if !text.is_empty() {
            return text.to_owned();
        }
        // What an I/O error carries is not among its sources.
        cause = match io.and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => this.source(),
        };
    }
    let text = if error.is_builder() {
        "Can't create an SSL context"
    } else {
        "Connection closed"
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_telegram_reads_them() {
        for (url, read) in [
            ("https://a.example/x?y#z", Some("https://a.example/x?y#z")),
            ("HTTP://127.0.0.1:81/", Some("http://127.0.0.1:81/")),
            ("a.example:8443/hook", Some("https://a.example:8443/hook")),
            ("ftp://a.example", None),
            ("https://", None),
            ("ht tp", None),
        ] {
            assert_eq!(address(url).as_ref().map(Url::as_str), read, "{url}");
        }
    }
}
