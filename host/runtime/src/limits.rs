//! What a plugin may use in one call, and the guard that remembers which limit it ran into.

use std::time::Duration;

use wasmtime::ResourceLimiter;

use crate::contract::Hook;

/// Limits of one call of a hook. Every call starts anew: a fresh instance, a full budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Fuel (about one unit a WebAssembly instruction) of the message hooks and `card`. Default 5,000,000, about 1 ms.
    pub message_fuel: u64,
    /// Fuel of `command`, `press`, `timer` and `event`. Default 100,000,000.
    pub command_fuel: u64,
    /// Fuel of `describe` and `migrate`. Default 500,000,000.
    pub describe_fuel: u64,
    /// Wall-clock backstop of the message hooks and `card`; counted in steps of 10 ms. Fuel is the budget, this only
    /// catches what fuel cannot see, so it is generous. Default 1 s.
    pub message_deadline: Duration,
    /// Wall-clock backstop of the other hooks; time spent in `http.send` is not counted. Default 10 s.
    pub command_deadline: Duration,
    /// Bytes of linear memory, all memories together. Default 8 MiB (scripted guests need 64 MiB). The runtime's own
    /// bound is [`crate::RuntimeOptions::max_memory`].
    pub memory: usize,
    /// Bytes that one call between plugin and host may carry from the plugin. Default 256 KiB.
    pub host_call_data: usize,
    /// Calls with an effect (store, tags, properties, status, notes, sends, templates, timers, requests). Default 64.
    pub effects: u32,
    /// Calls that read (store, contacts, dialogs, templates). Default 512.
    pub reads: u32,
    /// Log lines that reach the log; further ones are counted. Default 20.
    pub log_lines: u32,
    /// Bytes of a log line; longer ones are cut. Default 1,024.
    pub log_line: usize,
    /// Elements of all tables together. Default 20,000.
    pub table_elements: usize,
    /// Live component handles. Default 64.
    pub handles: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_fuel: 5_000_000,
            command_fuel: 100_000_000,
            describe_fuel: 500_000_000,
            message_deadline: Duration::from_secs(1),
            command_deadline: Duration::from_secs(10),
            memory: 8 << 20,
            host_call_data: 256 << 10,
            effects: 64,
            reads: 512,
            log_lines: 20,
            log_line: 1 << 10,
            table_elements: 20_000,
            handles: 64,
        }
    }
}

impl Limits {
    /// The defaults with 64 MiB of memory, for guests that carry a script engine.
    pub fn scripted() -> Self {
        Self {
            memory: 64 << 20,
            ..Self::default()
        }
    }

    /// The fuel of a hook.
    pub fn fuel(&self, hook: Hook) -> u64 {
        match hook {
            Hook::Describe | Hook::Migrate => self.describe_fuel,
            hook if hook.in_message_pipeline() => self.message_fuel,
            _ => self.command_fuel,
        }
    }

    /// The wall-clock backstop of a hook.
    pub fn deadline(&self, hook: Hook) -> Duration {
        if hook.in_message_pipeline() {
            self.message_deadline
        } else {
            self.command_deadline
        }
    }
}

/// Core instances, memories and tables that one component may have: what the pool has room for.
pub(crate) const MAX_CORE_INSTANCES: u32 = 16;
pub(crate) const MAX_MEMORIES: u32 = 4;
pub(crate) const MAX_TABLES: u32 = 8;

/// Watches an instance's memories and tables. wasmtime only answers "could not grow"; the plugin then traps for a
/// reason of its own, so the refusal is remembered here to name the failure.
#[derive(Debug)]
pub(crate) struct Guard {
    memory_limit: usize,
    table_limit: usize,
    memory: usize,
    elements: usize,
    /// What the last growth added, to be taken back when it fails behind our back (past the memory's own maximum).
    last_growth: usize,
    pub memory_denied: bool,
    pub table_denied: bool,
}

impl Guard {
    pub fn new(limits: &Limits) -> Self {
        Self {
            memory_limit: limits.memory,
            table_limit: limits.table_elements,
            memory: 0,
            elements: 0,
            last_growth: 0,
            memory_denied: false,
            table_denied: false,
        }
    }

    /// Bytes of linear memory now.
    pub fn memory(&self) -> usize {
        self.memory
    }
}

impl ResourceLimiter for Guard {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        if total > self.memory_limit {
            self.memory_denied = true;
            return Ok(false);
        }
        self.last_growth = total - self.memory;
        self.memory = total;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory -= std::mem::take(&mut self.last_growth);
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.elements.saturating_add(desired.saturating_sub(current));
        if total > self.table_limit {
            self.table_denied = true;
            return Ok(false);
        }
        self.last_growth = total - self.elements;
        self.elements = total;
        Ok(true)
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.elements -= std::mem::take(&mut self.last_growth);
        Ok(())
    }

    fn instances(&self) -> usize {
        MAX_CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        MAX_TABLES as usize
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_counted_together() {
        let mut guard = Guard::new(&Limits {
            memory: 100,
            ..Limits::default()
        });
        assert!(guard.memory_growing(0, 60, None).unwrap());
        assert!(guard.memory_growing(0, 40, None).unwrap());
        assert!(!guard.memory_denied);
        assert!(!guard.memory_growing(60, 61, None).unwrap());
        assert!(guard.memory_denied);
        assert_eq!(guard.memory(), 100);
    }
}
