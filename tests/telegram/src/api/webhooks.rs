//! setWebhook, deleteWebhook, getWebhookInfo.

use serde_json::{Value, json};

use super::{Answer, Call};
use crate::error::ApiError;
use crate::updates::Queue;
use crate::updates::kinds::Kinds;
use crate::updates::queue::Abort;
use crate::updates::webhook::Webhook;

/// The largest certificate.
const CERTIFICATE_BYTES: usize = 3 << 20;

impl Call<'_> {
    /// `allowed_updates`: absent keeps what was set before.
    pub fn choose_kinds(&mut self) {
        let Ok(Some(Value::Array(list))) = self.params.json("allowed_updates") else {
            return;
        };
        if let (Some(q), Some(kinds)) = (self.world.queues.get_mut(&self.bot), Kinds::from_list(&list)) {
            q.kinds = kinds;
        }
    }

    fn queue(&mut self) -> Result<&mut Queue, ApiError> {
        let queue = self.world.queues.get_mut(&self.bot);
        queue.ok_or_else(|| ApiError::new(401, "Unauthorized"))
    }

    /// Sets (or, without a URL, deletes) the webhook, in the server's own order: the old one goes first, so that a
    /// refused new one leaves none. Whether a deliverer must start or stop is seen in the queue.
    pub fn set_webhook(&mut self, delete: bool, min_gap_ms: u64) -> Answer {
        let now = self.world.now;
        let url = if delete {
            String::new()
        } else {
            self.params.string("url")
        };
        let drop = self.params.flag("drop_pending_updates");
        let secret = self.params.text("secret_token").filter(|s| !s.is_empty());
        let max = self.params.int("max_connections").unwrap_or(40).clamp(1, 100);
        let ip = self.params.text("ip_address").filter(|s| !s.is_empty());
        let certificate = self.params.upload("certificate").map(|c| c.bytes.len());
        let queue = self.queue()?;
        if !url.is_empty() {
            if now < queue.next_set_webhook {
                return Err(ApiError::flood(1));
            }
            queue.next_set_webhook = now + min_gap_ms;
        }
        let mut new = Webhook::new(url.clone(), secret.clone(), max as usize, ip, certificate.is_some());
        let unchanged = match &queue.webhook {
            None => url.is_empty(),
            Some(old) => old.same(&new),
        };
        if unchanged && !drop {
            self.choose_kinds();
            self.description = Some(match url.is_empty() {
                true => "Webhook is already deleted",
                false => "Webhook is already set",
            });
            return Ok(true.into());
        }
        if !url.is_empty() {
            queue.abort = Abort::SetWebhook;
            queue.poll += 1;
        }
        let old = queue.webhook.take();
        queue.wake.notify_waiters();
        if drop {
            queue.clear();
        }
        if url.is_empty() {
            self.description = Some(match old {
                Some(_) => "Webhook was deleted",
                None => "Webhook is already deleted",
            });
            return Ok(true.into());
        }
        check(&url, secret.as_deref())?;
        if let Some(size) = certificate.filter(|size| *size > CERTIFICATE_BYTES) {
            return Err(ApiError::bad(format!("certificate size is too big ({size} bytes)")));
        }
        self.choose_kinds();
        check_scheme(&url)?;
        if let Some(old) = old {
            new.generation = new.generation.max(old.generation + 1);
        }
        self.queue()?.webhook = Some(new);
        self.description = Some("Webhook was set");
        Ok(true.into())
    }

    /// Written out by hand: the fields come in the server's own order.
    pub fn webhook_info(&mut self) -> Result<String, ApiError> {
        let queue = self.queue()?;
        let hook = queue.webhook.as_ref();
        let text = |s: &str| Value::from(s).to_string();
        let mut out = format!(
            "{{\"url\":{},\"has_custom_certificate\":{},\"pending_update_count\":{}",
            text(hook.map_or("", |w| w.url.as_str())),
            hook.is_some_and(|w| w.certificate),
            queue.pending()
        );
        if let Some((date, error)) = hook.and_then(|w| w.last_error.as_ref()) {
            out.push_str(&format!(
                ",\"last_error_date\":{date},\"last_error_message\":{}",
                text(error)
            ));
        }
        if let Some(w) = hook {
            let ip = w.ip_address.as_deref().unwrap_or("127.0.0.1");
            out.push_str(&format!(
                ",\"max_connections\":{},\"ip_address\":{}",
                w.max_connections,
                text(ip)
            ));
        }
        if queue.kinds != Kinds::default() {
            out.push_str(&format!(",\"allowed_updates\":{}", json!(queue.kinds.names())));
        }
        out.push('}');
        Ok(out)
    }
}

/// What is wrong with an address or a secret in themselves.
fn check(url: &str, secret: Option<&str>) -> Result<(), ApiError> {
    parsed(url)?;
    if let Some(s) = secret {
        if s.len() > 256 {
            return Err(ApiError::bad("secret token is too long"));
        }
        if !s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return Err(ApiError::bad("secret token contains unallowed characters"));
        }
    }
    Ok(())
}

/// An address without a scheme is one of HTTPS.
fn parsed(url: &str) -> Result<reqwest::Url, ApiError> {
    let whole = match url.contains("://") {
        true => url.to_owned(),
        false => format!("https://{url}"),
    };
    let parsed = reqwest::Url::parse(&whole).ok();
    parsed
        .filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
        .ok_or_else(|| ApiError::bad("invalid webhook URL specified"))
}

/// A webhook goes to HTTPS; plain HTTP is taken for loopback only, as a local Bot API server would.
fn check_scheme(url: &str) -> Result<(), ApiError> {
    let url = parsed(url)?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let loopback = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|i| i.is_loopback());
    if url.scheme() == "http" && !loopback {
        return Err(ApiError::bad("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    Ok(())
}
