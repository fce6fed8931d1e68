//! The canary fetch: a page that is shown to everyone is fetched more than once, to see whether it
//! depends on more than what was asked. If it does, its route is quarantined and the operator told.
//!
//! *At once* where the operator's `freshness` overrules the origin: there nobody but the operator
//! says that the page is for everyone, so nobody is shown it before the second fetch agrees.
//! *Again later* on those routes and on every personalized one (see `recheck.rs`). What an answer
//! consists of for visitors is compared: status, the fields that they are sent, and the body.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cloakroom_variants::{Page, PageKey};
use http::{HeaderMap, StatusCode};
use regex_lite::{Regex, RegexBuilder};

use crate::parts::BuildError;
use crate::route::{DistinctPaths, Route};

/// How long a route whose pages differ shows none of them.
const QUARANTINE: Duration = Duration::from_secs(10 * 60);
/// Answers of together so many bytes are compared where the task stands.
const INLINE_COMPARISON: usize = 128 * 1024;
/// What a compiled pattern may take.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// What a route that is watched knows of its pages.
pub(crate) struct Canary {
    /// Parts that may differ from fetch to fetch: a nonce, a clock.
    volatile: Vec<Regex>,
    /// Pages that were looked at again, or are about to be, in this epoch.
    rechecked: DistinctPaths,
    began: Instant,
    /// Milliseconds from `began` at which the route was last quarantined; 0 when it never was.
    struck: AtomicU64,
}

/// What visitors are sent of an answer.
pub(crate) struct Sent {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl From<&Page> for Sent {
    fn from(page: &Page) -> Self {
        Self { status: page.status(), headers: page.headers().clone(), body: page.body().clone() }
    }
}

/// Whether two answers on a route are two pages. Long ones are compared on the blocking pool, since
/// patterns take their time.
pub(crate) async fn differ(route: &Arc<Route>, one: Sent, other: Sent) -> bool {
    let differs = |route: &Route, one: &Sent, other: &Sent| {
        route.canary.as_ref().is_some_and(|canary| !canary.same(one, other))
    };
    if one.body == other.body || one.body.len() + other.body.len() <= INLINE_COMPARISON {
        return differs(route, &one, &other);
    }
    let route = Arc::clone(route);
    let comparing = tokio::task::spawn_blocking(move || differs(&route, &one, &other));
    comparing.await.unwrap_or(true)
}

impl Canary {
    /// Watches pages of which `volatile` may differ; at most `most` are looked at again in an epoch.
    pub(crate) fn new(volatile: &[String], most: usize) -> Result<Self, BuildError> {
        let compile = |pattern: &String| {
            RegexBuilder::new(pattern)
                .size_limit(MAX_REGEX_BYTES)
                .build()
                .map_err(|cause| BuildError::Volatile { pattern: pattern.clone(), cause: cause.to_string() })
        };
        let volatile = volatile.iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Self {
            volatile,
            rechecked: DistinctPaths::new(most),
            began: Instant::now(),
            struck: AtomicU64::new(0),
        })
    }

    /// Whether two answers are the same page, but for what may differ.
    pub(crate) fn same(&self, one: &Sent, other: &Sent) -> bool {
        one.status == other.status
            && self.same_fields(&one.headers, &other.headers)
            && self.same_bytes(&one.body, &other.body)
    }

    fn same_fields(&self, one: &HeaderMap, other: &HeaderMap) -> bool {
        one.len() == other.len()
            && one.keys().all(|name| {
                let (first, second) = (one.get_all(name), other.get_all(name));
                first.iter().count() == second.iter().count()
                    && first
                        .iter()
                        .zip(second.iter())
                        .all(|(first, second)| self.same_bytes(first.as_bytes(), second.as_bytes()))
            })
    }

    fn same_bytes(&self, one: &[u8], other: &[u8]) -> bool {
        if one == other || self.volatile.is_empty() {
            return one == other;
        }
        match (std::str::from_utf8(one), std::str::from_utf8(other)) {
            (Ok(first), Ok(second)) => self.lasting(first) == self.lasting(second),
            _ => false,
        }
    }

