//! Answers as bytes: one header block and one body, in one write.

use std::fmt::{self, Write};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use cloakroom_measure::Measure;
use cloakroom_pipeline::{Answer, Head, OF_FAILURE, Partial, Reader};
use cloakroom_variants::{Form, StoredVariant};
use http::header::{AGE, ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, DATE, ETAG, SET_COOKIE, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, StatusCode};
use pingora_core::protocols::http::ServerSession;
use pingora_core::protocols::http::date::get_cached_date;
use pingora_core::{Error, ErrorType, Result};
use pingora_http::ResponseHeader;

use crate::h2;

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

/// Writes an answer of the pipeline through pingora; answers how many bytes of its body.
pub(crate) async fn answer(http: &mut ServerSession, answer: &Answer) -> Result<usize> {
    let mut head = ResponseHeader::build_no_case(answer.status(), Some(16))?;
    let mut appended = Ok(());
    let (fields, etag, coding) = match answer.head() {
        Head::Stored(variant, form) => (variant.page().fields(), form.etag(), form.coding()),
        Head::Unmodified(variant, form) => {
            for (name, value) in variant.unmodified_fields() {
                head.append_header(name, value)?;
            }
            (&[][..], form.etag(), None)
        }
        Head::Part(variant, form, part) => {
            each_of_part(variant, form, part, |name, value| {
                if appended.is_ok() {
                    appended = head.append_header(name, value).map(drop);
                }
            });
            (&[][..], None, None)
        }
        Head::Arriving(arrival) => (arrival.fields(), None, None),
        Head::Fields(fields) => (fields, None, None),
    };
    appended?;
    for (name, value) in fields {
        head.append_header(name, value)?;
    }
    if let Some(etag) = etag {
        head.insert_header(ETAG, etag)?;
    }
    if let Some(coding) = coding {
        head.insert_header(CONTENT_ENCODING, coding.name())?;
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
    if !http.is_http2() && !head_only {
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
    // RFC 9110 §8.6: no Content-Length in a 204, and in a 304 only that of the answer not sent.
    if !matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        head.insert_header(CONTENT_LENGTH, HeaderValue::from(length))?;
    }
    http.write_response_header(Box::new(head)).await?;
    if head_only {
        return http.finish_body().await.map(|()| 0);
    }
    let mut pieces = joined(body).peekable();
    while let Some(piece) = pieces.next() {
        http.write_response_body(piece, pieces.peek().is_none()).await?;
    }
    http.finish_body().await.map(|()| length)
}

/// The same bytes in as few pieces as HTTP/2 has frames for them: each piece would be a frame of its own. Only
/// short pieces are copied.
fn joined(body: &[Bytes]) -> impl Iterator<Item = Bytes> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let mut length = 0;
        let fits = |piece: &&Bytes| {
            length += piece.len();
            length <= h2::FRAME as usize
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (now, later) = rest.split_at_checked(count)?;
        rest = later;
        match now {
            [one] => Some(one.clone()),
            many => Some(many.concat().into()),
        }
    })
}

fn value(text: String) -> Result<HeaderValue> {
    HeaderValue::try_from(text)
        .map_err(|cause| Error::because(ErrorType::InternalError, "a field of our own is malformed", cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_pieces_are_joined_and_long_ones_left() {
        let frame = h2::FRAME as usize;
        let piece = |length: usize, of: u8| Bytes::from(vec![of; length]);
        let body =
            [piece(10, 1), piece(20, 2), piece(frame, 3), piece(frame - 1, 4), piece(1, 5), piece(1, 6)];
        let lengths: Vec<_> = joined(&body).map(|piece| piece.len()).collect();
        assert_eq!(lengths, [30, frame, frame, 1]);
        assert_eq!(joined(&body).collect::<Vec<_>>().concat(), body.concat());
        assert_eq!(joined(&body[2..3]).next().unwrap().as_ptr(), body[2].as_ptr(), "not copied");
        assert_eq!(joined(&[]).count(), 0);
    }
}
