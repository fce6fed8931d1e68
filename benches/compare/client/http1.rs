//! HTTP/1.1 as a client speaks it here: a request written whole, an answer read whole.

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::Failure;
use crate::questions::Visit;

/// The most header fields of an answer.
const MAX_FIELDS: usize = 48;

/// Where the parts of an answer are in what was read.
struct Head {
    status: u16,
    /// Bytes of status line and fields.
    length: usize,
    body: Body,
}

/// How the end of a body is told.
enum Body {
    Length(usize),
    Chunked,
}

/// Asks for one page. `read` holds the answer's head at its start, and its body comes back, which is all of
/// the rest unless it came in chunks.
pub(crate) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    visit: &Visit,
    read: &mut Vec<u8>,
) -> Result<Answer, Failure> {
    stream.write_all(&visit.http1).await?;
    stream.flush().await?;
    read.clear();
    loop {
        if stream.read_buf(read).await? == 0 {
            return Err("the server closes a connection that is to be kept".into());
        }
        let Some(head) = head(read)? else { continue };
        match head.body {
            Body::Length(length) if read.len() >= head.length + length => {
                return Ok(Answer { status: head.status, head: head.length, chunks: None });
            }
            Body::Length(_) => {}
            Body::Chunked => {
                if let Some(body) = unchunked(read.get(head.length..).unwrap_or_default())? {
                    return Ok(Answer { status: head.status, head: head.length, chunks: Some(body.into()) });
                }
            }
        }
    }
}

/// An answer in the bytes that were read.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Where the body begins.
    pub(crate) head: usize,
    /// The body, if it came in chunks.
    pub(crate) chunks: Option<Bytes>,
}

/// The head, once all of it is there.
fn head(read: &[u8]) -> Result<Option<Head>, Failure> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut answer = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(length) = answer.parse(read)? else { return Ok(None) };
    let mut body = None;
    for field in answer.headers.iter() {
        if field.name.eq_ignore_ascii_case("content-length") {
            body = Some(Body::Length(std::str::from_utf8(field.value)?.parse()?));
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            body = Some(Body::Chunked);
        }
    }
    let body = body.ok_or("an answer without a length")?;
    Ok(Some(Head { status: answer.code.unwrap_or_default(), length, body }))
}

/// The body, once the last chunk is there.
fn unchunked(mut rest: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
    let mut body = Vec::new();
    loop {
        let size = httparse::parse_chunk_size(rest).map_err(|_| "a chunk without a size")?;
        let httparse::Status::Complete((start, size)) = size else { return Ok(None) };
        let end = start + usize::try_from(size)?;
        let Some(chunk) = rest.get(start..end) else { return Ok(None) };
        if rest.len() < end + 2 {
            return Ok(None);
        }
        if chunk.is_empty() {
            return Ok(Some(body));
        }
        body.extend_from_slice(chunk);
        rest = rest.get(end + 2..).unwrap_or_default();
    }
}
