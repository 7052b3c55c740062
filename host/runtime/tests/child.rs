//! Compiling in a child process. This test is its own child, so it has no harness.

mod common;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use common::guest::Guest;
use switchboard_runtime::compile::{SUBCOMMAND, child_main};
use switchboard_runtime::{CacheKey, Compiler, LoadError, Runtime, RuntimeOptions};

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(SUBCOMMAND) => return child_main(),
        Some("--list") => {
            println!("child: test");
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    the_child_compiles_what_the_parent_runs();
    the_child_says_why_it_fails();
    a_child_that_hangs_is_ended();
    a_child_that_dies_is_told();
    println!("child: 4 passed");
    ExitCode::SUCCESS
}

fn load(compiler: Compiler, timeout: Duration, component: &[u8]) -> Result<String, LoadError> {
    let mut options = RuntimeOptions::new(compiler, None, CacheKey::new([1; 32]));
    options.compile_timeout = timeout;
    let plugin = Runtime::new(options).unwrap().load_bytes("test", component)?;
    Ok(plugin.name().to_owned())
}

fn component() -> Vec<u8> {
    Guest::new().build()
}

fn shell(script: &str) -> Compiler {
    Compiler::Child {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
    }
}

fn the_child_compiles_what_the_parent_runs() {
    let name = load(
        Compiler::this_program().unwrap(),
        Duration::from_secs(120),
        &component(),
    )
    .unwrap();
    assert_eq!(name, "test");
}

fn the_child_says_why_it_fails() {
    let error = load(
        shell("cat >/dev/null; echo 'no luck' >&2; exit 1"),
        Duration::from_secs(60),
        &component(),
    );
    assert_eq!(error.unwrap_err().to_string(), "could not be compiled: no luck");
    let error = load(
        shell("cat >/dev/null; echo 'not code'"),
        Duration::from_secs(60),
        &component(),
    );
    assert!(error.unwrap_err().to_string().starts_with("could not be compiled: "));
}

fn a_child_that_hangs_is_ended() {
    let start = Instant::now();
    let error = load(shell("exec sleep 600"), Duration::from_millis(100), &component()).unwrap_err();
    assert!(matches!(error, LoadError::CompileTimeout(_)), "{error}");
    assert!(start.elapsed() < Duration::from_secs(60));
}

fn a_child_that_dies_is_told() {
    let error = load(shell("kill -ABRT $$"), Duration::from_secs(60), &component()).unwrap_err();
    assert!(error.to_string().contains("stopped by signal 6"), "{error}");
}
