//! Why a call of a plugin failed, in words that its author and an operator understand.

use std::time::Duration;

use wasmtime::Trap;

use crate::limits::{Guard, Limits};

/// Why a call of a plugin failed. Its text follows the plugin's name: "quick-replies used up its budget of …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The CPU budget is spent.
    #[error("used up its budget of {} fuel", grouped(*.budget))]
    Fuel { budget: u64 },
    /// The wall-clock backstop struck.
    #[error("ran longer than {} s", .deadline.as_secs_f32())]
    Epoch { deadline: Duration },
    /// Linear memory over the limit.
    #[error("asked for more than {} of memory", bytes(*.limit))]
    Memory { limit: usize },
    /// Tables over the limit.
    #[error("asked for more than {} table elements", grouped(*.limit as u64))]
    Tables { limit: usize },
    /// Too much data in one call between plugin and host.
    #[error("passed more than {} to the host in one call", bytes(*.limit))]
    HostCallData { limit: usize },
    /// Too many effects.
    #[error("asked for more than {limit} effects in one turn")]
    Effects { limit: u32 },
    /// Too many reads.
    #[error("read more than {limit} times in one turn")]
    Reads { limit: u32 },
    /// Too many component handles.
    #[error("held more than {limit} handles")]
    Handles { limit: usize },
    /// The call stack is full.
    #[error(
        "nested its calls too deeply (stack of {} exhausted)",
        bytes(crate::engine::MAX_STACK)
    )]
    Stack,
    /// It crashed. `said` is the last error line that it logged, such as a panic's message.
    #[error("crashed: {}", .said.as_deref().unwrap_or(.message))]
    Trap { message: String, said: Option<String> },
    /// It answered something that the contract does not allow.
    #[error("gave an answer that is not valid: {0}")]
    Invalid(String),
    /// It has no such hook.
    #[error("has no hook `{0}`")]
    NoHook(&'static str),
    /// The host could not run it; not the plugin's fault.
    #[error("could not be run: {0}")]
    Host(String),
}

impl Failure {
    /// One word for metrics and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::Fuel { .. } => "fuel",
            Failure::Epoch { .. } => "deadline",
            Failure::Memory { .. } => "memory",
            Failure::Tables { .. } => "tables",
            Failure::HostCallData { .. } => "host-call-data",
            Failure::Effects { .. } => "effects",
            Failure::Reads { .. } => "reads",
            Failure::Handles { .. } => "handles",
            Failure::Stack => "stack",
            Failure::Trap { .. } => "trap",
            Failure::Invalid(_) => "invalid",
            Failure::NoHook(_) => "no-hook",
            Failure::Host(_) => "host",
        }
    }

    /// Its text without anything that the plugin said or answered, which may repeat a message.
    pub fn without_content(&self) -> String {
        match self {
            Failure::Trap { message, .. } => format!("crashed: {message}"),
            Failure::Invalid(_) => "gave an answer that is not valid".to_owned(),
            other => other.to_string(),
        }
    }

    /// Whether the plugin is to blame. A circuit must not count what is the host's fault.
    pub fn is_plugins_fault(&self) -> bool {
        !matches!(self, Failure::Host(_) | Failure::NoHook(_))
    }
}

/// Stops a call from inside a host function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    #[error("too many effects")]
    Effects,
    #[error("too many reads")]
    Reads,
}

/// What is known beside the error itself.
pub(crate) struct Circumstances<'a> {
    pub limits: &'a Limits,
    pub guard: &'a Guard,
    pub fuel: u64,
    pub deadline: Duration,
    /// The last error line that the plugin logged.
    pub said: Option<String>,
}

/// Names what stopped a call. Texts of wasmtime's context (addresses, backtraces) stay out.
pub(crate) fn classify(error: &wasmtime::Error, around: Circumstances<'_>) -> Failure {
    let limits = around.limits;
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return match stop {
            Stop::Effects => Failure::Effects { limit: limits.effects },
            Stop::Reads => Failure::Reads { limit: limits.reads },
        };
    }
    if error.downcast_ref::<wasmtime::PoolConcurrencyLimitError>().is_some() {
        return Failure::Host("no free instance in the pool".to_owned());
    }
    let trap = error.downcast_ref::<Trap>().copied();
    match trap {
        Some(Trap::OutOfFuel) => {
            return Failure::Fuel { budget: around.fuel };
        }
        Some(Trap::Interrupt) => {
            return Failure::Epoch {
                deadline: around.deadline,
            };
        }
        Some(Trap::StackOverflow) => return Failure::Stack,
        _ => {}
    }
    if around.guard.memory_denied {
        return Failure::Memory { limit: limits.memory };
    }
    if around.guard.table_denied {
        return Failure::Tables {
            limit: limits.table_elements,
        };
    }
    if let Some(trap) = trap {
        return Failure::Trap {
            message: words(trap),
            said: around.said,
        };
    }
    // wasmtime has no types for these; a test of each holds the texts.
    let text = error.root_cause().to_string();
    if text.contains("fuel allocated for hostcalls") {
        return Failure::HostCallData {
            limit: limits.host_call_data,
        };
    }
    if text.contains("handle limit exceeded") {
        return Failure::Handles { limit: limits.handles };
    }
    Failure::Invalid(text)
}

fn words(trap: Trap) -> String {
    match trap {
        Trap::UnreachableCodeReached => "it gave up (`unreachable`), as a panic does".to_owned(),
        Trap::MemoryOutOfBounds => "it reached outside of its memory".to_owned(),
        other => other.to_string().trim_start_matches("wasm trap: ").to_owned(),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn bytes(number: usize) -> String {
    match number {
        n if n >= 1 << 20 && n % (1 << 20) == 0 => format!("{} MiB", n >> 20),
        n if n >= 1 << 10 && n % (1 << 10) == 0 => format!("{} KiB", n >> 10),
        n => format!("{} bytes", grouped(n as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_the_limit() {
        assert_eq!(
            Failure::Fuel { budget: 5_000_000 }.to_string(),
            "used up its budget of 5,000,000 fuel"
        );
        assert_eq!(
            Failure::Memory { limit: 8 << 20 }.to_string(),
            "asked for more than 8 MiB of memory"
        );
        assert_eq!(
            Failure::HostCallData { limit: 256 << 10 }.to_string(),
            "passed more than 256 KiB to the host in one call"
        );
        assert_eq!(
            Failure::Epoch {
                deadline: Duration::from_secs(1)
            }
            .to_string(),
            "ran longer than 1 s"
        );
        assert_eq!(bytes(1_500), "1,500 bytes");
    }
}
