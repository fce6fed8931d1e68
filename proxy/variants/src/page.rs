//! A page as the origin sent it, and the head that all its variants share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cloakroom_boundary::{Dates, HttpDate};
use http::header::DATE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::compact::{compacted, map_weight};
use crate::{Body, Freshness, StoredVariant, footprint};

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
    /// Its dates tell whether a client has it: where it is the same for everyone. The variants of a page are as
    /// old as the page, and who has one of them need not have another.
    pub dated: bool,
    /// Its variants have compressed forms besides.
    pub compresses: bool,
    /// Its body, whole.
    pub body: Bytes,
    /// Its validators.
    pub validators: Validators,
    /// The origin's own fields that all this was made of, which a 304 may leave unsaid.
    pub origin: HeaderMap,
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
    /// Bytes that the values of its fields take together.
    values: usize,
    dates: Option<Dates>,
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
        let (answered, values) = compacted(answered);
        let fields = answered.headers.iter().chain(&answered.sent);
        let fields: Box<[_]> = fields.map(|(name, value)| (name.clone(), value.clone())).collect();
        let http1_head = http1_head(answered.status, &fields);
        let dates = dates(&answered);
        Self { answered, fields, http1_head, values, dates, arrived: Instant::now(), freshness }
    }

    /// A page whose head arrived then: its body took longer, or it was kept on disk meanwhile.
    #[must_use]
    pub fn kept(answered: Answered, freshness: Freshness, arrived: Instant) -> Self {
        Self { arrived, ..Self::new(answered, freshness) }
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

    /// When it was last changed, and when it was made, where that tells whether a client has it.
    #[must_use]
    pub fn dates(&self) -> Option<Dates> {
        self.dates
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

    /// How long it may be served, as it was judged.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// What may be done with it.
    #[must_use]
    pub fn state(&self, now: Instant) -> State {
        self.freshness.left(self.elapsed(now)).map_or_else(|| self.stale_state(now), State::Fresh)
    }

    /// What may be done with it if it is stale, whether it ceased to be fresh by itself or was said to be.
    pub(crate) fn stale_state(&self, now: Instant) -> State {
        let elapsed = self.elapsed(now);
        if !self.freshness.while_revalidating.is_zero()
            && self.freshness.may_serve_while_revalidating(elapsed)
        {
            State::WhileRevalidating
        } else if self.may_serve_on_error(now) {
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
        !self.freshness.if_error.is_zero() && self.freshness.may_serve_on_error(self.elapsed(now))
    }

    /// Seconds for which it is still fresh, negative since it no longer is (RFC 9211 §2.4).
    #[must_use]
    pub fn ttl(&self, now: Instant) -> i64 {
        let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        seconds(self.freshness.lifetime).saturating_sub(seconds(self.age(now)))
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
        let Answered { headers, sent, body, origin, .. } = &self.answered;
        let maps = [headers, sent, origin].into_iter().map(map_weight).sum::<usize>();
        footprint::of_arc(size_of::<Self>())
            + footprint::of_shared(body.len())
            + footprint::of_shared(self.values)
            + maps
            + footprint::of(size_of_val(&*self.fields))
            + footprint::of(self.http1_head.len())
    }
}

fn dates(answered: &Answered) -> Option<Dates> {
    let date = answered.sent.get(DATE).and_then(HttpDate::of_origin)?;
    let last_modified = answered.validators.last_modified.as_ref().and_then(HttpDate::of_origin);
    answered.dated.then_some(Dates { last_modified, date })
}

fn http1_head(status: StatusCode, fields: &[(HeaderName, HeaderValue)]) -> Bytes {
    let mut head = Vec::with_capacity(512);
    let reason = status.canonical_reason().unwrap_or_default();
    head.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).as_bytes());
    for (name, value) in fields {
        push_field(&mut head, name, value.as_bytes());
    }
    footprint::exact(head)
}

/// A field line (RFC 9112 §5).
pub(crate) fn push_field(head: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    for part in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}
