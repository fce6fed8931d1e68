//! Answers as bytes: one header block and one body, in one write.

use std::time::Instant;

use bytes::Bytes;
use cloakroom_pipeline::Answer;
use http::header::{AGE, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use pingora_core::protocols::http::ServerSession;
use pingora_core::{Error, ErrorType, Result};
use pingora_http::ResponseHeader;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
const VARIANT: HeaderName = HeaderName::from_static("cloakroom-variant");
const CELL: HeaderName = HeaderName::from_static("cloakroom-cell");

/// Writes an answer of the pipeline.
pub(crate) async fn answer(http: &mut ServerSession, answer: &Answer) -> Result<()> {
    let now = Instant::now();
    let body = answer.body();
    let mut head = ResponseHeader::build_no_case(answer.status(), Some(16))?;
    match answer.stored_headers() {
        Some(fields) => {
            for (name, value) in fields {
                head.append_header(name, value)?;
            }
        }
        None => failure_fields(&mut head)?,
    }
    if let Some(age) = answer.age(now) {
        head.insert_header(AGE, HeaderValue::from(age))?;
    }
    let mut status = String::with_capacity(48);
    answer.cache_status(now, &mut status);
    if !status.is_empty() {
        head.insert_header(CACHE_STATUS, value(status)?)?;
    }
    if let Some(allow) = answer.allow() {
        head.insert_header(ALLOW, value(allow.to_owned())?)?;
    }
    if let Some(reveal) = answer.reveal() {
        head.insert_header(CELL, value(reveal.cell.clone())?)?;
        head.insert_header(VARIANT, value(reveal.variant.clone())?)?;
    }
    send(http, head, body, answer.is_head_only()).await
}

/// Writes a page of our own.
pub(crate) async fn page(http: &mut ServerSession, status: StatusCode, body: Bytes) -> Result<()> {
    let mut head = ResponseHeader::build_no_case(status, Some(6))?;
    failure_fields(&mut head)?;
    let head_only = http.req_header().method == http::Method::HEAD;
    send(http, head, body, head_only).await
}

fn failure_fields(head: &mut ResponseHeader) -> Result<()> {
    head.insert_header(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))?;
    head.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

async fn send(
    http: &mut ServerSession,
    mut head: ResponseHeader,
    body: Bytes,
    head_only: bool,
) -> Result<()> {
    // RFC 9110 §8.6: no Content-Length in a 204.
    if head.status != StatusCode::NO_CONTENT {
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
