//! For how long an answer is fresh, counted from when the origin made it (RFC 9111 §4.2.1, §4.2.2).

use std::time::{Duration, SystemTime};

use http::StatusCode;
use http::header::{EXPIRES, LAST_MODIFIED};

use super::directives::Directives;
use super::{Received, Rules, dates, status};

/// What tells a lifetime.
pub(super) struct Lifetime<'a> {
    pub(super) answer: &'a Received<'a>,
    pub(super) directives: &'a Directives,
    /// The directives are of `CDN-Cache-Control`, which replaces `Expires` too (RFC 9213 §2.2).
    pub(super) targeted: bool,
    /// When the origin made the answer.
    pub(super) date: SystemTime,
}

impl Lifetime<'_> {
    /// What the origin says: `s-maxage`, `max-age` or `Expires`, in this order; zero where it says so in a way
    /// that cannot be read. `None` where it says nothing.
    pub(super) fn explicit(&self) -> Option<Duration> {
        let Directives { s_maxage, max_age, no_cache, malformed, .. } = self.directives;
        let said = s_maxage.or(*max_age).or_else(|| self.until_expires());
        if *no_cache || *malformed { said.map(|_| Duration::ZERO) } else { said }
    }

    /// What is taken where the origin says nothing.
    pub(super) fn implied(&self, rules: &Rules) -> Duration {
        let Directives { no_cache, malformed, public, .. } = self.directives;
        let status = self.answer.status;
        if *no_cache || *malformed || !(*public || status::is_heuristically_cacheable(status)) {
            return Duration::ZERO;
        }
        if self.answer.headers.contains_key(LAST_MODIFIED) {
            return self.since_modified().map_or(Duration::ZERO, |since| {
                let share = since.as_secs_f64() * rules.heuristic.share;
                Duration::try_from_secs_f64(share).unwrap_or_default().min(rules.heuristic.most)
            });
        }
        if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            rules.negative
        } else {
            Duration::ZERO
        }
    }

    /// A field that is no date, or stands there more than once, means the past (RFC 9111 §5.3, §4.2.1).
    fn until_expires(&self) -> Option<Duration> {
        if self.targeted || !self.answer.headers.contains_key(EXPIRES) {
            return None;
        }
        let expires = dates::single(self.answer.headers, &EXPIRES, self.answer.clock);
        Some(expires.and_then(|at| at.duration_since(self.date).ok()).unwrap_or_default())
    }

    fn since_modified(&self) -> Option<Duration> {
        let modified = dates::single(self.answer.headers, &LAST_MODIFIED, self.answer.clock)?;
        self.date.duration_since(modified).ok()
    }
}
