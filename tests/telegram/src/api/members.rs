//! Members: ban, restrict, promote.

use serde_json::Value;

use super::{Answer, Call};
use crate::error::ApiError;
use crate::world::chat::{Chat, ChatKey};
use crate::world::member::{Member, Status};
use crate::world::rights::{ADMIN_RIGHTS, Rights};

impl Call<'_> {
    /// The group and the person of a call about one member, with the right to do it.
    fn member(&self, right: &str, words: &str) -> Result<(ChatKey, i64), ApiError> {
        let key = self.group_right(right, words)?;
        let user = self.params.int("user_id").unwrap_or(0);
        if !self.world.people.contains_key(&user) && !self.world.is_bot(user) {
            return Err(ApiError::bad("PARTICIPANT_ID_INVALID"));
        }
        Ok((key, user))
    }

    fn set(&mut self, key: ChatKey, user: i64, member: Member) -> Answer {
        let by = self.bot;
        self.world
            .set_member(key.api_id(), by, user, member)
            .map_err(|e| ApiError::bad(e.text))?;
        Ok(true.into())
    }

    pub fn ban(&mut self, ban: bool) -> Answer {
        let words = "not enough rights to restrict/unrestrict chat member";
        let (key, user) = self.member("can_restrict_members", words)?;
        let status = self
            .world
            .chat(key)
            .and_then(Chat::group)
            .map_or(Status::Left, |g| g.status(user));
        if ban && status == Status::Creator {
            return Err(ApiError::bad("can't remove chat owner"));
        }
        if ban && status == Status::Administrator {
            return Err(ApiError::bad("user is an administrator of the chat"));
        }
        let until = self.params.int("until_date").unwrap_or(0);
        let new = match (ban, status) {
            (true, _) => Status::Kicked,
            (false, Status::Kicked) => Status::Left,
            (false, _) if self.params.flag("only_if_banned") => return Ok(true.into()),
            (false, _) => Status::Left,
        };
        self.set(
            key,
            user,
            Member {
                until,
                ..Member::new(new)
            },
        )
    }

    pub fn restrict(&mut self) -> Answer {
        let words = "not enough rights to restrict/unrestrict chat member";
        let (key, user) = self.member("can_restrict_members", words)?;
        let v = self
            .params
            .object("permissions", "permissions")?
            .filter(Value::is_object);
        let v = v.ok_or_else(|| ApiError::bad("Object expected as permissions"))?;
        let until = self.params.int("until_date").unwrap_or(0);
        self.set(
            key,
            user,
            Member {
                rights: Rights::from_object(&v),
                until,
                ..Member::new(Status::Restricted)
            },
        )
    }

    pub fn promote(&mut self) -> Answer {
        let (key, user) = self.member("can_promote_members", "not enough rights")?;
        let on: Vec<&str> = ADMIN_RIGHTS.into_iter().filter(|r| self.params.flag(r)).collect();
        let new = match on.is_empty() {
            true => Member::new(Status::Member),
            false => Member::admin(Rights::from_names(on)),
        };
        self.set(key, user, new)
    }
}
