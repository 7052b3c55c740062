//! What one call carries: the host behind the capabilities, the guard over its resources, and the counters of its turn.

use std::time::Duration;

use crate::contract::Hook;
use crate::failure::Stop;
use crate::host::Host;
use crate::limits::{Guard, Limits};

/// The data of a store: lives for one call.
pub(crate) struct State {
    pub host: Box<dyn Host>,
    pub guard: Guard,
    pub limits: Limits,
    pub hook: Hook,
    /// Time spent waiting for the network, handed back to the deadline.
    pub waited: Duration,
    effects: u32,
    reads: u32,
    lines: u32,
    suppressed: u32,
    last_error: Option<String>,
}

impl State {
    pub fn new(host: Box<dyn Host>, limits: &Limits, hook: Hook) -> Self {
        Self {
            host,
            guard: Guard::new(limits),
            limits: *limits,
            hook,
            waited: Duration::ZERO,
            effects: 0,
            reads: 0,
            lines: 0,
            suppressed: 0,
            last_error: None,
        }
    }

    /// Counts an effect; over the limit the call ends.
    pub fn effect(&mut self) -> wasmtime::Result<()> {
        if self.effects >= self.limits.effects {
            return Err(wasmtime::Error::new(Stop::Effects));
        }
        self.effects += 1;
        Ok(())
    }

    /// Counts a read; over the limit the call ends.
    pub fn read(&mut self) -> wasmtime::Result<()> {
        if self.reads >= self.limits.reads {
            return Err(wasmtime::Error::new(Stop::Reads));
        }
        self.reads += 1;
        Ok(())
    }

    /// Hands a line to the host, cut to its limit, or counts it where there were too many.
    pub fn log(&mut self, level: &str, message: &str, fields: &[(String, String)]) {
        let message = cut(message, self.limits.log_line);
        if level == "error" {
            self.last_error = Some(message.to_owned());
        }
        if self.lines >= self.limits.log_lines {
            self.suppressed += 1;
            return;
        }
        self.lines += 1;
        let level = if matches!(level, "debug" | "info" | "warn" | "error") {
            level
        } else {
            "info"
        };
        let mut room = self.limits.log_line - message.len();
        let fitting = fields
            .iter()
            .take_while(|(name, value)| {
                let fits = name.len() + value.len() <= room;
                room = room.saturating_sub(name.len() + value.len());
                fits
            })
            .count();
        self.host.log_write(level, message, &fields[..fitting]);
    }

    /// Lines that did not reach the log.
    pub fn suppressed(&self) -> u32 {
        self.suppressed
    }

    /// Effects asked for so far.
    pub fn effects(&self) -> u32 {
        self.effects
    }

    /// The last error line that the plugin logged, in one line.
    pub fn said(&self) -> Option<String> {
        let line = self.last_error.as_deref()?;
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(if line.chars().count() > 300 {
            shortened_to(&line, 300)
        } else {
            line
        })
    }
}

fn shortened_to(text: &str, most: usize) -> String {
    let mut short: String = text.chars().take(most).collect();
    short.push('…');
    short
}

fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
