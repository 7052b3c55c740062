//! One scripted client, replayed in two places: every status, header and body is the same.

use anyhow::{Result, ensure};
use switchboard_e2e::script::coverage::{errors_left_out, methods_left_out};
use switchboard_e2e::script::{CHATS, Place, Play, replay};

/// Steps of the script at least: it is no smaller by accident.
const STEPS: usize = 1000;

fn compare(one: &Play, other: &Play) -> Result<()> {
    ensure!(one.record.entries.len() >= STEPS, "{} steps", one.record.entries.len());
    match one.record.differences(&other.record) {
        None => Ok(()),
        Some(text) => anyhow::bail!("{text}"),
    }
}

/// The script itself is repeatable, so that a difference elsewhere is the door's.
#[tokio::test(flavor = "multi_thread")]
async fn the_script_goes_alike_twice() -> Result<()> {
    let (one, other) = tokio::join!(async { replay(Place::direct().await?).await }, async {
        replay(Place::direct().await?).await
    });
    let (one, other) = (one?, other?);
    ensure!(one.cast.chats() == CHATS, "{:?}", one.cast.chats());
    let (methods, errors) = (methods_left_out(&one), errors_left_out(&one));
    ensure!(methods.is_empty(), "the script never calls {methods:?}");
    ensure!(errors.is_empty(), "the script never meets\n{}", errors.join("\n"));
    compare(&one, &other)
}
