//! Takeover: while an operator has a dialog, the bot's own program has not.

use switchboard_store::ChatId;
use switchboard_telegram::types::Message;

use super::command::reply;
use super::draft::Draft;
use crate::RelayError;
use crate::connection::Inner;
use crate::content::Content;
use crate::op::Op;
use crate::parameters::TakeoverUpdates;
use crate::words;

/// How exactly the end of a takeover is kept: not every answer writes the dialog's row.
const COARSE: i64 = 30_000;

impl Inner {
    /// `/takeover`
    pub(super) fn take_over(&self, draft: &mut Draft, chat: ChatId, message: &Message) {
        let name = self.known_name(chat);
        let text = if self.program.is_none() {
            words::no_program().to_owned()
        } else if draft.dialog(chat).is_some_and(|dialog| dialog.taken_over.is_some()) {
            words::taken_over_already(&name)
        } else {
            self.begin_takeover(draft, chat);
            self.takeover_words(&name)
        };
        reply(draft, Some(chat), message, text);
    }

    /// `/release`
    pub(super) fn release(&self, draft: &mut Draft, chat: ChatId, message: &Message) {
        let name = self.known_name(chat);
        let text = if self.program.is_none() {
            words::no_program().to_owned()
        } else if self.end_takeover(draft, chat) {
            words::released_dialog(&name)
        } else {
            words::not_taken_over(&name)
        };
        reply(draft, Some(chat), message, text);
    }

    /// An operator answered: a takeover begins if the connection says so, and one under way goes on.
    pub(super) fn answered(&self, draft: &mut Draft, chat: ChatId, message: &Message) {
        if self.program.is_none() {
            return;
        }
        if draft.dialog(chat).is_some_and(|dialog| dialog.taken_over.is_some()) {
            let ends = self.takeover_end(draft.now);
            if let Some(dialog) = draft.dialog_mut(chat)
                && ends.unwrap_or_default() - dialog.takeover_ends.unwrap_or_default() >= COARSE
            {
                dialog.takeover_ends = ends;
            }
        } else if self.config.parameters.auto_takeover {
            self.begin_takeover(draft, chat);
            reply(draft, Some(chat), message, self.takeover_words(&self.known_name(chat)));
        }
    }

    /// Its time is over.
    pub(super) async fn takeover_ends(&self, draft: &mut Draft, chat: ChatId) -> Result<(), RelayError> {
        let now = draft.now;
        let due = draft
            .read(&self.book, chat)
            .await?
            .dialog
            .as_ref()
            .is_some_and(|dialog| dialog.takeover_ends.is_some_and(|ends| ends <= now));
        if due && self.end_takeover(draft, chat) {
            draft.queue(Op::Post {
                chat: Some(chat),
                content: Content::text(words::takeover_over(&self.known_name(chat))),
                reply: None,
                more: vec![],
            });
        }
        Ok(())
    }

    /// The dialog goes back to the bot's program. Whether an operator had it.
    pub(super) fn end_takeover(&self, draft: &mut Draft, chat: ChatId) -> bool {
        let Some(dialog) = draft.dialog_mut(chat).filter(|dialog| dialog.taken_over.is_some()) else {
            return false;
        };
        dialog.taken_over = None;
        dialog.takeover_ends = None;
        draft.released.push(chat);
        true
    }

    fn begin_takeover(&self, draft: &mut Draft, chat: ChatId) {
        let now = draft.now;
        let ends = self.takeover_end(now);
        if let Some(dialog) = draft.dialog_mut(chat) {
            dialog.taken_over = Some(now);
            dialog.takeover_ends = ends;
        }
    }

    fn takeover_end(&self, now: i64) -> Option<i64> {
        let minutes = self.config.parameters.takeover_timeout?;
        Some(now + i64::from(minutes) * 60_000)
    }

    fn takeover_words(&self, name: &str) -> String {
        let parameters = &self.config.parameters;
        let held = parameters.takeover_updates == TakeoverUpdates::Hold;
        words::taken_over(name, held, parameters.takeover_timeout)
    }
}
