//! The words that stand for the closed sets in the tables.

use crate::row::{DeliveryState, Direction, Place, Status};

macro_rules! words {
    ($($kind:ident { $($case:ident = $word:literal),+ $(,)? })+) => { $(
        impl $kind {
            /// The word that the tables hold.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$case => $word),+ }
            }

            /// Reads a word of the tables.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$case),)+ _ => None }
            }
        }
    )+ };
}

words! {
    Status { Waiting = "waiting", Answered = "answered", Closed = "closed" }
    Place { Customer = "customer", Topic = "topic", General = "general" }
    Direction { Incoming = "incoming", Outgoing = "outgoing", Intercepted = "intercepted" }
    DeliveryState { Ready = "ready", Open = "open", Asking = "asking", Refused = "refused" }
}
