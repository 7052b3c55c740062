//! Random histories over a small world, so that things meet often.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use switchboard_store::*;

use crate::fixture;

pub const CHATS: [ChatId; 3] = [-4, 1, 2];
pub const TOPICS: [TopicId; 2] = [10, 11];
pub const MESSAGES: [MessageId; 3] = [1, 2, 3];
pub const USERNAMES: [&str; 2] = ["anna", "bob_1"];
pub const ALBUMS: [&str; 2] = ["x", "y"];
pub const PLUGINS: [&str; 2] = ["keywords", "privacy"];
pub const KEYS: [&str; 5] = ["", "a", "a/1", "a/é", "b"];
pub const NAMES: [&str; 3] = ["hello", "Hello", "Zürich"];
pub const NOTICES: [&str; 2] = ["limit", "rights"];
/// Positions of bot updates and numbers of intercepted calls run from 1 to here.
pub const LAST_POSITION: i64 = 5;
pub const CONNECTIONS: [&str; 2] = ["support", "sales"];
/// Times run from 0 to here.
pub const LAST_TIME: i64 = 30;

/// One step of a history.
#[derive(Debug, Clone)]
pub enum Step {
    Commit(Vec<Draft>),
    Prune {
        now: i64,
        updates_before: i64,
        albums_before: i64,
    },
    PutConnection {
        name: &'static str,
        bot: i64,
        group: i64,
    },
    RemoveConnection {
        name: &'static str,
    },
    Reopen,
}

/// A write in the making: what depends on the state so far is filled in when it is run.
#[derive(Debug, Clone)]
pub enum Draft {
    Turn {
        connection: usize,
        updates: Vec<i64>,
        now: i64,
        expect: Vec<(Cell, Guess)>,
        changes: Vec<Change>,
    },
    Claim {
        connection: usize,
        delivery: usize,
        attempt: Guess,
        now: i64,
    },
    Settle {
        connection: usize,
        delivery: usize,
        attempt: Guess,
        now: i64,
        outcome: Settled,
        changes: Vec<Change>,
    },
}

/// A number that is right most of the time.
#[derive(Debug, Clone, Copy)]
pub enum Guess {
    Right,
    Off(i64),
}

pub fn history() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        16 => vec(draft(), 0..6).prop_map(Step::Commit),
        1 => (time(), time(), time()).prop_map(|(now, updates_before, albums_before)| Step::Prune { now, updates_before, albums_before }),
        1 => (select(&CONNECTIONS[..]), 1..3i64, -2..0i64).prop_map(|(name, bot, group)| Step::PutConnection { name, bot, group }),
        1 => select(&CONNECTIONS[..]).prop_map(|name| Step::RemoveConnection { name }),
        1 => Just(Step::Reopen),
    ];
    vec(step, 1..20)
}

fn draft() -> impl Strategy<Value = Draft> {
    let connection = 0..CONNECTIONS.len();
    prop_oneof![
        4 => (connection.clone(), vec(1..40i64, 0..3), time(), vec((cell(), guess()), 0..3), changes())
            .prop_map(|(connection, updates, now, expect, changes)| Draft::Turn { connection, updates, now, expect, changes }),
        3 => (connection.clone(), any::<usize>(), guess(), time())
            .prop_map(|(connection, delivery, attempt, now)| Draft::Claim { connection, delivery, attempt, now }),
        3 => (connection, any::<usize>(), guess(), time(), outcome(), changes())
            .prop_map(|(connection, delivery, attempt, now, outcome, changes)| Draft::Settle { connection, delivery, attempt, now, outcome, changes }),
    ]
}

fn time() -> std::ops::RangeInclusive<i64> {
    0..=LAST_TIME
}

fn guess() -> impl Strategy<Value = Guess> {
    prop_oneof![5 => Just(Guess::Right), 1 => (-1..3i64).prop_map(Guess::Off)]
}

fn text(from: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(from).prop_map(str::to_owned)
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        select(&CHATS[..]).prop_map(Cell::Contact),
        select(&CHATS[..]).prop_map(Cell::Dialog),
        (text(&PLUGINS), text(&KEYS)).prop_map(|(plugin, key)| Cell::Plugin { plugin, key }),
        text(&NAMES).prop_map(|name| Cell::Template(name.to_lowercase())),
        (text(&PLUGINS), text(&KEYS)).prop_map(|(plugin, key)| Cell::Timer { plugin, key }),
    ]
}

fn outcome() -> impl Strategy<Value = Settled> {
    prop_oneof![
        2 => Just(Settled::Sent),
        1 => Just(Settled::Refused { reason: "refused".to_owned() }),
        1 => Just(Settled::Asking { reason: "nobody knows".to_owned() }),
        1 => (time(), option::of(Just("another op".to_owned())))
            .prop_map(|(not_before, op)| Settled::Again { not_before, reason: "later".to_owned(), op }),
    ]
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    vec(
        prop_oneof![2 => conversation(), 2 => outbox(), 2 => front_door(), 1 => kept_by_plugins(), 1 => upkeep()],
        0..5,
    )
}

