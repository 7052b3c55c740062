//! The test host's templates: saved from messages that passed it.

use super::effect::Effect;
use super::state::{State, within};
use crate::{Error, Message, MessageRef, Template, capability::Page, limits, words::place};

/// Albums can be saved for a day after they passed.
const ALBUM_LIFE: u64 = 24 * 60 * 60 * 1_000;

#[derive(Clone, Debug)]
pub(super) struct Saved {
    pub template: Template,
}

impl State {
    pub fn template(&self, name: &str) -> Option<Template> {
        self.templates
            .get(&name.to_lowercase())
            .map(|saved| saved.template.clone())
    }

    pub fn save(&mut self, name: &str, source: &MessageRef, dialog: Option<i64>) -> Result<Template, Error> {
        within("A name", name.chars().count(), limits::TEMPLATE_NAME, "characters")?;
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(Error::invalid("A name has 1–64 characters and no white space."));
        }
        let found = self
            .messages
            .iter()
            .find(|(of, message)| message.ref_ == *source && *of == dialog)
            .map(|(_, message)| message)
            .ok_or_else(|| Error::not_found("That message is not known here."))?;
        let album = self.album_of(found)?;
        let text = album
            .iter()
            .map(|message| message.text.as_str())
            .find(|text| !text.is_empty());
        let template = Template {
            name: name.to_owned(),
            kind: if album.len() > 1 {
                "album".to_owned()
            } else {
                found.kind.clone()
            },
            preview: text.unwrap_or_default().chars().take(64).collect(),
            size: album.len() as u32,
            saved_at: self.now,
            link: (source.place != place::CUSTOMER).then(|| format!("https://t.me/c/1/{}", source.id)),
        };
        self.templates.insert(
            name.to_lowercase(),
            Saved {
                template: template.clone(),
            },
        );
        self.effects.push(Effect::TemplateSaved { name: name.to_owned() });
        Ok(template)
    }

    fn album_of<'a>(&'a self, message: &'a Message) -> Result<Vec<&'a Message>, Error> {
        let Some(album) = &message.album else {
            return Ok(vec![message]);
        };
        if message.at + ALBUM_LIFE < self.now {
            return Err(Error::refused(
                "An album can be saved within 24 hours after it passed. Send it again and reply to that.",
            ));
        }
        let of_it = |other: &&Message| other.album.as_ref() == Some(album);
        Ok(self.messages.iter().map(|(_, message)| message).filter(of_it).collect())
    }

    pub fn templates_from(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page<Template>, Error> {
        if limit == 0 {
            return Err(Error::invalid("A page has at least one entry."));
        }
        let (prefix, after) = (prefix.to_lowercase(), after.map(str::to_lowercase));
        let mut all = self
            .templates
            .iter()
            .filter(|(key, _)| key.starts_with(&prefix))
            .filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after))
            .map(|(_, saved)| saved.template.clone());
        let items: Vec<_> = all.by_ref().take(limit.min(limits::TEMPLATES) as usize).collect();
        let next = all.next().and(items.last().map(|last| last.name.clone()));
        Ok(Page { items, next })
    }

    pub fn delete_template(&mut self, name: &str) -> bool {
        let Some(saved) = self.templates.remove(&name.to_lowercase()) else {
            return false;
        };
        self.effects.push(Effect::TemplateDeleted {
            name: saved.template.name,
        });
        true
    }

    pub fn send_template(&mut self, name: &str, dialog: i64, forward: bool) -> Result<(), Error> {
        self.dialog_of(dialog)?;
        let Some(template) = self.template(name) else {
            return Err(Error::not_found(format!("There is no template {name}.")));
        };
        self.effects.push(Effect::TemplateSent {
            name: template.name,
            dialog,
            forward,
        });
        Ok(())
    }
}
