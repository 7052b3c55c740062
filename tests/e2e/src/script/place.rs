//! Where a script plays: a simulated Telegram with people, and an address that the bot's program talks to.

use std::time::{Duration, Instant};

use anyhow::Result;
use telegram_sim::{BotHandle, Forum, Options, Person, Seat, Sim};

use crate::stage::{SOON, Stage, TOKEN};

/// Ids of all chats that a script plays in, for parameters that keep the relay out of them: people first, then groups.
pub const CHATS: [i64; 9] = [
    555_000_002,
    555_000_003,
    555_000_004,
    555_000_005,
    555_000_006,
    -1_001_000_000_002,
    -1_001_000_000_003,
    -1_000_000_004,
    -1_001_000_000_005,
];

/// A bot of somebody else's.
const OTHER: &str = "700200:AAOtherSecret";

/// An address and the world behind it.
#[derive(Debug, Clone)]
pub struct Place {
    /// `127.0.0.1:PORT`: where the bot's program sends its calls.
    pub host: String,
    pub sim: Sim,
    pub bot: BotHandle,
    pub operator: Person,
    pub group: Forum,
    /// Somebody stands between: what people do takes its time to arrive.
    pub door: bool,
}

impl Place {
    /// A fresh simulation, spoken to directly, at Telegram's own pace.
    ///
    /// # Errors
    /// Where it does not start.
    pub async fn direct() -> Result<Self> {
        let sim = Sim::start(Options {
            hurry: 1.0,
            ..Options::default()
        })
        .await?;
        let operator = sim.user("Olga");
        let bot = sim.bot(TOKEN, "stage_bot");
        let group = sim.forum("Support", &operator);
        group.add_admin_bot(&bot);
        // What happens in the backend group is not for the bot's program.
        sim.with_world(|w| w.queues.get_mut(&bot.id).map(|q| q.clear()));
        Ok(Self {
            host: host(&sim.api_url()),
            sim,
            bot,
            operator,
            group,
            door: false,
        })
    }

    /// The simulation of a stage, through the door at this address (`http://127.0.0.1:PORT`).
    #[must_use]
    pub fn through(stage: &Stage, door: &str) -> Self {
        Self {
            host: host(door),
            sim: stage.sim.clone(),
            bot: stage.bot.clone(),
            operator: stage.operator.clone(),
            group: stage.group.clone(),
            door: true,
        }
    }

    /// Telegram has heard which kinds of updates are wanted.
    ///
    /// # Errors
    /// Where it does not in time.
    pub async fn wanted(&self, kinds: &[&str]) -> Result<()> {
        let bot = self.bot.id;
        let deadline = Instant::now() + SOON;
        while !self.sim.with_world(|w| kinds.iter().all(|k| w.wants(bot, k))) {
            anyhow::ensure!(Instant::now() < deadline, "nobody asks for {kinds:?} upstream");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// Everything that people have done so far has arrived where the bot's program asks for it.
    ///
    /// # Errors
    /// Where it does not in time.
    pub async fn arrived(&self) -> Result<()> {
        if !self.door {
            return Ok(());
        }
        // Upstream confirms only what is safe with whoever stands between.
        let deadline = Instant::now() + SOON;
        while self.bot.pending_updates() > 0 {
            anyhow::ensure!(Instant::now() < deadline, "updates wait upstream, unconfirmed");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }
}

fn host(url: &str) -> String {
    url.trim_start_matches("http://").trim_end_matches('/').to_owned()
}

/// The people of a script and where they meet the bot.
#[derive(Debug, Clone)]
pub struct Cast {
    pub alice: Seat,
    pub bob: Seat,
    /// Has blocked the bot.
    pub carol: Seat,
    /// An account that is gone.
    pub dora: Seat,
    /// Has never written to the bot, but is a member of the club.
    pub eve: Person,
    pub alice_person: Person,
    /// A forum in which the bot is an administrator.
    pub club: Forum,
    /// A supergroup without topics in which the bot has no rights.
    pub plain: Forum,
    /// A group that was upgraded, and what it became.
    pub old: Forum,
    pub new: Forum,
}

impl Cast {
    /// The same people with the same ids in every fresh world.
    #[must_use]
    pub fn gather(place: &Place) -> Self {
        let (sim, bot) = (&place.sim, &place.bot);
        let [alice, bob, carol, dora, eve] = ["Alice", "Bob", "Carol", "Dora", "Eve"].map(|n| sim.user(n));
        alice.set_username("alice_of_the_script");
        bot.set_inline(true);
        sim.bot(OTHER, "other_bot");
        let seats = [&alice, &bob, &carol, &dora].map(|p| p.private(bot));
        for s in &seats {
            s.start(None);
        }
        let [alice_seat, bob, carol_seat, dora_seat] = seats;
        carol_seat.block();
        dora.deactivate();
        let club = sim.forum("Club", &alice);
        club.add_admin_bot(bot);
        club.add(&eve);
        let plain = sim.supergroup("Plain", &alice);
        plain.add_bot(bot);
        let old = sim.basic_group("Old", &alice);
        old.add_bot(bot);
        let new = old.upgrade();
        Self {
            alice: alice_seat,
            bob,
            carol: carol_seat,
            dora: dora_seat,
            eve,
            alice_person: alice,
            club,
            plain,
            old,
            new,
        }
    }

    /// Every chat in which the script plays.
    #[must_use]
    pub fn chats(&self) -> Vec<i64> {
        let people = [&self.alice, &self.bob, &self.carol, &self.dora].map(|s| s.person);
        let groups = [&self.club, &self.plain, &self.old, &self.new].map(Forum::id);
        people.into_iter().chain([self.eve.id]).chain(groups).collect()
    }
}
