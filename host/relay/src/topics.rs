//! Making topics: which are being made right now, and which Telegram made without our hearing of it.
//!
//! Where the answer to the call is lost, Telegram's own note of the topic comes with the updates and the topic is adopted. Customers
//! may share a name, so a topic is only adopted where it cannot be the one that another dialog's call is about to be answered with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use switchboard_store::{Change, ChatId, PluginEntry, TopicId};

use crate::RelayError;
use crate::connection::{Inner, OWN};
use crate::sender::plan::Step;

/// How long a topic that nobody asked for is remembered.
const ORPHAN_LIFE: i64 = 24 * 3_600_000;
/// Pause before it is looked again whether a topic of the same title is still being made.
const MAKING_WAIT: i64 = 250;

#[derive(Debug, Default)]
struct State {
    /// How many topics of a title are being made.
    making: BTreeMap<String, usize>,
    adopting: BTreeSet<TopicId>,
    /// Titles of topics that may have been made, by dialog: the answer is lost.
    lost: BTreeMap<ChatId, String>,
}

/// What this process is doing about topics.
#[derive(Debug, Clone, Default)]
pub struct Topics(Arc<Mutex<State>>);

/// A topic is being made; dropped when what came of it is committed.
#[derive(Debug)]
pub struct Making {
    topics: Topics,
    title: String,
}

/// A topic is being adopted; dropped when that is committed.
#[derive(Debug)]
pub struct Adopting {
    topics: Topics,
    topic: TopicId,
}

impl Topics {
    fn make(&self, title: &str) -> Making {
        *self.0.lock().making.entry(title.to_owned()).or_default() += 1;
        Making {
            topics: self.clone(),
            title: title.to_owned(),
        }
    }

    fn are_made(&self, title: &str) -> bool {
        self.0.lock().making.contains_key(title)
    }

    /// The answer about a topic is lost; there may be one that waits to be adopted.
    pub fn lost(&self, chat: ChatId, title: &str) {
        self.0.lock().lost.insert(chat, title.to_owned());
    }

    /// The dialog has its topic.
    pub fn found(&self, chat: ChatId) {
        self.0.lock().lost.remove(&chat);
    }

    /// Whether some dialog may be about to get this topic.
    pub fn expects(&self, topic: TopicId, title: &str) -> bool {
        let state = self.0.lock();
        state.making.contains_key(title)
            || state.adopting.contains(&topic)
            || state.lost.values().any(|lost| lost == title)
    }

    fn adopt(&self, topic: TopicId) -> Option<Adopting> {
        let free = self.0.lock().adopting.insert(topic);
        free.then(|| Adopting {
            topics: self.clone(),
            topic,
        })
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        let making = &mut self.topics.0.lock().making;
        if let Some(count) = making.get_mut(&self.title) {
            *count -= 1;
            if *count == 0 {
                making.remove(&self.title);
            }
        }
    }
}

impl Drop for Adopting {
    fn drop(&mut self) {
        self.topics.0.lock().adopting.remove(&self.topic);
    }
}

impl Inner {
    /// How a dialog without a topic gets one.
    pub async fn topic_for(&self, chat: ChatId, title: String) -> Result<Step, RelayError> {
        // Listed first: a topic that is begun to be made from here on is not among them.
        let orphans = self.orphans(&title).await?;
        if !orphans.is_empty() && self.topics.are_made(&title) {
            return Ok(Step::Wait { millis: MAKING_WAIT });
        }
        for topic in orphans {
            // Claimed first: whoever had the claim before has committed by now, and the book knows.
            let Some(claim) = self.topics.adopt(topic) else {
                continue;
            };
            if self.book.chat_of_topic(topic).await?.is_none() {
                return Ok(Step::AdoptTopic {
                    chat,
                    topic,
                    title,
                    _claim: claim,
                });
            }
        }
        let _making = self.topics.make(&title);
        Ok(Step::CreateTopic { chat, title, _making })
    }

    /// Topics of ours with this title of whose making we were not told, the oldest first.
    async fn orphans(&self, title: &str) -> Result<Vec<TopicId>, RelayError> {
        let now = self.now();
        let entries = self
            .store
            .plugin_entries(self.id, OWN, "topic/", None, 1_000, now)
            .await?;
        let of_title = entries.iter().filter(|entry| entry.value == title.as_bytes());
        Ok(of_title
            .filter_map(|entry| entry.key.strip_prefix("topic/")?.parse().ok())
            .collect())
    }

    pub fn orphan_found(&self, topic: TopicId, title: &str) -> Change {
        let entry = PluginEntry {
            key: orphan_key(topic),
            value: title.as_bytes().to_vec(),
            expires: Some(self.now() + ORPHAN_LIFE),
            version: 1,
        };
        Change::PutPluginEntry {
            plugin: OWN.to_owned(),
            entry,
        }
    }

    pub fn orphan_taken(&self, topic: TopicId) -> Change {
        Change::RemovePluginEntry {
            plugin: OWN.to_owned(),
            key: orphan_key(topic),
        }
    }
}

fn orphan_key(topic: TopicId) -> String {
    format!("topic/{topic}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_in_the_making_until_the_last_is_made() {
        let topics = Topics::default();
        let (first, second) = (topics.make("Alex"), topics.make("Alex"));
        drop(first);
        assert!(topics.are_made("Alex") && !topics.are_made("Alice"));
        drop(second);
        assert!(!topics.are_made("Alex"));
    }

    #[test]
    fn a_topic_is_adopted_by_one_at_a_time() {
        let topics = Topics::default();
        let claim = topics.adopt(5);
        assert!(claim.is_some() && topics.adopt(5).is_none());
        drop(claim);
        assert!(topics.adopt(5).is_some());
    }

    #[test]
    fn a_topic_is_expected_while_its_answer_is_out() {
        let topics = Topics::default();
        let making = topics.make("Alex");
        assert!(topics.expects(5, "Alex") && !topics.expects(5, "Alice"));
        topics.lost(1, "Alex");
        drop(making);
        assert!(topics.expects(5, "Alex"));
        topics.found(1);
        assert!(!topics.expects(5, "Alex"));
    }
}
