//! The canary fetch. A route with its own `freshness` stores what the origin would not have stored,
//! on the operator's word that it is the same for everyone. So whenever such a page comes from the
//! origin it is fetched once more, at once; if the two differ, it depends on more than the variant,
//! and nobody is shown it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use http::StatusCode;
use regex_lite::{Regex, RegexBuilder};

use crate::parts::BuildError;

/// How long a route whose pages differ shows none of them.
const QUARANTINE: Duration = Duration::from_secs(10 * 60);
/// What a compiled pattern may take.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// What a route that is watched knows of its pages.
pub(crate) struct Canary {
    /// Parts that may differ from fetch to fetch: a nonce, a clock.
    volatile: Vec<Regex>,
    began: Instant,
    /// Seconds from `began` until which the route is quarantined; 0 when it never was.
    until: AtomicU64,
}

impl Canary {
    pub(crate) fn new(volatile: &[String]) -> Result<Self, BuildError> {
        let compile = |pattern: &String| {
            RegexBuilder::new(pattern)
                .size_limit(MAX_REGEX_BYTES)
                .build()
                .map_err(|cause| BuildError::Volatile { pattern: pattern.clone(), cause: cause.to_string() })
        };
        let volatile = volatile.iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Self { volatile, began: Instant::now(), until: AtomicU64::new(0) })
    }

    /// Whether two answers are the same page, but for what may differ.
    pub(crate) fn same(&self, one: (StatusCode, &[u8]), other: (StatusCode, &[u8])) -> bool {
        if one == other {
            return true;
        }
        match (std::str::from_utf8(one.1), std::str::from_utf8(other.1)) {
            (Ok(first), Ok(second)) if one.0 == other.0 => self.lasting(first) == self.lasting(second),
            _ => false,
        }
    }

    fn lasting(&self, page: &str) -> String {
        self.volatile.iter().fold(page.to_owned(), |page, part| part.replace_all(&page, "").into_owned())
    }

    pub(crate) fn quarantine(&self) {
        let until = self.began.elapsed() + QUARANTINE;
        self.until.store(until.as_secs(), Relaxed);
    }

    pub(crate) fn is_quarantined(&self) -> bool {
        match self.until.load(Relaxed) {
            0 => false,
            until => self.began.elapsed().as_secs() < until,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_compared_without_what_may_differ() {
        let canary = Canary::new(&["nonce=\"[a-z]+\"".to_owned(), "at [0-9:]+".to_owned()]).unwrap();
        let same = |one: &str, other: &str| {
            canary.same((StatusCode::OK, one.as_bytes()), (StatusCode::OK, other.as_bytes()))
        };
        assert!(same("a", "a"));
        assert!(same("<p nonce=\"a\">at 12:01</p>", "<p nonce=\"bc\">at 12:02</p>"));
        assert!(!same("<p nonce=\"a\">Marie</p>", "<p nonce=\"a\">Jonas</p>"));
        assert!(!canary.same((StatusCode::OK, b"a"), (StatusCode::NOT_FOUND, b"a")));
        assert!(canary.same((StatusCode::OK, b"\xff"), (StatusCode::OK, b"\xff")));
        assert!(!canary.same((StatusCode::OK, b"\xff"), (StatusCode::OK, b"\xfe")));
        assert!(Canary::new(&["(".to_owned()]).is_err());
    }

    #[test]
    fn a_quarantine_begins_when_it_is_told() {
        let canary = Canary::new(&[]).unwrap();
        assert!(!canary.is_quarantined());
        canary.quarantine();
        assert!(canary.is_quarantined());
    }
}
