//! The front door: an HTTP server that passes each call of a bot's own program on to the Bot API server.

mod buffer;
mod calls;
mod collect;
mod connection;
mod download;
mod entries;
mod exchange;
mod forward;
mod hold;
mod listen;
mod local;
mod prepare;
mod stream;
mod tee;
mod upload;
mod upstream;
mod wire;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use switchboard_telegram::Token;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{Behind, Caller, GatewayError};
use calls::DoorCaller;
use entries::{Answers, Entry};
use listen::{Limits, MOST_CONNECTIONS, Shared};
use upstream::Upstream;

/// How long calls under way may take to end when the door stops.
const GRACE: Duration = Duration::from_secs(5);

/// An open front door. It has a thread of its own; [`Front`](crate::Front)s and whoever stands [`Behind`] are asked in the
/// runtime in which it was opened.
///
/// It takes 1,000 connections at once, each with one more to the server: a process needs some 2,000 descriptors for that. Heads
/// may have 256 KiB. Bodies have any length; of one on its way up 128 KiB are held, of one on its way down 64 KiB, and what
/// is [watched](Behind::watches) is kept up to 1 MiB of parameters and 1 MiB of answer while it passes.
#[derive(Debug)]
pub struct Door {
    shared: Arc<Shared>,
    address: SocketAddr,
    /// How many it takes at once.
    connections: u32,
    /// The door's own loop.
    inside: Handle,
    thread: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

impl Door {
    /// Opens a door at `address`. `upstream` is the root of a Bot API server, such as `https://api.telegram.org`.
    ///
    /// # Errors
    /// Where the address cannot be listened on, `upstream` is none, or TLS cannot be set up.
    pub async fn listen(address: SocketAddr, upstream: &str) -> Result<Self, GatewayError> {
        let upstream = Upstream::new(upstream, None)?;
        Self::start(address, upstream, Limits::default(), MOST_CONNECTIONS).await
    }

    async fn start(
        address: SocketAddr,
        upstream: Upstream,
        limits: Limits,
        connections: u32,
    ) -> Result<Self, GatewayError> {
        let cannot = |source| GatewayError::Listen { address, source };
        let listener = tokio::net::TcpListener::bind(address).await.map_err(cannot)?;
        let bound = listener.local_addr().map_err(cannot)?;
        let listener = listener.into_std().map_err(cannot)?;
        let shared = Arc::new(Shared {
            upstream,
            entries: entries::Entries::default(),
            buffers: buffer::Buffers::default(),
            limits,
            places: Arc::new(Semaphore::new(connections as usize)),
            crowded: Notify::new(),
            stopping: CancellationToken::new(),
            home: Handle::current(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("front-door-names")
            .max_blocking_threads(4)
            .build()
            .map_err(cannot)?;
        let inside = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("front-door".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    match tokio::net::TcpListener::from_std(listener) {
                        Ok(listener) => listen::listen(listener, for_thread).await,
                        Err(error) => tracing::error!(%error, "the front door cannot be opened"),
                    }
                    let _ = ended.await;
                });
                runtime.shutdown_background();
            })
            .map_err(cannot)?;
        Ok(Self {
            shared,
            address: bound,
            connections,
            inside,
            thread: Mutex::new(Some((end, thread))),
        })
    }

    /// Where the door is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes calls in the name of a bot's program.
    #[must_use]
    pub fn caller(&self, token: &Token, behind: Arc<dyn Behind>) -> Arc<dyn Caller> {
        Arc::new(DoorCaller::new(
            Arc::clone(&self.shared),
            self.inside.clone(),
            token,
            behind,
        ))
    }

    /// Lets a token in. Calls that concern updates are the front's to answer, if there is one.
    pub fn open(&self, token: &Token, front: Option<Arc<crate::Front>>, behind: Arc<dyn Behind>) {
        self.admit(token, front.map(|front| Arc::new(front) as Arc<dyn Answers>), behind);
    }

    fn admit(&self, token: &Token, front: Option<Arc<dyn Answers>>, behind: Arc<dyn Behind>) {
        self.shared.entries.open(Entry {
            token: token.clone(),
            front,
            behind,
        });
    }

    /// This bot is going to be let in: until then its calls are answered 502, which programs try again after, and not 401,
    /// at which they give up.
    pub fn announce(&self, bot: i64) {
        self.shared.entries.announce(bot);
    }

    /// Lets a bot's token in no longer. Calls under way end as they would have.
    pub fn shut(&self, bot: i64) {
        self.shared.entries.shut(bot);
    }

    /// Takes no more calls, lets those under way end for up to 5 seconds, and closes all connections.
    pub async fn stop(&self) {
        self.shared.stopping.cancel();
        let Some((end, thread)) = self.thread.lock().take() else {
            return;
        };
        let _ = tokio::time::timeout(GRACE, self.shared.places.acquire_many(self.connections)).await;
        self.shared.upstream.tidy(true);
        let _ = end.send(());
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }
}

/// A door that was not stopped closes at once.
impl Drop for Door {
    fn drop(&mut self) {
        self.shared.stopping.cancel();
    }
}
