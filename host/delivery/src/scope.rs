//! One chat's line: the lanes that are ready for it, its budget, its pause.

use std::collections::BTreeSet;

use crate::budget::{Budget, Fit};
use crate::lane::Place;
use crate::{Millis, Pacing, Scope};

/// Where a chat is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No lane is ready.
    Idle,
    /// Its first lane may go as far as the chat is concerned.
    Open(Place),
    /// Until a time; or, without one, until a call in flight has ended.
    Waits(Option<Millis>),
}

#[derive(Debug)]
pub(crate) struct Chat {
    pub ready: BTreeSet<Place>,
    pub budget: Budget,
    pub paused_until: Millis,
    /// The last time that a ready lane had to wait for the budget or a pause.
    pub denied: Millis,
    /// Calls in flight.
    pub flying: u32,
    pub standing: Standing,
    /// Listed to be forgotten.
    pub leaving: bool,
}

impl Chat {
    pub fn new(pacing: &Pacing, scope: Scope) -> Self {
        Self::with(Budget::of_scope(pacing, scope))
    }

    pub fn with(budget: Budget) -> Self {
        Self {
            ready: BTreeSet::new(),
            budget,
            paused_until: 0,
            denied: Millis::MIN,
            flying: 0,
            standing: Standing::Idle,
            leaving: false,
        }
    }

    /// Where it should be listed now.
    pub fn weigh(&mut self, now: Millis) -> Standing {
        let Some(place) = self.ready.first() else {
            return Standing::Idle;
        };
        let standing = if self.paused_until > now {
            Standing::Waits(Some(self.paused_until))
        } else {
            match self.budget.fit(now, place.weight, place.priority.into()) {
                Fit::Now => Standing::Open(*place),
                Fit::At(at) => Standing::Waits(Some(at)),
                Fit::Later => Standing::Waits(None),
            }
        };
        if matches!(standing, Standing::Waits(_)) {
            self.denied = now;
        }
        standing
    }

    /// From when on it can be forgotten, as things stand.
    pub fn idle_at(&self) -> Option<Millis> {
        (self.ready.is_empty() && self.flying == 0).then(|| self.budget.idle_at().max(self.paused_until))
    }
}

/// The bot as a whole.
#[derive(Debug)]
pub(crate) struct Bot {
    pub budget: Budget,
    pub paused_until: Millis,
    floods: Vec<(Millis, Scope)>,
}

impl Bot {
    /// So many different chats answering 429 within `SPAN` mean the bot.
    const CHATS: usize = 3;
    const SPAN: Millis = 2000;

    pub fn new(pacing: &Pacing) -> Self {
        Self {
            budget: Budget::of_bot(pacing),
            paused_until: 0,
            floods: Vec::new(),
        }
    }

    /// Notes a chat's 429; true when it is one too many.
    pub fn flooded(&mut self, now: Millis, scope: Scope) -> bool {
        self.floods
            .retain(|(at, chat)| *at > now - Self::SPAN && *chat != scope);
        self.floods.push((now, scope));
        let many = self.floods.len() >= Self::CHATS;
        if many {
            self.floods.clear();
        }
        many
    }
}