fn conversation() -> impl Strategy<Value = Change> {
    let contact = (select(&CHATS[..]), 1..9i64, option::of(text(&USERNAMES)), time()).prop_map(
        |(chat, version, username, last_seen)| {
            Change::PutContact(Contact {
                username,
                last_seen,
                ..fixture::contact(chat, version)
            })
        },
    );
    let status = select(&[Status::Waiting, Status::Answered, Status::Closed][..]);
    let dialog = (
        select(&CHATS[..]),
        1..9i64,
        status,
        option::of(select(&TOPICS[..])),
        time(),
        option::of(time()),
        option::of(time()),
    )
        .prop_map(
            |(chat, version, status, topic, last_activity, taken_over, takeover_ends)| {
                Change::PutDialog(Dialog {
                    status,
                    taken_over,
                    takeover_ends,
                    topic,
                    last_activity,
                    ..fixture::dialog(chat, version)
                })
            },
        );
    let direction = select(&[Direction::Incoming, Direction::Outgoing, Direction::Intercepted][..]);
    let mirror = (
        select(&CHATS[..]),
        select(&MESSAGES[..]),
        select(&MESSAGES[..]),
        direction,
        time(),
    )
        .prop_map(|(chat, customer, group, direction, at)| {
            // Which chat a twin belongs to is decided by its number, as in a real group.
            Change::PutMirror(Mirror {
                direction,
                ..fixture::mirror(CHATS[(group as usize) % 2], customer, group, at + chat.abs())
            })
        });
    let part = (select(&CHATS[..]), select(&ALBUMS[..]), select(&MESSAGES[..]), time()).prop_map(
        |(chat, album, message, at)| Change::PutAlbumPart(fixture::album_part(Place::Topic, chat, album, message, at)),
    );
    prop_oneof![contact, dialog, mirror, part]
}

/// Ids of deliveries stand for places in the list of those that exist; the runner puts real ones in. A negative one is used again.
fn outbox() -> impl Strategy<Value = Change> {
    prop_oneof![
        30 => time().prop_map(|not_before| Change::PutDelivery(Delivery { not_before, ..fixture::delivery(0) })),
        1 => Just(Change::PutDelivery(fixture::delivery(-1))),
        5 => any::<u16>().prop_map(|id| Change::DropDelivery { id: id.into(), reason: "left".to_owned() }),
        10 => any::<u16>().prop_map(|id| Change::RetryDelivery { id: id.into(), op: "again".to_owned() }),
    ]
}

fn kept_by_plugins() -> impl Strategy<Value = Change> {
    let entry = (
        text(&PLUGINS),
        text(&KEYS),
        vec(any::<u8>(), 0..4),
        option::of(time()),
        1..9i64,
    )
        .prop_map(|(plugin, key, value, expires, version)| Change::PutPluginEntry {
            plugin,
            entry: PluginEntry {
                key,
                value,
                expires,
                version,
            },
        });
    let timer = (text(&PLUGINS), text(&KEYS), time(), 1..9i64)
        .prop_map(|(plugin, key, due, version)| Change::PutTimer(fixture::timer(&plugin, &key, due, version)));
    prop_oneof![
        3 => entry,
        1 => (text(&PLUGINS), text(&KEYS)).prop_map(|(plugin, key)| Change::RemovePluginEntry { plugin, key }),
        2 => (text(&NAMES), 1..9i64).prop_map(|(name, version)| Change::PutTemplate(fixture::template(&name, version))),
        1 => text(&NAMES).prop_map(|name| Change::RemoveTemplate { name }),
        2 => timer,
        1 => (text(&PLUGINS), text(&KEYS)).prop_map(|(plugin, key)| Change::RemoveTimer { plugin, key }),
    ]
}

fn front_door() -> impl Strategy<Value = Change> {
    let position = || 1..=LAST_POSITION;
    let update =
        (position(), option::of(select(&CHATS[..])), time(), any::<bool>()).prop_map(|(position, chat, at, held)| {
            Change::PutBotUpdate(BotUpdate {
                chat,
                at,
                held,
                ..fixture::bot_update(position)
            })
        });
    let call = (position(), select(&CHATS[..]), time()).prop_map(|(seq, chat, at)| {
        Change::PutIntercepted(Intercepted {
            chat,
            at,
            ..fixture::intercepted(seq)
        })
    });
    prop_oneof![
        4 => update,
        2 => position().prop_map(|position| Change::RemoveBotUpdate { position }),
        2 => call,
        1 => position().prop_map(|seq| Change::RemoveIntercepted { seq }),
        1 => vec(any::<u8>(), 0..3).prop_map(|state| Change::PutGatewayState { state }),
        2 => (0..9i64, time()).prop_map(|(update, at)| Change::MarkIntake { update, at }),
    ]
}

fn upkeep() -> impl Strategy<Value = Change> {
    prop_oneof![
        (-9..0i64).prop_map(|to| Change::MoveGroup { to }),
        (0..99i64).prop_map(|cursor| Change::Advance { cursor }),
        (text(&NOTICES), time()).prop_map(|(key, at)| Change::PutNotice { key, at }),
        text(&NOTICES).prop_map(|key| Change::RemoveNotice { key }),
    ]
}
