//! A bot's own program in a few lines: what a test tells it to do, over plain HTTP.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::stage::TOKEN;

/// A program of the stage's bot at some Bot API address.
#[derive(Debug, Clone)]
pub struct Bot {
    http: reqwest::Client,
    base: String,
    offset: i64,
    /// Every update that it got, in order.
    pub seen: Vec<Value>,
}

impl Bot {
    /// `base` is what a framework takes as its API address.
    #[must_use]
    pub fn at(base: &str) -> Self {
        // Fails only where one is there already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            http: reqwest::Client::new(),
            base: format!("{base}/bot{TOKEN}"),
            offset: 0,
            seen: Vec::new(),
        }
    }

    /// The same program at another address: its offset stays.
    pub fn moves_to(&mut self, base: &str) {
        self.base = format!("{base}/bot{TOKEN}");
    }

    /// The whole answer of a call.
    ///
    /// # Errors
    /// Where none comes.
    pub async fn ask(&self, method: &str, parameters: Value) -> Result<Value> {
        let request = self.http.post(format!("{}/{method}", self.base)).json(&parameters);
        let answer = request.timeout(Duration::from_secs(60)).send().await;
        // The URL holds the token.
        let answer = answer.map_err(reqwest::Error::without_url)?;
        Ok(answer.json().await.map_err(reqwest::Error::without_url)?)
    }

    /// The result of a call that is to succeed.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn call(&self, method: &str, parameters: Value) -> Result<Value> {
        let mut answer = self.ask(method, parameters).await?;
        ensure!(answer["ok"] == true, "{method}: {answer}");
        Ok(answer["result"].take())
    }

    /// A text to a chat; its message id.
    ///
    /// # Errors
    /// Where it is refused.
    pub async fn say(&self, chat: i64, text: &str) -> Result<i64> {
        let sent = self
            .call("sendMessage", json!({ "chat_id": chat, "text": text }))
            .await?;
        sent["message_id"].as_i64().context("no message id")
    }

    /// One `getUpdates`, confirming what came before.
    ///
    /// # Errors
    /// Where it is refused.
    pub async fn poll(&mut self, timeout: u64) -> Result<Vec<Value>> {
        let asked = json!({ "offset": self.offset, "timeout": timeout });
        let updates = self.call("getUpdates", asked).await?;
        let updates = updates.as_array().cloned().unwrap_or_default();
        if let Some(last) = updates.last() {
            self.offset = last["update_id"].as_i64().context("no update id")? + 1;
        }
        self.seen.extend(updates.iter().cloned());
        Ok(updates)
    }

    /// Polls until one of the updates seen so far is as asked.
    ///
    /// # Errors
    /// Where none comes in time.
    pub async fn wait_update(&mut self, within: Duration, is: impl Fn(&Value) -> bool) -> Result<Value> {
        let found = async {
            loop {
                if let Some(update) = self.seen.iter().find(|update| is(update)) {
                    return Ok(update.clone());
                }
                self.poll(1).await?;
            }
        };
        let found: Result<Result<Value>, _> = tokio::time::timeout(within, found).await;
        found.with_context(|| format!("no such update; seen: {}", self.texts().join(" | ")))?
    }

    /// Polls until a message of this text has come.
    ///
    /// # Errors
    /// Where none comes in time.
    pub async fn wait_text(&mut self, text: &str, within: Duration) -> Result<Value> {
        self.wait_update(within, |update| update["message"]["text"] == text)
            .await
    }

    /// The texts of the messages that it got.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let texts = self.seen.iter().filter_map(|update| update["message"]["text"].as_str());
        texts.map(str::to_owned).collect()
    }
}
