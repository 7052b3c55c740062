//! What is written when a call failed: healing, waiting, asking, and words for the operators.

use switchboard_delivery::{Flood, OnUnknown, Outcome};
use switchboard_store::{Change, ChatId, Direction, Place, Settled};

use super::{ADOPTION_WAIT, Drawing, UNFIT_RETRY, as_repeat, ask, carry_of};
use crate::RelayError;
use crate::content::Content;
use crate::op::{Op, encode};
use crate::sender::attempt::Loaded;
use crate::sender::job::on_unknown;
use crate::sender::judge::{Judgement, NO_FORUM, TOPIC_SHUT};
use crate::sender::plan::Step;
use crate::turn::NO_DIALOG;
use crate::words;

impl Drawing<'_> {
    pub(super) async fn failed(&mut self, step: &Step, judgement: Judgement) -> Result<(), RelayError> {
        let now = self.now;
        match judgement {
            Judgement::AlreadySo => self.sent(step, &[]).await?,
            Judgement::Flood(wait) => self.again(
                "too many requests",
                now + wait,
                Outcome::NotSent {
                    retry_after: Some(wait),
                    scope_wide: Flood::Chat,
                },
            ),
            Judgement::NotSent => {
                self.again(
                    "Telegram cannot be reached",
                    now,
                    Outcome::NotSent {
                        retry_after: None,
                        scope_wide: Flood::None,
                    },
                );
            }
            Judgement::TokenInvalid => {
                self.inner.token_refused();
                self.again(
                    "the bot's token is not valid",
                    // A start with another token need not wait.
                    now,
                    Outcome::NotSent {
                        retry_after: Some(UNFIT_RETRY),
                        scope_wide: Flood::Bot,
                    },
                );
            }
            Judgement::GroupMoved(to) => {
                let from = self.inner.group();
                self.inner.group_moved(to);
                self.done.changes.push(Change::MoveGroup { to });
                self.done.moved = Some((from, to));
                self.again("the group was upgraded", now, Outcome::More { after: 0 });
            }
            Judgement::TopicGone => self.topic_gone(step).await?,
            Judgement::TopicClosed => {
                if let Some(chat) = self.first().chat()
                    && !self.topic_is_closed(chat).await?
                {
                    self.add(Op::Reopen { chat });
                    self.change_person(chat, |person| {
                        if let Some(dialog) = &mut person.dialog {
                            dialog.topic_closed = true;
                        }
                    })
                    .await?;
                }
                self.unfit(TOPIC_SHUT).await?;
            }
            Judgement::GroupUnfit(why) => self.unfit(why).await?,
            Judgement::GroupLost(why) => {
                self.inner.group_lost(why);
                self.again(
                    why,
                    now,
                    Outcome::NotSent {
                        retry_after: Some(UNFIT_RETRY),
                        scope_wide: Flood::None,
                    },
                );
            }
            Judgement::Blocked(why) => self.blocked(why).await?,
            Judgement::WithoutReply => self.change_ops("the reply could not be kept", |op| {
                if let Op::Show { carry, .. } | Op::Answer { carry, .. } = op {
                    carry.reply = None;
                }
            }),
            Judgement::CannotCopy => self.cannot_copy().await?,
            Judgement::Unknown(what) => self.unknown(step, &what),
            Judgement::Refused(why) => self.refused(&why).await?,
        }
        Ok(())
    }

    /// Tries again at once with changed ops; what cannot be changed is refused, so this ends.
    pub(super) fn change_ops(&mut self, reason: &str, change: impl Fn(&mut Op)) {
        let mut ops = Vec::new();
        for loaded in self.loaded {
            let mut op = loaded.op.clone();
            change(&mut op);
            ops.push((loaded.delivery.id, op));
        }
        if ops.iter().zip(self.loaded).all(|((_, op), loaded)| *op == loaded.op) {
            let why = reason.to_owned();
            self.settle_all(|_| Settled::Refused { reason: why.clone() }, Outcome::Refused);
            return;
        }
        self.done.settled = ops
            .iter()
            .map(|(_, op)| Settled::Again {
                not_before: self.now,
                reason: reason.to_owned(),
                op: Some(encode(op)),
            })
            .collect();
        self.done.ops = ops;
        // An album stays whole; other messages that shared the call go one by one.
        let album = |loaded: &Loaded| carry_of(&loaded.op).is_some_and(|carry| carry.album.is_some());
        self.done.outcome = if self.loaded.len() > 1 && !self.loaded.iter().all(album) {
            Outcome::Apart
        } else {
            Outcome::More { after: 0 }
        };
    }

    pub(super) async fn cannot_copy(&mut self) -> Result<(), RelayError> {
        match self.first() {
            Op::Show { carry, .. } if !carry.replaced => {
                // The content is sent instead; a kind that cannot be sent is told in words.
                self.change_ops("it cannot be copied", |op| {
                    if let Op::Show { carry, .. } = op {
                        carry.replaced = true;
                    }
                });
                Ok(())
            }
            other => {
                let why = match other {
                    Op::Answer { carry, .. } => words::cannot_send(&carry.kind),
                    _ => "this message cannot be copied or forwarded".to_owned(),
                };
                self.refused(&why).await
            }
        }
    }

    pub(super) async fn topic_gone(&mut self, step: &Step) -> Result<(), RelayError> {
        let Some(chat) = self.first().chat() else {
            return self.refused("the topic does not exist").await;
        };
        // Another lane may have met the same loss, and the dialog may have its new topic by now.
        let gone = match step {
            Step::Call { parameters, .. } => parameters.get("message_thread_id").and_then(|topic| topic.as_i64()),
            _ => None,
        };
        if let Some(topic) = gone {
            self.change_person(chat, |person| {
                if let Some(dialog) = person.dialog.as_mut().filter(|dialog| dialog.topic == gone) {
                    dialog.topic = None;
                    dialog.title = None;
                }
            })
            .await?;
            self.done.changes.push(self.inner.orphan_taken(topic));
            self.inner.book.forget_topic(topic);
        }
        match (self.first(), step) {
            // What was said to a message of a topic that is gone has no object any more.
            (
                Op::Edit { .. }
                | Op::EditPost { .. }
                | Op::React { .. }
                | Op::Gone { .. }
                | Op::Pin { .. }
                | Op::Title { .. }
                | Op::Reopen { .. },
                _,
            ) => self.settle_all(|_| Settled::Sent, Outcome::Sent),
            _ => self.again("the topic was deleted", self.now, Outcome::More { after: 0 }),
        }
        Ok(())
    }

    async fn topic_is_closed(&self, chat: ChatId) -> Result<bool, RelayError> {
        let person = self.inner.book.person(chat).await?;
        Ok(person.dialog.as_ref().is_some_and(|dialog| dialog.topic_closed))
    }

    /// The group cannot take it now: it waits, and General says once why.
    pub(super) async fn unfit(&mut self, why: &'static str) -> Result<(), RelayError> {
        if self.inner.recoveries() != self.done.recoveries {
            self.again(why, self.now, Outcome::More { after: 0 });
            return Ok(());
        }
        self.inner.set_trouble(why);
        if why == NO_FORUM {
            self.inner.forum_is_off();
        }
        // Many lanes meet the same wall at once: under the lock of General, one of them tells.
        if self.inner.first_notice(why).await? {
            self.lock(NO_DIALOG).await;
        }
        if self.inner.first_notice(why).await? {
            self.done.changes.push(Change::PutNotice {
                key: crate::connection::notice_key(why),
                at: self.now,
            });
            self.add(Op::Unfit { why: why.to_owned() });
        }
        self.again(
            why,
            self.now,
            Outcome::NotSent {
                retry_after: Some(UNFIT_RETRY),
                scope_wide: Flood::None,
            },
        );
        Ok(())
    }

    pub(super) async fn blocked(&mut self, why: &'static str) -> Result<(), RelayError> {
        if let Some(chat) = self.first().chat() {
            self.change_person(chat, |person| {
                if let Some(contact) = &mut person.contact {
                    contact.blocked = true;
                }
            })
            .await?;
        }
        self.refused(why).await
    }

    pub(super) async fn refused(&mut self, why: &str) -> Result<(), RelayError> {
        let (first, name) = (self.first().clone(), self.name().await?);
        // The parts of a joined call may go one by one: one bad part must not sink the others.
        if self.loaded.len() > 1
            && matches!(first, Op::Show { .. } | Op::Answer { .. })
            && self
                .loaded
                .iter()
                .all(|loaded| carry_of(&loaded.op).is_some_and(|carry| carry.album.is_none()))
        {
            self.again(why, self.now, Outcome::Apart);
            return Ok(());
        }
        tracing::warn!(connection = %self.inner.name, delivery = self.loaded[0].delivery.id, reason = why, "a delivery was refused");
        self.settle_all(|_| Settled::Refused { reason: why.to_owned() }, Outcome::Refused);
        let chat = first.chat();
        match &first {
            Op::Show { carry, .. } if !carry.replaced && carry.content.is_some() => {
                // Deleted before it could be copied, or something new: what it said is at hand.
                self.done.settled.clear();
                self.change_ops(why, |op| {
                    if let Op::Show { carry, .. } = op {
                        carry.replaced = true;
                        carry.reply = None;
                    }
                });
            }
            Op::Show { carry, direction } => {
                let text = match (direction, &carry.content) {
                    (Direction::Intercepted, Some(content)) => words::program_sent(content),
                    (Direction::Intercepted, None) => words::program_sent(&Content {
                        kind: carry.kind.clone(),
                        ..Content::default()
                    }),
                    _ => words::cannot_show(&carry.kind),
                };
                self.add(Op::Post {
                    chat,
                    content: Content::text(text),
                    reply: None,
                    more: vec![],
                });
            }
            Op::Answer { .. }
            | Op::Forward { .. }
            | Op::Send { asked: Some(_), .. }
            | Op::Edit { side: Place::Topic, .. } => {
                self.add(Op::Post {
                    chat,
                    content: Content::text(words::not_delivered(&name, why)),
                    reply: first.asked_by(),
                    more: vec![],
                });
            }
            Op::Edit {
                side: Place::Customer,
                message,
                ..
            } => {
                let reply = match chat {
                    Some(chat) => self.inner.twin(chat, Place::Customer, *message).await?,
                    None => None,
                };
                self.add(Op::Post {
                    chat,
                    content: Content::text(words::edit_not_shown(why)),
                    reply,
                    more: vec![],
                });
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn unknown(&mut self, step: &Step, what: &str) {
        if let Step::CreateTopic { chat, title, .. } = step {
            self.inner.topics.lost(*chat, title);
            // If it was made, Telegram's note of it comes with the updates, and it is adopted.
            self.again(what, self.now + ADOPTION_WAIT, Outcome::More { after: ADOPTION_WAIT });
            return;
        }
        let unconfirmed = self.inner.config.parameters.unconfirmed;
        let first = self.first().clone();
        match on_unknown(&first, unconfirmed) {
            OnUnknown::Repeat => self.again(what, self.now, Outcome::Unknown),
            OnUnknown::RepeatMarked => {
                self.done.ops = self
                    .loaded
                    .iter()
                    .map(|loaded| (loaded.delivery.id, as_repeat(&loaded.op)))
                    .collect();
                self.done.settled = self
                    .done
                    .ops
                    .iter()
                    .map(|(_, op)| Settled::Again {
                        not_before: self.now,
                        reason: what.to_owned(),
                        op: Some(encode(op)),
                    })
                    .collect();
                self.done.outcome = Outcome::Unknown;
            }
            OnUnknown::Ask => {
                self.settle_all(
                    |_| Settled::Asking {
                        reason: what.to_owned(),
                    },
                    Outcome::Unknown,
                );
                let ask = ask(self.inner, self.loaded);
                self.add(ask);
            }
            OnUnknown::Leave => {
                self.settle_all(
                    |_| Settled::Refused {
                        reason: what.to_owned(),
                    },
                    Outcome::Unknown,
                );
                if let Some(chat) = first.chat() {
                    let name = self.inner.known_name(chat);
                    let text = match first.asked_by() {
                        Some(_) => words::left_by_rule(&name),
                        None => words::left_unasked(&name),
                    };
                    self.add(Op::Post {
                        chat: Some(chat),
                        content: Content::text(text),
                        reply: first.asked_by(),
                        more: vec![],
                    });
                }
            }
        }
    }
}
