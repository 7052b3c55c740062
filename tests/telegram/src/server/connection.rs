//! One connection: served by hyper until somebody breaks it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::body::Reply;
use crate::core::Core;

/// How a connection ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// A TCP reset.
    Reset = 1,
    /// Closed in the ordinary way.
    Close = 2,
}

/// The handle by which a request breaks its own connection.
#[derive(Debug, Default)]
pub struct Breaker {
    how: AtomicU8,
    notify: Notify,
}

impl Breaker {
    pub fn pull(&self, how: Break) {
        self.how.store(how as u8, Ordering::SeqCst);
        self.notify.notify_one();
    }
}

pub async fn serve(core: Arc<Core>, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let breaker = Arc::new(Breaker::default());
    let for_requests = Arc::clone(&breaker);
    let service = service_fn(move |request: Request<Incoming>| {
        let (core, breaker) = (Arc::clone(&core), Arc::clone(&for_requests));
        async move { Ok::<Response<Reply>, Infallible>(route(core, breaker, request).await) }
    });
    let mut connection = hyper::server::conn::http1::Builder::new()
        .timer(hyper_util::rt::TokioTimer::new())
        .max_buf_size(256 << 10)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = &mut connection => return,
        () = breaker.notify.notified() => {}
    }
    let stream = connection.into_parts().io.into_inner();
    if breaker.how.load(Ordering::SeqCst) == Break::Reset as u8 {
        let _ = stream.set_zero_linger();
    }
}

async fn route(core: Arc<Core>, breaker: Arc<Breaker>, request: Request<Incoming>) -> Response<Reply> {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix("/sim/") {
        let rest = rest.to_owned();
        return crate::people::handle(&core, &rest, request).await;
    }
    if let Some(rest) = path.strip_prefix("/file/bot") {
        return super::download::file(&core, rest, &request);
    }
    if let Some(rest) = path.strip_prefix("/bot") {
        let rest = rest.to_owned();
        return super::bot::call(&core, &breaker, &rest, request).await;
    }
    super::body::json(404, crate::error::ApiError::new(404, "Not Found").body())
}
