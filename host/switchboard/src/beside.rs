//! The bot's own program beside the relay: the front door, and the lines between its rooms and the relay's.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use switchboard_gateway::{Behind, Called, Door, Front, FrontDeps, GatewayError, Spent, Taken, Verdict};
use switchboard_relay::config::Mode;
use switchboard_relay::program::{ForProgram, Program, ProgramError, Sight};
use switchboard_relay::{ProgramCall, Tap};
use switchboard_store::{Connection as Row, SealKey, Store};
use switchboard_telegram::Token;
use tokio::sync::{OnceCell, watch};

use crate::config::Config;
use crate::moving::mode_of;

/// The front door of a host, and what connections with a program of their own need.
#[derive(Debug)]
pub struct Gateway {
    /// Where it is to be, if programs are to call it.
    listen: Option<SocketAddr>,
    door: OnceCell<Door>,
    upstream: String,
    store: Arc<dyn Store>,
    seal: Arc<SealKey>,
}

/// The bot's own program of one connection.
#[derive(Debug)]
pub struct Beside {
    pub front: Arc<Front>,
    tap: Tap,
    bot: i64,
}

impl Gateway {
    /// Opens the front door where the configuration has one.
    pub async fn open(config: &Config, store: Arc<dyn Store>, seal: Arc<SealKey>) -> anyhow::Result<Self> {
        let gateway = Self {
            listen: config.gateway_listen,
            door: OnceCell::new(),
            upstream: config.telegram_api.clone(),
            store,
            seal,
        };
        if gateway.listen.is_some() {
            let door = gateway.door().await?;
            for row in gateway.store.connections().await? {
                if mode_of(&row).is_ok_and(|mode| mode == Mode::Gateway) {
                    door.announce(row.bot);
                }
            }
        }
        Ok(gateway)
    }

    /// The door. Where none is configured it stands at a free port of this machine and lets nobody in: calls that a program asks
    /// for in its answers to a webhook go out through it all the same.
    async fn door(&self) -> Result<&Door, GatewayError> {
        let address = self.listen.unwrap_or((Ipv4Addr::LOCALHOST, 0).into());
        self.door
            .get_or_try_init(|| Door::listen(address, &self.upstream))
            .await
    }

    /// Where the front door listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listen?;
        self.door.get().map(Door::address)
    }

    /// Loads what waits for the program of a connection.
    pub async fn beside(&self, row: &Row, token: &Token) -> anyhow::Result<Beside> {
        let tap = Tap::default();
        let front = Front::load(FrontDeps {
            store: Arc::clone(&self.store),
            connection: row.id,
            name: row.name.clone(),
            seal: Arc::clone(&self.seal),
            caller: self.door().await?.caller(token, Arc::new(Line(tap.clone()))),
        });
        Ok(Beside {
            front: front
                .await
                .context("what waits for the bot's own program cannot be read")?,
            tap,
            bot: token.bot_id(),
        })
    }

    /// Lets the program's calls in.
    pub fn let_in(&self, token: &Token, beside: &Beside) -> anyhow::Result<()> {
        let door = self.listen.and_then(|_| self.door.get()).context(
            "mode gateway needs the front door: write [gateway] listen = \"127.0.0.1:8081\" into the configuration and start the host again",
        )?;
        door.open(
            token,
            Some(Arc::clone(&beside.front)),
            Arc::new(Line(beside.tap.clone())),
        );
        Ok(())
    }

    /// A program is to come back: it is not told that its token is unknown.
    pub fn announce(&self, beside: &Beside) {
        if let Some(door) = self.door.get() {
            door.announce(beside.bot);
        }
    }

    /// Lets no more calls in.
    pub fn shut(&self, beside: &Beside) {
        if let Some(door) = self.door.get() {
            door.shut(beside.bot);
        }
    }

    pub async fn stop(&self) {
        if let Some(door) = self.door.get() {
            door.stop().await;
        }
    }
}

impl Beside {
    /// Telegram's id of the bot.
    pub fn bot(&self) -> i64 {
        self.bot
    }

    /// What the relay is given.
    pub fn program(&self) -> (Arc<dyn Program>, Tap) {
        (Arc::new(Queue(Arc::clone(&self.front))), self.tap.clone())
    }
}

/// The relay's end of the program's queue.
#[derive(Debug)]
struct Queue(Arc<Front>);

#[async_trait]
impl Program for Queue {
    fn kinds(&self) -> watch::Receiver<Vec<String>> {
        self.0.kinds_changed()
    }

    async fn take(&self, updates: Vec<ForProgram>) -> Result<(), ProgramError> {
        let taken = updates.into_iter().map(|update| Taken {
            update: update.update,
            kind: update.kind,
            chat: update.lane,
            body: update.body,
            verdict: match update.sight {
                Sight::Pass => Verdict::Pass,
                Sight::Hold => Verdict::Hold,
                Sight::Hide => Verdict::Hide,
            },
        });
        Ok(self.0.take(taken.collect()).await?)
    }

    async fn release(&self, chat: i64, drop: bool) -> Result<(), ProgramError> {
        Ok(self.0.release(chat, drop).await?)
    }

    fn held(&self) -> Vec<i64> {
        self.0.held_chats()
    }
}

/// The door's end of the line to the relay.
#[derive(Debug)]
struct Line(Tap);

#[async_trait]
impl Behind for Line {
    fn watches(&self, method: &str) -> bool {
        self.0.watches(method)
    }

    async fn called(&self, call: Called) {
        let params = call.params.iter();
        let params = params
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        self.0
            .called(ProgramCall {
                method: call.method,
                params,
                result: call.result,
            })
            .await;
    }

    fn spent(&self, spent: Spent) {
        self.0.spent(spent.chat, spent.weight, spent.retry_after);
    }
}
