//! One scripted client, replayed in several places: every status, header and body is the same.

mod door;
mod host;

use anyhow::{Context, Result, ensure};
use switchboard_e2e::script::coverage::{errors_left_out, methods_left_out};
use switchboard_e2e::script::{CHATS, Place, Play, replay};

/// Steps of the script at least: it is no smaller by accident.
const STEPS: usize = 2000;

/// Plays the script there and, beside it, directly; both must go alike.
async fn as_directly(place: Place) -> Result<()> {
    let (direct, there) = tokio::join!(async { replay(Place::direct().await?).await }, replay(place));
    let (direct, there) = (direct.context("directly")?, there.context("elsewhere")?);
    compare(&direct, &there)
}

fn compare(direct: &Play, there: &Play) -> Result<()> {
    ensure!(
        direct.record.entries.len() >= STEPS,
        "{} steps",
        direct.record.entries.len()
    );
    match direct.record.differences(&there.record) {
        None => Ok(()),
        Some(text) => anyhow::bail!("one is direct, the other is not: {text}"),
    }
}

/// The script itself is repeatable, so that a difference elsewhere is the other place's; and it leaves nothing out.
#[tokio::test(flavor = "multi_thread")]
async fn the_script_goes_alike_twice() -> Result<()> {
    let again = replay(Place::direct().await?);
    let (one, other) = tokio::join!(async { replay(Place::direct().await?).await }, again);
    let (one, other) = (one?, other?);
    ensure!(one.cast.chats() == CHATS, "{:?}", one.cast.chats());
    let (methods, errors) = (methods_left_out(&one), errors_left_out(&one));
    ensure!(methods.is_empty(), "the script never calls {methods:?}");
    ensure!(errors.is_empty(), "the script never meets\n{}", errors.join("\n"));
    compare(&one, &other)
}
