//! One scripted client of a bot, replayed in two places, whose answers must be the same byte for byte.

pub mod coverage;
mod errors;
mod files;
mod hook;
mod methods;
mod paths;
pub mod place;
mod play;
mod polls;
pub mod raw;
pub mod record;
pub mod shape;
mod webhooks;

pub use place::{CHATS, Cast, Place};
pub use play::Play;
pub use record::Record;

use anyhow::{Context, Result};

/// Plays the whole script.
///
/// # Errors
/// Where a step that must work does not; then there is nothing to compare.
pub async fn replay(place: Place) -> Result<Play> {
    let mut play = Play::new(place);
    play.updates().await.context("at the beginning")?;
    play.learn_files().await.context("files")?;
    methods::every_shape(&mut play).await.context("every method")?;
    errors::every_error(&mut play).await.context("every error")?;
    paths::odd_requests(&mut play).await.context("odd requests")?;
    files::downloads(&mut play).await.context("files")?;
    polls::rules(&mut play).await.context("polls")?;
    webhooks::deliveries(&mut play).await.context("webhooks")?;
    what_people_see(&mut play);
    what_telegram_did(&mut play);
    Ok(play)
}

/// Each call came to Telegram once, in order, with the same outcome.
fn what_telegram_did(play: &mut Play) {
    for c in play.place.sim.calls_of(shape::AGENT) {
        // Those are nobody's but the door's, where there is one.
        if !["getupdates", "setwebhook", "deletewebhook", "getwebhookinfo"].contains(&c.method.as_str()) && c.effect {
            play.record
                .note("a call", format!("{} {:?} {:?} {}", c.method, c.chat, c.thread, c.code));
        }
    }
}

/// In the end the world itself must be the same.
fn what_people_see(play: &mut Play) {
    let seats = [&play.cast.alice, &play.cast.bob, &play.cast.carol].map(Clone::clone);
    for seat in seats {
        let seen: Vec<String> = seat
            .messages()
            .iter()
            .map(|m| serde_json::to_string(m).unwrap_or_default())
            .collect();
        play.record.note(format!("what {} sees", seat.person), seen.join("\n"));
    }
}
