//! The bot's own program beside us, as the relay sees it.

use std::sync::Arc;

use async_trait::async_trait;
use switchboard_store::ChatId;
use tokio::sync::watch;

/// What failed on the program's side of the house.
pub type ProgramError = Box<dyn std::error::Error + Send + Sync>;

/// Whether the bot's program gets an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    Pass,
    /// Not before the dialog is released.
    Hold,
    /// Never: it is the relay's own traffic.
    Hide,
}

/// An update on its way to the bot's program.
#[derive(Debug, Clone)]
pub struct ForProgram {
    pub update: i64,
    /// Telegram's name of the kind.
    pub kind: String,
    /// Whose updates keep their order: the chat's or, where there is none, the user's.
    pub lane: Option<ChatId>,
    /// The whole `Update` object.
    pub body: Arc<str>,
    pub sight: Sight,
}

/// The queue of the bot's own program.
#[async_trait]
pub trait Program: Send + Sync + std::fmt::Debug {
    /// The kinds of updates that it wants, each by name, as they are now and as they change.
    fn kinds(&self) -> watch::Receiver<Vec<String>>;
    /// Takes a batch for the program; repeats are known and dropped. On disk when it returns.
    ///
    /// # Errors
    /// Where it could not be written; nothing of the batch was taken then.
    async fn take(&self, updates: Vec<ForProgram>) -> Result<(), ProgramError>;
    /// The held updates of a dialog are handed over, or dropped.
    ///
    /// # Errors
    /// Where it could not be written.
    async fn release(&self, chat: ChatId, drop: bool) -> Result<(), ProgramError>;
    /// The dialogs with held updates.
    fn held(&self) -> Vec<ChatId>;
}
