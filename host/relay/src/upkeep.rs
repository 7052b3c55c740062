//! What happens by the clock: plugins' timers, and dialogs that close by themselves.

use std::sync::Arc;
use std::time::Duration;

use crate::RelayError;
use crate::connection::Inner;
use crate::turn::{Due, Event};

/// Longest time between two looks at the clock.
const LOOK: Duration = Duration::from_secs(30);
/// Shortest, so that a timer in the past cannot spin.
const BREATH: Duration = Duration::from_millis(20);
const PAGE: u32 = 100;
/// Runs until the connection stops.
pub async fn run(inner: Arc<Inner>) {
    give_back(&inner).await;
    loop {
        let pause = match look(&inner).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!(connection = %inner.name, error = %crate::chain(&error), "upkeep failed; trying again");
                LOOK
            }
        };
        tokio::select! {
            () = inner.stopping.cancelled() => return,
            () = inner.timers_changed.notified() => {}
            () = tokio::time::sleep(pause.clamp(BREATH, LOOK)) => {}
        }
    }
}

/// A release that was committed just before the end of a former life.
async fn give_back(inner: &Arc<Inner>) {
    let Some(program) = &inner.program else { return };
    for chat in program.held() {
        match inner.book.person(chat).await {
            Ok(person) if person.dialog.as_ref().is_some_and(|dialog| inner.holds(dialog)) => {}
            Ok(_) => inner.give_back(vec![chat]).await,
            Err(error) => {
                tracing::error!(connection = %inner.name, error = %crate::chain(&error), "a dialog could not be read");
            }
        }
    }
}

/// Does what is due, and says when to look again.
async fn look(inner: &Arc<Inner>) -> Result<Duration, RelayError> {
    let now = inner.now();
    for timer in inner.store.due_timers(inner.id, now, PAGE).await? {
        let chat = timer.dialog.unwrap_or_default();
        inner.turn(chat, &Event::Timer(Due { timer })).await?;
    }
    if let Some(hours) = inner.config.parameters.autoclose {
        let before = now - i64::from(hours) * 3_600_000;
        for dialog in inner.store.dialogs_to_close(inner.id, before, PAGE).await? {
            inner.turn(dialog.chat, &Event::Autoclose { chat: dialog.chat }).await?;
        }
    }
    for dialog in inner.store.takeovers_to_end(inner.id, now, PAGE).await? {
        let event = Event::TakeoverEnds { chat: dialog.chat };
        inner.turn(dialog.chat, &event).await?;
    }
    let next = inner.store.next_timer(inner.id).await?;
    Ok(next.map_or(LOOK, |due| {
        Duration::from_millis(u64::try_from(due - inner.now()).unwrap_or_default())
    }))
}
