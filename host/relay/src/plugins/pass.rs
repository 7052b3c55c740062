//! A message's way through the plugins: each may pass, replace or drop it, and a failure does what the plugin chose.

use std::sync::Arc;

use switchboard_runtime::circuit::{Fate, Gate};
use switchboard_runtime::pipeline::{self, OnFailure};
use switchboard_runtime::types::{self as wit, Verdict};
use switchboard_runtime::{Direction, Failure};
use switchboard_store::ChatId;
use switchboard_telegram::types::Message;

use super::host::TurnHost;
use super::{Enabled, convert};
use crate::RelayError;
use crate::connection::Inner;
use crate::content::Content;
use crate::op::Op;
use crate::turn::draft::Draft;
use crate::words;

/// Who holds a message back, and what the operators are asked.
#[derive(Debug, Clone)]
pub struct HeldBy {
    pub plugin: String,
    pub question: String,
    /// What comes after does not wait for it.
    pub aside: bool,
}

/// A message that came through.
#[derive(Debug)]
pub struct Passed {
    pub content: Content,
    /// It is not what was written any more.
    pub replaced: bool,
    /// To be said under it.
    pub marks: Vec<String>,
    pub held_by: Option<HeldBy>,
}

impl Inner {
    /// Runs the message hooks of a direction; `None` where a plugin ended the message's way.
    pub(crate) async fn pass(
        self: &Arc<Self>,
        draft: &mut Draft,
        direction: Direction,
        message: &Message,
        chat: ChatId,
        content: Content,
    ) -> Result<Option<Passed>, RelayError> {
        let mut passed = Passed {
            content,
            replaced: false,
            marks: Vec::new(),
            held_by: None,
        };
        if self.plugins.pipeline(direction).next().is_none() {
            return Ok(Some(passed));
        }
        let place = if direction == Direction::Outgoing {
            "topic"
        } else {
            "customer"
        };
        let mut seen = convert::message(message, place);
        let Some(contact) = draft.contact(chat) else {
            return Ok(Some(passed));
        };
        let dialog = convert::dialog(contact, draft.dialog(chat));
        for enabled in self.plugins.pipeline(direction) {
            if !enabled.plugin.wants(direction, &seen) {
                continue;
            }
            let asked = (direction == Direction::Outgoing).then_some(message.message_id);
            let verdict = self.judge_message(draft, enabled, direction, &seen, &dialog, asked);
            match verdict {
                Ok(Verdict::Pass) => {}
                Ok(Verdict::Drop(reason)) => {
                    tracing::info!(connection = %self.name, plugin = %enabled.name, reason, "a message was dropped");
                    if direction == Direction::Outgoing {
                        let text = words::dropped_outgoing(&enabled.name, &reason);
                        draft.queue(Op::Post {
                            chat: Some(chat),
                            content: Content::text(text),
                            reply: asked,
                            more: vec![],
                        });
                    }
                    return Ok(None);
                }
                Ok(Verdict::StayClosed) => {
                    let open = draft
                        .dialog(chat)
                        .is_some_and(|dialog| dialog.status != switchboard_store::Status::Closed);
                    if !open {
                        return Ok(None);
                    }
                }
                Ok(Verdict::Quarantine(reason)) => {
                    passed.held_by = Some(HeldBy {
                        plugin: enabled.name.clone(),
                        question: words::quarantined(&enabled.name, &reason),
                        aside: true,
                    });
                    return Ok(Some(passed));
                }
                Ok(change @ (Verdict::Replace(_) | Verdict::Edit(_))) => match pipeline::apply(&mut seen, &change) {
                    Ok(()) => {
                        passed.content = convert::changed(passed.content, &seen);
                        passed.replaced = true;
                    }
                    // The runtime has checked it against this very message.
                    Err(invalid) => {
                        tracing::error!(connection = %self.name, plugin = %enabled.name, %invalid, "a checked verdict could not be applied")
                    }
                },
                Err(Fate::PassMarked) => passed.marks.push(words::not_checked(&enabled.name)),
                Err(Fate::Hold) => {
                    passed.held_by = Some(HeldBy {
                        plugin: enabled.name.clone(),
                        question: words::held(&enabled.name),
                        aside: false,
                    });
                    return Ok(Some(passed));
                }
                Err(Fate::Quarantine) => {
                    passed.held_by = Some(HeldBy {
                        plugin: enabled.name.clone(),
                        question: words::quarantined(&enabled.name, "it failed on this message twice"),
                        aside: true,
                    });
                    return Ok(Some(passed));
                }
            }
        }
        Ok(Some(passed))
    }