    fn lasting(&self, page: &str) -> String {
        self.volatile.iter().fold(page.to_owned(), |page, part| part.replace_all(&page, "").into_owned())
    }

    /// Whether a page has to be looked at again in this epoch; once for each.
    pub(crate) fn takes(&self, key: &PageKey) -> bool {
        self.rechecked.is_first(key)
    }

    /// Forgets which pages were looked at again, at the end of an epoch.
    pub(crate) fn forget(&self) {
        self.rechecked.forget();
    }

    /// Takes the route out of service. Whatever was stored until now is in doubt, and is not shown
    /// when the quarantine is over either.
    pub(crate) fn quarantine(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.struck.store(now.max(1), Relaxed);
        self.rechecked.forget();
    }

    pub(crate) fn is_quarantined(&self) -> bool {
        self.struck().is_some_and(|struck| struck.elapsed() < QUARANTINE)
    }

    /// Whether what arrived then is in doubt.
    pub(crate) fn doubts(&self, arrived: Instant) -> bool {
        self.struck().is_some_and(|struck| arrived <= struck)
    }

    fn struck(&self) -> Option<Instant> {
        match self.struck.load(Relaxed) {
            0 => None,
            millis => Some(self.began + Duration::from_millis(millis)),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::{CONTENT_SECURITY_POLICY, LOCATION};
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn canary(volatile: &[&str]) -> Canary {
        Canary::new(&volatile.iter().map(|&text| text.to_owned()).collect::<Vec<_>>(), 9).unwrap()
    }

    fn same(canary: &Canary, one: (u16, &'static [u8]), other: (u16, &'static [u8])) -> bool {
        let shown = |(status, body)| Sent {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body),
        };
        canary.same(&shown(one), &shown(other))
    }

    #[test]
    fn pages_are_compared_without_what_may_differ() {
        let canary = canary(&["nonce=\"[a-z]+\"", "at [0-9:]+"]);
        let alike = |one: &'static str, other: &'static str| {
            same(&canary, (200, one.as_bytes()), (200, other.as_bytes()))
        };
        assert!(alike("a", "a"));
        assert!(alike("<p nonce=\"a\">at 12:01</p>", "<p nonce=\"bc\">at 12:02</p>"));
        assert!(!alike("<p nonce=\"a\">Marie</p>", "<p nonce=\"a\">Jonas</p>"));
        assert!(!same(&canary, (200, b"a"), (404, b"a")));
        assert!(same(&canary, (200, b"\xff"), (200, b"\xff")));
        assert!(!same(&canary, (200, b"\xff"), (200, b"\xfe")));
        assert!(Canary::new(&["(".to_owned()], 9).is_err());
    }

    #[test]
    fn fields_are_compared_too() {
        let canary = canary(&["nonce-[a-z]+"]);
        let shown = |headers| Sent { status: StatusCode::FOUND, headers, body: Bytes::new() };
        let alike = |name: HeaderName, one: &'static str, other: &'static str| {
            let map = |value| HeaderMap::from_iter([(name.clone(), HeaderValue::from_static(value))]);
            canary.same(&shown(map(one)), &shown(map(other)))
        };
        assert!(!alike(LOCATION, "/a;session=1", "/a;session=2"));
        assert!(alike(CONTENT_SECURITY_POLICY, "script-src 'nonce-a'", "script-src 'nonce-b'"));
        let (one, none) =
            (HeaderMap::from_iter([(LOCATION, HeaderValue::from_static("/"))]), HeaderMap::new());
        assert!(!canary.same(&shown(one), &shown(none)));
    }

    #[test]
    fn a_quarantine_begins_when_it_is_told_and_doubts_what_was_before() {
        let canary = canary(&[]);
        let before = Instant::now();
        assert!(!canary.is_quarantined() && !canary.doubts(before));
        std::thread::sleep(Duration::from_millis(5));
        canary.quarantine();
        assert!(canary.is_quarantined());
        assert!(canary.doubts(before));
        std::thread::sleep(Duration::from_millis(5));
        assert!(!canary.doubts(Instant::now()));
    }
}
