//! The cast: a simulated Telegram with a shop's bot, its operators' group and customers.

use anyhow::{Result, anyhow};
use telegram_sim::{BotHandle, Forum, Options, Person, Seat, Sim};

/// A made-up bot of the simulation; it opens nothing.
pub const TOKEN: &str = "700204:playground-token-of-a-simulated-bot";
const USERNAME: &str = "bean_and_brew_bot";
const SHOP: &str = "Bean & Brew";

const OPERATORS: [(&str, &str); 2] = [("Olga", "Petrova"), ("Sam", "Rivera")];
const CUSTOMERS: [(&str, &str); 4] = [
    ("Marta", "Oliveira"),
    ("Kenji", "Tanaka"),
    ("Lena", "Novak"),
    ("Tom", "Becker"),
];

#[derive(Debug)]
pub struct Stage {
    pub sim: Sim,
    pub bot: BotHandle,
    pub group: Forum,
    pub operators: Vec<Person>,
    pub customers: Vec<Person>,
}

impl Stage {
    pub async fn set() -> Result<Self> {
        let sim = Sim::start(Options::default()).await?;
        let made = sim.with_world(|world| world.add_bot(TOKEN, SHOP, USERNAME));
        made.map_err(|refusal| anyhow!("cannot make the bot: {refusal}"))?;
        let bot = sim.bot(TOKEN, USERNAME);
        let people = |names: &[(&str, &str)]| -> Vec<Person> {
            names.iter().map(|(first, last)| person(&sim, first, last)).collect()
        };
        let operators = people(&OPERATORS);
        let customers = people(&CUSTOMERS);
        let group = sim.forum("Bean & Brew · Support", &operators[0]);
        for operator in &operators[1..] {
            group.add_admin(operator);
        }
        group.add_admin_bot(&bot);
        Ok(Self {
            sim,
            bot,
            group,
            operators,
            customers,
        })
    }

    /// The private chat of the customer with this number.
    pub fn customer(&self, number: usize) -> Seat {
        self.customers[number].private(&self.bot)
    }
}

fn person(sim: &Sim, first: &str, last: &str) -> Person {
    let person = sim.user(first);
    person.rename(first, Some(last));
    person.set_username(&format!("{}_{}", first.to_lowercase(), last.to_lowercase()));
    person
}
