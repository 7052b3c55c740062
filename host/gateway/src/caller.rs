//! Calls that the gateway makes in the name of the bot's own program.

use async_trait::async_trait;

use crate::{Answer, GatewayError, Params};

/// Makes a call at the Bot API server as if the bot's program had made it: what takes effect is told to whoever stands
/// [`Behind`](crate::Behind) before this returns.
#[async_trait]
pub trait Caller: Send + Sync + std::fmt::Debug {
    /// `method` in any case. Files cannot be sent in this way; `params.files` is ignored.
    ///
    /// # Errors
    /// [`GatewayError::NotSent`] where it had no effect, [`GatewayError::Unknown`] where it may have had one. A refusal of
    /// Telegram's is an [`Answer`].
    async fn call(&self, method: &str, params: Params) -> Result<Answer, GatewayError>;
}
