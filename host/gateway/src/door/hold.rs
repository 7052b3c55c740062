//! Calls that the front may answer: read whole before anything of them is passed on.

use std::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinHandle;

use super::connection::{After, Connection};
use super::prepare::{CERTIFICATE_LIMIT, Call, Request, is_fronts};
use super::upload::Left;
use super::wire::Watch;
use crate::request::{Framing, PARAMS_LIMIT, ParamReader};
use crate::{Answer, Params};

/// Bytes of a body that is held: all parameters, a certificate, and what multipart adds.
const HELD_LIMIT: usize = PARAMS_LIMIT + CERTIFICATE_LIMIT + (256 << 10);

impl Connection {
    pub(super) async fn hold(&mut self, request: Request, mut call: Call) -> After {
        let Some(reader) = call.reader.take() else {
            return self.refuse(500).await;
        };
        if !self.go_on(&request).await {
            return After::Close;
        }
        let stall = self.shared.limits.stall;
        let (body, mut read) = match tokio::time::timeout(stall, self.whole(request.framing, reader)).await {
            Ok(Some(Ok((body, reader)))) => (body, reader.finish()),
            Ok(Some(Err(status))) => return self.refuse(status).await,
            Ok(None) | Err(_) => return After::Close,
        };
        if read.over {
            return self.refuse(413).await;
        }
        if read.broken {
            return self.refuse(400).await;
        }
        if call.method.is_empty() {
            call.method = read.params.get("method").unwrap_or_default().to_ascii_lowercase();
            if call.method.is_empty() {
                // Not passed on: another reader might find one.
                let answer = Answer::error(404, "Not Found: method not found");
                return self.local(&request, &answer, Framing::None).await;
            }
            call.watched = call.entry.behind.watches(&call.method);
        }
        if is_fronts(&call.method) {
            let certificate = read.file.take().map(Bytes::from);
            let params = std::mem::take(&mut read.params);
            match self.ask(&call, params, certificate).await {
                Asked::Answer(answer) => return self.local(&request, &answer, Framing::None).await,
                Asked::Gone => return After::Close,
                Asked::Pass(params) => read.params = params,
            }
        }
        match request.framing {
            Framing::Chunked => {
                if !body.is_empty() {
                    self.up.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
                    self.up.extend_from_slice(&body);
                    self.up.extend_from_slice(b"\r\n");
                }
                self.up.extend_from_slice(b"0\r\n\r\n");
            }
            Framing::Length(_) | Framing::None => self.up.extend_from_slice(&body),
        }
        self.pass(&request, Some(call), Some(read)).await
    }

    /// Reads the whole body. `None`: the client is gone. An error is the status to answer with.
    async fn whole(
        &mut self,
        framing: Framing,
        mut reader: ParamReader,
    ) -> Option<Result<(Vec<u8>, ParamReader), u16>> {
        if matches!(framing, Framing::Length(length) if length > HELD_LIMIT as u64) {
            return Some(Err(413));
        }
        let mut left = Left::of(framing);
        let mut body = Vec::new();
        loop {
            let decoded = left.decode(&mut self.input, |data| {
                reader.feed(data);
                body.extend_from_slice(data);
            });
            if decoded.is_err() {
                return Some(Err(400));
            }
            if body.len() > HELD_LIMIT {
                return Some(Err(413));
            }
            if left.is_nothing() {
                return Some(Ok((body, reader)));
            }
            self.input.room(0);
            match poll_fn(|cx| self.input.poll_fill(cx, &mut self.stream)).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Asks the front, for as long as the client waits.
    async fn ask(&mut self, call: &Call, params: Params, certificate: Option<Bytes>) -> Asked {
        let Some(front) = call.entry.front.clone() else {
            return Asked::Pass(params);
        };
        let method = call.method.clone();
        let polls = method == "getupdates";
        let shared = Arc::clone(&self.shared);
        let mut task = Dropped(shared.home.spawn(async move {
            let answer = front.answer(&method, &params, certificate).await;
            (answer, params)
        }));
        let mut watch = Watch::new(&mut self.stream, &mut self.input);
        tokio::select! {
            biased;
            done = &mut task.0 => match done {
                Ok((Some(answer), _)) => Asked::Answer(answer),
                Ok((None, params)) => Asked::Pass(params),
                Err(_) => Asked::Answer(Answer::error(500, "Internal Server Error")),
            },
            () = watch.gone() => Asked::Gone,
            () = shared.stopping.cancelled(), if polls => Asked::Gone,
        }
    }
}

enum Asked {
    Answer(Answer),
    Pass(Params),
    /// The client does not wait any longer.
    Gone,
}

/// A task that ends with whoever waits for it.
struct Dropped<T>(JoinHandle<T>);

impl<T> Drop for Dropped<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
