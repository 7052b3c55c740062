//! `getUpdates`, by the rules of Telegram's own server.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::core::{Core, State};
use super::kinds::Kinds;
use super::numbers::integer;
use super::queue::{Entry, Position};
use crate::{Answer, GatewayError, Params};

const HOOKED: &str =
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
const OTHER: &str = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
const SET: &str = "Conflict: terminated by setWebhook request";
/// Longest wait that a program may ask for, in seconds.
const MAX_TIMEOUT: i64 = 50;
/// About as many bytes are in one answer at most.
const MAX_ANSWER: usize = 1 << 22;
/// An offset so far beyond the last update is taken for one of another numbering.
const FUTURE: i64 = 10;

/// Who polls, and how often.
#[derive(Debug, Default)]
pub(super) struct Polling {
    tickets: u64,
    /// The poll that waits, if one does.
    waiting: Option<u64>,
    /// What ended the last one that did.
    ended_by: Abort,
    /// Offset and time of the last poll.
    last: Option<(i64, Instant)>,
    /// 409s before this are delayed.
    next_conflict: Option<Instant>,
    /// When the program last polled, in milliseconds since 1970.
    pub(super) seen: Option<i64>,
}

#[derive(Debug, Default, Clone, Copy)]
enum Abort {
    #[default]
    OtherPoll,
    SetWebhook,
}

impl Polling {
    /// `setWebhook` ends a poll that waits.
    pub(super) fn end_by_webhook(&mut self) {
        self.waiting = None;
        self.ended_by = Abort::SetWebhook;
    }
}

struct Ask {
    offset: i64,
    limit: usize,
    timeout: Duration,
}

/// What is to be done about a poll at this moment.
enum Step {
    Answer(Vec<(Position, Entry)>),
    Wait,
    Conflict(&'static str),
    Stopped,
}

impl Core {
    pub(super) async fn get_updates(self: &std::sync::Arc<Self>, params: &Params) -> Answer {
        if self.state.lock().hooked() {
            return self.conflict(HOOKED).await;
        }
        if let Err(error) = self.choose_kinds(params).await {
            return self.failed(&error);
        }
        let ask = self.ask(params);
        let deadline = Instant::now() + ask.timeout;
        // A negative offset cuts the queue once, not again with each update that comes.
        let mut cut = (ask.offset < 0).then(|| ask.offset.unsigned_abs());
        let mut place = None;
        loop {
            let woken = self.wake.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            let chosen = match self.step(&ask, cut.take(), &mut place, deadline) {
                Step::Answer(chosen) => chosen,
                Step::Conflict(text) => return self.conflict(text).await,
                Step::Stopped => return closing(),
                Step::Wait => {
                    let _ = timeout_at(deadline, woken).await;
                    continue;
                }
            };
            match self.updates(&chosen).await {
                Ok(None) => {}
                Ok(Some(answer)) => return answer,
                Err(error) => return self.failed(&error),
            }
        }
    }

    /// `allowed_updates` of a poll: kept for the polls after it too.
    async fn choose_kinds(self: &std::sync::Arc<Self>, params: &Params) -> Result<(), GatewayError> {
        let Some(kinds) = params.get("allowed_updates").and_then(Kinds::parse) else {
            return Ok(());
        };
        if self.state.lock().settings.kinds == kinds {
            return Ok(());
        }
        let core = self.clone();
        self.at_home(async move {
            let _one = core.setting.lock().await;
            let mut settings = core.state.lock().settings.clone();
            settings.kinds = kinds;
            core.set(settings).await
        })
        .await
    }

    fn ask(&self, params: &Params) -> Ask {
        let offset = integer(params, "offset", 0, i64::MIN + 1, i64::MAX);
        let mut limit = integer(params, "limit", 100, 1, 100) as usize;
        let seconds = integer(params, "timeout", 0, 0, MAX_TIMEOUT);
        let mut timeout = Duration::from_secs(seconds.unsigned_abs());
        let now = Instant::now();
        let mut state = self.state.lock();
        if let Some((last, at)) = state.polling.last
            && last == offset
        {
            // Guards against programs that ask the same over and over.
            if seconds < 3 && now < at + self.rules.repeat {
                timeout = timeout.max(self.rules.repeat);
            }
            if now < at + self.rules.hasty {
                limit = 1;
            }
        }
        state.polling.last = Some((offset, now));
        state.polling.seen = Some(self.rules.clock.now());
        Ask { offset, limit, timeout }
    }

