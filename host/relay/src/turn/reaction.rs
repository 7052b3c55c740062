//! Reactions: the twin of a message gets the same one.

use std::sync::Arc;

use switchboard_store::{ChatId, Place};
use switchboard_telegram::types::MessageReactionUpdated;

use super::draft::Draft;
use crate::RelayError;
use crate::connection::Inner;
use crate::op::Op;

impl Inner {
    pub(super) async fn reaction(
        self: &Arc<Self>,
        draft: &mut Draft,
        chat: ChatId,
        reaction: &MessageReactionUpdated,
    ) -> Result<(), RelayError> {
        if chat == 0 || reaction.user.as_ref().is_some_and(|user| user.is_bot) {
            return Ok(());
        }
        let side = if reaction.chat.kind == "private" {
            Place::Customer
        } else {
            Place::Topic
        };
        if side == Place::Topic && reaction.chat.id != self.group() {
            return Ok(());
        }
        if draft.read(&self.book, chat).await?.dialog.is_none() {
            return Ok(());
        }
        // A bot may set one reaction, and only one of the ordinary kind.
        let twin = reaction
            .new_reaction
            .iter()
            .rev()
            .find(|kind| kind.get("type").is_some_and(|kind| kind == "emoji"))
            .cloned();
        draft.queue(Op::React {
            chat,
            side,
            message: reaction.message_id,
            reaction: twin.into_iter().collect(),
        });
        Ok(())
    }
}
