//! The listener: takes connections, and can be taken off the net for a while.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::core::Core;

#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    pub async fn start(core: Arc<Core>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(core.options.listen).await?;
        let address = listener.local_addr()?;
        let watched = core.online.subscribe();
        let task = tokio::spawn(accept(core, listener, address, watched));
        Ok(Self { address, task })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(core: Arc<Core>, first: TcpListener, address: SocketAddr, mut online: watch::Receiver<bool>) {
    let mut listener = Some(first);
    let mut connections = JoinSet::new();
    loop {
        let Some(l) = &listener else {
            if online.wait_for(|on| *on).await.is_err() {
                return;
            }
            match TcpListener::bind(address).await {
                Ok(l) => listener = Some(l),
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
            }
            continue;
        };
        tokio::select! {
            taken = l.accept() => {
                if let Ok((stream, _)) = taken {
                    connections.spawn(super::connection::serve(Arc::clone(&core), stream));
                }
                while connections.try_join_next().is_some() {}
            }
            changed = online.changed() => {
                if changed.is_err() {
                    return;
                }
                if !*online.borrow_and_update() {
                    listener = None;
                    connections.shutdown().await;
                }
            }
        }
    }
}
