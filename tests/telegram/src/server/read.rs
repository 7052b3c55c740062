//! Reads a request into parameters, whatever shape it has.

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;

use crate::api::params::{self, MAX_BYTES, Params};
use crate::error::ApiError;

/// Room for the wrapping around the largest file.
const SLACK: usize = 2 << 20;

pub async fn body(request: Request<Incoming>, max: usize) -> Result<Bytes, ApiError> {
    match Limited::new(request.into_body(), max).collect().await {
        Ok(b) => Ok(b.to_bytes()),
        Err(e) if e.is::<LengthLimitError>() => Err(params::too_large()),
        Err(_) => Err(ApiError::bad("request body can't be read")),
    }
}

pub async fn params(request: Request<Incoming>, max_file: usize) -> Result<Params, ApiError> {
    let mut p = Params::default();
    if let Some(q) = request.uri().query() {
        if q.len() > MAX_BYTES {
            return Err(params::too_large());
        }
        params::form(&mut p, q.as_bytes());
    }
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let multipart = content_type.to_ascii_lowercase().starts_with("multipart/form-data");
    let bytes = body(request, max_file * 10 + SLACK).await?;
    if bytes.is_empty() {
        return Ok(p);
    }
    if multipart {
        params::multipart(&mut p, &content_type, bytes).await?;
        return Ok(p);
    }
    if bytes.len() > MAX_BYTES {
        return Err(params::too_large());
    }
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => params::json(&mut p, &bytes)?,
        // Clients that name no type send forms.
        _ => params::form(&mut p, &bytes),
    }
    Ok(p)
}
