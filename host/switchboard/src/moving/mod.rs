//! Moving a bot's own program in and out: its webhook is taken over at Telegram, and given back.

mod arrive;
mod leave;
mod record;
mod remove;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use switchboard_store::{ConnectionId, Store, StoreError};
use switchboard_telegram::{CallError, Client};

pub use arrive::{Arrival, check, no_webhook};
pub use leave::{Leaving, leaves_nothing, mode_of};
pub use remove::remove;

/// How long an update waits for the bot's program: as long as at Telegram.
const LIFE: i64 = 24 * 3_600_000;
/// Longest pause that is waited for when Telegram asks for one.
const PAUSE: Duration = Duration::from_secs(30);

/// What waits for the program of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    pub updates: usize,
    pub held: usize,
    /// When the oldest came.
    pub oldest: i64,
}

/// What waits for the program of a connection, as far as the database knows; `None` for nothing.
pub async fn waits(store: &dyn Store, connection: ConnectionId) -> Result<Option<Waits>, StoreError> {
    const PAGE: u32 = 500;
    let kept = now() - LIFE;
    let (mut waits, mut after): (Option<Waits>, i64) = (None, 0);
    loop {
        let rows = store.bot_updates(connection, after, PAGE).await?;
        for row in &rows {
            after = row.position;
            if row.at < kept {
                continue;
            }
            let waits = waits.get_or_insert(Waits {
                updates: 0,
                held: 0,
                oldest: row.at,
            });
            waits.updates += usize::from(!row.held);
            waits.held += usize::from(row.held);
            waits.oldest = waits.oldest.min(row.at);
        }
        if rows.len() < PAGE as usize {
            return Ok(waits);
        }
    }
}

/// What an admin is told who takes a connection out of the modes with a program.
pub async fn left_behind(store: &dyn Store, connection: ConnectionId) -> Result<Option<String>, StoreError> {
    let waits = waits(store, connection).await?;
    Ok(waits.map(|waits| {
        format!(
            "{} for the bot's program, which gets no updates in mode direct; they are kept for 24 hours after they came, and it gets them when the mode is gateway or chain again",
            waits.words()
        )
    }))
}

impl Waits {
    /// A whole clause: how many, and for how long.
    pub fn words(&self) -> String {
        let all = self.updates + self.held;
        let updates = if all == 1 {
            "1 update waits"
        } else {
            &format!("{all} updates wait")
        };
        let held = match self.held {
            0 => String::new(),
            held => format!(", {held} of them held back by takeovers"),
        };
        format!("{updates} (the oldest for {}{held})", ago(self.oldest))
    }
}

/// How long ago a time is, in the unit that fits.
pub fn ago(at: i64) -> String {
    let seconds = (now() - at).max(0) / 1_000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

/// Milliseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Scheme, host and port. Nothing else of a webhook's address is shown: many programs put the bot's token into its path.
pub fn origin(url: &str) -> String {
    let parsed = reqwest::Url::parse(url).or_else(|_| reqwest::Url::parse(&format!("https://{url}")));
    parsed.map_or_else(
        |_| "an address that cannot be read".to_owned(),
        |url| url.origin().ascii_serialization(),
    )
}

/// A call that Telegram may ask to wait with.
async fn patiently(client: &Client, method: &'static str, params: &Value) -> Result<(), CallError> {
    let mut tries = 3;
    loop {
        let pause = match client.call::<Value>(method, params).await {
            Err(CallError::Api(error)) if error.code == 429 && tries > 0 => {
                Duration::from_secs(error.retry_after.unwrap_or(1)).min(PAUSE)
            }
            done => return done.map(drop),
        };
        tries -= 1;
        tokio::time::sleep(pause).await;
    }
}

/// Without dropping what is pending: that is polled from then on.
async fn delete_webhook(client: &Client) -> Result<(), CallError> {
    patiently(client, "deleteWebhook", &json!({})).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_holds_no_path() {
        assert_eq!(
            origin("https://u:p@bot.example:8443/hook/1:AAsecret?x=1"),
            "https://bot.example:8443"
        );
        assert_eq!(origin("bot.example/hook"), "https://bot.example");
        assert_eq!(origin(""), "an address that cannot be read");
    }

    #[test]
    fn what_waits_is_a_clause() {
        let waits = |updates, held| Waits {
            updates,
            held,
            oldest: now() - 3 * 3_600_000,
        };
        assert_eq!(waits(1, 0).words(), "1 update waits (the oldest for 3 h)");
        assert_eq!(
            waits(2, 3).words(),
            "5 updates wait (the oldest for 3 h, 3 of them held back by takeovers)"
        );
    }
}
