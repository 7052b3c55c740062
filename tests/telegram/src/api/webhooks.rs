//! setWebhook, deleteWebhook, getWebhookInfo.

use serde_json::{Value, json};

use super::{Answer, Call};
use crate::error::ApiError;
use crate::updates::kinds::Kinds;
use crate::updates::queue::Abort;
use crate::updates::webhook::Webhook;

impl Call<'_> {
    /// `allowed_updates`: absent keeps what was set before.
    pub fn choose_kinds(&mut self) {
        let Ok(Some(Value::Array(list))) = self.params.json("allowed_updates") else {
            return;
        };
        if let Some(q) = self.world.queues.get_mut(&self.bot) {
            q.kinds = Kinds::from_list(&list);
            q.kinds_set = !list.is_empty();
        }
    }

    /// Sets (or, without a URL, deletes) the webhook. Whether a deliverer must start or stop is seen in the queue.
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
        let certificate = self.params.upload("certificate").is_some();
        let queue = self
            .world
            .queues
            .get_mut(&self.bot)
            .ok_or_else(|| ApiError::new(401, "Unauthorized"))?;
        if !url.is_empty() {
            if now < queue.next_set_webhook {
                return Err(ApiError::flood(1));
            }
            queue.next_set_webhook = now + min_gap_ms;
            check(&url, secret.as_deref())?;
        }
        queue.abort = Abort::SetWebhook;
        queue.poll += 1;
        queue.wake.notify_waiters();
        if drop {
            queue.clear();
        }
        self.choose_kinds();
        let queue = self
            .world
            .queues
            .get_mut(&self.bot)
            .ok_or_else(|| ApiError::new(401, "Unauthorized"))?;
        let had = queue.webhook.is_some();
        if url.is_empty() {
            queue.webhook = None;
            self.description = Some(if had {
                "Webhook was deleted"
            } else {
                "Webhook is already deleted"
            });
            return Ok(true.into());
        }
        let mut new = Webhook::new(url, secret, max as usize, ip, certificate);
        if let Some(old) = &queue.webhook {
            if old.same(&new) {
                self.description = Some("Webhook is already set");
                return Ok(true.into());
            }
            new.generation = old.generation + 1;
        }
        queue.webhook = Some(new);
        self.description = Some("Webhook was set");
        Ok(true.into())
    }

    pub fn webhook_info(&mut self) -> Answer {
        let queue = self
            .world
            .queues
            .get(&self.bot)
            .ok_or_else(|| ApiError::new(401, "Unauthorized"))?;
        let mut v = json!({
            "url": "", "has_custom_certificate": false, "pending_update_count": queue.pending(),
        });
        if queue.kinds_set {
            v["allowed_updates"] = json!(queue.kinds.names());
        }
        if let Some(w) = &queue.webhook {
            v["url"] = w.url.as_str().into();
            v["has_custom_certificate"] = w.certificate.into();
            v["max_connections"] = w.max_connections.into();
            v["ip_address"] = w.ip_address.clone().unwrap_or_else(|| "127.0.0.1".into()).into();
            if let Some((date, text)) = &w.last_error {
                v["last_error_date"] = (*date).into();
                v["last_error_message"] = text.as_str().into();
            }
        }
        Ok(v)
    }
}

/// A webhook goes to HTTPS; plain HTTP is taken for loopback only, as a local Bot API server would.
fn check(url: &str, secret: Option<&str>) -> Result<(), ApiError> {
    let parsed = reqwest::Url::parse(url);
    let Ok(u) = parsed else {
        return Err(ApiError::bad("invalid webhook URL specified"));
    };
    let host = u.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let loopback = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|i| i.is_loopback());
    match u.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => {
            return Err(ApiError::bad("bad webhook: An HTTPS URL must be provided for webhook"));
        }
        _ => return Err(ApiError::bad("invalid webhook URL specified")),
    }
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
