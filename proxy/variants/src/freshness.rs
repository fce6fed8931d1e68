//! Whether an answer may be stored, and for how long it is fresh (RFC 9111 §3, §4.2): a pure function of the
//! answer, of the times at which it was asked for and arrived, and of the operator's rules.
//!
//! What a directive means is here; how fields are read is in the modules below. Wherever a field can be
//! read in two ways, the reading under which the answer is stored less, or for less long, is taken.

mod age;
mod dates;
mod directives;
mod fields;
mod lifetime;
mod status;
mod targeted;
mod vary;

use std::time::{Duration, Instant, SystemTime};

use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, LAST_MODIFIED, VARY};
use http::{HeaderMap, HeaderName, StatusCode};

use directives::Directives;
pub use fields::{storable, updated};
use lifetime::Lifetime;

/// `CDN-Cache-Control` (RFC 9213 §3.1): directives for caches like this one, before all others.
pub const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// The fields by which an origin speaks to caches; all that [`judge`] reads.
pub const CACHING: [HeaderName; 7] =
    [CACHE_CONTROL, CDN_CACHE_CONTROL, EXPIRES, DATE, AGE, LAST_MODIFIED, VARY];

/// The longest time that anything is taken to be fresh, whatever the origin says: a year.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3_600);

/// An origin's answer as [`judge`] sees it.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Its status.
    pub status: StatusCode,
    /// Its fields; [`CACHING`] are enough.
    pub headers: &'a HeaderMap,
    /// When it was asked for: `request_time` of RFC 9111 §4.2.3.
    pub requested: Instant,
    /// When its head arrived: `response_time`.
    pub received: Instant,
    /// What the clock showed when its head arrived, to compare with the origin's `Date`.
    pub clock: SystemTime,
}

/// What the operator says about freshness.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// The route's own freshness, which overrules the origin's word, but never its failure.
    pub own: Option<Duration>,
    /// What is done where the origin says nothing.
    pub heuristic: Heuristic,
    /// How long a 404 or 410 is fresh of which the origin says nothing.
    pub negative: Duration,
    /// How long after it became stale an answer may be served when the origin fails, unless the origin says
    /// otherwise. RFC 9111 §4.2.4 allows it by contract; the operator's configuration is the contract.
    pub stale_if_error: Duration,
}

/// A heuristic lifetime (RFC 9111 §4.2.2): a share of the time since `Last-Modified`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heuristic {
    /// The share, from 0 to 1; 0 turns it off.
    pub share: f64,
    /// The most that it comes to.
    pub most: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 3_600);
        Self {
            own: None,
            // RFC 9111 §4.2.2: a typical setting of this fraction might be 10 %.
            heuristic: Heuristic { share: 0.1, most: day },
            negative: Duration::from_secs(10),
            stale_if_error: day,
        }
    }
}

/// How long an answer may be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// How long it is fresh, from when the origin made it (RFC 9111 §4.2.1); at most a year.
    pub lifetime: Duration,
    /// The age that it had when it arrived: `corrected_initial_age` (RFC 9111 §4.2.3).
    pub age: Duration,
    /// For how long it may be served, once stale, while it is asked for anew (RFC 5861 §3).
    pub while_revalidating: Duration,
    /// For how long it may be served, once stale, when the origin fails (RFC 5861 §4).
    pub if_error: Duration,
    pub(crate) once: bool,
}

impl Freshness {
    /// Fresh for so long from when it arrives, as if the origin had just made it.
    #[must_use]
    pub fn of(lifetime: Duration) -> Self {
        Self { lifetime, once: false, ..Self::once() }
    }

    /// Fresh for nobody but those who are waiting for it now, and never served again.
    #[must_use]
    pub fn once() -> Self {
        let none = Duration::ZERO;
        Self { lifetime: none, age: none, while_revalidating: none, if_error: none, once: true }
    }

    /// Whether nothing makes it storable: it is for those who wait for it.
    #[must_use]
    pub fn is_once(&self) -> bool {
        self.once
    }

    /// Its age (RFC 9111 §4.2.3) when `elapsed` has passed since it arrived.
    #[must_use]
    pub fn age_after(&self, elapsed: Duration) -> Duration {
        self.age.saturating_add(elapsed)
    }

    /// For how long it is still fresh, when `elapsed` has passed since it arrived; `None` when it no longer
    /// is.
    #[must_use]
    pub fn left(&self, elapsed: Duration) -> Option<Duration> {
        self.lifetime.checked_sub(self.age_after(elapsed)).filter(|left| !left.is_zero())
    }

    /// Whether it may be served at once, while it is asked for anew: fresh, or stale for less than the window
    /// that the origin gave.
    #[must_use]
    pub fn may_serve_while_revalidating(&self, elapsed: Duration) -> bool {
        self.is_within(self.while_revalidating, elapsed)
    }

