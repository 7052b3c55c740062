//! The way to the connections: the database itself, or the running host that holds it.

use std::sync::Arc;

use switchboard_store::{Connection, Store, StoreError};
use switchboard_store_sqlite::SqliteStore;

use crate::config::Config;
use crate::local::{AddressFile, Gone, RunningHost};
use crate::moving;
use crate::secrets::Secrets;

#[derive(Debug)]
pub enum Access {
    Store(Arc<dyn Store>),
    Host(RunningHost),
}

impl Access {
    /// Opens the database, or finds the host that holds it. Makes the database where there is none.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        match SqliteStore::open(&config.store_url).await {
            Ok(store) => Ok(Self::Store(Arc::new(store))),
            Err(StoreError::Held { .. }) => {
                let address = AddressFile::read(&config.store_path, config.listen);
                let secrets = Secrets::load(&config.key_file)?;
                Ok(Self::Host(RunningHost::new(address, &secrets)?))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The same, where there is a database already.
    pub async fn open_existing(config: &Config) -> anyhow::Result<Option<Self>> {
        if !config.store_path.exists() {
            return Ok(None);
        }
        Self::open(config).await.map(Some)
    }

    /// Every connection with how it is doing.
    pub async fn connections(&self) -> anyhow::Result<Vec<(Connection, String)>> {
        match self {
            Self::Host(host) => host.list().await,
            Self::Store(store) => {
                let rows = store.connections().await?.into_iter();
                Ok(rows.map(|row| (row, "host not running".to_owned())).collect())
            }
        }
    }

    /// Removes a connection; a webhook that was taken over is given back first.
    ///
    /// # Errors
    /// Where the bot's program would lose by it, and there is no `force`.
    pub async fn remove(&self, name: &str, force: bool, config: &Config) -> anyhow::Result<Gone> {
        match self {
            Self::Host(host) => host.remove(name, force).await,
            Self::Store(store) => moving::remove(store, name, force, config).await,
        }
    }

    pub async fn close(self) {
        if let Self::Store(store) = self {
            store.close().await;
        }
    }
}
