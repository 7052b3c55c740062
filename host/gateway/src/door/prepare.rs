//! What is to be done with a request, decided from its head alone.

use std::sync::Arc;

use httparse::EMPTY_HEADER;

use super::entries::{Entry, Known};
use super::forward::{Asked, write_request};
use super::listen::Shared;
use super::tee::weighs;
use crate::Answer;
use crate::request::{Framing, MOST_HEADERS, ParamReader, Refused, Target, parse_head, parse_target};

/// Bytes of a certificate for a webhook: more than the front takes, so that it can say what is too much.
pub(super) const CERTIFICATE_LIMIT: usize = 4 << 20;

/// A request whose head has been read.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) asked: Asked,
    pub(super) framing: Framing,
    /// The client waits for `100 Continue`.
    pub(super) expects: bool,
    /// Asking twice does no harm.
    pub(super) repeatable: bool,
    pub(super) route: Route,
}

#[derive(Debug)]
pub(super) enum Route {
    /// Answered here.
    Local(Answer),
    File,
    Call(Call),
}

/// A call of a bot's program.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) entry: Arc<Entry>,
    /// In lower case; empty where the parameters name it.
    pub(super) method: String,
    pub(super) watched: bool,
    /// Reads the parameters where somebody wants them.
    pub(super) reader: Option<ParamReader>,
    /// It may be answered by the front: it is read whole before anything is passed on.
    pub(super) held: bool,
}

/// Whether a method is the front's to answer.
pub(super) fn is_fronts(method: &str) -> bool {
    matches!(
        method,
        "getupdates" | "setwebhook" | "deletewebhook" | "getwebhookinfo" | "logout" | "close"
    )
}

/// Reads a whole head and writes it into `up` for the Bot API server, where it is for it.
pub(super) fn prepare(bytes: &[u8], shared: &Shared, up: &mut Vec<u8>) -> Result<Request, Refused> {
    let mut slots = [EMPTY_HEADER; MOST_HEADERS];
    let head = parse_head(bytes, &mut slots)?;
    let mut request = Request {
        asked: Asked {
            head: head.method == "HEAD",
            old: head.old,
            keep_alive: head.keep_alive,
        },
        framing: head.framing,
        expects: head.expects,
        repeatable: false,
        route: Route::File,
    };
    if matches!(head.method, "CONNECT" | "TRACE") {
        return Err(Refused(501));
    }
    let reads = matches!(head.method, "GET" | "HEAD" | "OPTIONS");
    let mut plain = false;
    request.route = match parse_target(head.target.as_bytes()) {
        Target::Odd => return Err(Refused(400)),
        Target::Nothing(description) => Route::Local(Answer::error(404, description)),
        Target::File { token, lost } => match shared.entries.find(&token) {
            Known::Refused(code, description) => Route::Local(Answer::error(code, description)),
            Known::Open(_) if !reads => return Err(Refused(501)),
            Known::Open(_) if lost => Route::Local(Answer::error(404, "Not Found: file not found")),
            Known::Open(_) => {
                request.repeatable = true;
                Route::File
            }
        },
        Target::Call {
            token, method, query, ..
        } => match shared.entries.find(&token) {
            Known::Refused(code, description) => Route::Local(Answer::error(code, description)),
            Known::Open(entry) => {
                let held =
                    entry.front.is_some() && head.method != "OPTIONS" && (method.is_empty() || is_fronts(&method));
                if held && head.encoded {
                    return Err(Refused(415));
                }
                let watched = held && method.is_empty() || entry.behind.watches(&method);
                let kind = head.content_type.filter(|_| !head.encoded);
                let reader = (held || watched || weighs(&method))
                    .then(|| ParamReader::new(query, kind, held.then_some(("certificate", CERTIFICATE_LIMIT))));
                plain = watched;
                request.repeatable = method.starts_with("get") && method != "getupdates";
                Route::Call(Call {
                    entry,
                    method,
                    watched,
                    reader,
                    held,
                })
            }
        },
    };
    if !matches!(request.route, Route::Local(_)) {
        up.clear();
        write_request(up, &head, shared.upstream.authority(), plain);
    }
    Ok(request)
}
