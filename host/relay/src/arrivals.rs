//! What of a private chat is under way: a topic shows the two sides of a dialog in the order of the chat itself.
//!
//! Messages of a private chat are numbered in one row, whoever wrote them. So what the bot's program sent waits for earlier
//! messages of the customer, and those wait for earlier ones of the program; neither can wait for the other.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use switchboard_store::{ChatId, MessageId};
use tokio::sync::Notify;

/// Longest wait of a customer's message for one of the program's: order is not worth more.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whose messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    Customer,
    Program,
}

/// Messages under way, by side and chat: as many as the batches hold that are being handled.
#[derive(Debug, Default)]
pub struct Arrivals {
    flights: Mutex<HashMap<(Side, ChatId), Vec<MessageId>>>,
    landed: Notify,
}

impl Arrivals {
    /// A message came in.
    pub fn taken(&self, side: Side, chat: ChatId, message: MessageId) {
        self.flights.lock().entry((side, chat)).or_default().push(message);
    }

    /// It was handled, or will not be.
    pub fn done(&self, side: Side, chat: ChatId, message: MessageId) {
        let mut flights = self.flights.lock();
        if let Some(messages) = flights.get_mut(&(side, chat)) {
            if let Some(at) = messages.iter().position(|id| *id == message) {
                messages.swap_remove(at);
            }
            if messages.is_empty() {
                flights.remove(&(side, chat));
            }
        }
        drop(flights);
        self.landed.notify_waiters();
    }

    /// Whether an earlier message of that side is under way.
    pub fn flies(&self, side: Side, chat: ChatId, before: MessageId) -> bool {
        let flights = self.flights.lock();
        flights
            .get(&(side, chat))
            .is_some_and(|messages| messages.iter().any(|id| *id < before))
    }

    /// Waits until no earlier message of that side is under way.
    pub async fn landed(&self, side: Side, chat: ChatId, before: MessageId) {
        loop {
            let landed = self.landed.notified();
            tokio::pin!(landed);
            landed.as_mut().enable();
            if !self.flies(side, chat, before) {
                return;
            }
            landed.await;
        }
    }

    /// As [`Arrivals::landed`], but not for ever.
    pub async fn landed_soon(&self, side: Side, chat: ChatId, before: MessageId) {
        if self.flies(side, chat, before) {
            // Then it is shown out of order, and not lost.
            let _ = tokio::time::timeout(PATIENCE, self.landed(side, chat, before)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_earlier_messages_of_the_other_side_are_waited_for() {
        let arrivals = Arrivals::default();
        arrivals.taken(Side::Customer, 7, 10);
        arrivals.taken(Side::Customer, 7, 12);
        assert!(arrivals.flies(Side::Customer, 7, 11));
        assert!(!arrivals.flies(Side::Customer, 7, 10) && !arrivals.flies(Side::Program, 7, 11));
        arrivals.done(Side::Customer, 7, 10);
        // The second is still under way, but it came after.
        arrivals.landed(Side::Customer, 7, 11).await;
        arrivals.done(Side::Customer, 7, 12);
        assert!(!arrivals.flies(Side::Customer, 7, 100));
        assert!(arrivals.flights.lock().is_empty());
    }
}
