//! Removing a connection while no host runs.

use std::sync::Arc;

use switchboard_store::{Connection, Store};
use switchboard_telegram::Api;

use super::leave::{Leaving, leaves_nothing, mode_of};
use crate::beside::Gateway;
use crate::config::Config;
use crate::local::Gone;
use crate::secrets::Secrets;

/// As the running host does it: the program's queue is at work until the program has what waits, or for some seconds.
pub async fn remove(store: &Arc<dyn Store>, name: &str, force: bool, config: &Config) -> anyhow::Result<Gone> {
    let rows = store.connections().await?;
    let Some(row) = rows.iter().find(|row| row.name == name) else {
        return Ok(Gone::default());
    };
    let told = match leave(store, row, force, config).await {
        Ok(told) => told,
        Err(error) if force => vec![format!("{error:#}")],
        Err(error) => return Err(error),
    };
    let removed = store.remove_connection(name).await?;
    Ok(Gone { removed, told })
}

async fn leave(store: &Arc<dyn Store>, row: &Connection, force: bool, config: &Config) -> anyhow::Result<Vec<String>> {
    let mode = mode_of(row)?;
    if leaves_nothing(store.as_ref(), row, mode).await? {
        return Ok(Vec::new());
    }
    let secrets = Secrets::load(&config.key_file)?;
    let token = secrets.open_token(&row.name, &row.token)?;
    // Nobody is let in: a program that polls cannot reach a queue that is only here for a moment.
    let closed = Config {
        gateway_listen: None,
        ..config.clone()
    };
    let gateway = Gateway::open(&closed, Arc::clone(store), secrets.seal_key()).await?;
    let front = match mode.has_program() {
        true => Some(gateway.beside(row, &token).await?.front),
        false => None,
    };
    let leaving = Leaving {
        client: Api::new(&config.telegram_api)?.bot(token),
        store: Arc::clone(store),
        seal: secrets.seal_key(),
        row: row.clone(),
        mode,
        front,
    };
    let left = leaving.leave(force).await;
    if let Some(front) = &leaving.front {
        front.stop().await;
    }
    gateway.stop().await;
    left
}
