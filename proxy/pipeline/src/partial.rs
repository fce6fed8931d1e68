//! The bytes of an answer that is part of another: 206 and 416 (RFC 9110 §14.6, §15.3.7, §15.5.17).
//!
//! A function of what is stored and of positions in it, and nothing else. No byte of the body is copied.

use bytes::Bytes;
use cloakroom_boundary::{ByteRange, EntityTag};
use http::header::{CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use memchr::memmem::Finder;

/// How many boundaries are tried before the body is taken to be made so that none will do.
const MAX_TRIES: u8 = 8;

/// What is sent in place of a whole answer.
pub struct Partial {
    status: StatusCode,
    fields: Vec<(HeaderName, HeaderValue)>,
    body: Vec<Bytes>,
    length: usize,
}

impl Partial {
    /// The 206 with these parts of a body, which is given as slices that follow each other. One part is sent as
    /// it is, several as `multipart/byteranges`, each under the `Content-Type` of the whole. `tag` is that of the
    /// whole: the boundary between parts is made of it, so that the same is sent to everybody.
    ///
    /// `None` where there is nothing to take apart: without ranges, with one that ends beyond the body, or with a
    /// body that holds every boundary that is tried. The answer is then sent whole.
    #[must_use]
    pub fn of(
        ranges: &[ByteRange],
        body: &[Bytes],
        content_type: Option<&HeaderValue>,
        tag: Option<EntityTag>,
    ) -> Option<Self> {
        let complete = body.iter().map(Bytes::len).sum();
        if ranges.iter().any(|range| range.last() >= complete) {
            return None;
        }
        match ranges {
            [] => None,
            [range] => {
                let value = content_range(*range, complete)?;
                let fields = vec![(CONTENT_RANGE, value)];
                Some(Self::new(StatusCode::PARTIAL_CONTENT, fields, cut(body, *range).collect()))
            }
            _ => several(ranges, body, complete, content_type, tag),
        }
    }

    /// The 416 for a body of which no part was asked for. It has no body itself.
    #[must_use]
    pub fn unsatisfiable(complete: usize) -> Self {
        let fields = HeaderValue::try_from(format!("bytes */{complete}")).map(|value| (CONTENT_RANGE, value));
        Self::new(StatusCode::RANGE_NOT_SATISFIABLE, fields.into_iter().collect(), Vec::new())
    }

    fn new(status: StatusCode, fields: Vec<(HeaderName, HeaderValue)>, body: Vec<Bytes>) -> Self {
        let length = body.iter().map(Bytes::len).sum();
        Self { status, fields, body, length }
    }

    /// 206 or 416.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// `Content-Range`, or the `Content-Type` of several parts. They take the place of fields of that name in the
    /// whole answer; of the others, a 206 has all but `Content-Length`.
    #[must_use]
    pub fn fields(&self) -> &[(HeaderName, HeaderValue)] {
        &self.fields
    }

    /// The body, as slices that follow each other.
    #[must_use]
    pub fn body(&self) -> &[Bytes] {
        &self.body
    }

    /// The value of `Content-Length`: the length of the body in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }
}

/// The parts under heads of their own (RFC 9110 §14.6, RFC 2046 §5.1.1).
fn several(
    ranges: &[ByteRange],
    body: &[Bytes],
    complete: usize,
    content_type: Option<&HeaderValue>,
    tag: Option<EntityTag>,
) -> Option<Partial> {
    let boundary = (0..MAX_TRIES)
        .map(|attempt| boundary(tag, attempt))
        .find(|boundary| ranges.iter().all(|range| !holds(cut(body, *range), boundary.as_bytes())))?;
    let mut sent = Vec::with_capacity(ranges.len() * 2 + 1);
    let mut line_end = "";
    for range in ranges {
        let mut head = format!("{line_end}--{boundary}\r\n").into_bytes();
        if let Some(value) = content_type {
            push(&mut head, "Content-Type", value);
        }
        push(&mut head, "Content-Range", &content_range(*range, complete)?);
        head.extend_from_slice(b"\r\n");
        sent.push(Bytes::from(head));
        sent.extend(cut(body, *range));
        line_end = "\r\n";
    }
    sent.push(Bytes::from(format!("\r\n--{boundary}--\r\n")));
    let value = HeaderValue::try_from(format!("multipart/byteranges; boundary={boundary}")).ok()?;
    Some(Partial::new(StatusCode::PARTIAL_CONTENT, vec![(CONTENT_TYPE, value)], sent))
}

/// Made of letters and digits alone, so that it needs no quotation marks; at most 70 of them (RFC 2046 §5.1.1).
fn boundary(tag: Option<EntityTag>, attempt: u8) -> String {
    format!("part{attempt}of{}", tag.map_or(String::new(), EntityTag::digits))
}

/// The value of `Content-Range` (RFC 9110 §14.4).
fn content_range(range: ByteRange, complete: usize) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("bytes {}-{}/{complete}", range.first(), range.last())).ok()
}

fn push(head: &mut Vec<u8>, name: &str, value: &HeaderValue) {
    for part in [name.as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
        head.extend_from_slice(part);
    }
}

/// The bytes of a range that is within the body: slices of its slices.
fn cut(body: &[Bytes], range: ByteRange) -> impl Iterator<Item = Bytes> {
    let mut position = 0;
    body.iter().filter_map(move |slice| {
        let (start, end) = (position, position + slice.len());
        position = end;
        let (first, after) = (range.first().max(start), (range.last() + 1).min(end));
        // INVARIANT: `start <= first < after <= end`, so that both are within the slice.
        (first < after).then(|| slice.slice(first - start..after - start))
    })
}

/// Whether `needle` is in a body, be it across the ends of slices.
fn holds(body: impl Iterator<Item = Bytes>, needle: &[u8]) -> bool {
    let finder = Finder::new(needle);
    let most = needle.len().saturating_sub(1);
    // The last bytes before a slice, fewer than the needle has.
    let mut seam = Vec::with_capacity(most * 2);
    for slice in body {
        let start = slice.get(..most).unwrap_or(&slice);
        seam.extend_from_slice(start);
        if finder.find(&seam).is_some() || finder.find(&slice).is_some() {
            return true;
        }
        if slice.len() >= most {
            seam.clear();
            seam.extend_from_slice(slice.get(slice.len() - most..).unwrap_or_default());
        } else {
            seam.drain(..seam.len().saturating_sub(most));
        }
    }
    false
}

#[cfg(test)]
mod tests;
