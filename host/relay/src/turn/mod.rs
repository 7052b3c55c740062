//! Turns: the handling of one event for one dialog. Read, run plugins, decide, commit.

mod callback;
mod command;
mod customer;
pub mod draft;
mod general;
mod intercepted;
mod members;
mod operator;
mod reaction;
mod takeover;
mod timer;

use std::sync::Arc;

use serde_json::json;
use switchboard_store::{ChatId, Delivery, Write, Written};
use switchboard_telegram::types::{Message, Update, UpdateKind};

use crate::RelayError;
use crate::cache::{Guard, Person};
use crate::connection::Inner;
use crate::intercept::Noted;
use crate::op::Op;
use crate::parameters::TakeoverRelease;
use crate::sender::Command;
use draft::{Draft, Quick};

pub use command::Call;
pub use customer::LAZY_TITLE;
pub use timer::Due;

/// How often a turn is run again because others changed what it read.
const TRIES: u32 = 6;
/// Longest wait for another dialog that a turn changes.
const OTHERS_WAIT: std::time::Duration = std::time::Duration::from_millis(100);
/// The turns of General, and of whatever belongs to no dialog, run one after another under this key.
pub const NO_DIALOG: ChatId = 0;

/// What a turn is about.
#[derive(Debug, Clone)]
pub enum Event {
    Update(Arc<Update>),
    /// A plugin's timer is due.
    Timer(Due),
    /// A dialog was answered long ago and nothing came since.
    Autoclose {
        chat: ChatId,
    },
    /// The bot's own program did something.
    Intercepted(Noted),
    /// No operator wrote for as long as a takeover lasts.
    TakeoverEnds {
        chat: ChatId,
    },
}

impl Inner {
    /// The dialog that an update belongs to.
    pub(crate) async fn dialog_of(&self, update: &Update) -> Result<ChatId, RelayError> {
        Ok(match &update.kind {
            UpdateKind::Message(message) | UpdateKind::EditedMessage(message) => {
                if message.chat.kind == "private" {
                    message.chat.id
                } else {
                    self.dialog_of_topic(message.topic()).await?
                }
            }
            UpdateKind::CallbackQuery(query) => match &query.message {
                Some(message) if message.chat.kind == "private" => message.chat.id,
                Some(message) => self.dialog_of_topic(message.topic()).await?,
                None => query.from.id,
            },
            UpdateKind::MyChatMember(change) if change.chat.kind == "private" => change.chat.id,
            UpdateKind::MessageReaction(reaction) if reaction.chat.kind == "private" => reaction.chat.id,
            UpdateKind::MessageReaction(reaction) => self
                .store
                .mirror_of_group_message(self.id, reaction.message_id)
                .await?
                .map_or(NO_DIALOG, |mirror| mirror.chat),
            UpdateKind::MyChatMember(_) | UpdateKind::Other | UpdateKind::Unreadable(_) => NO_DIALOG,
        })
    }

    /// A message in a topic of ours that no dialog has yet: an operator was quicker than the answer to the call that made it.
    pub(crate) async fn is_early(&self, update: &Update) -> Result<bool, RelayError> {
        let UpdateKind::Message(message) = &update.kind else {
            return Ok(false);
        };
        let (Some(topic), Some(root)) = (message.topic(), self.made_topic_of(message)) else {
            return Ok(false);
        };
        if self.now() / 1_000 - root.date >= 120 || self.dialog_of_topic(Some(topic)).await? != NO_DIALOG {
            return Ok(false);
        }
        // A topic that is gone, or that nobody will have, is not waited for: everybody's updates would wait with it.
        let title = root.forum_topic_created.as_ref().map_or("", |created| &created.name);
        Ok(self.is_fresh() || self.topics.expects(topic, title))
    }

