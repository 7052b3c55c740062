//! From what a call gave to what is written of it: outcome, mirrors, healing, and words for the operators.

use std::sync::Arc;

use serde_json::json;
use switchboard_delivery::{Flood, OnUnknown, Outcome};
use switchboard_store::{Change, ChatId, Delivery, DeliveryId, Direction, MessageId, Mirror, Place, Settled};

use crate::RelayError;
use crate::cache::{Guard, Person};
use crate::connection::Inner;
use crate::content::Content;
use crate::op::{Carry, Op, encode};
use crate::sender::attempt::{Given, Loaded};
use crate::sender::job::on_unknown;
use crate::sender::judge::{Judgement, NO_FORUM, TOPIC_SHUT, judge};
use crate::sender::plan::Step;
use crate::turn::draft::new_delivery;
use crate::{title, words};

/// Pause before a group that is unfit is tried again; a change of the bot's rights ends it at once.
const UNFIT_RETRY: i64 = 15_000;
/// Time for Telegram's own note of a topic that it made without our knowing.
const ADOPTION_WAIT: i64 = 1_500;

/// Everything that is written when an attempt ends.
#[derive(Debug)]
pub struct Conclusion {
    /// One for each delivery of the batch.
    pub settled: Vec<Settled>,
    pub changes: Vec<Change>,
    pub outcome: Outcome,
    pub ops: Vec<(DeliveryId, Op)>,
    pub added: Vec<(Delivery, Op)>,
    pub people: Vec<(ChatId, Arc<Person>)>,
    pub moved: Option<(ChatId, ChatId)>,
    /// Held until the settlement is committed, where it changes a dialog.
    pub guard: Option<Guard>,
}

/// The conclusion of one attempt while it is drawn.
struct Drawing<'a> {
    inner: &'a Inner,
    loaded: &'a [Loaded],
    now: i64,
    done: Conclusion,
}

pub async fn conclude(inner: &Inner, loaded: &[Loaded], step: &Step, given: &Given) -> Result<Conclusion, RelayError> {
    let done = Conclusion {
        settled: Vec::new(),
        changes: Vec::new(),
        outcome: Outcome::Sent,
        ops: Vec::new(),
        added: Vec::new(),
        people: Vec::new(),
        moved: None,
        guard: None,
    };
    let mut drawing = Drawing {
        inner,
        loaded,
        now: inner.now(),
        done,
    };
    drawing.draw(step, given).await?;
    Ok(drawing.done)
}

