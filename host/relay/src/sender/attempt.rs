//! One attempt: claim it, make the call, settle it. Whatever happens, the settlement is committed before the lane goes on.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use switchboard_delivery::{BatchId, Outcome, Start};
use switchboard_store::{Claim, Delivery, DeliveryId, MessageId, Settlement, Write, Written};
use switchboard_telegram::CallError;

use crate::RelayError;
use crate::connection::Inner;
use crate::op::Op;
use crate::sender::conclude::{Conclusion, conclude};
use crate::sender::plan::{Step, plan};

/// A delivery in memory.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub delivery: Delivery,
    pub op: Op,
}

/// What the loop is told when an attempt is over and settled.
#[derive(Debug)]
pub struct Ended {
    pub batch: BatchId,
    pub jobs: Vec<DeliveryId>,
    pub outcome: Outcome,
    /// Ops that changed with this attempt.
    pub ops: Vec<(DeliveryId, Op)>,
    /// Deliveries that came of it, committed with it.
    pub added: Vec<(Delivery, Op)>,
    /// The group has another id.
    pub moved: Option<(i64, i64)>,
    /// How often the group had recovered when it began.
    pub recoveries: u64,
}

/// What a call gave.
#[derive(Debug)]
pub enum Given {
    /// Ids of the messages that it made, in order; empty where it makes none.
    Done {
        ids: Vec<MessageId>,
        in_topic: Option<bool>,
    },
    Topic(i64),
    Nothing,
    Refused(String),
    Failed(CallError),
}

/// Runs one attempt to its end.
pub async fn attempt(inner: Arc<Inner>, start: Start, loaded: Vec<Loaded>) -> Ended {
    let recoveries = inner.recoveries();
    let stopped = |start: &Start| Ended {
        batch: start.batch,
        jobs: vec![],
        outcome: Outcome::Unknown,
        ops: vec![],
        added: vec![],
        moved: None,
        recoveries,
    };
    let claims = start
        .jobs
        .iter()
        .zip(&start.attempts)
        .map(|(delivery, attempt)| {
            Write::Claim(Claim {
                connection: inner.id,
                delivery: *delivery,
                attempt: *attempt,
                now: inner.now(),
            })
        })
        .collect::<Vec<_>>();
    let Some(written) = insist(&inner, &claims).await else {
        return stopped(&start);
    };
    if written.iter().any(|written| *written != Written::Done) {
        tracing::error!(connection = %inner.name, deliveries = ?start.jobs, "a delivery was claimed by somebody else");
        return Ended {
            batch: start.batch,
            jobs: start.jobs,
            outcome: Outcome::Refused,
            ops: vec![],
            added: vec![],
            moved: None,
            recoveries,
        };
    }
    let ops: Vec<&Op> = loaded.iter().map(|loaded| &loaded.op).collect();
    let planned = if is_outdated(&inner, &loaded) {
        Ok(Step::Nothing)
    } else {
        plan(&inner, &ops).await
    };
    let step = match planned {
        Ok(step) => step,
        Err(error) => {
            tracing::error!(connection = %inner.name, error = %crate::chain(&error), "a delivery could not be planned");
            Step::Refuse("the relay's own data could not be read; see its log".to_owned())
        }
    };
    let given = perform(&inner, &step).await;
    let conclusion = loop {
        match conclude(&inner, &loaded, recoveries, &step, &given).await {
            Ok(conclusion) => break conclusion,
            Err(RelayError::Stopping) => return stopped(&start),
            Err(error) => {
                tracing::error!(connection = %inner.name, error = %crate::chain(&error), "an outcome could not be written; trying again");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    };
    settle(&inner, &start, conclusion)
        .await
        .unwrap_or_else(|| stopped(&start))
}

/// A newer revision of the same message waits behind this one.
fn is_outdated(inner: &Inner, loaded: &[Loaded]) -> bool {
    let [
        Loaded {
            delivery,
            op: Op::Revise { carry },
        },
    ] = loaded
    else {
        return false;
    };
    let newest = inner.revisions.get(&(carry.chat, carry.message));
    newest.is_some_and(|newest| newest > delivery.id)
}

async fn settle(inner: &Arc<Inner>, start: &Start, conclusion: Conclusion) -> Option<Ended> {
    let Conclusion {
        settled,
        changes,
        outcome,
        ops,
        added,
        people,
        moved,
        guards,
        recoveries,
    } = conclusion;
    let now = inner.now();
    let mut changes = Some(changes);
    let writes: Vec<Write> = start
        .jobs
        .iter()
        .zip(&start.attempts)
        .zip(settled)
        .map(|((delivery, attempt), outcome)| {
            Write::Settle(Settlement {
                connection: inner.id,
                delivery: *delivery,
                attempt: *attempt,
                now,
                outcome,
                changes: changes.take().unwrap_or_default(),
            })
        })
        .collect();
    insist(inner, &writes).await?;
    for (chat, person) in people {
        inner.book.put(chat, person);
    }
    drop(guards);
    Some(Ended {
        batch: start.batch,
        jobs: start.jobs.clone(),
        outcome,
        ops,
        added,
        moved,
        recoveries,
    })
}

/// Commits, again and again while the database fails; `None` when the host is stopping.
async fn insist(inner: &Inner, writes: &[Write]) -> Option<Vec<Written>> {
    loop {
        match inner.committer.commit(writes.to_vec()).await {
            Ok(written) => return Some(written),
            Err(RelayError::Stopping) => return None,
            Err(_) if inner.stopping.is_cancelled() => return None,
            // The committer has logged it.
            Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
}

async fn perform(inner: &Inner, step: &Step) -> Given {
    match step {
        Step::Nothing | Step::Wait { .. } | Step::Unfit(_) | Step::AdoptTopic { .. } => Given::Nothing,
        Step::Refuse(why) => Given::Refused(why.clone()),
        Step::CreateTopic { title, .. } => {
            let mut parameters = serde_json::json!({ "chat_id": inner.group(), "name": title });
            if let (Some(color), Some(fields)) = (inner.config.parameters.icon_color, parameters.as_object_mut()) {
                fields.insert("icon_color".to_owned(), color.into());
            }
            match inner
                .client
                .call::<switchboard_telegram::types::ForumTopic>("createForumTopic", &parameters)
                .await
            {
                Ok(topic) => Given::Topic(topic.message_thread_id),
                Err(error) => Given::Failed(error),
            }
        }
        Step::Call { method, parameters } => match inner.client.call::<Value>(method, parameters).await {
            Ok(result) => {
                let in_topic = parameters
                    .contains_key("message_thread_id")
                    .then(|| in_topic(&result))
                    .flatten();
                Given::Done {
                    ids: ids(&result),
                    in_topic,
                }
            }
            Err(error) => Given::Failed(error),
        },
    }
}

/// The ids of the messages in a result: a message, a `MessageId`, or a list of either.
fn ids(result: &Value) -> Vec<MessageId> {
    match result {
        Value::Array(items) => items
            .iter()
            .filter_map(|item| item.get("message_id")?.as_i64())
            .collect(),
        Value::Object(fields) => fields.get("message_id").and_then(Value::as_i64).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Where forum mode is off, Telegram ignores the topic without a word: only a whole message in the answer tells.
fn in_topic(result: &Value) -> Option<bool> {
    let message = result.as_array().map_or(Some(result), |items| items.first())?;
    message.get("chat")?;
    Some(
        message
            .get("is_topic_message")
            .and_then(Value::as_bool)
            .unwrap_or(false),
    )
}
