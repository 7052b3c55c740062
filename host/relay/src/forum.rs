//! Whether the group still has topics. Where they are switched off Telegram ignores the topic of a message without a word, and copies
//! land among everybody's eyes: so what the host knows of it is kept, and nothing goes to a topic in doubt.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use serde_json::json;
use switchboard_store::{Change, MessageId, TurnCommit, Write};
use switchboard_telegram::types::{Chat, Message};

use crate::RelayError;
use crate::connection::{Inner, notice_key};
use crate::sender::judge::NO_FORUM;
use crate::turn::draft::Draft;

/// Milliseconds between two questions to Telegram while the topics are off.
const ASK_AGAIN: i64 = 5_000;

/// What is known of the group's forum mode.
#[derive(Debug, Default)]
pub struct Forum {
    off: AtomicBool,
    asked: AtomicI64,
}

impl Forum {
    pub fn new(off: bool) -> Self {
        Self {
            off: AtomicBool::new(off),
            asked: AtomicI64::new(0),
        }
    }
}

impl Inner {
    /// A message of the group tells whether it has topics.
    pub(crate) async fn look_at_forum(&self, draft: &mut Draft, message: &Message) -> Result<(), RelayError> {
        if message.chat.is_forum {
            if self.forum.off.load(Ordering::Relaxed) {
                self.forum_is_back();
            }
            return Ok(());
        }
        self.forum_is_off();
        self.tell_unfit(draft, NO_FORUM).await
    }

    pub fn forum_is_off(&self) {
        self.forum.off.store(true, Ordering::Relaxed);
    }

    fn forum_is_back(&self) {
        self.forum.off.store(false, Ordering::Relaxed);
        self.recovered();
        let (committer, connection, now) = (self.committer.clone(), self.id, self.now());
        let name = self.name.clone();
        tokio::spawn(async move {
            let changes = vec![Change::RemoveNotice {
                key: notice_key(NO_FORUM),
            }];
            let commit = TurnCommit {
                connection,
                now,
                changes,
                ..TurnCommit::default()
            };
            if let Err(error) = committer.commit(vec![Write::Turn(commit)]).await {
                tracing::warn!(connection = %name, error = %crate::chain(&error), "it was not kept that the group has topics again");
            }
        });
    }

    /// Whether messages may go to topics. While they may not, Telegram is asked now and then.
    pub async fn has_topics(&self) -> bool {
        if !self.forum.off.load(Ordering::Relaxed) {
            return true;
        }
        let now = self.now();
        if now - self.forum.asked.swap(now, Ordering::Relaxed) < ASK_AGAIN {
            return false;
        }
        let chat = self
            .client
            .call::<Chat>("getChat", &json!({ "chat_id": self.group() }))
            .await;
        let back = chat.is_ok_and(|chat| chat.is_forum);
        if back {
            self.forum_is_back();
        }
        back
    }

    /// What went to the main chat instead of its topic is taken away again; it will be sent to its topic when there is one.
    pub fn take_back(&self, messages: &[MessageId]) {
        let (client, name) = (self.client.clone(), self.name.clone());
        let parameters = json!({ "chat_id": self.group(), "message_ids": messages });
        tokio::spawn(async move {
            if let Err(error) = client.call::<bool>("deleteMessages", &parameters).await {
                tracing::warn!(connection = %name, error = %crate::chain(&error), "a message that missed its topic could not be taken back");
            }
        });
    }
}
