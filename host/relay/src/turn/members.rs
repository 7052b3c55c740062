//! Customers who block the bot and come back, and the bot's own rights in the group.

use std::sync::Arc;

use switchboard_store::Change;
use switchboard_telegram::types::ChatMemberUpdated;

use super::draft::Draft;
use crate::RelayError;
use crate::connection::{Inner, notice_key};
use crate::content::Content;
use crate::op::Op;
use crate::sender::judge::{GONE, NO_ADMIN, NO_TOPICS_RIGHT, TROUBLES};
use crate::{title, words};

impl Inner {
    pub(super) async fn member_changed(
        self: &Arc<Self>,
        draft: &mut Draft,
        change: &ChatMemberUpdated,
    ) -> Result<(), RelayError> {
        if change.chat.kind == "private" {
            return self.customer_blocks(draft, change).await;
        }
        if change.chat.id != self.group() || change.new_chat_member.user.id != self.client.bot_id() {
            return Ok(());
        }
        let member = &change.new_chat_member;
        if matches!(member.status.as_str(), "left" | "kicked") {
            self.group_lost(GONE);
            return Ok(());
        }
        let trouble = if !member.is_admin() {
            Some(NO_ADMIN)
        } else if member.status == "administrator" && !member.can_manage_topics {
            Some(NO_TOPICS_RIGHT)
        } else {
            None
        };
        match trouble {
            Some(why) => self.tell_unfit(draft, why).await?,
            None => {
                // Whatever was told is over; it may be told again when it comes back.
                draft
                    .changes
                    .extend(TROUBLES.map(|why| Change::RemoveNotice { key: notice_key(why) }));
                self.recovered();
            }
        }
        Ok(())
    }

    /// What a person must mend in the group, told once in General. The turn is one of General's.
    pub(crate) async fn tell_unfit(&self, draft: &mut Draft, why: &'static str) -> Result<(), RelayError> {
        self.set_trouble(why);
        if self.first_notice(why).await? {
            let key = notice_key(why);
            draft.changes.push(Change::PutNotice { key, at: draft.now });
            draft.queue(Op::Unfit { why: why.to_owned() });
        }
        Ok(())
    }

    async fn customer_blocks(&self, draft: &mut Draft, change: &ChatMemberUpdated) -> Result<(), RelayError> {
        let chat = change.chat.id;
        draft.read(&self.book, chat).await?;
        let blocked = change.new_chat_member.status == "kicked";
        let has_topic = draft.dialog(chat).is_some_and(|dialog| dialog.topic.is_some());
        let Some(contact) = draft.person_mut(chat).and_then(|person| person.contact.as_mut()) else {
            return Ok(());
        };
        if contact.blocked == blocked {
            return Ok(());
        }
        contact.blocked = blocked;
        let name = title::name(contact);
        if has_topic {
            let text = if blocked {
                words::blocked(&name)
            } else {
                words::unblocked(&name)
            };
            draft.queue(Op::Post {
                chat: Some(chat),
                content: Content::text(text),
                reply: None,
                more: vec![],
            });
        }
        Ok(())
    }
}
