//! Answers as bytes: one header block and one body, in one write.

use std::fmt::{self, Write};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use cloakroom_measure::Measure;
use cloakroom_pipeline::{Answer, Head, OF_FAILURE, Partial, Reader};
use cloakroom_variants::{Form, StoredVariant};
use http::header::{AGE, ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, DATE, ETAG, SET_COOKIE, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, StatusCode, Version};
use pingora_core::protocols::http::ServerSession;
use pingora_core::protocols::http::date::get_cached_date;
use pingora_core::{Error, ErrorType, Result};
use pingora_http::ResponseHeader;

/// Fields of most answers: room for all of them at once.
pub(crate) const FIELDS: usize = 24;

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
    match answer.head() {
        Head::Stored(variant, form) => {
            head.extend_from_slice(variant.page().http1_head());
            head.extend_from_slice(form.http1_head());
        }
        Head::Unmodified(variant, form) => {
            head.extend_from_slice(b"HTTP/1.1 304 Not Modified\r\n");
            for (name, value) in variant.unmodified_fields() {
                push(head, name, value.as_bytes());
            }
            if let Some(etag) = form.etag() {
                push(head, &ETAG, etag.as_bytes());
            }
        }
        Head::Part(variant, form, part) => {
            let status = part.status();
            let reason = status.canonical_reason().unwrap_or_default();
            // Writing to a BytesMut cannot fail.
            let _ = write!(head, "HTTP/1.1 {} {reason}\r\n", status.as_u16());
            each_of_part(variant, form, part, |name, value| push(head, name, value.as_bytes()));
            let _ = write!(head, "content-length: {body}\r\n");
        }
        Head::Arriving(arrival) => {
            head.extend_from_slice(arrival.http1_head());
            if !answer.is_head_only() {
                head.extend_from_slice(b"transfer-encoding: chunked\r\n");
            }
        }
        Head::Fields(fields) => {
            let status = answer.status();
            let reason = status.canonical_reason().unwrap_or_default();
            // Writing to a BytesMut cannot fail.
            let _ = write!(head, "HTTP/1.1 {} {reason}\r\n", status.as_u16());
            for (name, value) in fields {
                push(head, name, value.as_bytes());
            }
            let _ = write!(head, "content-length: {body}\r\n");
            push(head, &DATE, get_cached_date().as_bytes());
        }
    }
    of_this_request(answer, Instant::now(), |name, value| {
        head.extend_from_slice(name.as_str().as_bytes());
        let _ = write!(head, ": {value}\r\n");
    });
    for line in answer.cookies().lines() {
        push(head, &SET_COOKIE, line.as_bytes());
    }
    // An HTTP/1.1 connection stays open unless somebody says otherwise (RFC 9112 §9.3); it is said all the
    // same, for clients that are older than they say.
    let connection: &[u8] = if keep_alive { b"keep-alive" } else { b"close" };
    push(head, &http::header::CONNECTION, connection);
    head.extend_from_slice(b"\r\n");
}

fn push(head: &mut BytesMut, name: &HeaderName, value: &[u8]) {
    for part in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}

