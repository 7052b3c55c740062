//! `log`, `schedule` and `http`: the capabilities of a function or two.

use crate::{Error, Host, Request, Response};

/// Lines for the host's log, under the plugin's and the connection's name: at most 20 of 1 KiB a turn.
#[derive(Debug)]
pub struct Log<'a, H>(pub(crate) &'a H);

impl<H: Host> Log<'_, H> {
    /// For looking closely.
    pub fn debug(&self, message: impl AsRef<str>) {
        self.write("debug", message, &[]);
    }

    /// Worth knowing.
    pub fn info(&self, message: impl AsRef<str>) {
        self.write("info", message, &[]);
    }

    /// Somebody should look.
    pub fn warn(&self, message: impl AsRef<str>) {
        self.write("warn", message, &[]);
    }

    /// Something failed.
    pub fn error(&self, message: impl AsRef<str>) {
        self.write("error", message, &[]);
    }

    /// With named values.
    pub fn write(&self, level: &str, message: impl AsRef<str>, fields: &[(String, String)]) {
        self.0.log_write(level, message.as_ref(), fields);
    }
}

/// Durable timers of this plugin on this connection; they come back through the `timer` hook.
#[derive(Debug)]
pub struct Schedule<'a, H>(pub(crate) &'a H);

impl<H: Host> Schedule<'_, H> {
    /// Sets a timer, or moves the one with this key. `due` in milliseconds since 1970, at most 366 days ahead;
    /// the payload has at most 4 KiB.
    pub fn set(&self, key: &str, due: u64, payload: &str, dialog: Option<i64>) -> Result<(), Error> {
        self.0.schedule_set(key, due, payload, dialog)
    }

    /// Takes a timer away; tells whether there was one.
    pub fn cancel(&self, key: &str) -> Result<bool, Error> {
        self.0.schedule_cancel(key)
    }
}

/// Requests to hosts that the admin listed. Refused in message hooks.
#[derive(Debug)]
pub struct Http<'a, H>(pub(crate) &'a H);

impl<H: Host> Http<'_, H> {
    /// A GET with a timeout of 5 s.
    pub fn get(&self, url: &str) -> Result<Response, Error> {
        self.send(&Request {
            method: "GET".to_owned(),
            url: url.to_owned(),
            timeout: 5_000,
            ..Request::default()
        })
    }

    /// Any request; the timeout has at most 10,000 ms, the response's body 192 KiB.
    pub fn send(&self, request: &Request) -> Result<Response, Error> {
        self.0.http_send(request)
    }
}
