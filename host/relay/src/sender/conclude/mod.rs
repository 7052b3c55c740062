//! From what a call gave to what is written of it: outcome, mirrors, healing, and words for the operators.

mod done;
mod failed;

use std::sync::Arc;

use serde_json::json;
use switchboard_delivery::Outcome;
use switchboard_store::{Change, ChatId, Delivery, DeliveryId, Settled};

use crate::RelayError;
use crate::cache::{Guard, Person};
use crate::connection::Inner;
use crate::content::Content;
use crate::op::{Carry, Op};
use crate::sender::attempt::{Given, Loaded};
use crate::sender::judge::{NO_FORUM, judge};
use crate::sender::plan::Step;
use crate::turn::draft::new_delivery;
use crate::{title, words};

/// Pause before a group that is unfit is tried again; a change of the bot's rights ends it at once, and so does a restart.
const UNFIT_RETRY: i64 = 15_000;
/// Time for Telegram's own note of a topic that it made without our knowing.
pub const ADOPTION_WAIT: i64 = 3_000;

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
    /// Held until the settlement is committed, where it changes a dialog or tells of something once.
    pub guards: Vec<(ChatId, Guard)>,
    /// How often the group had recovered when the attempt began.
    pub recoveries: u64,
}

/// The conclusion of one attempt while it is drawn.
struct Drawing<'a> {
    inner: &'a Inner,
    loaded: &'a [Loaded],
    now: i64,
    done: Conclusion,
}

pub async fn conclude(
    inner: &Inner,
    loaded: &[Loaded],
    recoveries: u64,
    step: &Step,
    given: &Given,
) -> Result<Conclusion, RelayError> {
    let done = Conclusion {
        settled: Vec::new(),
        changes: Vec::new(),
        outcome: Outcome::Sent,
        ops: Vec::new(),
        added: Vec::new(),
        people: Vec::new(),
        moved: None,
        guards: Vec::new(),
        recoveries,
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
            (Step::CreateTopic { chat, title, .. }, Given::Topic(topic))
            | (Step::AdoptTopic { chat, topic, title, .. }, Given::Nothing) => {
                self.topic_made(*chat, *topic, title).await
            }
            (Step::Wait { millis }, _) => {
                self.again("", self.now + millis, Outcome::More { after: *millis });
                Ok(())
            }
            (Step::Unfit(why), _) => self.unfit(why).await,
            (
                _,
                Given::Done {
                    in_topic: Some(false),
                    ids,
                },
            ) => {
                self.inner.take_back(ids);
                self.unfit(NO_FORUM).await
            }
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

    /// Takes a lock, and holds it until this conclusion is committed.
    async fn lock(&mut self, chat: ChatId) {
        if !self.done.guards.iter().any(|(held, _)| *held == chat) {
            let guard = self.inner.book.lock(chat).await;
            self.done.guards.push((chat, guard));
        }
    }

    /// Takes the dialog's lock and changes its row.
    async fn change_person(&mut self, chat: ChatId, change: impl FnOnce(&mut Person)) -> Result<(), RelayError> {
        self.lock(chat).await;
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
        self.inner.topics.found(chat);
        self.again("", self.now, Outcome::More { after: 0 });
        Ok(())
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

/// The question whether to send messages again that went out together.
pub fn ask(inner: &Inner, loaded: &[Loaded]) -> Op {
    let (first, last) = (&loaded[0], &loaded[loaded.len() - 1]);
    let chat = first.op.chat();
    let name = chat.map(|chat| inner.known_name(chat)).unwrap_or_default();
    let ids = match (first.delivery.id, last.delivery.id) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    };
    let button = |text: &str, verb: &str| json!({ "text": text, "callback_data": format!("u:{ids}:{verb}") });
    let rows = json!([[button(words::SEND_AGAIN, "again"), button(words::LEAVE_IT, "leave")]]);
    Op::Post {
        chat,
        content: Content::text(words::not_confirmed(&name, loaded.len())).with_keyboard(rows),
        reply: first.op.asked_by(),
        more: vec![],
    }
}

fn carry_of(op: &Op) -> Option<Carry> {
    match op {
        Op::Show { carry, .. } | Op::Answer { carry, .. } | Op::Revise { carry } => Some(carry.clone()),
        _ => None,
    }
}
