//! Making users, bots and groups, and changing what they are.

use serde::Deserialize;
use serde_json::{Value, json};

use super::http::{Asked, Given, not_found, value};
use crate::core::Core;
use crate::error::Refusal;
use crate::world::chat::{Chat, ChatKey};
use crate::world::event::Change;
use crate::world::member::{Member, Status};
use crate::world::rights::Rights;
use crate::world::{Id, World};

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct UserFields {
    first_name: Option<String>,
    last_name: Option<String>,
    username: Option<String>,
    language_code: Option<String>,
    is_premium: Option<bool>,
    deactivated: Option<bool>,
    hides_in_forwards: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBot {
    token: String,
    #[serde(default)]
    first_name: Option<String>,
    username: String,
    #[serde(default)]
    can_read_all_group_messages: bool,
    /// Inline mode.
    #[serde(default)]
    inline: bool,
    #[serde(default)]
    inline_feedback: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewGroup {
    title: String,
    owner: Id,
    #[serde(default)]
    forum: bool,
    #[serde(default = "yes")]
    supergroup: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct GroupFields {
    title: Option<String>,
    forum: Option<bool>,
    username: Option<String>,
    permissions: Option<Value>,
    reactions: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMember {
    #[serde(default)]
    user: Option<Id>,
    #[serde(default)]
    bot: Option<Id>,
    #[serde(default)]
    admin: bool,
    /// Names of rights; with `admin` and none named, all of them.
    #[serde(default)]
    rights: Option<Vec<String>>,
    /// `member`, `administrator`, `restricted`, `left`, `kicked`: instead of `admin`.
    #[serde(default)]
    status: Option<String>,
    /// Who does it; else the group's owner.
    #[serde(default)]
    by: Option<Id>,
}

pub fn handle(core: &Core, asked: &Asked) -> Given {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let id = |s: &str| s.parse::<Id>().map_err(|_| Refusal::new("ids are numbers"));
    core.with(|i| {
        let w = &mut i.world;
        match (asked.method.as_str(), path.as_slice()) {
            ("GET", ["users"]) => {
                let mut all: Vec<Id> = w.people.keys().copied().collect();
                all.sort_unstable();
                Ok(all.into_iter().map(|p| person(w, p)).collect())
            }
            ("POST", ["users"]) => {
                let f: UserFields = asked.json()?;
                let p = w.add_person(f.first_name.as_deref().unwrap_or("Somebody"));
                change_user(w, p, f)?;
                Ok(person(w, p))
            }
            ("GET", ["users", u]) => {
                let u = id(u)?;
                w.people.get(&u).ok_or_else(|| Refusal::new("no such user"))?;
                Ok(person(w, u))
            }
            ("PUT", ["users", u]) => {
                let u = id(u)?;
                change_user(w, u, asked.json()?)?;
                Ok(person(w, u))
            }
            ("GET", ["bots"]) => {
                let mut all: Vec<_> = w.bots.values().collect();
                all.sort_by_key(|b| b.id);
                Ok(all.into_iter().map(|b| b.me()).collect())
            }
            ("POST", ["bots"]) => {
                let b: NewBot = asked.json()?;
                let id = w.add_bot(&b.token, b.first_name.as_deref().unwrap_or(&b.username), &b.username)?;
                if let Some(bot) = w.bots.get_mut(&id) {
                    bot.can_read_all_group_messages = b.can_read_all_group_messages;
                    bot.supports_inline_queries = b.inline;
                    bot.inline_feedback = b.inline_feedback;
                }
                Ok(w.bots.get(&id).map(|b| b.me()).unwrap_or_default())
            }
            ("GET", ["groups"]) => {
                let mut all: Vec<Id> = w.chats.values().filter_map(Chat::group).map(|g| g.id).collect();
                all.sort_unstable();
                all.into_iter()
                    .map(|g| group(w, g))
                    .collect::<Result<Vec<_>, _>>()
                    .map(Value::Array)
            }
            ("POST", ["groups"]) => {
                let g: NewGroup = asked.json()?;
                let id = w.add_group(&g.title, g.owner, g.supergroup, g.forum)?;
                group(w, id)
            }
            ("GET", ["groups", g]) => group(w, id(g)?),
            ("PUT", ["groups", g]) => {
                let g = id(g)?;
                change_group(w, g, asked.json()?)?;
                group(w, g)
            }
            ("POST", ["groups", g, "members"]) => {
                let g = id(g)?;
                set_member(w, g, asked.json()?)?;
                group(w, g)
            }
            ("POST", ["groups", g, "upgrade"]) => {
                let new = w.upgrade(id(g)?)?;
                group(w, new)
            }
            ("GET", ["groups", g, "topics"]) => {
                let g = id(g)?;
                w.group(g)?;
                value(w.topics_of(g, asked.number("user")))
            }
            _ => Err(not_found()),
        }
    })
}

fn person(w: &World, id: Id) -> Value {
    let mut v = w.user(id);
    if let Some(p) = w.people.get(&id) {
        v["deactivated"] = p.deactivated.into();
        v["hides_in_forwards"] = p.hides_in_forwards.into();
    }
    v
}

fn change_user(w: &mut World, id: Id, f: UserFields) -> Result<(), Refusal> {
    let p = w.people.get_mut(&id).ok_or_else(|| Refusal::new("no such user"))?;
    if let Some(n) = f.first_name {
        p.first_name = n;
    }
    if f.last_name.is_some() {
        p.last_name = f.last_name.filter(|l| !l.is_empty());
    }
    if f.language_code.is_some() {
        p.language_code = f.language_code.filter(|l| !l.is_empty());
    }
    for (to, from) in [
        (&mut p.is_premium, f.is_premium),
        (&mut p.deactivated, f.deactivated),
        (&mut p.hides_in_forwards, f.hides_in_forwards),
    ] {
        if let Some(v) = from {
            *to = v;
        }
    }
    if let Some(u) = f.username.filter(|u| !u.is_empty()) {
        w.set_username(id, &u);
    }
    Ok(())
}

fn group(w: &World, id: Id) -> Given {
    let g = w.group(id)?;
    let mut members: Vec<Value> = g
        .members
        .iter()
        .filter(|(_, m)| m.status.is_in())
        .map(|(id, m)| m.chat_member(w.user(*id)))
        .collect();
    members.sort_by_key(|m| m["user"]["id"].as_i64());
    Ok(json!({
        "id": g.id, "title": g.title, "type": if g.supergroup { "supergroup" } else { "group" },
        "forum": g.forum, "username": g.username, "members": members,
        "permissions": g.permissions.permissions(), "migrated_to": g.migrated_to, "migrated_from": g.migrated_from,
    }))
}

fn change_group(w: &mut World, id: Id, f: GroupFields) -> Result<(), Refusal> {
    let g = w.group_mut(id)?;
    if let Some(t) = f.title {
        g.title = t;
    }
    if let Some(p) = &f.permissions {
        g.permissions = Rights::from_object(p);
    }
    if f.reactions.is_some() {
        g.reactions = f.reactions;
    }
    if let Some(u) = f.username {
        g.username = Some(u.clone()).filter(|u| !u.is_empty());
        w.usernames.insert(u.to_lowercase(), id);
    }
    if let Some(forum) = f.forum {
        w.set_forum(id, forum)?;
    }
    w.note(ChatKey::Group(id), Change::Group, None, None);
    Ok(())
}

fn set_member(w: &mut World, group: Id, m: NewMember) -> Result<(), Refusal> {
    let who = m.user.or(m.bot).ok_or_else(|| Refusal::new("name a user or a bot"))?;
    if !w.people.contains_key(&who) && !w.is_bot(who) {
        return Err(Refusal::new("no such user or bot"));
    }
    let by = match m.by {
        Some(b) => b,
        None => *w
            .group(group)?
            .admins()
            .first()
            .ok_or_else(|| Refusal::new("the group has no owner"))?,
    };
    let rights = match &m.rights {
        Some(names) => Rights::from_names(names),
        None => Rights::all_admin(),
    };
    let member = match (m.status.as_deref(), m.admin) {
        (Some("administrator"), _) | (None, true) => Member::admin(rights),
        (Some("member"), _) | (None, false) => Member::new(Status::Member),
        (Some("restricted"), _) => Member {
            rights,
            ..Member::new(Status::Restricted)
        },
        (Some("left"), _) => Member::new(Status::Left),
        (Some("kicked"), _) => Member::new(Status::Kicked),
        (Some(s), _) => return Err(Refusal::new(format!("unknown status {s:?}"))),
    };
    w.set_member(group, by, who, member)
}
