//! Helpers of the command line's tests: a folder with the built binary in it, and a Bot API server of canned answers.

mod host;
mod telegram;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub use host::RunningHost;
pub use telegram::Telegram;

pub const GROUP: i64 = -1_001_234_567_890;
pub const SECRET: &str = "AAabcdefghijklmnopqrstuvwxyz0123456";

/// A folder of its own to run the program in.
pub struct Folder(tempfile::TempDir);

/// What a command came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder whose host talks to this server and listens on a free port.
    pub fn with(telegram: &Telegram) -> Self {
        let folder = Self::new();
        let text = format!("listen = \"127.0.0.1:0\"\n[telegram]\napi = \"{}\"\n", telegram.address);
        folder.write("switchboard.toml", &text);
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A connections file with one connection.
    pub fn connection(&self, more: &str) -> PathBuf {
        let text = format!("[[connection]]\nname = \"support\"\ntoken = \"42:{SECRET}\"\ngroup = {GROUP}\n{more}\n");
        self.write("connections.toml", &text)
    }

    /// The program in this folder, with an empty environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        command.args(arguments).current_dir(self.path()).env_clear();
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Runs what has to succeed, and gives its output.
    pub fn done(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
        ran.out
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let ran = Self {
            code: output.status.code().unwrap_or(-1),
            out: text(output.stdout),
            err: text(output.stderr),
        };
        assert!(!format!("{ran:?}").contains(SECRET), "a token is shown: {ran:?}");
        ran
    }
}
