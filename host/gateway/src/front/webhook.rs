//! `setWebhook`, `deleteWebhook` and `getWebhookInfo`.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use tokio::time::Instant;

use super::core::{Core, Delivery};
use super::deliver::{self, Target};
use super::kinds::Kinds;
use super::numbers::integer;
use super::settings::{Hook, Settings};
use crate::{Answer, GatewayError, Params};

const MAX_SECRET: usize = 256;
const MAX_CERTIFICATE: usize = 3 << 20;
const DEFAULT_CONNECTIONS: i64 = 40;
const MAX_CONNECTIONS: i64 = 100;

/// `getWebhookInfo`, field by field in Telegram's order.
#[derive(Serialize)]
struct Info<'a> {
    url: &'a str,
    has_custom_certificate: bool,
    pending_update_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error_date: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_connections: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_updates: Option<&'a [String]>,
}

/// What a call wants the webhook to be.
struct Wish {
    /// None: that there be none.
    hook: Result<Option<Hook>, Refusal>,
    kinds: Option<Kinds>,
    drop: bool,
}

/// What is wrong with a webhook, in Telegram's words.
struct Refusal {
    text: String,
    /// Found out when all else was set, the kinds too.
    late: bool,
}

impl Core {
    pub(super) fn webhook_info(&self) -> Answer {
        let state = self.state.lock();
        let hook = state.settings.webhook.as_ref();
        let (date, message) = match &state.delivery.last_error {
            Some((date, message)) => (Some(*date), Some(message.as_str())),
            None => (None, None),
        };
        let ip = |hook: &Hook| hook.ip.or(state.delivery.ip);
        let info = Info {
            url: hook.map_or("", |hook| &hook.url),
            has_custom_certificate: hook.is_some_and(|hook| hook.certificate.is_some()),
            pending_update_count: state.index.open(),
            last_error_date: date,
            last_error_message: message,
            max_connections: hook.map(|hook| hook.max_connections),
            ip_address: hook.map(|hook| ip(hook).map_or_else(|| "<unknown>".to_owned(), |ip| ip.to_string())),
            allowed_updates: state.settings.kinds.told(),
        };
        match serde_json::to_string(&info) {
            Ok(text) => Answer::ok(&text, None),
            Err(_) => Answer::error(500, "Internal Server Error"),
        }
    }

    /// `setWebhook`, with a URL or without one, and `deleteWebhook`.
    pub(super) async fn set_webhook(
        self: &Arc<Self>,
        method: &str,
        params: &Params,
        certificate: Option<Bytes>,
    ) -> Answer {
        let url = params.get("url").filter(|_| method == "setwebhook").unwrap_or_default();
        if !url.is_empty() {
            let now = Instant::now();
            let mut state = self.state.lock();
            if state.next_set.is_some_and(|next| now < next) {
                return Answer::wait(1);
            }
            state.next_set = Some(now + self.rules.set_gap);
        }
        let wish = Wish {
            hook: (!url.is_empty())
                .then(|| wished(url, params, certificate.as_ref()))
                .transpose(),
            kinds: params.get("allowed_updates").and_then(Kinds::parse),
            drop: params.flag("drop_pending_updates"),
        };
        let core = self.clone();
        match self.at_home(async move { core.fulfil(wish).await }).await {
            Ok(answer) => answer,
            Err(error) => self.failed(&error),
        }
    }

    /// In Telegram's order: a poll that waits ends, pending updates are dropped, the webhook before goes, and only then it is
    /// seen whether the new one is any good.
    async fn fulfil(self: &Arc<Self>, wish: Wish) -> Result<Answer, GatewayError> {
        let _one = self.setting.lock().await;
        let settings = {
            let state = self.state.lock();
            if state.stopping {
                return Err(GatewayError::Stopped);
            }
            state.settings.clone()
        };
        let before = settings.webhook.is_some();
        // A certificate may have changed under the same name.
        let plain = |hook: &Option<Hook>| hook.as_ref().is_none_or(|hook| hook.certificate.is_none());
        if wish
            .hook
            .as_ref()
            .is_ok_and(|hook| *hook == settings.webhook && plain(hook))
            && !wish.drop
        {
            if let Some(kinds) = wish.kinds.filter(|kinds| *kinds != settings.kinds) {
                self.set(Settings { kinds, ..settings }).await?;
            }
            let word = if before {
                "Webhook is already set"
            } else {
                "Webhook is already deleted"
            };
            return Ok(Answer::ok("true", Some(word)));
        }
        let verifying = match &wish.hook {
            Ok(None) => None,
            Ok(Some(_)) => Some(Verifying::begin(self)),
            Err(_) => {
                self.state.lock().polling.end_by_webhook();
                self.wake.notify_waiters();
                None
            }
        };
        if wish.drop {
            self.drop_pending().await;
        }
        let hook = match wish.hook {
            Ok(hook) => hook,
            Err(Refusal { text, late }) => {
                self.install(None, wish.kinds.filter(|_| late), None).await?;
                return Ok(Answer::error(400, &format!("Bad Request: {text}")));
            }
        };
        let target = match &hook {
            None => None,
            Some(hook) => match Target::find(hook, &self.rules).await {
                Ok(target) => Some(target),
                Err(text) => {
                    self.install(None, wish.kinds, None).await?;
                    return Ok(Answer::error(400, &format!("Bad Request: bad webhook: {text}")));
                }
            },
        };
        // Kinds are chosen with a webhook; to delete one chooses none.
        let kinds = wish.kinds.filter(|_| hook.is_some());
        let set = hook.is_some();
        self.install(hook, kinds, target).await?;
        std::mem::drop(verifying);
        Ok(Answer::ok(
            "true",
            Some(match (set, before) {
                (true, _) => "Webhook was set",
                (false, true) => "Webhook was deleted",
                (false, false) => "Webhook is already deleted",
            }),
        ))
    }

