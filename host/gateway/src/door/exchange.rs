//! A request passed on, and its answer passed back.

use std::future::poll_fn;
use std::io;
use std::time::Duration;

use tokio::time::timeout;

use super::buffer::Buffer;
use super::collect::{Collected, collect};
use super::connection::{After, Connection};
use super::download::Download;
use super::forward::{Asked, Response, read_response};
use super::local::BAD_GATEWAY;
use super::prepare::{Call, Request};
use super::stream::Stream;
use super::tee::{Tee, weighs};
use super::upload::{End, Upload};
use super::wire::{NoHead, Watch, answer_head, write_both, write_within};
use crate::Answer;
use crate::request::{Framing, Read};

/// For what a server has to say that closes the connection in the middle of a request.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// An answer that has begun.
struct Begun {
    server: Stream,
    response: Response,
    /// The client has hung up.
    orphan: bool,
}

/// Why there is no answer.
enum Failed {
    NoServer,
    /// The server has the call, or some of it, and did not answer.
    Server(&'static str),
    ClientGone,
    /// The request is none.
    Bad,
}

impl Connection {
    /// Passes on what stands in `up` and the rest of the body. `held`: the body stands in `up` too, and this was read in it.
    pub(super) async fn pass(&mut self, request: &Request, mut call: Option<Call>, held: Option<Read>) -> After {
        let framing = if held.is_some() { Framing::None } else { request.framing };
        let reader = call.as_mut().and_then(|call| call.reader.take());
        let mut upload = Upload::new(framing, reader);
        let mut up = std::mem::take(&mut self.up);
        let first = upload.take(&mut self.input, &mut up);
        self.up = up;
        if first.is_err() {
            return self.refuse(400).await;
        }
        let mut answer = self.shared.buffers.take();
        self.out.clear();
        let watched = call.as_ref().is_some_and(|call| call.watched);
        let begun = self.begin(request, &mut upload, &mut answer, watched).await;
        let tee = call.map(|call| Tee {
            entry: call.entry,
            method: call.method,
            params: match (held, upload.reader.take()) {
                (Some(read), _) => read.params,
                (None, Some(reader)) => reader.finish().params,
                (None, None) => crate::Params::default(),
            },
            watched: call.watched,
        });
        let after = match begun {
            Ok(begun) => self.answer(begun, &mut answer, request, tee, &upload).await,
            Err(failed) => self.fail(failed, request, tee, &upload).await,
        };
        self.shared.buffers.give(answer);
        after
    }

    async fn fail(&mut self, failed: Failed, request: &Request, tee: Option<Tee>, upload: &Upload) -> After {
        let why = match failed {
            Failed::Bad => return self.refuse(400).await,
            Failed::NoServer => "the server cannot be reached",
            Failed::Server(why) => why,
            Failed::ClientGone => "the program hung up",
        };
        let gone = matches!(failed, Failed::ClientGone);
        match tee {
            Some(tee) => {
                let bot = tee.entry.token.bot_id();
                if gone {
                    tracing::debug!(bot, method = tee.method, why, "a call had no answer");
                } else {
                    tracing::warn!(bot, method = tee.method, why, "a call had no answer");
                }
                if !matches!(failed, Failed::NoServer) {
                    // It may have had its effect.
                    tee.tell(None, None, &self.shared.home).await;
                }
            }
            None => tracing::debug!(why, "a file was not had"),
        }
        if gone {
            return After::Close;
        }
        let answer = Answer::error(502, BAD_GATEWAY);
        if upload.left.is_nothing() {
            return self.local(request, &answer, Framing::None).await;
        }
        // What is left of the body is not worth reading.
        self.local(request, &answer, Framing::Length(u64::MAX)).await
    }

    /// Sends the request and waits for the head of its answer.
    async fn begin(
        &mut self,
        request: &Request,
        upload: &mut Upload,
        answer: &mut Buffer,
        watched: bool,
    ) -> Result<Begun, Failed> {
        let whole = upload.left.is_nothing();
        let limits = self.shared.limits;
        loop {
            let (mut server, used) = match self.shared.upstream.reuse() {
                Some(server) => (server, true),
                None => match self.shared.upstream.connect().await {
                    Ok(server) => (server, false),
                    Err(error) => {
                        tracing::warn!(%error, "the Bot API server cannot be reached");
                        return Err(Failed::NoServer);
                    }
                },
            };
            // A connection that had been used may have been closed in the meantime. Only then is a call sent again, and only
            // where it certainly had no effect, or may have it twice.
            let again = used && whole && request.repeatable;
            match timeout(limits.stall, write_both(&mut server, &self.up, &[])).await {
                Ok(Ok(())) => {}
                Ok(Err(unwritten)) => {
                    let unsent = !unwritten.some && server.tells_unsent();
                    if again || (used && unsent) {
                        continue;
                    }
                    tracing::debug!(error = %unwritten.error, "a request broke off");
                    return Err(Failed::Server("the request broke off"));
                }
                Err(_) => return Err(Failed::Server("the server takes nothing")),
            }
            let mut asked = request.asked;
            let mut patience = limits.answer;
            if !whole {
                if !self.go_on(request).await {
                    return Err(Failed::ClientGone);
                }
                match self.pump(upload, &mut server, answer).await {
                    Some(End::Done) => {}
                    Some(End::Answered) => asked.keep_alive &= upload.left.is_nothing(),
                    Some(End::ServerGone(kind)) => {
                        tracing::debug!(?kind, "the server broke off an upload");
                        asked.keep_alive &= upload.left.is_nothing();
                        patience = LAST_WORDS;
                    }
                    Some(End::ClientGone) | None => return Err(Failed::ClientGone),
                    Some(End::Bad) => return Err(Failed::Bad),
                }
            }
            match self.wait(&mut server, answer, asked, patience, watched).await {
                Ok((response, orphan)) => {
                    return Ok(Begun {
                        server,
                        response,
                        orphan,
                    });
                }
                Err(NoHead::ClientGone) => return Err(Failed::ClientGone),
                Err(NoHead::ServerGone { some: false }) if again => self.out.clear(),
                Err(NoHead::ServerGone { .. }) => return Err(Failed::Server("the connection broke")),
                Err(NoHead::Bad(why)) => return Err(Failed::Server(why)),
            }
        }
    }

