//! Compiles components in a child process with limits, since a component can be made to take for ever to compile.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, nice, set_parent_process_death_signal, setrlimit};

use crate::cache::TrustedCode;
use crate::engine::{Pool, engine};
use crate::error::LoadError;

/// The hidden subcommand under which the program compiles for itself.
pub const SUBCOMMAND: &str = "plugin-compile";

/// Processor seconds that the child may use.
const CHILD_CPU: u64 = 120;
/// Bytes of address space that the child may use.
const CHILD_MEMORY: u64 = 4 << 30;
/// Bytes that the child reads and writes at most.
const LARGEST_INPUT: u64 = 64 << 20;
const LARGEST_OUTPUT: u64 = 512 << 20;

/// Where components are compiled.
#[derive(Debug, Clone)]
pub enum Compiler {
    /// In a process of its own: `program args…`, which must call [`child_main`]. Its environment is empty.
    Child { program: PathBuf, args: Vec<OsString> },
    /// In this process, with no limits: for tests and tools that load what they built themselves.
    InProcess,
}

impl Compiler {
    /// This program again, with the argument [`SUBCOMMAND`].
    pub fn this_program() -> io::Result<Self> {
        Ok(Compiler::Child {
            program: std::env::current_exe()?,
            args: vec![SUBCOMMAND.into()],
        })
    }
}

/// What the child does: a component in at stdin, its code out at stdout, a sentence at stderr where that fails.
///
/// To be called first thing in `main`, before any thread is started.
pub fn child_main() -> ExitCode {
    match child() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn child() -> Result<(), String> {
    confine().map_err(|error| format!("limits could not be set: {error}"))?;
    let mut wasm = Vec::new();
    let mut input = io::stdin().lock().take(LARGEST_INPUT);
    input
        .read_to_end(&mut wasm)
        .map_err(|error| format!("the component could not be read: {error}"))?;
    let code = precompile(&wasm)?;
    io::stdout()
        .lock()
        .write_all(&code)
        .map_err(|error| format!("the code could not be handed over: {error}"))
}

fn confine() -> rustix::io::Result<()> {
    let at_most = |most| Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    // A little more as the hard limit, so that the soft one's signal names the reason.
    setrlimit(
        Resource::Cpu,
        Rlimit {
            current: Some(CHILD_CPU),
            maximum: Some(CHILD_CPU + 5),
        },
    )?;
    setrlimit(Resource::As, at_most(CHILD_MEMORY))?;
    setrlimit(Resource::Core, at_most(0))?;
    setrlimit(Resource::Fsize, at_most(0))?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    nice(10)?;
    Ok(())
}

/// Compiles here and now.
pub(crate) fn precompile(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let engine = engine(Pool::None).map_err(|error| first_line(&error))?;
    engine.precompile_component(wasm).map_err(|error| first_line(&error))
}

fn first_line(error: &wasmtime::Error) -> String {
    error
        .root_cause()
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Compiles with `compiler`, within `timeout`.
pub(crate) fn compile(compiler: &Compiler, wasm: &[u8], timeout: Duration) -> Result<TrustedCode, LoadError> {
    let code = match compiler {
        Compiler::InProcess => precompile(wasm).map_err(LoadError::Compile)?,
        Compiler::Child { program, args } => {
            let mut command = Command::new(program);
            command.args(args);
            in_child(command, wasm.to_vec(), timeout)?
        }
    };
    Ok(TrustedCode(code))
}

fn in_child(mut command: Command, wasm: Vec<u8>, timeout: Duration) -> Result<Vec<u8>, LoadError> {
    let deadline = Instant::now() + timeout;
    command
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command
        .spawn()
        .map_err(|error| LoadError::Compile(format!("the compiler could not be started: {error}")))?;
    let mut child = Reaped(child);
    let (Some(mut input), Some(output), Some(errors)) =
        (child.0.stdin.take(), child.0.stdout.take(), child.0.stderr.take())
    else {
        return Err(LoadError::Compile("the compiler has no pipes".to_owned()));
    };
    // A child that ends early closes the pipe; its own words say why.
    thread::spawn(move || input.write_all(&wasm));
    let code = read_beside(output, LARGEST_OUTPUT);
    let words = read_beside(errors, 8 << 10);
    let left = || deadline.saturating_duration_since(Instant::now());
    let code = code
        .recv_timeout(left())
        .map_err(|_| LoadError::CompileTimeout(timeout))?;
    let words = words
        .recv_timeout(left())
        .map_err(|_| LoadError::CompileTimeout(timeout))?;
    // Both pipes are closed, so the child is ending.
    let status = child
        .0
        .wait()
        .map_err(|error| LoadError::Compile(format!("the compiler was lost: {error}")))?;
    if !status.success() {
        return Err(LoadError::Compile(why(status, &words, timeout)));
    }
    Ok(code)
}

fn read_beside(pipe: impl Read + Send + 'static, most: u64) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is all that there is; the exit status tells whether it counts.
        let _ = pipe.take(most).read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

fn why(status: ExitStatus, words: &[u8], timeout: Duration) -> String {
    match status.signal() {
        Some(signal) if signal == Signal::XCPU.as_raw() => {
            format!(
                "the compiler used up its {} s of processor time",
                CHILD_CPU.min(timeout.as_secs())
            )
        }
        Some(signal) => format!("the compiler was stopped by signal {signal}, as happens when it runs out of memory"),
        None => {
            let words = String::from_utf8_lossy(words);
            words
                .lines()
                .next()
                .filter(|line| !line.is_empty())
                .unwrap_or("the compiler gave no reason")
                .to_owned()
        }
    }
}

/// A child that does not outlive its owner, whichever way that ends.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // Fails only where it has ended already, and then `wait` answers at once.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
