//! Answers as bytes: one header block and one body, in one write.

use std::fmt::{self, Write};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use cloakroom_measure::Measure;
use cloakroom_pipeline::{Answer, OF_FAILURE};
use http::header::{AGE, ALLOW, CONTENT_LENGTH, SET_COOKIE};
use http::{HeaderName, HeaderValue, StatusCode};
use pingora_core::protocols::http::ServerSession;
use pingora_core::protocols::http::date::get_cached_date;
use pingora_core::{Error, ErrorType, Result};
use pingora_http::ResponseHeader;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
const VARIANT: HeaderName = HeaderName::from_static("cloakroom-variant");
const CELL: HeaderName = HeaderName::from_static("cloakroom-cell");

/// Gives `field` what is in an answer for this request alone.
fn of_this_request(answer: &Answer, now: Instant, mut field: impl FnMut(HeaderName, fmt::Arguments<'_>)) {
    if let Some(age) = answer.age(now) {
        field(AGE, format_args!("{age}"));
    }
    if let Some(status) = answer.cache_status(now) {
        field(CACHE_STATUS, format_args!("{status}"));
    }
    if let Some(allow) = answer.allow() {
        field(ALLOW, format_args!("{allow}"));
    }
    if let Some(reveal) = answer.reveal() {
        field(CELL, format_args!("{}", reveal.cell));
        field(VARIANT, format_args!("{}", reveal.variant));
    }
}

/// Writes the head of an answer to an HTTP/1.1 client; `body` is the length of its body.
pub(crate) fn http1_head(answer: &Answer, body: usize, keep_alive: bool, head: &mut BytesMut) {
    match answer.stored() {
        Some(variant) if answer.is_unmodified() => {
            head.extend_from_slice(b"HTTP/1.1 304 Not Modified\r\n");
            for (name, value) in variant.unmodified_fields() {
                push(head, &name, value.as_bytes());
            }
        }
        Some(variant) => head.extend_from_slice(variant.http1_head()),
        None => {
            let status = answer.status();
            let reason = status.canonical_reason().unwrap_or_default();
            // Writing to a BytesMut cannot fail.
            let _ = write!(head, "HTTP/1.1 {} {reason}\r\n", status.as_u16());
            for (name, value) in answer.fields() {
                push(head, name, value.as_bytes());
            }
            let _ = write!(head, "content-length: {body}\r\n");
        }
    }
    of_this_request(answer, Instant::now(), |name, value| {
        head.extend_from_slice(name.as_str().as_bytes());
        let _ = write!(head, ": {value}\r\n");
    });
    for line in answer.cookies().lines() {
        push(head, &SET_COOKIE, line.as_bytes());
    }
    push(head, &http::header::DATE, get_cached_date().as_bytes());
    let connection: &[u8] = if keep_alive { b"keep-alive" } else { b"close" };
    push(head, &http::header::CONNECTION, connection);
    head.extend_from_slice(b"\r\n");
}

fn push(head: &mut BytesMut, name: &HeaderName, value: &[u8]) {
    for part in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}

/// Writes an answer of the pipeline through pingora.
pub(crate) async fn answer(http: &mut ServerSession, answer: &Answer) -> Result<()> {
    let mut head = ResponseHeader::build_no_case(answer.status(), Some(16))?;
    match answer.stored() {
        Some(variant) if answer.is_unmodified() => {
            for (name, value) in variant.unmodified_fields() {
                head.append_header(name, value)?;
            }
        }
        Some(variant) => {
            for (name, value) in variant.headers() {
                head.append_header(name, value)?;
            }
        }
        None => own_fields(&mut head, answer.fields())?,
    }
    let mut written = Ok(());
    of_this_request(answer, Instant::now(), |name, text| {
        let done = value(text.to_string()).and_then(|value| head.insert_header(name, value));
        if done.is_err() {
            written = done;
        }
    });
    written?;
    for line in answer.cookies().lines() {
        head.append_header(SET_COOKIE, line)?;
    }
    send(http, head, answer.body(), answer.is_head_only()).await
}

/// Counts an answer of which `sent` bytes of the body were written.
pub(crate) fn count(measure: &Measure, answer: &Answer, sent: usize) {
    measure.answered(answer.label(), answer.outcome(), answer.status().as_u16(), sent);
}

/// Writes a page of our own.
pub(crate) async fn page(http: &mut ServerSession, status: StatusCode, body: Bytes) -> Result<()> {
    let mut head = ResponseHeader::build_no_case(status, Some(6))?;
    own_fields(&mut head, &OF_FAILURE)?;
    let head_only = http.req_header().method == http::Method::HEAD;
    send(http, head, body, head_only).await
}

fn own_fields(head: &mut ResponseHeader, fields: &[(HeaderName, HeaderValue)]) -> Result<()> {
    fields.iter().try_for_each(|(name, value)| head.insert_header(name, value))
}

async fn send(
    http: &mut ServerSession,
    mut head: ResponseHeader,
    body: Bytes,
    head_only: bool,
) -> Result<()> {
    // RFC 9110 §8.6: no Content-Length in a 204, and in a 304 only that of the answer not sent.
    if !matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        head.insert_header(CONTENT_LENGTH, HeaderValue::from(body.len()))?;
    }
    http.write_response_header(Box::new(head)).await?;
    if !head_only && !body.is_empty() {
        http.write_response_body(body, true).await?;
    }
    http.finish_body().await
}

fn value(text: String) -> Result<HeaderValue> {
    HeaderValue::try_from(text)
        .map_err(|cause| Error::because(ErrorType::InternalError, "a field of our own is malformed", cause))
}