    /// Passes the rest of the body on. `None`: nothing moved for too long.
    async fn pump(&mut self, upload: &mut Upload, server: &mut Stream, answer: &mut Buffer) -> Option<End> {
        let mut progress = 0;
        loop {
            let before = progress;
            let pumping =
                poll_fn(|cx| upload.poll_pump(cx, &mut self.stream, &mut self.input, server, answer, &mut progress));
            match timeout(self.shared.limits.stall, pumping).await {
                Ok(End::Answered) if only_interim(answer) => {}
                Ok(end) => return Some(end),
                Err(_) if progress > before => {}
                Err(_) => return None,
            }
        }
    }

    /// Waits for the head of the answer. A program that hangs up ends its call, unless the relay wants to know what became of it.
    async fn wait(
        &mut self,
        server: &mut Stream,
        answer: &mut Buffer,
        asked: Asked,
        patience: Duration,
        watched: bool,
    ) -> Result<(Response, bool), NoHead> {
        const LATE: NoHead = NoHead::Bad("no answer in time");
        let watch = Watch::new(&mut self.stream, &mut self.input);
        let waiting = answer_head(server, answer, asked, &mut self.out, Some(watch));
        match timeout(patience, waiting).await.unwrap_or(Err(LATE)) {
            Ok(response) => Ok((response, false)),
            Err(NoHead::ClientGone) if watched => {
                let orphan = self.shared.limits.orphan;
                let waiting = answer_head(server, answer, asked, &mut self.out, None);
                let response = timeout(orphan, waiting).await.unwrap_or(Err(LATE))?;
                Ok((response, true))
            }
            Err(error) => Err(error),
        }
    }

    /// Passes an answer back, after the relay has been told where it wants to be.
    async fn answer(
        &mut self,
        begun: Begun,
        answer: &mut Buffer,
        request: &Request,
        tee: Option<Tee>,
        upload: &Upload,
    ) -> After {
        let Begun {
            mut server,
            response,
            orphan,
        } = begun;
        let unchunk = request.asked.old;
        let mut download = Download::new(response.body, unchunk);
        if let Some(tee) = tee {
            let wanted = tee.watched || response.status == 429 || weighs(&tee.method);
            let collected = if wanted && response.json {
                let stall = self.shared.limits.stall;
                timeout(stall, collect(&mut server, answer, response.body))
                    .await
                    .unwrap_or(Collected::Not)
            } else {
                Collected::Not
            };
            let home = &self.shared.home;
            match &collected {
                Collected::Not => tee.tell(None, response.retry_after, home).await,
                Collected::Plain => tee.tell(Some(answer.data()), response.retry_after, home).await,
                Collected::Decoded(body) => tee.tell(Some(body), response.retry_after, home).await,
            }
        }
        if orphan {
            return After::Close;
        }
        let whole = match self.short(answer, &mut download).await {
            Some(whole) => whole,
            None => self.stream_back(&mut server, answer, &mut download).await,
        };
        if !whole {
            if !download.tells_end() {
                // The only way to say that this was not all.
                let _ = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
            }
            return After::Close;
        }
        if response.reusable && upload.is_sent() && answer.is_empty() {
            self.shared.upstream.keep(server);
        }
        match (upload.left.is_nothing(), response.keep_alive) {
            (false, _) => After::Linger,
            (true, true) => After::Next,
            (true, false) => After::Close,
        }
    }

    /// An answer that has all come is written at once. `None`: there is more to come.
    async fn short(&mut self, answer: &mut Buffer, download: &mut Download) -> Option<bool> {
        let length = download.all_of(answer)?;
        let stall = self.shared.limits.stall;
        let written = write_within(&mut self.stream, &self.out, &answer.data()[..length], stall).await;
        answer.consume(length);
        Some(written.is_ok())
    }

    /// Passes the body back as it comes; whether all of it came.
    async fn stream_back(&mut self, server: &mut Stream, answer: &mut Buffer, download: &mut Download) -> bool {
        let mut out = std::mem::take(&mut self.out);
        let mut progress = 0;
        let mut watch = Watch::new(&mut self.stream, &mut self.input);
        let whole = loop {
            let before = progress;
            let passing = poll_fn(|cx| download.poll_pump(cx, server, answer, &mut out, &mut watch, &mut progress));
            match timeout(self.shared.limits.stall, passing).await {
                Ok(result) => break result,
                Err(_) if progress > before => {}
                Err(_) => break Err(io::ErrorKind::TimedOut.into()),
            }
        };
        self.out = out;
        match whole {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(%error, "an answer broke off");
                false
            }
        }
    }
}

/// Whether nothing but `100 Continue` and the like has come so far, which nobody asked for; it is dropped.
fn only_interim(answer: &mut Buffer) -> bool {
    let asked = Asked::default();
    while let Ok(Some(response)) = read_response(answer.data(), asked, &mut Vec::new()) {
        if !response.interim() {
            return false;
        }
        answer.consume(response.length);
    }
    answer.is_empty()
}
