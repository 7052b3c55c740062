//! Which customers' updates have come in and are not handled yet: an answer of the bot's program must not overtake the question.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use switchboard_store::ChatId;
use tokio::sync::Notify;

/// The updates of one dialog that are under way.
#[derive(Debug, Default, Clone, Copy)]
struct Flight {
    /// Tells this flight from earlier and later ones of the same dialog.
    number: u64,
    taken: u64,
    done: u64,
}

/// What came in up to some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    flight: u64,
    taken: u64,
}

/// Updates under way, by dialog. As many entries as dialogs in the batch that is being handled.
#[derive(Debug, Default)]
pub struct Arrivals {
    flights: Mutex<HashMap<ChatId, Flight>>,
    numbers: AtomicU64,
    landed: Notify,
}

impl Arrivals {
    /// An update of this dialog came in.
    pub fn taken(&self, chat: ChatId) {
        let mut flights = self.flights.lock();
        let flight = flights.entry(chat).or_insert_with(|| Flight {
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
            ..Flight::default()
        });
        flight.taken += 1;
    }

    /// One was handled.
    pub fn done(&self, chat: ChatId) {
        let mut flights = self.flights.lock();
        if let Some(flight) = flights.get_mut(&chat) {
            flight.done += 1;
            if flight.done >= flight.taken {
                flights.remove(&chat);
            }
        }
        drop(flights);
        self.landed.notify_waiters();
    }

    /// What is under way now; `None` for nothing.
    pub fn ticket(&self, chat: ChatId) -> Option<Ticket> {
        self.flights.lock().get(&chat).map(|flight| Ticket {
            flight: flight.number,
            taken: flight.taken,
        })
    }

    /// Waits until everything of the ticket is handled.
    pub async fn landed(&self, chat: ChatId, ticket: Ticket) {
        loop {
            let landed = self.landed.notified();
            tokio::pin!(landed);
            landed.as_mut().enable();
            let flies = self
                .flights
                .lock()
                .get(&chat)
                .is_some_and(|flight| flight.number == ticket.flight && flight.done < ticket.taken);
            if !flies {
                return;
            }
            landed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ticket_waits_for_what_came_before_it_only() {
        let arrivals = Arrivals::default();
        assert_eq!(arrivals.ticket(7), None);
        arrivals.taken(7);
        let ticket = arrivals.ticket(7).unwrap();
        arrivals.taken(7);
        arrivals.done(7);
        // The second is still under way, but it came after the ticket.
        arrivals.landed(7, ticket).await;
        assert!(arrivals.ticket(7).is_some());
        arrivals.done(7);
        assert_eq!(arrivals.ticket(7), None);
        arrivals.taken(7);
        // Another flight of the same dialog is not waited for.
        arrivals.landed(7, ticket).await;
    }
}
