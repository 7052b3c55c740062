//! What a plugin says of itself, put together in a line.

use schemars::JsonSchema;

use crate::{CommandSpec, Description, Prefilter, words};

impl Description {
    /// In phase `enrich`, with `pass` on failure, not stateless; [`about!`](crate::about) fills in the crate's own words.
    pub fn new(name: &str, version: &str, summary: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            summary: summary.to_owned(),
            phase: words::phase::ENRICH.to_owned(),
            on_failure: words::on_failure::PASS.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a command of operators; the plugin exports `command`.
    #[must_use]
    pub fn command(mut self, spec: CommandSpec) -> Self {
        self.commands.push(spec);
        self
    }

    /// The settings' JSON Schema from a struct; the host checks and draws its form from it.
    #[must_use]
    pub fn settings<T: JsonSchema>(mut self) -> Self {
        self.settings_schema = Some(schemars::schema_for!(T).as_value().to_string());
        self
    }

    /// Which events the `event` hook wants: words of [`words::event`]. None named stands for all.
    #[must_use]
    pub fn events<'a>(mut self, kinds: impl IntoIterator<Item = &'a str>) -> Self {
        self.events = kinds.into_iter().map(str::to_owned).collect();
        self
    }

    /// Where it stands in the pipeline: a word of [`words::phase`].
    #[must_use]
    pub fn phase(mut self, phase: &str) -> Self {
        self.phase = phase.to_owned();
        self
    }

    /// The message waits, unseen, when a hook fails; an admin cannot loosen this.
    #[must_use]
    pub fn hold_on_failure(mut self) -> Self {
        self.on_failure = words::on_failure::HOLD.to_owned();
        self
    }

    /// Promises that nothing is kept in memory from one call to the next that changes an outcome: a warm instance may serve.
    #[must_use]
    pub fn stateless(mut self) -> Self {
        self.stateless = true;
        self
    }

    /// Only messages that match are worth a call.
    #[must_use]
    pub fn prefilter(mut self, prefilter: Prefilter) -> Self {
        self.prefilter = Some(prefilter);
        self
    }
}

impl CommandSpec {
    /// A command of everybody, in topics and in General. `name` without the slash; `summary` is one line for `/help`.
    pub fn new(name: &str, summary: &str) -> Self {
        Self {
            name: name.to_owned(),
            summary: summary.to_owned(),
            usage: String::new(),
            places: vec![words::place::TOPIC.to_owned(), words::place::GENERAL.to_owned()],
            admin: false,
        }
    }

    /// How it is written, without the name.
    #[must_use]
    pub fn usage(mut self, usage: &str) -> Self {
        usage.clone_into(&mut self.usage);
        self
    }

    /// Only in topics.
    #[must_use]
    pub fn in_topics(mut self) -> Self {
        self.places = vec![words::place::TOPIC.to_owned()];
        self
    }

    /// Only in General.
    #[must_use]
    pub fn in_general(mut self) -> Self {
        self.places = vec![words::place::GENERAL.to_owned()];
        self
    }

    /// Only for the connection's admins.
    #[must_use]
    pub fn for_admins(mut self) -> Self {
        self.admin = true;
        self
    }
}
