//! What can go wrong in the gateway itself. Telegram's refusals are no errors here: they are answers.

use switchboard_store::StoreError;

/// Why the gateway could not do its own part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The front door's address cannot be listened on.
    #[error("the front door cannot listen on {address}")]
    Listen {
        address: std::net::SocketAddr,
        #[source]
        source: std::io::Error,
    },
    /// The address of the Bot API server is not a root URL such as `https://api.telegram.org`.
    #[error("{url:?} is no address of a Bot API server: {why}")]
    Upstream { url: String, why: &'static str },
    /// TLS cannot be set up on this machine.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// The call did not reach the Bot API server; it had no effect.
    #[error("the Bot API server cannot be reached")]
    NotSent(#[source] std::io::Error),
    /// The call left and no whole answer came: it may or may not have had its effect, and is not repeated.
    #[error("the Bot API server did not answer: {0}")]
    Unknown(&'static str),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// What the store kept for the gateway cannot be read.
    #[error("what is stored for the gateway cannot be read: {0}")]
    Stored(String),
    /// A webhook that was set elsewhere cannot be served from here.
    #[error("the webhook cannot be served: {0}")]
    Webhook(String),
    /// The door or the front has been stopped.
    #[error("the gateway has been stopped")]
    Stopped,
}