    /// Whether it may be served although the origin cannot confirm it: fresh, or stale for less than the
    /// origin, or else the operator, allows.
    #[must_use]
    pub fn may_serve_on_error(&self, elapsed: Duration) -> bool {
        self.is_within(self.if_error, elapsed)
    }

    fn is_within(&self, window: Duration, elapsed: Duration) -> bool {
        self.age_after(elapsed) < self.lifetime.saturating_add(window)
    }
}

/// The answer may be stored and shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storable(pub Freshness);

/// Why an answer may not be stored. Such an answer is never relayed either, unless a route says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unstorable {
    /// `no-store`.
    NoStore,
    /// `private`, with or without a list of fields.
    Private,
    /// `Vary` on `Cookie`, `Authorization` or `*`.
    VariesByVisitor,
    /// `must-understand`, with a status that this cache does not (RFC 9111 §5.2.2.3).
    NotUnderstood,
    /// A status that no cache keeps, or that makes no sense for this request.
    Status,
    /// A server error for which the origin gives no time: a stale copy is worth more, if there is one
    /// (RFC 9111 §4.3.3).
    Failed,
}

/// Judges an answer by its status, its fields and its times (RFC 9111 §3, §4.2).
///
/// An answer that a cache may not keep because nothing makes it storable, and that holds nothing of a visitor,
/// is [`Freshness::once`]: those who wait for it get it, and nobody later.
///
/// # Errors
/// [`Unstorable`] with the reason.
pub fn judge(answer: &Received<'_>, rules: &Rules) -> Result<Storable, Unstorable> {
    let kind = status::kind(answer.status);
    if kind == status::Kind::Refused {
        return Err(Unstorable::Status);
    }
    let date = dates::single(answer.headers, &DATE, answer.clock).unwrap_or(answer.clock);
    let age = age::initial(answer, date);
    if let Some(own) = rules.own {
        return match kind {
            status::Kind::ServerError => Err(Unstorable::Failed),
            _ => Ok(Storable(of_route(own, age, rules))),
        };
    }
    let (directives, targeted) = Directives::of(answer.headers);
    may_be_shared(answer, &directives)?;
    let read = Lifetime { answer, directives: &directives, targeted, date };
    let explicit = read.explicit();
    let lifetime = explicit.unwrap_or_else(|| read.implied(rules)).min(LONGEST);
    if kind == status::Kind::ServerError && lifetime <= age {
        return Err(Unstorable::Failed);
    }
    // RFC 9111 §3: something has to say that it may be stored.
    if explicit.is_none() && !directives.public && !status::is_heuristically_cacheable(answer.status) {
        return Ok(Storable(Freshness { age, ..Freshness::once() }));
    }
    Ok(Storable(windows(&directives, lifetime, age, rules)))
}

/// The route's own freshness counts from now, however old the answer was.
fn of_route(own: Duration, age: Duration, rules: &Rules) -> Freshness {
    Freshness {
        lifetime: own.min(LONGEST).saturating_add(age),
        age,
        while_revalidating: Duration::ZERO,
        if_error: rules.stale_if_error.min(LONGEST),
        once: false,
    }
}

/// Whether everybody may get the same answer.
fn may_be_shared(answer: &Received<'_>, directives: &Directives) -> Result<(), Unstorable> {
    if directives.must_understand && !status::is_understood(answer.status) {
        return Err(Unstorable::NotUnderstood);
    }
    // RFC 9111 §5.2.2.3: `no-store` is there for caches that do not know `must-understand`.
    if directives.no_store && !directives.must_understand {
        return Err(Unstorable::NoStore);
    }
    if directives.private {
        return Err(Unstorable::Private);
    }
    if vary::varies_by_visitor(answer.headers) {
        return Err(Unstorable::VariesByVisitor);
    }
    Ok(())
}

/// How long it may be served beyond its lifetime. `must-revalidate`, `proxy-revalidate`, `no-cache` and
/// `s-maxage` forbid it, whatever else stands there (RFC 9111 §4.2.4, §5.2.2.10). An origin that wants both
/// writes `CDN-Cache-Control: max-age=…, stale-while-revalidate=…`.
fn windows(directives: &Directives, lifetime: Duration, age: Duration, rules: &Rules) -> Freshness {
    let (while_revalidating, if_error) = if directives.forbids_stale() {
        (Duration::ZERO, Duration::ZERO)
    } else {
        let if_error = directives.stale_if_error.unwrap_or(rules.stale_if_error);
        (directives.stale_while_revalidate.unwrap_or_default(), if_error.min(LONGEST))
    };
    Freshness { lifetime, age, while_revalidating, if_error, once: false }
}

/// Whether the origin forbids to transform the content (RFC 9111 §5.2.2.6): to compress it, say.
#[must_use]
pub fn forbids_transforming(headers: &HeaderMap) -> bool {
    Directives::of(headers).0.no_transform || Directives::of_cache_control(headers).no_transform
}

#[cfg(test)]
mod tests;