    fn step<'a>(&'a self, ask: &Ask, cut: Option<u64>, place: &mut Option<Place<'a>>, deadline: Instant) -> Step {
        let before = self.oldest_kept();
        let mut state = self.state.lock();
        if let Some(place) = place
            && state.polling.waiting != Some(place.ticket)
        {
            return Step::Conflict(match state.polling.ended_by {
                Abort::OtherPoll => OTHER,
                Abort::SetWebhook => SET,
            });
        }
        if state.hooked() {
            return Step::Conflict(HOOKED);
        }
        if state.stopping {
            // One that waits is let go with nothing; one that comes later has to come again.
            return if place.is_some() {
                Step::Answer(Vec::new())
            } else {
                Step::Stopped
            };
        }
        let mut gone = state.index.expire(before);
        if let Some(count) = cut {
            gone.extend(state.index.keep_last(count));
        }
        // Unknown offsets confirm nothing, and all that waits is handed out from the first.
        if ask.offset > 0 && ask.offset <= state.mark.saturating_add(1 + FUTURE) {
            gone.extend(state.index.confirm(ask.offset));
        }
        state.doom(gone, &self.erase);
        let chosen: Vec<_> = state.index.after(0, ask.limit).collect();
        if !chosen.is_empty() || Instant::now() >= deadline {
            return Step::Answer(chosen);
        }
        if place.is_none() {
            *place = Some(self.line_up(&mut state));
        }
        Step::Wait
    }

    /// Waits in place of whichever poll waited so far.
    fn line_up(&self, state: &mut State) -> Place<'_> {
        let polling = &mut state.polling;
        polling.tickets += 1;
        if polling.waiting.replace(polling.tickets).is_some() {
            polling.ended_by = Abort::OtherPoll;
            self.wake.notify_waiters();
        }
        Place {
            core: self,
            ticket: polling.tickets,
        }
    }

    /// The answer with these updates, byte for byte as they came; `None` where they have all gone meanwhile.
    async fn updates(&self, chosen: &[(Position, Entry)]) -> Result<Option<Answer>, GatewayError> {
        let mut found = self.bodies(chosen).await?;
        if found.is_empty() && !chosen.is_empty() {
            return Ok(None);
        }
        let mut left = MAX_ANSWER;
        let fits = found.iter().take_while(|(_, _, body)| {
            left = left.saturating_sub(50 + body.len());
            left > 0
        });
        let fits = fits.count().max(1);
        found.truncate(fits);
        // Programs go on from the last id of an answer, so late ones with their low ids cannot stand at its end.
        found.sort_by_key(|(_, entry, _)| entry.update);
        let mut result = String::with_capacity(2 + found.iter().map(|(_, _, body)| body.len() + 1).sum::<usize>());
        for (_, _, body) in &found {
            result.push(if result.is_empty() { '[' } else { ',' });
            result.push_str(body);
        }
        if result.is_empty() {
            result.push('[');
        }
        result.push(']');
        let mut state = self.state.lock();
        for (position, _, _) in &found {
            state.index.hand(*position);
        }
        Ok(Some(Answer::ok(&result, None)))
    }

    /// A 409. One soon after another is held back, so that two programs at odds do not spin.
    pub(super) async fn conflict(&self, text: &str) -> Answer {
        let early = {
            let now = Instant::now();
            let polling = &mut self.state.lock().polling;
            let early = polling.next_conflict.is_some_and(|next| now < next);
            if !early {
                polling.next_conflict = Some(now + self.rules.conflict);
            }
            early
        };
        if early {
            sleep(self.rules.conflict).await;
        }
        Answer::error(409, text)
    }

    /// The answer where our own part failed.
    pub(super) fn failed(&self, error: &GatewayError) -> Answer {
        if matches!(error, GatewayError::Stopped) {
            return closing();
        }
        tracing::error!(
            connection = self.name,
            error = error as &dyn std::error::Error,
            "a call of the bot's program about its updates failed"
        );
        Answer::error(500, "Internal Server Error")
    }
}

pub(super) fn closing() -> Answer {
    Answer::error(500, "Internal Server Error: restart")
}

/// The place of a poll that waits; free again when its program goes away.
struct Place<'a> {
    core: &'a Core,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let polling = &mut self.core.state.lock().polling;
        if polling.waiting == Some(self.ticket) {
            polling.waiting = None;
        }
    }
}
