//! A model of the server: limits of three kinds, and what each lane has seen arrive.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use switchboard_delivery::{DeliveryId, Flood, Limit, Millis, Pacing, Scope};

/// How the server counts a window.
#[derive(Clone, Copy, Debug)]
pub enum Windows {
    Sliding,
    /// Windows begin at multiples of their length, shifted by so much.
    Fixed(Millis),
}

#[derive(Debug)]
enum Meter {
    Off,
    Sliding {
        calls: u32,
        per: Millis,
        log: VecDeque<(Millis, u32)>,
    },
    Fixed {
        calls: u32,
        per: Millis,
        shift: Millis,
        window: i64,
        used: u32,
    },
    Bucket {
        interval: Millis,
        burst: i64,
        paid: Millis,
    },
}

impl Meter {
    fn window(limit: Limit, windows: Windows) -> Self {
        match (limit, windows) {
            (Limit::Off, _) => Self::Off,
            (Limit::Rate(r), Windows::Sliding) => Self::Sliding {
                calls: r.calls,
                per: r.per,
                log: VecDeque::new(),
            },
            (Limit::Rate(r), Windows::Fixed(shift)) => Self::Fixed {
                calls: r.calls,
                per: r.per,
                shift,
                window: 0,
                used: 0,
            },
        }
    }

    fn bucket(limit: Limit, burst: u32) -> Self {
        match limit {
            Limit::Off => Self::Off,
            Limit::Rate(r) => Self::Bucket {
                interval: r.per / Millis::from(r.calls),
                burst: burst.into(),
                paid: 0,
            },
        }
    }

    /// How long until so many calls are allowed; 0 for now.
    fn wait(&mut self, now: Millis, weight: u32) -> Millis {
        match self {
            Self::Off => 0,
            Self::Sliding { calls, per, log } => {
                log.retain(|(at, _)| *at > now - *per);
                let used: u32 = log.iter().map(|(_, w)| w).sum();
                let mut over = i64::from(used + weight.min(*calls)) - i64::from(*calls);
                if over <= 0 {
                    return 0;
                }
                log.iter()
                    .find(|(_, w)| {
                        over -= i64::from(*w);
                        over <= 0
                    })
                    .map_or(*per, |(at, _)| at + *per - now)
            }
            Self::Fixed {
                calls,
                per,
                shift,
                window,
                used,
            } => {
                let current = (now + *shift) / *per;
                if current != *window {
                    (*window, *used) = (current, 0);
                }
                if *used + weight <= *calls || *used == 0 {
                    0
                } else {
                    (current + 1) * *per - *shift - now
                }
            }
            Self::Bucket { interval, burst, paid } => {
                (*paid + (i64::from(weight).min(*burst) - *burst) * *interval - now).max(0)
            }
        }
    }

    fn count(&mut self, now: Millis, weight: u32) {
        match self {
            Self::Off => {}
            Self::Sliding { log, .. } => log.push_back((now, weight)),
            Self::Fixed { used, .. } => *used += weight,
            Self::Bucket { interval, paid, .. } => *paid = (*paid).max(now) + i64::from(weight) * *interval,
        }
    }
}

#[derive(Debug)]
pub struct Server {
    limits: Pacing,
    windows: Windows,
    bot: Meter,
    chats: HashMap<Scope, Meter>,
    /// The 429s given.
    pub floods: u32,
    pub calls: u32,
    /// The largest id that arrived in each lane.
    newest: HashMap<Arc<str>, DeliveryId>,
    /// How often each delivery arrived.
    pub arrived: HashMap<DeliveryId, u32>,
    pub last: Millis,
}

impl Server {
    pub fn new(limits: Pacing, windows: Windows) -> Self {
        Self {
            limits,
            windows,
            bot: Meter::window(limits.bot, windows),
            chats: HashMap::new(),
            floods: 0,
            calls: 0,
            newest: HashMap::new(),
            arrived: HashMap::new(),
            last: 0,
        }
    }

    /// Lets a call in, or says how long to wait and whom that concerns.
    pub fn admit(&mut self, now: Millis, scope: Scope, weight: u32) -> Result<(), (Millis, Flood)> {
        let (limits, windows) = (self.limits, self.windows);
        let chat = self.chats.entry(scope).or_insert_with(|| match scope {
            Scope::Private(_) => Meter::bucket(limits.chat, limits.chat_burst),
            Scope::Group(_) => Meter::window(limits.group, windows),
            Scope::None => Meter::Off,
        });
        self.calls += 1;
        let waits = [
            (chat.wait(now, weight), Flood::Chat),
            (self.bot.wait(now, weight), Flood::Bot),
        ];
        for (wait, whom) in waits {
            if wait > 0 && weight > 0 {
                self.floods += 1;
                return Err((wait, whom));
            }
        }
        chat.count(now, weight);
        self.bot.count(now, weight);
        Ok(())
    }

    /// A call took effect. The order of first arrivals is the order of the lane.
    pub fn take(&mut self, now: Millis, lane: &Arc<str>, ids: &[DeliveryId]) {
        self.last = now;
        let newest = self.newest.entry(lane.clone()).or_insert(0);
        for id in ids {
            let times = self.arrived.entry(*id).or_insert(0);
            assert!(*times > 0 || id > newest, "{lane}: {id} arrived after {newest}");
            *times += 1;
            *newest = (*newest).max(*id);
        }
    }
}
