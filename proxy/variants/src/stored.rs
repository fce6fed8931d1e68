//! What is stored: a page as the origin sent it, and a variant ready to send.

use std::time::{Duration, Instant};

use bytes::Bytes;
use cloakroom_boundary::EntityTag;
use http::header::{CACHE_CONTROL, ETAG, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::Freshness;

/// The origin's validators of a page, kept for revalidation only; no visitor ever sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// The origin's `ETag`.
    pub etag: Option<HeaderValue>,
    /// The origin's `Last-Modified`.
    pub last_modified: Option<HeaderValue>,
}

/// An origin's answer, its header fields already reduced to the allow-list.
pub struct Page {
    /// Its status.
    pub status: StatusCode,
    /// Its allowed fields.
    pub headers: HeaderMap,
    /// Its body, whole.
    pub body: Bytes,
    /// For revalidation.
    pub validators: Validators,
    /// The origin's words on caching, which a 304 may leave unsaid; never sent to visitors.
    pub caching: HeaderMap,
    times: Times,
}

/// What a page is made of.
pub struct Answered {
    /// The origin's status.
    pub status: StatusCode,
    /// Its allowed fields.
    pub headers: HeaderMap,
    /// Its body, whole.
    pub body: Bytes,
    /// Its validators.
    pub validators: Validators,
    /// Its fields on caching.
    pub caching: HeaderMap,
}

/// A variant of a page, ready to send.
pub struct StoredVariant {
    status: StatusCode,
    headers: HeaderMap,
    http1_head: Bytes,
    body: Bytes,
    tag: Option<EntityTag>,
    times: Times,
}

#[derive(Clone, Copy)]
struct Times {
    arrived: Instant,
    freshness: Freshness,
}

impl Times {
    fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.arrived)
    }

    fn left(&self, now: Instant) -> Option<Duration> {
        self.freshness.left(self.elapsed(now))
    }

    fn may_serve_stale(&self, now: Instant) -> bool {
        self.freshness.may_serve_on_error(self.elapsed(now))
    }
}

impl Page {
    /// A page that has arrived just now.
    #[must_use]
    pub fn new(answer: Answered, freshness: Freshness) -> Self {
        let Answered { status, headers, body, validators, caching } = answer;
        let times = Times { arrived: Instant::now(), freshness };
        Self { status, headers, body, validators, caching, times }
    }

    /// The same page, confirmed by the origin just now (304), under its newest words on caching.
    #[must_use]
    pub fn confirmed(&self, caching: HeaderMap, freshness: Freshness) -> Self {
        let answer = Answered {
            status: self.status,
            headers: self.headers.clone(),
            body: self.body.clone(),
            validators: self.validators.clone(),
            caching,
        };
        Self::new(answer, freshness)
    }

    /// Its freshness lifetime, counted from when the origin made it (RFC 9111 §4.2.1): what caches in front,
    /// which are told its age too, may be told. Zero where it was stale when it arrived.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        let Freshness { lifetime, age, .. } = self.times.freshness;
        if age < lifetime { lifetime } else { Duration::ZERO }
    }

    /// Whether it may be served without asking the origin.
    #[must_use]
    pub fn is_fresh(&self, now: Instant) -> bool {
        self.times.left(now).is_some()
    }

    /// Whether it may be served although the origin cannot confirm it.
    #[must_use]
    pub fn may_serve_stale(&self, now: Instant) -> bool {
        self.times.may_serve_stale(now)
    }

    /// When it arrived, or was confirmed.
    #[must_use]
    pub fn arrived(&self) -> Instant {
        self.times.arrived
    }

    /// A variant of this page: as old, and fresh as long. A 200 gets an entity tag of its own, made of
    /// its body and fields; hashing takes some milliseconds for the largest bodies.
    #[must_use]
    pub fn variant(&self, mut headers: HeaderMap, body: Bytes) -> StoredVariant {
        let tag = (self.status == StatusCode::OK).then(|| tag_of(&headers, &body));
        if let Some(tag) = tag {
            headers.insert(ETAG, tag.field());
        }
        let http1_head = http1_head(self.status, &headers, body.len());
        StoredVariant { status: self.status, headers, http1_head, body, tag, times: self.times }
    }

    /// Bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        let validators = [&self.validators.etag, &self.validators.last_modified];
        let validators = validators.into_iter().flatten().map(HeaderValue::len).sum::<usize>();
        let fields = header_weight(&self.headers) + header_weight(&self.caching);
        size_of::<Self>() + self.body.len() + fields + validators
    }
}

impl StoredVariant {
    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its header fields, whole but for those that change with time.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Status line and fields as HTTP/1.1 sends them (RFC 9112 §3 and §5), `Content-Length` among
    /// them, without the empty line: the sender adds the fields that change with time.
    #[must_use]
    pub fn http1_head(&self) -> &Bytes {
        &self.http1_head
    }

