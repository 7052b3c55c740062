//! The bot itself: who it is, what it calls itself.

use serde_json::{Value, json};

use super::{Answer, Call};
use crate::error::ApiError;

/// logOut keeps the bot from the cloud server for ten minutes.
const LOGGED_OUT_MS: u64 = 10 * 60 * 1000;

impl Call<'_> {
    pub fn me(&mut self, method: &str) -> Answer {
        let language = self.params.string("language_code");
        let now = self.world.now;
        let params = &self.params;
        let bot = self
            .world
            .bots
            .get_mut(&self.bot)
            .ok_or_else(|| ApiError::new(401, "Unauthorized"))?;
        let mut put = |name: &str, limit: usize, what: &str| -> Answer {
            let text = params.string(name);
            if text.chars().count() > limit {
                return Err(ApiError::bad(what));
            }
            bot.texts.insert(format!("{name}/{language}"), text.into());
            Ok(true.into())
        };
        match method {
            "setmyname" => return put("name", 64, "BOT_TITLE_INVALID"),
            "setmydescription" => return put("description", 512, "BOT_DESCRIPTION_INVALID"),
            "setmyshortdescription" => return put("short_description", 120, "BOT_ABOUT_INVALID"),
            _ => {}
        }
        let get = |name: &str| {
            let own = bot
                .texts
                .get(&format!("{name}/{language}"))
                .or_else(|| bot.texts.get(&format!("{name}/")));
            own.cloned().unwrap_or_else(|| "".into())
        };
        match method {
            "getmyname" => match get("name") {
                Value::String(s) if s.is_empty() => Ok(json!({"name": bot.first_name})),
                v => Ok(json!({"name": v})),
            },
            "getmydescription" => Ok(json!({"description": get("description")})),
            "getmyshortdescription" => Ok(json!({"short_description": get("short_description")})),
            "setchatmenubutton" => {
                let v = params.object("menu_button", "menu button")?;
                let key = format!("menu/{}", params.string("chat_id"));
                match menu_button(&v.unwrap_or_else(|| json!({"type": "default"})))? {
                    Some(v) => bot.texts.insert(key, v),
                    None => bot.texts.remove(&key),
                };
                Ok(true.into())
            }
            // A chat without a button of its own has the bot's.
            "getchatmenubutton" => {
                let own = bot.texts.get(&format!("menu/{}", params.string("chat_id")));
                let v = own.or_else(|| bot.texts.get("menu/")).cloned();
                Ok(v.unwrap_or_else(|| json!({"type": "commands"})))
            }
            "setmydefaultadministratorrights" => {
                let v = params
                    .object("rights", "ChatAdministratorRights")?
                    .unwrap_or_else(|| json!({}));
                bot.texts.insert(format!("rights/{}", params.flag("for_channels")), v);
                Ok(true.into())
            }
            "getmydefaultadministratorrights" => {
                let given = bot.texts.get(&format!("rights/{}", params.flag("for_channels")));
                let rights = given.map(crate::world::rights::Rights::from_object).unwrap_or_default();
                let mut m = serde_json::Map::from_iter([("is_anonymous".to_owned(), false.into())]);
                rights.write_admin(&mut m);
                Ok(Value::Object(m))
            }
            "getmystarbalance" => Ok(json!({"amount": 0})),
            "logout" => {
                bot.logged_out_until = Some(now + LOGGED_OUT_MS);
                Ok(true.into())
            }
            "close" => Ok(true.into()),
            _ => Ok(bot.me()),
        }
    }
}

/// A button as it is kept; the default one is none.
fn menu_button(v: &Value) -> Result<Option<Value>, ApiError> {
    let cannot = |e: &str| ApiError::bad(format!("Can't parse menu button: {e}"));
    let field = |v: &Value, k: &str| {
        let found = v[k].as_str().map(str::to_owned);
        found.ok_or_else(|| cannot(&format!("Can't find field \"{k}\"")))
    };
    if !v.is_object() {
        return Err(cannot("MenuButton must be an Object"));
    }
    match field(v, "type")?.as_str() {
        "default" => Ok(None),
        "commands" => Ok(Some(json!({"type": "commands"}))),
        "web_app" => {
            let (text, url) = (field(v, "text")?, field(&v["web_app"], "url")?);
            Ok(Some(json!({"type": "web_app", "text": text, "web_app": {"url": url}})))
        }
        _ => Err(cannot("MenuButton has unsupported type")),
    }
}
