//! Tidying: rows that have left the queue leave the store, and updates that outlived their day go.

use std::sync::Arc;
use std::time::Duration;

use switchboard_store::Change;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::core::Core;
use super::rules::millis;
use crate::GatewayError;

/// Rows erased in one transaction.
const BATCH: usize = 1000;
/// Confirmations are gathered for so long, to be one transaction.
const GATHER: Duration = Duration::from_millis(20);

/// Runs until `stop`, and then until all is erased.
pub(super) async fn run(core: Arc<Core>, stop: CancellationToken) {
    let mut failing = false;
    loop {
        let notified = core.erase.notified();
        let next = sweep(&core);
        match erase(&core).await {
            Ok(0) if stop.is_cancelled() => return,
            Ok(0) => {
                failing = false;
                tokio::select! {
                    () = notified => {
                        let _ = tokio::time::timeout(GATHER, stop.cancelled()).await;
                    }
                    () = stop.cancelled() => {}
                    () = sleep(next.unwrap_or_default()), if next.is_some() => {}
                }
            }
            Ok(_) => {}
            // The connection is gone and its rows with it.
            Err(GatewayError::Stopped) => return,
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(
                        connection = core.name,
                        error = &error as &dyn std::error::Error,
                        "cannot erase updates that the bot's program has confirmed; trying again"
                    );
                }
                sleep(core.rules.store).await;
            }
        }
    }
}

/// Takes out what is too old, and says when to look again.
fn sweep(core: &Core) -> Option<Duration> {
    let before = core.oldest_kept();
    let mut state = core.state.lock();
    let gone = state.index.expire(before);
    if !gone.is_empty() {
        tracing::warn!(
            connection = core.name,
            updates = gone.len(),
            "the bot's program did not fetch updates within their life"
        );
        state.doom(gone, &core.erase);
    }
    let wait = state.index.oldest()?.saturating_sub(before).max(0);
    // Never more often than each second, nor so far ahead that a clock set back would matter.
    let wait = wait.clamp(1000, millis(Duration::from_secs(3600)));
    Some(Duration::from_millis(wait.unsigned_abs()))
}

async fn erase(core: &Core) -> Result<usize, GatewayError> {
    let batch = {
        let mut state = core.state.lock();
        let rest = state.doomed.len().saturating_sub(BATCH);
        state.doomed.split_off(rest)
    };
    if batch.is_empty() {
        return Ok(0);
    }
    let changes = batch
        .iter()
        .map(|position| Change::RemoveBotUpdate { position: *position });
    let count = batch.len();
    if let Err(error) = core.commit(changes.collect()).await {
        core.state.lock().doomed.extend(batch);
        return Err(error);
    }
    Ok(count)
}
