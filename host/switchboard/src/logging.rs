//! The log on stderr, filtered by `SWITCHBOARD_LOG`, and the panic hook. Neither prints a token.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::redact::redact;

pub const VARIABLE: &str = "SWITCHBOARD_LOG";

/// Starts the log. `json` writes one JSON object a line.
pub fn start(json: bool) -> Result<(), String> {
    let filter = match std::env::var(VARIABLE) {
        Ok(text) if !text.is_empty() => EnvFilter::try_new(&text).map_err(|error| {
            format!("environment variable {VARIABLE}: {text:?} is no filter ({error}); for example {VARIABLE}=info,switchboard_relay=debug")
        })?,
        _ => EnvFilter::new("info"),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Guarded)
        .with_ansi(false);
    let started = if json {
        builder.json().try_init()
    } else {
        builder.with_target(false).try_init()
    };
    started.map_err(|error| format!("the log cannot be started: {error}"))
}

/// A panic is told with its place, and its text goes through the same guard.
pub fn guard_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no text");
        let place = panic
            .location()
            .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        let _ = writeln!(
            io::stderr(),
            "internal error in thread {thread} at {place}: {}",
            redact(text)
        );
    }));
}

/// Writes to stderr what is left when tokens are blotted out. The log hands over each event in one piece.
#[derive(Debug, Clone, Copy)]
struct Guarded;

impl<'a> MakeWriter<'a> for Guarded {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for Guarded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        io::stderr().write_all(redact(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
