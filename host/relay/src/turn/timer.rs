//! Things that happen by the clock: plugins' timers, and dialogs that close by themselves.

use std::sync::Arc;

use switchboard_store::{ChatId, Status, Timer};

use super::draft::Draft;
use crate::RelayError;
use crate::connection::Inner;

/// A timer that is due.
#[derive(Debug, Clone)]
pub struct Due {
    pub timer: Timer,
}

impl Inner {
    pub(super) async fn timer(self: &Arc<Self>, draft: &mut Draft, due: &Due) -> Result<(), RelayError> {
        self.plugin_timer(draft, &due.timer).await
    }

    pub(super) async fn autoclose(&self, draft: &mut Draft, chat: ChatId) -> Result<(), RelayError> {
        let Some(hours) = self.config.parameters.autoclose else {
            return Ok(());
        };
        let before = draft.now - i64::from(hours) * 3_600_000;
        let due = draft
            .read(&self.book, chat)
            .await?
            .dialog
            .as_ref()
            .is_some_and(|dialog| dialog.status == Status::Answered && dialog.last_activity < before);
        if due {
            draft.set_status(chat, Status::Closed, 0);
            self.end_takeover(draft, chat);
        }
        Ok(())
    }
}