    /// Waits for the dialog of an early message, but not for ever.
    pub(crate) async fn wait_for_topic(&self, update: &Update) -> Result<(), RelayError> {
        for _ in 0..160 {
            if self.stopping.is_cancelled() || !self.is_early(update).await? {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// The message that opened the topic of a message, where the bot itself made that topic.
    pub(crate) fn made_topic_of<'a>(&self, message: &'a Message) -> Option<&'a Message> {
        let root = message
            .reply_to_message
            .as_deref()
            .filter(|root| root.forum_topic_created.is_some())?;
        root.from
            .as_ref()
            .is_some_and(|from| from.id == self.client.bot_id())
            .then_some(root)
    }

    async fn dialog_of_topic(&self, topic: Option<i64>) -> Result<ChatId, RelayError> {
        match topic {
            Some(topic) => Ok(self.book.chat_of_topic(topic).await?.unwrap_or(NO_DIALOG)),
            None => Ok(NO_DIALOG),
        }
    }

    /// Runs one turn to its commit. When it returns `Ok`, the event is handled for good.
    ///
    /// # Errors
    /// Where the store failed, or other turns kept changing what this one read. Nothing was written then.
    pub(crate) async fn turn(self: &Arc<Self>, chat: ChatId, event: &Event) -> Result<(), RelayError> {
        let _guard = self.book.lock(chat).await;
        for _ in 0..TRIES {
            let updates = match event {
                Event::Update(update) => vec![update.update_id],
                // Its number tells a second run; Telegram's own are above zero.
                Event::Intercepted(noted) => vec![-noted.seq],
                Event::Timer(_) | Event::Autoclose { .. } | Event::TakeoverEnds { .. } => Vec::new(),
            };
            let mut draft = Draft::new(self.now(), updates);
            self.handle(&mut draft, chat, event).await?;
            self.queue_titles(&mut draft);
            let answers = std::mem::take(&mut draft.answers);
            let quick = std::mem::take(&mut draft.quick);
            let timers_changed = draft.timers_changed;
            let released = std::mem::take(&mut draft.released);
            let finished = draft.finish(self.id, || self.next_id());
            let Some(_guards) = self.lock_others(chat, &finished.people).await else {
                self.let_titles_go(&finished.deliveries);
                continue;
            };
            let written = self.committer.commit(vec![Write::Turn(finished.commit)]).await;
            if !matches!(written.as_deref(), Ok([Written::Done])) {
                self.let_titles_go(&finished.deliveries);
            }
            match written?.first() {
                Some(Written::Done) => {
                    for (chat, person) in finished.people {
                        self.book.put(chat, person);
                    }
                    self.hand_over(finished.deliveries, answers).await;
                    self.quick(quick);
                    if timers_changed {
                        self.timers_changed.notify_one();
                    }
                    self.give_back(released).await;
                    return Ok(());
                }
                Some(Written::Conflict) => {
                    for chat in draft.read_chats() {
                        self.book.forget(chat);
                    }
                }
                // A repeat: it was handled before.
                _ => return Ok(()),
            }
        }
        Err(RelayError::Conflicts(TRIES))
    }

    /// A turn of General, or of a plugin, may change other dialogs than its own. Nobody is between reading and writing them then.
    /// Two such turns may want each other's: who waits too long lets go and begins anew.
    async fn lock_others(&self, own: ChatId, changed: &[(ChatId, Arc<Person>)]) -> Option<Vec<Guard>> {
        let mut guards = Vec::new();
        for (chat, _) in changed.iter().filter(|(chat, _)| *chat != own) {
            let lock = tokio::time::timeout(OTHERS_WAIT, self.book.lock(*chat)).await;
            guards.push(lock.ok()?);
        }
        Some(guards)
    }

    /// What did not come to a commit renews no title.
    fn let_titles_go(&self, deliveries: &[(Delivery, Op)]) {
        for (_, op) in deliveries {
            if let Op::Title { chat } = op {
                self.title_starts(*chat);
            }
        }
    }

    async fn handle(self: &Arc<Self>, draft: &mut Draft, chat: ChatId, event: &Event) -> Result<(), RelayError> {
        match event {
            Event::Update(update) => self.update(draft, chat, update).await,
            Event::Timer(due) => self.timer(draft, due).await,
            Event::Autoclose { chat } => self.autoclose(draft, *chat).await,
            Event::Intercepted(noted) => self.intercepted(draft, noted).await,
            Event::TakeoverEnds { chat } => self.takeover_ends(draft, *chat).await,
        }
    }

    /// What was held back of these dialogs goes to the bot's own program, or nowhere.
    pub(crate) async fn give_back(&self, released: Vec<ChatId>) {
        let Some(program) = &self.program else { return };
        let drop = self.config.parameters.takeover_release == TakeoverRelease::Drop;
        for chat in released {
            // What stays held now is given back at the next start.
            if let Err(error) = program.release(chat, drop).await {
                tracing::error!(connection = %self.name, error = %crate::chain(&*error), "held updates could not be given back");
            }
        }
    }

    async fn update(self: &Arc<Self>, draft: &mut Draft, chat: ChatId, update: &Update) -> Result<(), RelayError> {
        match &update.kind {
            UpdateKind::Message(message) if message.chat.kind == "private" => {
                self.customer_message(draft, message, false).await
            }
            UpdateKind::EditedMessage(message) if message.chat.kind == "private" => {
                self.customer_message(draft, message, true).await
            }
            UpdateKind::Message(message) if message.migrate_to_chat_id.is_some() => {
                self.upgraded(draft, message);
                Ok(())
            }
            UpdateKind::Message(message) | UpdateKind::EditedMessage(message) if message.chat.id == self.group() => {
                self.look_at_forum(draft, message).await?;
                let edited = matches!(update.kind, UpdateKind::EditedMessage(_));
                match message.topic() {
                    Some(_) => self.topic_message(draft, chat, message, edited).await,
                    None if !edited => self.general_message(draft, message).await,
                    None => Ok(()),
                }
            }
            UpdateKind::CallbackQuery(query) => self.callback(draft, chat, query).await,
            UpdateKind::MyChatMember(change) => self.member_changed(draft, change).await,
            UpdateKind::MessageReaction(reaction) => self.reaction(draft, chat, reaction).await,
            UpdateKind::Unreadable(error) => {
                tracing::warn!(connection = %self.name, update = update.update_id, error, "an update could not be read and was passed over");
                Ok(())
            }
            // Other groups and other kinds are none of ours.
            _ => Ok(()),
        }
    }

    /// Titles that changed; one waiting renewal of a title is enough.
    fn queue_titles(&self, draft: &mut Draft) {
        for (chat, at) in std::mem::take(&mut draft.titles) {
            let has_topic = draft.dialog(chat).is_some_and(|dialog| dialog.topic.is_some());
            if has_topic && self.title_waits(chat) {
                draft.queue_at(Op::Title { chat }, at);
            }
        }
    }

    async fn hand_over(&self, deliveries: Vec<(Delivery, Op)>, answers: Vec<(i64, Option<Op>)>) {
        for (delivery, op) in &deliveries {
            if let Op::Revise { carry } = op {
                self.revisions.insert((carry.chat, carry.message), delivery.id);
            }
        }
        // A closed queue means that the host is stopping; what is committed is read again at the next start.
        if !deliveries.is_empty() {
            let _ = self.commands.send(Command::Add(deliveries)).await;
        }
        if !answers.is_empty() {
            let _ = self.commands.send(Command::Decide(answers)).await;
        }
    }

    fn quick(self: &Arc<Self>, quick: Vec<Quick>) {
        for Quick::AnswerPress { id, text, alert } in quick {
            let inner = self.clone();
            tokio::spawn(async move {
                let answer = json!({ "callback_query_id": id, "text": text, "show_alert": alert });
                if let Err(error) = inner.client.call::<bool>("answerCallbackQuery", &answer).await {
                    tracing::debug!(connection = %inner.name, error = %crate::chain(&error), "a press could not be answered");
                }
            });
        }
    }
}
