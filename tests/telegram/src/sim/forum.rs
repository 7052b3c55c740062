//! A group for tests: members, topics, upgrades.

use std::time::Duration;

use super::{BotHandle, Person, Sim, TimedOut};
use crate::world::Id;
use crate::world::member::{Member, Status};
use crate::world::rights::Rights;
use crate::world::view::TopicView;

#[derive(Debug, Clone)]
pub struct Forum {
    sim: Sim,
    id: Id,
    owner: Id,
}

impl Forum {
    #[track_caller]
    pub(super) fn make(sim: &Sim, title: &str, owner: Id, supergroup: bool, forum: bool) -> Self {
        match sim.with_world(|w| w.add_group(title, owner, supergroup, forum)) {
            Ok(id) => Self {
                sim: sim.clone(),
                id,
                owner,
            },
            Err(e) => panic!("cannot make the group: {e}"),
        }
    }

    pub fn id(&self) -> Id {
        self.id
    }

    #[track_caller]
    fn set(&self, who: Id, member: Member) {
        if let Err(e) = self.sim.with_world(|w| w.set_member(self.id, self.owner, who, member)) {
            panic!("cannot change the member: {e}");
        }
    }

    /// An administrator with every right.
    pub fn add_admin_bot(&self, bot: &BotHandle) {
        self.set(bot.id, Member::admin(Rights::all_admin()));
    }

    /// An administrator with these rights only, e.g. `["can_manage_topics"]`.
    pub fn add_admin_bot_with(&self, bot: &BotHandle, rights: &[&str]) {
        self.set(bot.id, Member::admin(Rights::from_names(rights)));
    }

    pub fn add_bot(&self, bot: &BotHandle) {
        self.set(bot.id, Member::new(Status::Member));
    }

    /// An administrator writes in the group's name from now on.
    #[track_caller]
    pub fn hide(&self, admin: &Person) {
        let hidden = self.sim.with_world(|w| {
            let member = w.group_mut(self.id).ok()?.members.get_mut(&admin.id)?;
            member.anonymous = true;
            Some(())
        });
        assert!(hidden.is_some(), "{} is no member of the group", admin.id);
    }

    pub fn add(&self, person: &Person) {
        self.set(person.id, Member::new(Status::Member));
    }

    pub fn add_admin(&self, person: &Person) {
        self.set(person.id, Member::admin(Rights::all_admin()));
    }

    /// Throws somebody out, a person or a bot.
    pub fn kick(&self, id: Id) {
        self.set(id, Member::new(Status::Kicked));
    }

    /// Takes somebody out without a ban.
    pub fn remove(&self, id: Id) {
        self.set(id, Member::new(Status::Left));
    }

    #[track_caller]
    pub fn set_forum(&self, on: bool) {
        if let Err(e) = self.sim.with_world(|w| w.set_forum(self.id, on)) {
            panic!("cannot change forum mode: {e}");
        }
    }

    /// Moves the group to a new id, as Telegram does when a group becomes a supergroup.
    #[track_caller]
    pub fn upgrade(&self) -> Forum {
        match self.sim.with_world(|w| w.upgrade(self.id)) {
            Ok(id) => Self { id, ..self.clone() },
            Err(e) => panic!("cannot upgrade: {e}"),
        }
    }

    /// General first, then by age.
    pub fn topics(&self) -> Vec<TopicView> {
        self.sim.with_world(|w| w.topics_of(self.id, None))
    }

    /// Topics other than General.
    pub fn own_topics(&self) -> Vec<TopicView> {
        self.topics().into_iter().filter(|t| t.thread != 1).collect()
    }

    /// The first topic whose name holds this text.
    pub fn topic_named(&self, part: &str) -> Option<TopicView> {
        self.own_topics().into_iter().find(|t| t.name.contains(part))
    }

    /// Waits until the topics (without General) satisfy a condition.
    pub async fn wait_topics(
        &self,
        within: Duration,
        mut good: impl FnMut(&[TopicView]) -> bool,
    ) -> Result<Vec<TopicView>, TimedOut> {
        let mut changes = self.sim.core.changes();
        let deadline = tokio::time::Instant::now() + within;
        loop {
            changes.borrow_and_update();
            let topics = self.own_topics();
            if good(&topics) {
                return Ok(topics);
            }
            if tokio::time::timeout_at(deadline, changes.changed()).await.is_err() {
                let seen: Vec<_> = topics
                    .iter()
                    .map(|t| (t.thread, &t.name, t.closed, t.messages))
                    .collect();
                return Err(TimedOut {
                    waited: within,
                    seen: format!("{seen:?}"),
                });
            }
        }
    }

    /// Waits for a topic whose name holds this text.
    pub async fn wait_topic(&self, part: &str, within: Duration) -> Result<TopicView, TimedOut> {
        let topics = self
            .wait_topics(within, |t| t.iter().any(|t| t.name.contains(part)))
            .await?;
        let found = topics.into_iter().find(|t| t.name.contains(part));
        found.ok_or(TimedOut {
            waited: within,
            seen: "the topic went again".into(),
        })
    }

    #[track_caller]
    pub fn create_topic(&self, by: &Person, name: &str) -> i64 {
        match self
            .sim
            .with_world(|w| w.person_creates_topic(by.id, self.id, name, None))
        {
            Ok(id) => id,
            Err(e) => panic!("cannot make the topic: {e}"),
        }
    }

    #[track_caller]
    pub fn close_topic(&self, by: &Person, thread: i64) {
        self.topic(|w, g| w.person_closes_topic(by.id, g, thread, true));
    }

    #[track_caller]
    pub fn reopen_topic(&self, by: &Person, thread: i64) {
        self.topic(|w, g| w.person_closes_topic(by.id, g, thread, false));
    }

    #[track_caller]
    pub fn delete_topic(&self, by: &Person, thread: i64) {
        self.topic(|w, g| w.person_deletes_topic(by.id, g, thread));
    }

    #[track_caller]
    fn topic(&self, f: impl FnOnce(&mut crate::world::World, Id) -> Result<(), crate::error::Refusal>) {
        if let Err(e) = self.sim.with_world(|w| f(w, self.id)) {
            panic!("cannot change the topic: {e}");
        }
    }
}
