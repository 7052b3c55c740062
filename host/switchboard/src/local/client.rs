//! The command line's side of the local API.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::auth::{Asked, HEADER};
use super::wire::{
    APPLY, ApplyAnswer, ApplyRequest, CONNECTIONS, Doing, Gone, ListAnswer, Refusal, RemoveRequest, WantedConnection,
};
use crate::apply::Applied;
use crate::config::connections::Wanted;
use crate::secrets::{Purpose, Secrets};

/// Applying compiles plugins and asks Telegram; it may take its time.
const TIMEOUT: Duration = Duration::from_secs(180);

/// The host that holds the database.
#[derive(Debug)]
pub struct RunningHost {
    http: reqwest::Client,
    pub address: SocketAddr,
    key: [u8; 32],
}

impl RunningHost {
    pub fn new(address: SocketAddr, secrets: &Secrets) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            http,
            address,
            key: secrets.derive(Purpose::LocalApi)?,
        })
    }

    pub async fn apply(&self, wanted: &[Wanted], secrets: &Secrets) -> anyhow::Result<Vec<Applied>> {
        let connections: anyhow::Result<_> = wanted.iter().map(|one| WantedConnection::new(one, secrets)).collect();
        let connections = connections?;
        let answer: ApplyAnswer = self.ask("POST", APPLY, Some(&ApplyRequest { connections })).await?;
        Ok(answer.applied)
    }

    /// Every connection with how it is doing.
    pub async fn list(&self) -> anyhow::Result<Vec<(switchboard_store::Connection, String)>> {
        let answer: ListAnswer = self.ask("GET", CONNECTIONS, None::<&()>).await?;
        let rows = answer.connections.into_iter();
        rows.map(super::wire::ListedConnection::open).collect()
    }

    pub async fn remove(&self, name: &str, force: bool) -> anyhow::Result<Gone> {
        let path = format!("{CONNECTIONS}/{name}/remove");
        self.ask("POST", &path, Some(&RemoveRequest { force })).await
    }

    /// How a connection is doing.
    pub async fn doing(&self, name: &str) -> anyhow::Result<Doing> {
        let path = format!("{CONNECTIONS}/{name}/doing");
        self.ask("GET", &path, None::<&()>).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> anyhow::Result<T> {
        let body = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let asked = Asked {
            method,
            path,
            body: &body,
        };
        let header = asked.sign(&self.key, now);
        let request = self
            .http
            .request(method.parse()?, format!("http://{}{path}", self.address))
            .header(HEADER, header)
            .header("content-type", "application/json")
            .body(body);
        let unreachable = || {
            format!(
                "another process holds the database, and no host answers at http://{}; is it another program, or a host with another `listen`?",
                self.address
            )
        };
        let answer = request.send().await.with_context(unreachable)?;
        let status = answer.status();
        let bytes = answer.bytes().await.with_context(unreachable)?;
        if status.is_success() {
            return serde_json::from_slice(&bytes)
                .context("the running host answers in another shape; is it of another version?");
        }
        match serde_json::from_slice::<Refusal>(&bytes) {
            Ok(refusal) => Err(anyhow!(refusal.error)),
            Err(_) => bail!(
                "the program at http://{} answers {status}; is it a Switchboard host of this version?",
                self.address
            ),
        }
    }
}
