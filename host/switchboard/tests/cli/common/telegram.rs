//! A Bot API server of canned answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::GROUP;

/// The server; its threads end with the test's process.
pub struct Telegram {
    pub address: String,
    answers: Arc<Mutex<Value>>,
}

impl Telegram {
    /// A bot @help_bot that is a proper administrator of the group "Team".
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(json!({
            "getme": {"ok": true, "result": {"id": 42, "is_bot": true, "first_name": "Help", "username": "help_bot"}},
            "getwebhookinfo": {"ok": true, "result": {"url": ""}},
            "getchat": {"ok": true, "result": {"id": GROUP, "type": "supergroup", "title": "Team", "is_forum": true}},
            "getchatmember": {"ok": true, "result": {
                "status": "administrator", "user": {"id": 42, "is_bot": true, "first_name": "Help"},
                "can_manage_topics": true, "can_delete_messages": true, "can_pin_messages": true,
            }},
            "getupdates": {"ok": true, "result": []},
        })));
        let served = Arc::clone(&answers);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let served = Arc::clone(&served);
                thread::spawn(move || stream.map(|stream| serve(stream, &served)));
            }
        });
        Self { address, answers }
    }

    /// From now on, the method is refused.
    pub fn refuse(&self, method: &str, code: u16, description: &str) {
        self.answers.lock().unwrap()[method.to_lowercase()] =
            json!({"ok": false, "error_code": code, "description": description});
    }

    /// From now on, the method's result has other fields.
    pub fn change(&self, method: &str, field: &str, value: impl Into<Value>) {
        self.answers.lock().unwrap()[method.to_lowercase()]["result"][field] = value.into();
    }
}

fn serve(stream: TcpStream, answers: &Mutex<Value>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let method = line.split_whitespace().nth(1)?.rsplit('/').next()?.to_lowercase();
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let header = header.trim().to_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(given) = header.strip_prefix("content-length: ") {
                length = given.parse().ok()?;
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        if method == "getupdates" {
            // As a long poll: nobody is to be kept busy with empty answers.
            thread::sleep(Duration::from_millis(50));
        }
        let answer = answers.lock().unwrap()[&method].clone();
        let unknown = json!({"ok": false, "error_code": 404, "description": "Not Found: method not found"});
        let answer = if answer.is_null() { unknown } else { answer };
        let code = answer["error_code"].as_i64().unwrap_or(200);
        let text = answer.to_string();
        let head = format!(
            "HTTP/1.1 {code} .\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            text.len()
        );
        stream.write_all((head + &text).as_bytes()).ok()?;
    }
}
