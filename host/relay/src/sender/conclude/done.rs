//! What is written when a call was carried out: mirrors, titles, and the deliveries that follow from it.

use switchboard_delivery::Outcome;
use switchboard_store::{Change, DeliveryId, Direction, MessageId, Mirror, Settled};

use super::{Drawing, carry_of};
use crate::RelayError;
use crate::content::Content;
use crate::op::{Carry, Op};
use crate::sender::plan::{JOINED, Step};
use crate::words;

impl Drawing<'_> {
    pub(super) async fn sent(&mut self, step: &Step, ids: &[MessageId]) -> Result<(), RelayError> {
        self.settle_all(|_| Settled::Sent, Outcome::Sent);
        match self.first().clone() {
            Op::Show { carry, direction } => self.shown(&carry, direction, ids).await?,
            // An edit gives the twin again, which is linked already.
            Op::Revise { carry } if !step.edits() => self.shown(&carry, Direction::Intercepted, ids).await?,
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

    pub(super) async fn shown(
        &mut self,
        first: &Carry,
        direction: Direction,
        ids: &[MessageId],
    ) -> Result<(), RelayError> {
        let topic = self
            .inner
            .book
            .person(first.chat)
            .await?
            .dialog
            .as_ref()
            .and_then(|dialog| dialog.topic)
            .unwrap_or_default();
        let joined = direction == Direction::Intercepted && ids.len() == 1 && first.album.is_none();
        if ids.len() == self.loaded.len() {
            let carries: Vec<Carry> = self.loaded.iter().filter_map(|loaded| carry_of(&loaded.op)).collect();
            for ((loaded, carry), id) in self.loaded.iter().zip(&carries).zip(ids) {
                self.mirror(carry, direction, carry.message, *id, topic, loaded.delivery.id);
            }
        } else if let (true, Some(id)) = (joined, ids.first()) {
            for loaded in self.loaded {
                if let Some(mut carry) = carry_of(&loaded.op) {
                    JOINED.clone_into(&mut carry.kind);
                    self.mirror(&carry, direction, carry.message, *id, topic, loaded.delivery.id);
                }
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
        let marks = self.loaded.iter().filter_map(|loaded| carry_of(&loaded.op));
        if let (Some(mark), true) = (marks.flat_map(|carry| carry.marks).next(), self.loaded.len() > 1) {
            self.add(Op::Post {
                chat: Some(first.chat),
                content: Content::text(mark),
                reply: ids.first().copied(),
                more: vec![],
            });
        }
        Ok(())
    }

    pub(super) fn mirror(
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

    pub(super) fn report_missing(&mut self, missing: usize) {
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
}
