//! The simulation's own knobs: limits, faults, the journal.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::http::{Asked, Given, not_found, value};
use crate::core::Core;
use crate::faults::Rule;
use crate::journal::Call;
use crate::limits::Limits;

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct FaultFields {
    seed: Option<u64>,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Offline {
    for_ms: u64,
}

/// Takes the whole server off the net for a while: connections are refused, those that exist are reset.
fn offline(core: &Arc<Core>, asked: &Asked) -> Given {
    let f: Offline = asked.json()?;
    let core = Arc::clone(core);
    tokio::spawn(async move {
        core.online.send_replace(false);
        tokio::time::sleep(Duration::from_millis(f.for_ms)).await;
        core.online.send_replace(true);
    });
    Ok(true.into())
}

pub fn handle(core: &Arc<Core>, asked: &Asked) -> Given {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    if asked.method == "PUT" && path == ["offline"] {
        return offline(core, asked);
    }
    core.with(|i| match (asked.method.as_str(), path.as_slice()) {
        ("GET", ["limits"]) => value(i.flood.limits),
        ("PUT", ["limits"]) => {
            let new: Limits = asked.json()?;
            i.flood.set(new);
            value(new)
        }
        ("GET", ["faults"]) => Ok(json!({"seed": i.faults.seed, "rules": i.faults.rules()})),
        ("PUT", ["faults"]) => {
            let f: FaultFields = asked.json()?;
            if let Some(s) = f.seed {
                i.faults.seed = s;
            }
            i.faults.set(f.rules);
            Ok(json!({"seed": i.faults.seed, "rules": i.faults.rules()}))
        }
        ("DELETE", ["faults"]) => {
            i.faults.set(Vec::new());
            Ok(true.into())
        }
        ("GET", ["calls"]) => {
            let after = asked.number("after").unwrap_or(0);
            let limit = asked.number("limit").unwrap_or(1000);
            let bot: Option<i64> = asked.number("bot");
            let method = asked.query.get("method").map(|m| m.to_lowercase());
            let client = asked.query.get("client");
            let by = |c: &Call| client.is_none_or(|n| c.client.as_ref().is_some_and(|c| c.starts_with(n)));
            let calls: Vec<&Call> = i
                .journal
                .since(after)
                .filter(|c| bot.is_none_or(|b| b == c.bot) && method.as_ref().is_none_or(|m| *m == c.method) && by(c))
                .take(limit)
                .collect();
            Ok(json!({"last": i.journal.last(), "calls": calls}))
        }
        ("DELETE", ["calls"]) => {
            i.journal.clear();
            Ok(true.into())
        }
        ("POST", ["queries", "expire"]) => {
            i.world.expire_queries();
            Ok(true.into())
        }
        ("GET", ["counts"]) => value(&i.journal.counts),
        _ => Err(not_found()),
    })
}
