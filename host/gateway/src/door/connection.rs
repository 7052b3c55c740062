//! One connection of a bot's program: requests one after the other.

use std::future::poll_fn;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::buffer::Buffer;
use super::listen::Shared;
use super::local;
use super::prepare::{Request, Route, prepare};
use super::upload::Left;
use super::wire::write_within;
use crate::Answer;
use crate::request::{Framing, HEADERS_LIMIT, end_of_head};

/// Bytes of a body that nobody wants and that are read to keep the connection.
const UNWANTED: usize = 256 << 10;

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) shared: Arc<Shared>,
    pub(super) stream: TcpStream,
    /// What has come from the client.
    pub(super) input: Buffer,
    /// A request's head, and of its body what came with it, for the server.
    pub(super) up: Vec<u8>,
    /// An answer's head for the client.
    pub(super) out: Vec<u8>,
}

/// What becomes of a connection after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    Next,
    Close,
    /// Closed when the client has had time to read its answer, though it may still be sending.
    Linger,
}

impl Connection {
    pub(super) fn new(shared: Arc<Shared>, stream: TcpStream) -> Self {
        Self {
            shared,
            stream,
            input: Buffer::default(),
            up: Vec::new(),
            out: Vec::new(),
        }
    }

    pub(super) async fn serve(mut self) {
        while !self.shared.stopping.is_cancelled() {
            if self.input.is_empty() && !self.idle().await {
                break;
            }
            let after = match self.head().await {
                Some(Ok(request)) => self.handle(request).await,
                Some(Err(status)) => self.refuse(status).await,
                None => After::Close,
            };
            match after {
                After::Next => {}
                After::Close => break,
                After::Linger => {
                    self.linger().await;
                    break;
                }
            }
        }
        self.shared.buffers.give(std::mem::take(&mut self.input));
    }

    /// Waits for the next request, holding no memory. `false`: there will be none.
    async fn idle(&mut self) -> bool {
        self.shared.buffers.give(std::mem::take(&mut self.input));
        for scratch in [&mut self.up, &mut self.out] {
            scratch.clear();
            scratch.shrink_to(4 << 10);
        }
        let readable = tokio::select! {
            biased;
            ready = self.stream.readable() => ready.is_ok(),
            () = self.shared.stopping.cancelled() => false,
            () = self.shared.crowded.notified() => false,
            () = tokio::time::sleep(self.shared.limits.idle) => false,
        };
        self.input = self.shared.buffers.take();
        readable
    }

    /// Reads a request's head. `None`: the client is gone, or took too long.
    async fn head(&mut self) -> Option<Result<Request, u16>> {
        let limit = self.shared.limits.head;
        loop {
            match tokio::time::timeout(limit, self.read_head()).await {
                Ok(head) => return head,
                Err(_) if !self.input.is_empty() => return Some(Err(408)),
                // It only seemed that something had come.
                Err(_) if self.idle().await => {}
                Err(_) => return None,
            }
        }
    }

    async fn read_head(&mut self) -> Option<Result<Request, u16>> {
        let mut seen = 0;
        loop {
            // Empty lines before a request are somebody's old mistake, and allowed.
            while self.input.data().starts_with(b"\r\n") {
                self.input.consume(2);
                seen = 0;
            }
            if let Some(end) = end_of_head(self.input.data(), seen) {
                let request = prepare(&self.input.data()[..end], &self.shared, &mut self.up);
                self.input.consume(end);
                return Some(request.map_err(|refused| refused.0));
            }
            seen = self.input.len();
            if seen >= HEADERS_LIMIT || !self.input.room(HEADERS_LIMIT) {
                return Some(Err(431));
            }
            match poll_fn(|cx| self.input.poll_fill(cx, &mut self.stream)).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    async fn handle(&mut self, mut request: Request) -> After {
        if self.shared.stopping.is_cancelled() {
            request.asked.keep_alive = false;
        }
        match std::mem::replace(&mut request.route, Route::File) {
            Route::Local(answer) => self.local(&request, &answer, request.framing).await,
            Route::File => self.pass(&request, None, None).await,
            Route::Call(call) if call.held => self.hold(request, call).await,
            Route::Call(call) => self.pass(&request, Some(call), None).await,
        }
    }

    /// Gives an answer of the door's own; of the request's body `rest` has not been read.
    pub(super) async fn local(&mut self, request: &Request, answer: &Answer, rest: Framing) -> After {
        let read = self.discard(rest, request.expects).await;
        let keep_alive = request.asked.keep_alive && read;
        self.out.clear();
        local::write(&mut self.out, answer, keep_alive, !request.asked.head);
        let written = write_within(&mut self.stream, &self.out, &[], self.shared.limits.stall).await;
        match (written, read) {
            (Err(_), _) => After::Close,
            (Ok(()), false) => After::Linger,
            (Ok(()), true) if keep_alive => After::Next,
            (Ok(()), true) => After::Close,
        }
    }

    /// Refuses what cannot be read as a request; nothing that follows it can be trusted.
    pub(super) async fn refuse(&mut self, status: u16) -> After {
        self.out.clear();
        local::write_refusal(&mut self.out, status);
        match write_within(&mut self.stream, &self.out, &[], self.shared.limits.stall).await {
            Ok(()) => After::Linger,
            Err(_) => After::Close,
        }
    }

    /// Reads a body that nobody wants, if there is not much of it. `false`: not all of it was read.
    async fn discard(&mut self, framing: Framing, expects: bool) -> bool {
        let mut left = Left::of(framing);
        if left.is_nothing() {
            return true;
        }
        if expects || matches!(framing, Framing::Length(length) if length > UNWANTED as u64) {
            return false;
        }
        let mut count = 0;
        let whole = async {
            loop {
                if left.decode(&mut self.input, |data| count += data.len()).is_err() || count > UNWANTED {
                    return false;
                }
                if left.is_nothing() {
                    return true;
                }
                self.input.room(0);
                match poll_fn(|cx| self.input.poll_fill(cx, &mut self.stream)).await {
                    Ok(0) | Err(_) => return false,
                    Ok(_) => {}
                }
            }
        };
        tokio::time::timeout(self.shared.limits.linger, whole)
            .await
            .unwrap_or(false)
    }

    /// Tells the client that its body may come.
    pub(super) async fn go_on(&mut self, request: &Request) -> bool {
        !request.expects
            || !self.input.is_empty()
            || self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.is_ok()
    }

    /// Lets the client read its answer: closing while it still sends would take the answer from it.
    async fn linger(&mut self) {
        let rest = async {
            if self.stream.shutdown().await.is_err() {
                return;
            }
            loop {
                self.input.consume(usize::MAX);
                self.input.room(0);
                match poll_fn(|cx| self.input.poll_fill(cx, &mut self.stream)).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
            }
        };
        let _ = tokio::time::timeout(self.shared.limits.linger, rest).await;
    }
}
