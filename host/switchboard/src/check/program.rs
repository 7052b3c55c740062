//! The bot's own program: whether it fetches its updates, and what waits for it.

use switchboard_gateway::webhook_of;
use switchboard_relay::config::Mode;
use switchboard_store::{Connection, SealKey, Store};

use super::report::Report;
use crate::local::{Doing, ProgramState};
use crate::moving::{Waits, ago, now, origin, waits};

const PROGRAM: &str = "the bot's program";
const WAITING: &str = "waiting for it";
/// A program that polls does so at least once in 50 seconds.
const ABSENT: i64 = 120_000;
/// What waits longer is not being fetched.
const LATE: i64 = 600_000;

/// From the word of the running host.
pub fn running(mode: Mode, doing: &Doing, report: &mut Report) {
    let Some(program) = &doing.program else {
        if mode.has_program() {
            report.wrong(PROGRAM, "nothing is kept for it: the connection is not up");
        }
        return;
    };
    match (&program.webhook, program.polled) {
        (Some(webhook), _) => takes_webhooks(webhook, program, report),
        (None, Some(at)) if now() - at < ABSENT => report.ok(PROGRAM, format!("polled {} ago", ago(at))),
        (None, Some(at)) => report.wrong(PROGRAM, format!("polled last {} ago: is it running?", ago(at))),
        (None, None) => {
            let door = doing.door.map_or_else(String::new, |door| format!(" http://{door}"));
            report.wrong(
                PROGRAM,
                format!("has not asked for updates since the connection started: give it the front door's address{door} as its Bot API base URL, and start it"),
            );
        }
    }
    let oldest = program.oldest.unwrap_or_default();
    let waits = Waits {
        updates: program.updates,
        held: program.held,
        oldest,
    };
    match program.oldest {
        None => report.ok(WAITING, "nothing"),
        Some(oldest) if program.updates > 0 && now() - oldest > LATE => report.warning(WAITING, waits.words()),
        Some(_) => report.ok(WAITING, waits.words()),
    }
}

fn takes_webhooks(webhook: &str, program: &ProgramState, report: &mut Report) {
    match &program.webhook_error {
        None => report.ok(PROGRAM, format!("takes webhooks at {webhook}")),
        Some((at, error)) => {
            let text = format!(
                "takes webhooks at {webhook}; the last failure was {} ago: {error}",
                ago(*at)
            );
            match program.updates {
                0 => report.ok(PROGRAM, text),
                _ => report.wrong(
                    PROGRAM,
                    format!("{text}; deliveries are repeated until it answers with HTTP 200"),
                ),
            }
        }
    }
}

/// From the database, while no host runs.
pub async fn at_rest(
    mode: Mode,
    store: &dyn Store,
    seal: &SealKey,
    row: &Connection,
    report: &mut Report,
) -> anyhow::Result<()> {
    if mode.has_program() {
        match webhook_of(store, seal, row.id).await? {
            Some((webhook, _)) => report.ok(PROGRAM, format!("takes webhooks at {}", origin(&webhook.url))),
            None if mode == Mode::Chain => report.warning(PROGRAM, "its webhook is taken over when the host starts"),
            None => report.ok(PROGRAM, "no webhook: it polls, which only the running host sees"),
        }
    }
    match waits(store, row.id).await? {
        Some(waits) => report.warning(WAITING, waits.words()),
        None if mode.has_program() => report.ok(WAITING, "nothing"),
        None => {}
    }
    Ok(())
}
