//! A host at work in a test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::{Folder, Ran, SECRET};

/// A running host; killed where a test ends without stopping it.
pub struct RunningHost {
    child: Child,
    out: BufReader<ChildStdout>,
    log: PathBuf,
    pub address: String,
}

impl RunningHost {
    /// Starts the host and reads where it listens.
    pub fn start(folder: &Folder, variables: &[(&str, &str)]) -> Self {
        // A file: a pipe that nobody reads would fill up and stop the host.
        let log = folder.path().join("host.log");
        let mut child = folder
            .command(&["run"])
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let Some(address) = line.trim().strip_prefix("listening on http://") else {
            let _ = child.wait();
            panic!(
                "the host did not start: {line}{}",
                std::fs::read_to_string(&log).unwrap()
            );
        };
        Self {
            address: address.to_owned(),
            child,
            out,
            log,
        }
    }

    /// Waits for the line `ready`.
    pub fn ready(mut self) -> Self {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        self
    }

    /// Status and body of a GET.
    pub fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(!answer.contains(SECRET), "a token is shown: {answer}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// Sends SIGTERM and waits for the end.
    pub fn stop(mut self) -> Ran {
        let told = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(told.unwrap().success());
        let mut out = String::new();
        self.out.read_to_string(&mut out).unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        let err = std::fs::read_to_string(&self.log).unwrap();
        assert!(!err.contains(SECRET), "a token is shown: {err}");
        Ran { code, out, err }
    }
}

impl Drop for RunningHost {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