    /// What waits for the program goes, held back or not: none of it is wanted any more.
    async fn drop_pending(&self) {
        // Held ones that are on their way to the queue would escape.
        let _one = self.intake.lock().await;
        let mut state = self.state.lock();
        let gone = state.index.clear();
        state.doom(gone, &self.erase);
    }

    pub(super) async fn adopt(self: &Arc<Self>, hook: Hook, kinds: Option<Kinds>) -> Result<(), GatewayError> {
        let _one = self.setting.lock().await;
        let settings = {
            let state = self.state.lock();
            if state.stopping {
                return Err(GatewayError::Stopped);
            }
            state.settings.clone()
        };
        let served = settings.webhook.as_ref() == Some(&hook);
        if served && kinds.as_ref().is_none_or(|kinds| *kinds == settings.kinds) {
            return Ok(());
        }
        let target = Target::prepare(&hook, &self.rules)
            .await
            .map_err(GatewayError::Webhook)?;
        self.install(Some(hook), kinds, Some(target)).await
    }

    /// Makes a webhook, or none, the present one. Hold `setting`.
    pub(super) async fn install(
        self: &Arc<Self>,
        hook: Option<Hook>,
        kinds: Option<Kinds>,
        target: Option<Target>,
    ) -> Result<(), GatewayError> {
        let mut settings = self.state.lock().settings.clone();
        settings.webhook.clone_from(&hook);
        settings.kinds = kinds.unwrap_or(settings.kinds);
        self.set(settings).await?;
        {
            let mut state = self.state.lock();
            if hook.is_some() {
                state.polling.end_by_webhook();
            }
            state.delivery = Delivery {
                generation: state.delivery.generation + 1,
                ip: target.as_ref().and_then(Target::ip),
                last_error: None,
            };
        }
        self.wake.notify_waiters();
        deliver::start(self, hook, target);
        Ok(())
    }
}

/// While it stands, polls are refused as if a webhook were set; one that waits is ended.
struct Verifying(Arc<Core>);

impl Verifying {
    fn begin(core: &Arc<Core>) -> Self {
        {
            let mut state = core.state.lock();
            state.verifying = true;
            state.polling.end_by_webhook();
        }
        core.wake.notify_waiters();
        Self(core.clone())
    }
}

impl Drop for Verifying {
    fn drop(&mut self) {
        self.0.state.lock().verifying = false;
    }
}

/// Reads a webhook from the parameters; the refusal in Telegram's words. Behind a door any port, plain HTTP and private
/// addresses are as good as others.
fn wished(url: &str, params: &Params, certificate: Option<&Bytes>) -> Result<Hook, Refusal> {
    let refusal = |text: &str, late| {
        let text = text.to_owned();
        Err(Refusal { text, late })
    };
    let bad = |text: &str| refusal(text, false);
    let late = |text: &str| refusal(text, true);
    if deliver::address(url).is_none() {
        return bad("invalid webhook URL specified");
    }
    let secret = params.get("secret_token").filter(|secret| !secret.is_empty());
    if let Some(secret) = secret {
        if secret.len() > MAX_SECRET {
            return bad("secret token is too long");
        }
        if !secret
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        {
            return bad("secret token contains unallowed characters");
        }
    }
    if let Some(bytes) = certificate.filter(|bytes| bytes.len() > MAX_CERTIFICATE) {
        return bad(&format!("certificate size is too big ({} bytes)", bytes.len()));
    }
    let ip = match params.get("ip_address").filter(|ip| !ip.is_empty()) {
        None => None,
        Some(ip) => match ip.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) => Some(ip),
            Err(_) => return late("bad webhook: Invalid IP address specified"),
        },
    };
    let certificate = match certificate {
        None => None,
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Some(text.to_owned()),
            Err(_) => return late(&format!("bad webhook: {}", deliver::BAD_CERTIFICATE)),
        },
    };
    let connections = integer(params, "max_connections", DEFAULT_CONNECTIONS, 1, MAX_CONNECTIONS);
    Ok(Hook {
        url: url.to_owned(),
        secret: secret.map(str::to_owned),
        max_connections: connections as u32,
        ip,
        certificate,
    })
}
