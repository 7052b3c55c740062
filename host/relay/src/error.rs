//! What can go wrong in the relay.

use switchboard_store::{DeliveryId, StoreError};
use switchboard_telegram::CallError;

/// A part of the relay could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the commit failed")]
    Commit(#[source] std::sync::Arc<StoreError>),
    #[error("delivery {id} in the outbox cannot be read")]
    Op {
        id: DeliveryId,
        #[source]
        source: serde_json::Error,
    },
    #[error("the connection's configuration in the store cannot be read; apply it again")]
    Config(#[source] serde_json::Error),
    #[error("Telegram refused")]
    Telegram(#[from] CallError),
    #[error("the queue of the bot's own program failed")]
    Program(#[source] crate::program::ProgramError),
    #[error("the connection is stopping")]
    Stopping,
    #[error("the turn met changes of other turns {0} times in a row")]
    Conflicts(u32),
    #[error("plugin {name} cannot be used")]
    Plugin {
        name: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