    /// One plugin's verdict; a failure is tried once more on a fresh instance, then the circuit decides.
    fn judge_message(
        self: &Arc<Self>,
        draft: &mut Draft,
        enabled: &Arc<Enabled>,
        direction: Direction,
        message: &wit::Message,
        dialog: &wit::Dialog,
        asked: Option<i64>,
    ) -> Result<Verdict, Fate> {
        let skipped = |policy| {
            if policy == OnFailure::Hold {
                Fate::Hold
            } else {
                Fate::PassMarked
            }
        };
        let gate = enabled.circuit.lock().gate();
        let gate = if gate == Gate::Probe {
            let works = self.probe_plugin(enabled);
            enabled.circuit.lock().probed(works)
        } else {
            gate
        };
        if gate == Gate::Skip {
            return Err(skipped(enabled.on_failure));
        }
        let mut last = None;
        for _ in 0..2 {
            match self.call_message(draft, enabled, direction, message, dialog, asked) {
                Ok(verdict) => {
                    enabled.circuit.lock().passed();
                    return Ok(verdict);
                }
                Err(failure) => last = Some(failure),
            }
        }
        if let Some(failure) = &last {
            tracing::warn!(connection = %self.name, plugin = %enabled.name, %failure, "a message hook failed twice");
        }
        if last.as_ref().is_some_and(|failure| !failure.is_plugins_fault()) {
            return Err(skipped(enabled.on_failure));
        }
        let works = self.probe_plugin(enabled);
        let id = u64::try_from(message.ref_.id).unwrap_or_default()
            ^ u64::try_from(dialog.id).unwrap_or_default().rotate_left(32);
        let blame = enabled.circuit.lock().failed(id, Some(works), enabled.on_failure);
        if blame.opened {
            // Who holds messages back does so for what they say; its own words may repeat it.
            let why = last.map_or_else(String::new, |failure| match enabled.on_failure {
                OnFailure::Hold => failure.without_content(),
                OnFailure::Pass => failure.to_string(),
            });
            tracing::error!(connection = %self.name, plugin = %enabled.name, %why, "the plugin is left alone for a while");
            draft.queue(Op::Post {
                chat: None,
                content: Content::text(words::circuit_open(&enabled.name, &why)),
                reply: None,
                more: vec![],
            });
        }
        Err(blame.fate)
    }

    fn call_message(
        self: &Arc<Self>,
        draft: &mut Draft,
        enabled: &Arc<Enabled>,
        direction: Direction,
        message: &wit::Message,
        dialog: &wit::Dialog,
        asked: Option<i64>,
    ) -> Result<Verdict, Failure> {
        let limits = self.plugins.limits;
        self.with_host(draft, enabled, asked, |host| {
            enabled.linked.message(direction, host, &limits, message, dialog)
        })
    }

    /// Whether the plugin can still describe itself: a plugin that cannot is to blame, not the message.
    fn probe_plugin(self: &Arc<Self>, enabled: &Arc<Enabled>) -> bool {
        let mut scratch = Draft::new(self.now(), vec![]);
        let limits = self.plugins.limits;
        self.with_host(&mut scratch, enabled, None, |host| {
            enabled.linked.describe(host, &limits)
        })
        .is_ok()
    }

    /// Lends the draft to a plugin for one call. After a failure the draft is as it was before: all effects are gone.
    pub(super) fn with_host<T>(
        self: &Arc<Self>,
        draft: &mut Draft,
        enabled: &Arc<Enabled>,
        asked: Option<i64>,
        call: impl FnOnce(Box<dyn switchboard_runtime::Host>) -> switchboard_runtime::Run<T>,
    ) -> Result<T, Failure> {
        // A plugin that can change nothing needs no way back, and one that can read nothing never waits for the store.
        let saved = enabled.reaches_out.then(|| draft.clone());
        let before = draft.now;
        let host = TurnHost::new(self.clone(), enabled.clone(), std::mem::take(draft), asked);
        let run = if enabled.reaches_out {
            tokio::task::block_in_place(|| call(Box::new(host)))
        } else {
            call(Box::new(host))
        };
        if run.suppressed > 0 {
            tracing::warn!(connection = %self.name, plugin = %enabled.name, lines = run.suppressed, "log lines over the plugin's limit were left out");
        }
        match run.host_as::<TurnHost>() {
            Some((Ok(value), host)) => {
                *draft = host.draft;
                Ok(value)
            }
            Some((Err(failure), host)) => {
                *draft = saved.unwrap_or(host.draft);
                Err(failure)
            }
            None => {
                *draft = saved.unwrap_or_else(|| Draft::new(before, vec![]));
                Err(Failure::Invalid("the host was lost".to_owned()))
            }
        }
    }
}
