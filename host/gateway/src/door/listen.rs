//! The door's own thread: one loop for all connections, so that a call never changes threads.

use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use super::buffer::Buffers;
use super::connection::Connection;
use super::entries::Entries;
use super::upstream::Upstream;

/// Connections of bot programs at once.
pub(super) const MOST_CONNECTIONS: u32 = 1000;
/// Between two looks at connections that wait too long.
const TIDY: Duration = Duration::from_secs(5);

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) upstream: Upstream,
    pub(super) entries: Entries,
    pub(super) buffers: Buffers,
    pub(super) limits: Limits,
    /// Places for connections.
    pub(super) places: Arc<Semaphore>,
    /// The connection that has been idle longest is asked to go.
    pub(super) crowded: Notify,
    /// No more requests are taken.
    pub(super) stopping: CancellationToken,
    /// Where the front and the relay live.
    pub(super) home: Handle,
}

/// How long is waited for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// From a head's first byte to its last.
    pub(super) head: Duration,
    /// Between two requests.
    pub(super) idle: Duration,
    /// For any progress while a body passes.
    pub(super) stall: Duration,
    /// For the head of an answer: an upload of 2 GB to a server in local mode takes its time after the last byte.
    pub(super) answer: Duration,
    /// For the answer to a call that the relay wants to see, once its program has hung up.
    pub(super) orphan: Duration,
    /// For a client to take its answer and go before its connection is cut.
    pub(super) linger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            idle: Duration::from_secs(500),
            stall: Duration::from_secs(300),
            answer: Duration::from_secs(3600),
            orphan: Duration::from_secs(90),
            linger: Duration::from_secs(5),
        }
    }
}

/// Takes connections until the door stops.
pub(super) async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut tidy = tokio::time::interval(TIDY);
    loop {
        let stream = loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => break stream,
                    Err(error) => {
                        // Out of descriptors, mostly: it passes as connections end.
                        tracing::warn!(%error, "the front door cannot take a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                _ = tidy.tick() => shared.upstream.tidy(false),
                () = shared.stopping.cancelled() => return,
            }
        };
        let places = Arc::clone(&shared.places);
        let place = match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                // Whoever has been idle longest makes room.
                shared.crowded.notify_one();
                tokio::select! {
                    place = places.acquire_owned() => match place {
                        Ok(place) => place,
                        Err(_) => return,
                    },
                    () = shared.stopping.cancelled() => return,
                }
            }
        };
        prepare(&stream);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            Connection::new(shared, stream).serve().await;
            drop(place);
        });
    }
}

/// No delay for small packets, and a word now and then to a neighbour that is silent.
pub(super) fn prepare(stream: &TcpStream) {
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(15));
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(stream).set_tcp_keepalive(&keepalive);
}
