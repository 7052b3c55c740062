//! Removing connections of a running host, and reports on the programs beside them.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use switchboard_store::Connection as Row;

use super::{Host, words};
use crate::beside::Beside;
use crate::local::{Doing, Gone, ProgramState};
use crate::moving::{Leaving, leaves_nothing, mode_of};

impl Host {
    /// Stops a connection and removes it with everything that belongs to it; a webhook that was taken over is given back first.
    ///
    /// # Errors
    /// Where updates wait for the bot's program, or its webhook cannot be given back: the connection goes on then. Not with `force`.
    pub async fn remove(&self, name: &str, force: bool) -> anyhow::Result<Gone> {
        let mut running = self.running.lock().await;
        if running.stopping {
            bail!("the host is stopping");
        }
        let rows = self.store.connections().await?;
        let Some(row) = rows.into_iter().find(|row| row.name == name) else {
            return Ok(Gone::default());
        };
        let beside = match running.connections.remove(name) {
            // The door stays open for the program meanwhile: it is to fetch what waits.
            Some(up) => up.stop_relay().await,
            None => None,
        };
        let (beside, left) = match self.take_leave(&row, beside, force).await {
            (beside, Ok(told)) => (beside, Ok(told)),
            (beside, Err(error)) if force => (beside, Ok(vec![format!("{error:#}")])),
            (beside, Err(error)) => (beside, Err(error)),
        };
        if let Some(beside) = &beside {
            beside.front.stop().await;
        }
        let removed = match left {
            Ok(told) => {
                let removed = self.store.remove_connection(name).await;
                removed.map(|removed| Gone { removed, told }).map_err(Into::into)
            }
            Err(error) => Err(error),
        };
        let stays = match &removed {
            Ok(_) => {
                self.statuses().remove(name);
                tracing::info!(connection = %name, "connection removed");
                None
            }
            Err(_) => {
                self.start_one(&mut running, row.clone()).await;
                Some(&row)
            }
        };
        if let Some(beside) = &beside {
            self.settle_door(&running, beside, stays);
        }
        removed
    }

    /// What a program is owed before its connection goes. The queue is loaded where the connection was not up.
    async fn take_leave(
        &self,
        row: &Row,
        beside: Option<Beside>,
        force: bool,
    ) -> (Option<Beside>, anyhow::Result<Vec<String>>) {
        let mut beside = beside;
        let left = async {
            let mode = mode_of(row)?;
            if beside.is_none() && leaves_nothing(self.store.as_ref(), row, mode).await? {
                return Ok(Vec::new());
            }
            let token = self.secrets.open_token(&row.name, &row.token)?;
            if beside.is_none() && mode.has_program() {
                beside = Some(self.gateway.beside(row, &token).await?);
            }
            let leaving = Leaving {
                client: self.api.bot(token),
                store: Arc::clone(&self.store),
                seal: self.secrets.seal_key(),
                row: row.clone(),
                mode,
                front: beside.as_ref().map(|beside| beside.front.clone()),
            };
            leaving.leave(force).await
        };
        let left = left.await;
        (beside, left)
    }

    /// How a connection and the program beside it are doing.
    pub async fn doing(&self, name: &str) -> anyhow::Result<Doing> {
        let status = self.status(name).context("there is no such connection")?;
        let running = self.running.lock().await;
        let beside = running.connections.get(name).and_then(|up| up.beside.as_ref());
        Ok(Doing {
            status: words(&status),
            door: self.gateway.address(),
            program: beside.map(|beside| ProgramState::from(beside.front.waiting())),
        })
    }
}
