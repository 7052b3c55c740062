//! Carries out one call: flood limits, the method, the journal's notes about it.

use std::sync::Arc;

use serde_json::Value;

use crate::api::params::Params;
use crate::api::{Call, cost};
use crate::core::Core;
use crate::error::ApiError;
use crate::updates::webhook;
use crate::world::Id;

/// The body of a good answer.
pub fn run(core: &Arc<Core>, bot: Id, method: &str, params: Params, entry: Option<u64>) -> Result<String, ApiError> {
    let chat = chat_of(&params);
    let gap = core.options.pause(1000);
    let out = core.with(|i| {
        let now = i.world.now;
        let cost = cost::of(method, &params, i.flood.limits.batch_counts_each);
        if let Some(c) = entry.and_then(|n| i.journal.get_mut(n)) {
            c.cost = cost;
        }
        if let Some(chat) = chat
            && let Some(wait) = i.flood.check(now, bot, chat, cost)
        {
            return Err(ApiError::flood(wait));
        }
        let mut call = Call::new(&mut i.world, bot, params, core.options.uploads);
        if method == "getwebhookinfo" {
            let info = call.webhook_info()?;
            if let Some(c) = entry.and_then(|n| i.journal.get_mut(n)) {
                c.effect = true;
            }
            return Ok(format!("{{\"ok\":true,\"result\":{info}}}"));
        }
        let result = match method {
            "setwebhook" => call.set_webhook(false, gap)?,
            "deletewebhook" => call.set_webhook(true, gap)?,
            m => call.run(m)?,
        };
        let description = call.description;
        // Batches may send fewer than they asked for; only those count.
        let spent = match (cost, &result) {
            (2.., Value::Array(a)) => a.len(),
            (c, _) => c,
        };
        if let Some(chat) = chat {
            i.flood.spend(now, bot, chat, spent);
        }
        if let Some(c) = entry.and_then(|n| i.journal.get_mut(n)) {
            c.effect = true;
            c.cost = spent;
        }
        Ok(envelope(&result, description))
    });
    if method == "setwebhook" && out.is_ok() {
        webhook::start(core, bot);
    }
    out
}

/// The numeric `chat_id` of a call, if it has one.
pub fn chat_of(params: &Params) -> Option<i64> {
    params.int("chat_id")
}

fn envelope(result: &Value, description: Option<&str>) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("{\"ok\":true,\"result\":");
    // Display of a Value is its JSON.
    out.push_str(&result.to_string());
    if let Some(d) = description {
        out.push_str(",\"description\":");
        out.push_str(&Value::from(d).to_string());
    }
    out.push('}');
    out
}