    /// Its body, whole.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Its entity tag; none but a 200 has one.
    #[must_use]
    pub fn tag(&self) -> Option<EntityTag> {
        self.tag
    }

    /// The fields of a 304 to a client that has it (RFC 9110 §15.4.5): those that a cache in front
    /// updates its copy by. All else is as it was, or the tag would be another.
    pub fn unmodified_fields(&self) -> impl Iterator<Item = (HeaderName, &HeaderValue)> {
        [ETAG, CACHE_CONTROL, VARY].into_iter().filter_map(|name| {
            let value = self.headers.get(&name)?;
            Some((name, value))
        })
    }

    /// When its page arrived, or was confirmed.
    #[must_use]
    pub fn arrived(&self) -> Instant {
        self.times.arrived
    }

    /// For how long it is still fresh; `None` when it no longer is.
    #[must_use]
    pub fn left(&self, now: Instant) -> Option<Duration> {
        self.times.left(now)
    }

    /// Whether it may be served although the origin cannot confirm it.
    #[must_use]
    pub fn may_serve_stale(&self, now: Instant) -> bool {
        self.times.may_serve_stale(now)
    }

    /// Its age (RFC 9111 §4.2.3).
    #[must_use]
    pub fn age(&self, now: Instant) -> Duration {
        self.times.freshness.age_after(self.times.elapsed(now))
    }

    /// Bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        size_of::<Self>() + self.http1_head.len() + self.body.len() + header_weight(&self.headers)
    }
}

/// Body and fields, so that an equal tag means an equal answer. `Cache-Control` is left out: it says
/// how long the answer is fresh, which changes while the answer does not, and a 304 brings it anew.
fn tag_of(headers: &HeaderMap, body: &[u8]) -> EntityTag {
    let fields = headers
        .iter()
        .filter(|(name, _)| *name != CACHE_CONTROL)
        .flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]);
    EntityTag::of([body].into_iter().chain(fields))
}

fn http1_head(status: StatusCode, headers: &HeaderMap, body: usize) -> Bytes {
    let mut head = Vec::with_capacity(512);
    let reason = status.canonical_reason().unwrap_or_default();
    head.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).as_bytes());
    for (name, value) in headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    // RFC 9110 §8.6: no Content-Length in a 204.
    if status != StatusCode::NO_CONTENT {
        head.extend_from_slice(format!("content-length: {body}\r\n").as_bytes());
    }
    Bytes::from(head)
}

fn header_weight(headers: &HeaderMap) -> usize {
    // About what a HeaderMap keeps per entry, besides the bytes of the value.
    const ENTRY: usize = 112;
    headers.iter().map(|(name, value)| ENTRY + name.as_str().len() + value.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(
        status: StatusCode,
        fields: &[(HeaderName, &'static str)],
        body: &'static str,
    ) -> StoredVariant {
        let headers: HeaderMap =
            fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        let answer = Answered {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            validators: Validators::default(),
            caching: HeaderMap::new(),
        };
        Page::new(answer, Freshness::once()).variant(headers, Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn a_tag_tells_answers_apart_and_nothing_else() {
        let html = (http::header::CONTENT_TYPE, "text/html");
        let of = |fields: &[_], body| variant(StatusCode::OK, fields, body).tag();
        let tag = of(&[html.clone(), (CACHE_CONTROL, "max-age=9")], "a");
        assert!(tag.is_some());
        assert_eq!(tag, of(&[html.clone(), (CACHE_CONTROL, "max-age=8")], "a"));
        assert_ne!(tag, of(std::slice::from_ref(&html), "b"));
        assert_ne!(tag, of(&[(http::header::CONTENT_TYPE, "text/plain")], "a"));
        assert_ne!(tag, of(&[html.clone(), (http::header::CONTENT_LANGUAGE, "fr")], "a"));
        for status in [StatusCode::NOT_FOUND, StatusCode::MOVED_PERMANENTLY, StatusCode::NO_CONTENT] {
            assert_eq!(variant(status, std::slice::from_ref(&html), "a").tag(), None, "{status}");
        }
    }

    #[test]
    fn the_head_that_is_ready_to_send_has_the_tag() {
        let stored = variant(StatusCode::OK, &[(CACHE_CONTROL, "no-cache")], "a");
        let tag = stored.tag().unwrap().field();
        let line = format!("etag: {}\r\n", tag.to_str().unwrap());
        assert!(std::str::from_utf8(stored.http1_head()).unwrap().contains(&line));
        let names: Vec<_> = stored.unmodified_fields().map(|(name, _)| name).collect();
        assert_eq!(names, [ETAG, CACHE_CONTROL]);
    }
}
