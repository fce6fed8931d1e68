//! A page as the origin sent it, and the head that all its variants share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::{Body, Freshness, StoredVariant};

/// The origin's validators of a page, kept for revalidation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// The origin's `ETag`.
    pub etag: Option<HeaderValue>,
    /// The origin's `Last-Modified`.
    pub last_modified: Option<HeaderValue>,
}

/// What a page is made of.
#[derive(Clone)]
pub struct Answered {
    /// The origin's status.
    pub status: StatusCode,
    /// Its fields that describe the page, reduced to the allow-list.
    pub headers: HeaderMap,
    /// Fields that visitors are sent besides: what caches in front are told, and when the page was made.
    /// They may change while the page does not.
    pub sent: HeaderMap,
    /// Visitors are sent the origin's own entity tag.
    pub own_tag: OwnTag,
    /// Its variants have compressed forms besides.
    pub compresses: bool,
    /// Its body, whole.
    pub body: Bytes,
    /// Its validators.
    pub validators: Validators,
    /// Its fields on caching, which a 304 may leave unsaid; never sent to visitors.
    pub caching: HeaderMap,
}

/// Whose entity tag visitors are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnTag {
    /// One of ours, made of what is sent.
    Ours,
    /// The origin's, on routes that send its pages as they are.
    Origins,
}

/// An origin's answer.
pub struct Page {
    answered: Answered,
    fields: Box<[(HeaderName, HeaderValue)]>,
    http1_head: Bytes,
    arrived: Instant,
    freshness: Freshness,
}

/// How old a stored answer is: what may be done with it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is served without asking the origin, for so long yet.
    Fresh(Duration),
    /// It is served once more while the origin is asked (RFC 5861 §3).
    WhileRevalidating,
    /// It is served only if the origin fails (RFC 5861 §4).
    IfError,
    /// It is not served.
    Expired,
}

impl Page {
    /// A page that has arrived just now.
    #[must_use]
    pub fn new(answered: Answered, freshness: Freshness) -> Self {
        let fields = answered.headers.iter().chain(&answered.sent);
        let fields: Box<[_]> = fields.map(|(name, value)| (name.clone(), value.clone())).collect();
        let http1_head = http1_head(answered.status, &fields);
        Self { answered, fields, http1_head, arrived: Instant::now(), freshness }
    }

    /// What it is made of.
    #[must_use]
    pub fn answered(&self) -> &Answered {
        &self.answered
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.answered.status
    }

    /// Its fields that describe it.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.answered.headers
    }

    /// Its body, whole.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.answered.body
    }

    /// The origin's validators.
    #[must_use]
    pub fn validators(&self) -> &Validators {
        &self.answered.validators
    }

    /// What may be done with it.
    #[must_use]
    pub fn state(&self, now: Instant) -> State {
        match self.freshness.left(self.elapsed(now)) {
            Some(left) => State::Fresh(left),
            None => self.stale_state(now),
        }
    }

    /// What may be done with it if it is stale since it ceased to be fresh, or since now.
    pub(crate) fn stale_state(&self, now: Instant) -> State {
        let stale = self.age(now).saturating_sub(self.freshness.lifetime);
        if stale < self.freshness.while_revalidating {
            State::WhileRevalidating
        } else if stale < self.freshness.if_error {
            State::IfError
        } else {
            State::Expired
        }
    }

    fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.arrived)
    }

    /// Whether it may be served, stale, when the origin fails.
    #[must_use]
    pub fn may_serve_on_error(&self, now: Instant) -> bool {
        self.freshness.may_serve_on_error(self.elapsed(now))
    }

    /// Seconds for which it is still fresh, negative since it no longer is (RFC 9211 §2.4).
    #[must_use]
    pub fn ttl(&self, now: Instant) -> i64 {
        let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        seconds(self.freshness.lifetime).saturating_sub(seconds(self.age(now)))
    }

    /// It was relayed to whoever waited for it, and may not be stored.
    #[must_use]
    pub fn is_for_once(&self) -> bool {
        self.freshness == Freshness::once()
    }

    /// When it arrived, or was confirmed.
    #[must_use]
    pub fn arrived(&self) -> Instant {
        self.arrived
    }

    /// Its age (RFC 9111 §4.2.3).
    #[must_use]
    pub fn age(&self, now: Instant) -> Duration {
        self.freshness.age_after(self.elapsed(now))
    }

    /// Fields that all its variants have.
    #[must_use]
    pub fn fields(&self) -> &[(HeaderName, HeaderValue)] {
        &self.fields
    }

    /// Status line and those fields as HTTP/1.1 sends them (RFC 9112 §4 and §5).
    #[must_use]
    pub fn http1_head(&self) -> &Bytes {
        &self.http1_head
    }

    /// A variant of this page, which lives with it. A 200 gets an entity tag, made of its body and of the
    /// fields that describe it; hashing takes some milliseconds for the largest bodies.
    #[must_use]
    pub fn variant(self: &Arc<Self>, body: Body) -> StoredVariant {
        StoredVariant::new(Arc::clone(self), body)
    }

    /// Bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        let Answered { headers, sent, body, validators, caching, .. } = &self.answered;
        let validators = [&validators.etag, &validators.last_modified];
        let validators = validators.into_iter().flatten().map(HeaderValue::len).sum::<usize>();
        let maps = [headers, sent, caching].into_iter().map(map_weight).sum::<usize>();
        size_of::<Self>()
            + body.len()
            + maps
            + validators
            + size_of_val(&*self.fields)
            + self.http1_head.len()
    }
}

fn http1_head(status: StatusCode, fields: &[(HeaderName, HeaderValue)]) -> Bytes {
    let mut head = Vec::with_capacity(512);
    let reason = status.canonical_reason().unwrap_or_default();
    head.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).as_bytes());
    for (name, value) in fields {
        push_field(&mut head, name, value.as_bytes());
    }
    Bytes::from(head)
}

/// A field line (RFC 9112 §5).
pub(crate) fn push_field(head: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    for part in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}

/// About what a map of fields takes: it grows by powers of two, an entry and its place in the index at a time.
fn map_weight(headers: &HeaderMap) -> usize {
    const ENTRY: usize = 112;
    let values = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    headers.capacity().max(headers.len()) * ENTRY + values
}
