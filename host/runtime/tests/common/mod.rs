//! Plugins for tests, made on the spot from WebAssembly text, and the records to call them with.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod guest;

use std::sync::{Arc, LazyLock};

use switchboard_runtime::types::{Dialog, Error, Invocation, Message, MessageRef, Person};
use switchboard_runtime::{CacheKey, Compiler, Grants, Host, Linked, Plugin, Runtime, RuntimeOptions};

/// A runtime that compiles in this process and keeps nothing.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Runtime::new(RuntimeOptions::new(Compiler::InProcess, None, CacheKey::new([1; 32]))).unwrap());
    &RUNTIME
}

/// Loads and links a plugin with everything that it asks for.
pub fn linked(component: &[u8]) -> (Arc<Plugin>, Linked) {
    let plugin = runtime().load_bytes("test", component).unwrap();
    let linked = runtime().link(&plugin, &Grants::everything()).unwrap();
    (plugin, linked)
}

/// A host that remembers what it was asked.
#[derive(Debug, Default)]
pub struct Recorder {
    pub lines: Vec<(String, String)>,
    pub set: Vec<(String, Vec<u8>)>,
    pub sent: Vec<i64>,
    /// How long a request takes.
    pub network: std::time::Duration,
    pub requests: u32,
}

impl Host for Recorder {
    fn log_write(&mut self, level: &str, message: &str, _: &[(String, String)]) {
        self.lines.push((level.to_owned(), message.to_owned()));
    }

    fn clock_now(&mut self) -> u64 {
        1_700_000_000_000
    }

    fn random_next(&mut self) -> u64 {
        4
    }

    fn store_set(&mut self, key: &str, value: Vec<u8>, _: Option<u64>) -> Result<(), Error> {
        self.set.push((key.to_owned(), value));
        Ok(())
    }

    fn dialogs_send(&mut self, id: i64, _: switchboard_runtime::types::Content) -> Result<(), Error> {
        self.sent.push(id);
        Ok(())
    }

    fn http_send(
        &mut self,
        _: switchboard_runtime::types::Request,
    ) -> Result<switchboard_runtime::types::Response, Error> {
        self.requests += 1;
        std::thread::sleep(self.network);
        Err(Error::new("refused", "no network in tests"))
    }
}

pub fn host() -> Box<dyn Host> {
    Box::new(Recorder::default())
}

pub fn message(text: &str) -> Message {
    Message {
        ref_: MessageRef {
            place: "customer".into(),
            id: 10,
        },
        at: 1_700_000_000_000,
        kind: "text".into(),
        text: text.into(),
        entities: vec![],
        attachments: vec![],
        buttons: vec![],
        album: None,
        author: person(),
        reply_to: None,
        edited: false,
        extra: vec![],
    }
}

pub fn dialog(status: &str) -> Dialog {
    Dialog {
        id: 7,
        contact: 5,
        status: status.into(),
        fresh: false,
        tags: vec![],
        extra: vec![],
    }
}

pub fn invocation(args: &str) -> Invocation {
    Invocation {
        name: "do".into(),
        args: args.into(),
        place: "topic".into(),
        operator: person(),
        admin: false,
        message: Message {
            ref_: MessageRef {
                place: "topic".into(),
                id: 11,
            },
            ..message("/do")
        },
        reply: None,
        dialog: Some(dialog("waiting")),
        extra: vec![],
    }
}

fn person() -> Person {
    Person {
        id: 5,
        name: "Ann".into(),
        username: None,
        language: Some("en".into()),
        is_bot: false,
    }
}