/// Gives `field` all fields of an answer but those that frame its body.
pub(crate) fn each_field(answer: &Answer, now: Instant, mut field: impl FnMut(HeaderName, HeaderValue)) {
    let (fields, etag, coding) = match answer.head() {
        Head::Stored(variant, form) => (variant.page().fields(), form.etag(), form.coding()),
        Head::Unmodified(variant, form) => {
            for (name, value) in variant.unmodified_fields() {
                field(name.clone(), value.clone());
            }
            (&[][..], form.etag(), None)
        }
        Head::Part(variant, form, part) => {
            each_of_part(variant, form, part, |name, value| field(name.clone(), value.clone()));
            (&[][..], None, None)
        }
        Head::Arriving(arrival) => (arrival.fields(), None, None),
        Head::Fields(fields) => (fields, None, None),
    };
    for (name, value) in fields {
        field(name.clone(), value.clone());
    }
    if let Some(etag) = etag {
        field(ETAG, etag.clone());
    }
    if let Some(coding) = coding {
        field(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    }
    of_this_request(answer, now, |name, text| {
        // INVARIANT: what is said of a request is printable ASCII.
        if let Ok(value) = HeaderValue::try_from(text.to_string()) {
            field(name, value);
        }
    });
    for line in answer.cookies().lines() {
        field(SET_COOKIE, line.clone());
    }
}

/// Writes an answer of the pipeline through pingora; answers how many bytes of its body.
pub(crate) async fn answer(http: &mut ServerSession, answer: &Answer) -> Result<usize> {
    let mut head = ResponseHeader::build_no_case(answer.status(), Some(FIELDS))?;
    let mut appended = Ok(());
    each_field(answer, Instant::now(), |name, value| {
        if appended.is_ok() {
            appended = head.append_header(name, value).map(drop);
        }
    });
    appended?;
    match answer.arriving() {
        Some(arrival) => read_along(http, head, arrival.read(), answer.is_head_only()).await,
        None => send(http, head, &answer.body(), answer.is_head_only()).await,
    }
}

/// The fields of an answer that is a part of another (RFC 9110 §15.3.7): those of the whole, but for those that
/// the part has its own of.
fn each_of_part(
    variant: &StoredVariant,
    form: &Form,
    part: &Partial,
    mut field: impl FnMut(&HeaderName, &HeaderValue),
) {
    let own = |name: &HeaderName| part.fields().iter().any(|(own, _)| own == name);
    for (name, value) in variant.page().fields().iter().filter(|(name, _)| !own(name)) {
        field(name, value);
    }
    for (name, value) in part.fields() {
        field(name, value);
    }
    if let Some(etag) = form.etag() {
        field(&ETAG, etag);
    }
    if let Some(coding) = form.coding() {
        field(&CONTENT_ENCODING, &HeaderValue::from_static(coding.name()));
    }
}

/// Sends a page while it arrives, to clients that know its end: HTTP/1.0 waits for the whole of it.
async fn read_along(
    http: &mut ServerSession,
    mut head: ResponseHeader,
    mut page: Reader,
    head_only: bool,
) -> Result<usize> {
    if http.req_header().version == Version::HTTP_11 && !head_only {
        head.insert_header(TRANSFER_ENCODING, "chunked")?;
    }
    http.write_response_header(Box::new(head)).await?;
    let mut sent = 0;
    if !head_only {
        let broken =
            |cause| Error::because(ErrorType::ReadError, "a page that is read along", cause).into_up();
        while let Some(part) = page.next().await.map_err(broken)? {
            sent += part.len();
            http.write_response_body(part, false).await?;
        }
    }
    http.finish_body().await.map(|()| sent)
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
    send(http, head, &[body], head_only).await.map(drop)
}

fn own_fields(head: &mut ResponseHeader, fields: &[(HeaderName, HeaderValue)]) -> Result<()> {
    fields.iter().try_for_each(|(name, value)| head.insert_header(name, value))
}

async fn send(
    http: &mut ServerSession,
    mut head: ResponseHeader,
    body: &[Bytes],
    head_only: bool,
) -> Result<usize> {
    let length: usize = body.iter().map(Bytes::len).sum();
    if tells_length(head.status) {
        head.insert_header(CONTENT_LENGTH, HeaderValue::from(length))?;
    }
    http.write_response_header(Box::new(head)).await?;
    if head_only {
        return http.finish_body().await.map(|()| 0);
    }
    for piece in body.iter().filter(|piece| !piece.is_empty()) {
        http.write_response_body(piece.clone(), false).await?;
    }
    http.finish_body().await.map(|()| length)
}

/// RFC 9110 §8.6: no Content-Length in a 204, and in a 304 only that of the answer not sent.
pub(crate) fn tells_length(status: StatusCode) -> bool {
    !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}
