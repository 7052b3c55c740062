//! Templates: saved messages of any kind, albums too.

use switchboard_runtime::types::{self as wit, Error};
use switchboard_store::{AlbumPart, ChatId, MessageId, Place, Template};

use super::host::TurnHost;
use crate::content::Content;

/// Characters of a template's preview.
const PREVIEW: usize = 60;

/// A message that the turn knows whole: the one that a command replies to.
#[derive(Debug, Clone)]
pub struct Known {
    pub message: MessageId,
    pub content: Content,
    pub album: Option<String>,
    pub topic: Option<i64>,
}

impl TurnHost {
    pub(super) fn save_template(
        &mut self,
        name: &str,
        source: &wit::MessageRef,
        dialog: Option<i64>,
    ) -> Result<wit::Template, Error> {
        let known = self
            .draft
            .known
            .iter()
            .find(|known| known.message == source.id)
            .cloned();
        let Some(known) = known.filter(|_| source.place != "customer") else {
            return Err(Error::new(
                "not-found",
                "only the message that the command replies to can be saved",
            ));
        };
        let (contents, messages) = match &known.album {
            None => (vec![known.content.clone()], vec![source.id]),
            Some(album) => self.album(album, source, dialog.unwrap_or_default())?,
        };
        if contents.iter().any(|content| content.send().is_none()) {
            return Err(Error::new(
                "invalid",
                format!(
                    "a message of this kind ({}) cannot be saved: a bot cannot send it again",
                    known.content.kind.replace('_', " ")
                ),
            ));
        }
        let (read, _) = self.find_template(name)?;
        let captioned = contents
            .iter()
            .find(|content| !content.text.is_empty())
            .unwrap_or(&known.content);
        let template = Template {
            name: name.to_owned(),
            kind: if contents.len() > 1 {
                "album".to_owned()
            } else {
                known.content.kind.clone()
            },
            preview: captioned.preview(PREVIEW),
            contents: serde_json::to_string(&contents).map_err(|error| Error::new("invalid", error.to_string()))?,
            source_chat: self.inner.group(),
            source_topic: known.topic,
            source_messages: messages,
            saved: self.draft.now,
            // Rising across a deletion too, so that a slow turn never takes one saving for another.
            version: self.draft.now.max(read + 1),
        };
        let record = self.template(&template);
        self.draft.templates.insert(name.to_lowercase(), (read, Some(template)));
        Ok(record)
    }

    /// The parts of an album: an operator's own, or the twin of a customer's.
    fn album(
        &self,
        album: &str,
        source: &wit::MessageRef,
        chat: ChatId,
    ) -> Result<(Vec<Content>, Vec<MessageId>), Error> {
        let inner = self.inner.clone();
        let id = source.id;
        let found: Vec<(AlbumPart, MessageId)> = self.wait(async move {
            let own = inner.store.album(inner.id, Place::Topic, album).await?;
            if !own.is_empty() {
                return Ok(own
                    .into_iter()
                    .map(|part| {
                        let message = part.message;
                        (part, message)
                    })
                    .collect());
            }
            let Some(mirror) = inner.store.mirror_of_group_message(inner.id, id).await? else {
                return Ok(Vec::new());
            };
            let Some(part) = inner
                .store
                .album_part(inner.id, Place::Customer, chat, mirror.customer_message)
                .await?
            else {
                return Ok(Vec::new());
            };
            let mut found = Vec::new();
            for part in inner.store.album(inner.id, Place::Customer, &part.album).await? {
                if let Some(twin) = inner.twin(chat, Place::Customer, part.message).await? {
                    found.push((part, twin));
                }
            }
            Ok(found)
        })?;
        if found.is_empty() {
            return Err(Error::new(
                "not-found",
                "this album is not known any more: an album can be saved within 24 hours, from a topic",
            ));
        }
        let parse = |part: &AlbumPart| {
            serde_json::from_str::<Content>(&part.content).map_err(|error| Error::new("invalid", error.to_string()))
        };
        let contents = found
            .iter()
            .map(|(part, _)| parse(part))
            .collect::<Result<Vec<_>, _>>()?;
        Ok((contents, found.into_iter().map(|(_, message)| message).collect()))
    }

    /// The template and the version that was read of it; the turn's own writes first.
    pub(super) fn find_template(&mut self, name: &str) -> Result<(i64, Option<Template>), Error> {
        if let Some(found) = self.draft.templates.get(&name.to_lowercase()) {
            return Ok(found.clone());
        }
        let inner = self.inner.clone();
        let template = self.wait(async { Ok(inner.store.template(inner.id, name).await?) })?;
        Ok((template.as_ref().map_or(0, |template| template.version), template))
    }

    pub(super) fn list_templates(
        &mut self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<wit::TemplatePage, Error> {
        let inner = self.inner.clone();
        let stored = self.wait(async { Ok(inner.store.templates(inner.id, prefix, after, limit).await?) })?;
        let next = (stored.len() >= limit as usize)
            .then(|| stored.last().map(|template| template.name.clone()))
            .flatten();
        let templates = stored.iter().map(|template| self.template(template)).collect();
        Ok(wit::TemplatePage { templates, next })
    }

    pub(super) fn delete_template(&mut self, name: &str) -> Result<bool, Error> {
        let (read, template) = self.find_template(name)?;
        let was = template.is_some();
        if was {
            self.draft.templates.insert(name.to_lowercase(), (read, None));
        }
        Ok(was)
    }

    pub(super) fn send_template(&mut self, name: &str, chat: i64, forward: bool) -> Result<(), Error> {
        self.dialog(chat)?;
        let (_, template) = self.find_template(name)?;
        let template = template.ok_or_else(|| Error::new("not-found", format!("there is no “{name}”")))?;
        if forward {
            self.forward(chat, template.source_messages);
            return Ok(());
        }
        let contents: Vec<Content> =
            serde_json::from_str(&template.contents).map_err(|error| Error::new("invalid", error.to_string()))?;
        self.send(chat, contents);
        Ok(())
    }

    pub(super) fn template(&self, template: &Template) -> wit::Template {
        let first = template.source_messages.first().copied();
        let group = self.inner.group().to_string();
        // Only a supergroup's messages can be linked to.
        let link = group.strip_prefix("-100").and_then(|group| {
            let first = first?;
            Some(match template.source_topic {
                Some(topic) => format!("https://t.me/c/{group}/{topic}/{first}"),
                None => format!("https://t.me/c/{group}/{first}"),
            })
        });
        wit::Template {
            name: template.name.clone(),
            kind: template.kind.clone(),
            preview: template.preview.clone(),
            size: u32::try_from(template.source_messages.len()).unwrap_or(u32::MAX),
            saved_at: u64::try_from(template.saved).unwrap_or_default(),
            link,
        }
    }
}
