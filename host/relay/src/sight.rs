//! What the bot's own program may see of the updates: everything but the relay's own traffic and what an operator holds back.

use std::sync::Arc;

use switchboard_store::{ChatId, Dialog, Direction};
use switchboard_telegram::types::{CallbackQuery, Update, UpdateHead, UpdateKind};

use crate::RelayError;
use crate::connection::Inner;
use crate::parameters::TakeoverUpdates;
use crate::program::{ForProgram, Sight};

/// What never waits for a release: a payment that is not answered within seconds is lost, and these start nothing.
const NEVER_HELD: [&str; 5] = [
    "pre_checkout_query",
    "shipping_query",
    "inline_query",
    "chosen_inline_result",
    "my_chat_member",
];

impl Inner {
    /// Takes a batch for the bot's program, where there is one. On disk when it returns.
    pub(crate) async fn show_program(&self, updates: &[Update]) -> Result<(), RelayError> {
        let Some(program) = &self.program else { return Ok(()) };
        let mut batch = Vec::with_capacity(updates.len());
        let mut moved_to = None;
        for update in updates {
            let head = update.head();
            if let UpdateKind::Message(message) = &update.kind
                && self.is_group(message.chat.id)
            {
                moved_to = message.migrate_to_chat_id.or(moved_to);
            }
            let ours = head
                .chat
                .is_some_and(|chat| self.is_group(chat) || Some(chat) == moved_to);
            let sight = if ours {
                Sight::Hide
            } else {
                self.sight(update, &head).await?
            };
            let body: Arc<str> = match self.mark(&head).await? {
                Some(mark) if sight == Sight::Pass => marked(update.raw.get(), &mark).into(),
                _ => update.raw.get().into(),
            };
            batch.push(ForProgram {
                update: update.update_id,
                lane: head.lane(),
                kind: head.kind,
                body,
                sight,
            });
        }
        program.take(batch).await.map_err(RelayError::Program)
    }

    /// The backend group, under any id that it has or had when it was connected.
    fn is_group(&self, chat: ChatId) -> bool {
        chat == self.group() || chat == self.config.configured_group
    }

    async fn sight(&self, update: &Update, head: &UpdateHead) -> Result<Sight, RelayError> {
        if let UpdateKind::CallbackQuery(query) = &update.kind {
            let chat = query.message.as_ref().map_or(query.from.id, |message| message.chat.id);
            if self.is_own_press(chat, query).await? {
                return Ok(Sight::Hide);
            }
        }
        let held = match self.dialog_at(head).await? {
            Some(dialog) => self.holds(&dialog) && !NEVER_HELD.contains(&head.kind.as_str()),
            None => false,
        };
        Ok(if held { Sight::Hold } else { Sight::Pass })
    }

    /// The dialog that an update is of, where it is a customer's.
    async fn dialog_at(&self, head: &UpdateHead) -> Result<Option<Dialog>, RelayError> {
        match head.lane().filter(|chat| *chat > 0) {
            Some(chat) => Ok(self.book.person(chat).await?.dialog.clone()),
            None => Ok(None),
        }
    }

    /// Whether updates of this dialog are held back from the bot's program.
    pub(crate) fn holds(&self, dialog: &Dialog) -> bool {
        self.program.is_some()
            && dialog.taken_over.is_some()
            && self.config.parameters.takeover_updates == TakeoverUpdates::Hold
    }

    /// What an update says beside itself while an operator has the dialog.
    async fn mark(&self, head: &UpdateHead) -> Result<Option<String>, RelayError> {
        if self.config.parameters.takeover_updates != TakeoverUpdates::Mark {
            return Ok(None);
        }
        let dialog = self.dialog_at(head).await?;
        let since = dialog.and_then(|dialog| dialog.taken_over);
        Ok(since.map(|since| format!(r#""switchboard":{{"taken_over":true,"since":{}}}"#, since / 1_000)))
    }

    /// Whether a button is one of the relay's or its plugins', and not of the bot's own program.
    pub(crate) async fn is_own_press(&self, chat: ChatId, query: &CallbackQuery) -> Result<bool, RelayError> {
        let Some(message) = &query.message else {
            return Ok(self.program.is_none());
        };
        if self.program.is_none() || self.is_group(message.chat.id) {
            return Ok(true);
        }
        let mut parts = query.data.as_deref().unwrap_or_default().splitn(3, ':');
        let (Some("p"), Some(plugin), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
            return Ok(false);
        };
        if !self.config.plugins.iter().any(|used| used.name == plugin) {
            return Ok(false);
        }
        let mirror = self
            .store
            .mirror_of_customer_message(self.id, chat, message.message_id)
            .await?;
        Ok(mirror.is_none_or(|mirror| mirror.direction != Direction::Intercepted))
    }
}

/// The update with one more field; every other byte stays.
fn marked(body: &str, field: &str) -> String {
    match body.trim_end().strip_suffix('}') {
        Some(start) => format!("{start},{field}}}"),
        None => body.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_leaves_every_other_byte() {
        let body = r#"{"update_id":1, "message":{"x":"é"} }"#;
        let marked = marked(body, r#""switchboard":{}"#);
        assert_eq!(marked, r#"{"update_id":1, "message":{"x":"é"} ,"switchboard":{}}"#);
        assert!(serde_json::from_str::<serde_json::Value>(&marked).is_ok());
    }
}