impl Drawing<'_> {
    async fn draw(&mut self, step: &Step, given: &Given) -> Result<(), RelayError> {
        match (step, given) {
            (Step::CreateTopic { chat, title }, Given::Topic(topic))
            | (Step::AdoptTopic { chat, topic, title }, Given::Nothing) => self.topic_made(*chat, *topic, title).await,
            (
                _,
                Given::Done {
                    in_topic: Some(false), ..
                },
            ) => self.unfit(NO_FORUM).await,
            (_, Given::Done { ids, .. }) => self.sent(step, ids).await,
            (_, Given::Nothing | Given::Topic(_)) => {
                self.settle_all(|_| Settled::Sent, Outcome::Sent);
                Ok(())
            }
            (_, Given::Refused(why)) => self.refused(why).await,
            (_, Given::Failed(error)) => {
                let place = self.first().destination();
                self.failed(step, judge(error, place)).await
            }
        }
    }

    fn first(&self) -> &Op {
        // A batch holds at least one delivery: the engine starts no empty ones.
        &self.loaded[0].op
    }

    fn settle_all(&mut self, settled: impl Fn(&Loaded) -> Settled, outcome: Outcome) {
        self.done.settled = self.loaded.iter().map(settled).collect();
        self.done.outcome = outcome;
    }

    fn again(&mut self, reason: &str, not_before: i64, outcome: Outcome) {
        self.settle_all(
            |_| Settled::Again {
                not_before,
                reason: reason.to_owned(),
                op: None,
            },
            outcome,
        );
    }

    fn add(&mut self, op: Op) {
        let delivery = new_delivery(self.inner.next_id(), &op, self.now, self.now);
        self.done.changes.push(Change::PutDelivery(delivery.clone()));
        self.done.added.push((delivery, op));
    }

    /// Takes the dialog's lock and changes its row.
    async fn change_person(&mut self, chat: ChatId, change: impl FnOnce(&mut Person)) -> Result<(), RelayError> {
        if self.done.guard.is_none() {
            self.done.guard = Some(self.inner.book.lock(chat).await);
        }
        let old = self.inner.book.person(chat).await?;
        let mut new = (*old).clone();
        change(&mut new);
        if new.dialog != old.dialog
            && let Some(dialog) = &mut new.dialog
        {
            dialog.version += 1;
            self.done.changes.push(Change::PutDialog(dialog.clone()));
        }
        if new.contact != old.contact
            && let Some(contact) = &mut new.contact
        {
            contact.version += 1;
            self.done.changes.push(Change::PutContact(contact.clone()));
        }
        self.done.people.push((chat, Arc::new(new)));
        Ok(())
    }

    async fn topic_made(&mut self, chat: ChatId, topic: i64, title: &str) -> Result<(), RelayError> {
        let title = title.to_owned();
        self.change_person(chat, |person| {
            if let Some(dialog) = &mut person.dialog {
                dialog.topic = Some(topic);
                dialog.title = Some(title);
                dialog.topic_closed = false;
                dialog.generation += 1;
            }
        })
        .await?;
        self.done.changes.push(self.inner.orphan_taken(topic));
        self.again("", self.now, Outcome::More { after: 0 });
        Ok(())
    }

    async fn sent(&mut self, step: &Step, ids: &[MessageId]) -> Result<(), RelayError> {
        self.settle_all(|_| Settled::Sent, Outcome::Sent);
        match self.first().clone() {
            Op::Show { carry, direction } => self.shown(&carry, direction, ids).await?,
            Op::Answer { topic, .. } => {
                // Fewer ids than messages: Telegram left some out and does not say which, so none is linked wrongly.
                if ids.len() == self.loaded.len() {
                    let carries: Vec<Carry> = self.loaded.iter().filter_map(|loaded| carry_of(&loaded.op)).collect();
                    for ((loaded, carry), id) in self.loaded.iter().zip(&carries).zip(ids) {
                        self.mirror(
                            carry,
                            Direction::Outgoing,
                            *id,
                            carry.message,
                            topic,
                            loaded.delivery.id,
                        );
                    }
                } else {
                    self.report_missing(self.loaded.len().saturating_sub(ids.len()));
                }
            }
            Op::Send {
                chat,
                contents,
                show: true,
                ..
            } => {
                for (content, id) in contents.iter().zip(ids) {
                    let album = (contents.len() > 1).then(|| format!("own:{}", self.loaded[0].delivery.id));
                    let carry = Carry {
                        chat,
                        message: *id,
                        kind: content.kind.clone(),
                        reply: None,
                        album,
                        content: Some(content.clone()),
                        replaced: false,
                        marks: vec![],
                    };
                    self.add(Op::Show {
                        carry,
                        direction: Direction::Outgoing,
                    });
                }
            }
            Op::Forward { chat, messages, .. } => {
                for id in ids {
                    let album = (messages.len() > 1).then(|| format!("own:{}", self.loaded[0].delivery.id));
                    let carry = Carry {
                        chat,
                        message: *id,
                        kind: "message".to_owned(),
                        reply: None,
                        album,
                        content: None,
                        replaced: false,
                        marks: vec![],
                    };
                    self.add(Op::Show {
                        carry,
                        direction: Direction::Outgoing,
                    });
                }
            }
            Op::Title { chat } => {
                let title = match step {
                    Step::Call { parameters, .. } => {
                        parameters.get("name").and_then(|name| name.as_str()).map(str::to_owned)
                    }
                    _ => None,
                };
                self.change_person(chat, |person| {
                    if let Some(dialog) = &mut person.dialog {
                        dialog.title = title;
                    }
                })
                .await?;
            }
            Op::Reopen { chat } => {
                self.change_person(chat, |person| {
                    if let Some(dialog) = &mut person.dialog {
                        dialog.topic_closed = false;
                    }
                })
                .await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn shown(&mut self, first: &Carry, direction: Direction, ids: &[MessageId]) -> Result<(), RelayError> {
        let topic = self
            .inner
            .book
            .person(first.chat)
            .await?
            .dialog
            .as_ref()
            .and_then(|dialog| dialog.topic)
            .unwrap_or_default();
        if ids.len() == self.loaded.len() {
            let carries: Vec<Carry> = self.loaded.iter().filter_map(|loaded| carry_of(&loaded.op)).collect();
            for ((loaded, carry), id) in self.loaded.iter().zip(&carries).zip(ids) {
                self.mirror(carry, direction, carry.message, *id, topic, loaded.delivery.id);
            }
        } else {
            self.add(Op::Post {
                chat: Some(first.chat),
                content: Content::text(words::part_missing(self.loaded.len().saturating_sub(ids.len()))),
                reply: None,
                more: vec![],
            });
        }
        // A call for many cannot carry the mark on its messages.
        if let (Some(mark), true) = (first.marks.first(), self.loaded.len() > 1) {
            let mark = mark.clone();
            self.add(Op::Post {
                chat: Some(first.chat),
                content: Content::text(mark),
                reply: ids.first().copied(),
                more: vec![],
            });
        }
        Ok(())
    }

    fn mirror(
        &mut self,
        carry: &Carry,
        direction: Direction,
        customer_message: MessageId,
        group_message: MessageId,
        topic: i64,
        delivery: DeliveryId,
    ) {
        self.done.changes.push(Change::PutMirror(Mirror {
            chat: carry.chat,
            direction,
            customer_message,
            group_message,
            topic,
            kind: carry.kind.clone(),
            delivery,
            at: self.now,
        }));
    }

    fn report_missing(&mut self, missing: usize) {
        if missing > 0
            && let (chat, reply) = (self.first().chat(), self.first().asked_by())
        {
            self.add(Op::Post {
                chat,
                content: Content::text(words::part_missing(missing)),
                reply,
                more: vec![],
            });
        }
    }

    async fn failed(&mut self, step: &Step, judgement: Judgement) -> Result<(), RelayError> {
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
                    now + UNFIT_RETRY,
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
                if let Some(chat) = self.first().chat() {
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
                    now + UNFIT_RETRY,
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
    fn change_ops(&mut self, reason: &str, change: impl Fn(&mut Op)) {
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

    async fn cannot_copy(&mut self) -> Result<(), RelayError> {
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

    async fn topic_gone(&mut self, step: &Step) -> Result<(), RelayError> {
        let Some(chat) = self.first().chat() else {
            return self.refused("the topic does not exist").await;
        };
        let before = self
            .inner
            .book
            .person(chat)
            .await?
            .dialog
            .as_ref()
            .and_then(|dialog| dialog.topic);
        self.change_person(chat, |person| {
            if let Some(dialog) = &mut person.dialog {
                dialog.topic = None;
                dialog.title = None;
            }
        })
        .await?;
        if let Some(topic) = before {
            self.done.changes.push(self.inner.orphan_taken(topic));
            self.inner.book.forget_topic(topic);
        }
        match (self.first(), step) {
            // What was said to a message of a topic that is gone has no object any more.
            (Op::Edit { .. } | Op::EditPost { .. } | Op::React { .. } | Op::Title { .. } | Op::Reopen { .. }, _) => {
                self.settle_all(|_| Settled::Sent, Outcome::Sent)
            }
            _ => self.again("the topic was deleted", self.now, Outcome::More { after: 0 }),
        }
        Ok(())
    }

    /// The group cannot take it now: it waits, and General says once why.
    async fn unfit(&mut self, why: &'static str) -> Result<(), RelayError> {
        self.inner.set_trouble(why);
        if self.inner.first_notice(why).await? {
            self.done.changes.push(Change::PutNotice {
                key: crate::connection::notice_key(why),
                at: self.now,
            });
            self.add(Op::Post {
                chat: None,
                content: Content::text(words::unfit(why)),
                reply: None,
                more: vec![],
            });
        }
        self.again(
            why,
            self.now + UNFIT_RETRY,
            Outcome::NotSent {
                retry_after: Some(UNFIT_RETRY),
                scope_wide: Flood::None,
            },
        );
        Ok(())
    }

    async fn blocked(&mut self, why: &'static str) -> Result<(), RelayError> {
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

    async fn refused(&mut self, why: &str) -> Result<(), RelayError> {
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
            Op::Show { carry, .. } => {
                let text = words::cannot_show(&carry.kind);
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

    fn unknown(&mut self, step: &Step, what: &str) {
        if matches!(step, Step::CreateTopic { .. }) {
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
                let ask = ask(self.inner, &self.loaded[0]);
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
                    self.add(Op::Post {
                        chat: Some(chat),
                        content: Content::text(words::left_by_rule(&name)),
                        reply: first.asked_by(),
                        more: vec![],
                    });
                }
            }
        }
    }

    async fn name(&self) -> Result<String, RelayError> {
        let Some(chat) = self.first().chat() else {
            return Ok(String::new());
        };
        let person = self.inner.book.person(chat).await?;
        Ok(person.contact.as_ref().map(title::name).unwrap_or_default())
    }
}

/// The op with the mark that it may be a repeat.
pub fn as_repeat(op: &Op) -> Op {
    let mut op = op.clone();
    if let Op::Show { carry, .. } = &mut op {
        let mark = words::MAYBE_REPEATED;
        if !carry.marks.iter().any(|known| known == mark) {
            carry.marks.push(mark.to_owned());
        }
    }
    op
}

/// The question whether to send a message again.
pub fn ask(inner: &Inner, loaded: &Loaded) -> Op {
    let chat = loaded.op.chat();
    let name = chat.map(|chat| inner.known_name(chat)).unwrap_or_default();
    let id = loaded.delivery.id;
    let rows = json!([[{ "text": words::SEND_AGAIN, "callback_data": format!("u:{id}:again") }, { "text": words::LEAVE_IT, "callback_data": format!("u:{id}:leave") }]]);
    Op::Post {
        chat,
        content: Content::text(words::not_confirmed(&name)).with_keyboard(rows),
        reply: loaded.op.asked_by(),
        more: vec![],
    }
}

fn carry_of(op: &Op) -> Option<Carry> {
    match op {
        Op::Show { carry, .. } | Op::Answer { carry, .. } => Some(carry.clone()),
        _ => None,
    }
}
