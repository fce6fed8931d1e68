//! How old an answer was when it arrived (RFC 9111 §4.2.3).

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::AGE;

use super::Received;

/// No age is counted beyond this: 2^31 seconds (RFC 9111 §1.2.2).
const OLDEST: Duration = Duration::from_secs(1 << 31);

/// `corrected_initial_age`: what the clocks say, or what caches behind us say and the time that the answer was
/// on its way, whichever is more.
pub(super) fn initial(answer: &Received<'_>, date: SystemTime) -> Duration {
    let apparent = whole_seconds(answer.clock).duration_since(date).unwrap_or_default();
    let delay = answer.received.saturating_duration_since(answer.requested);
    apparent.max(told(answer.headers).saturating_add(delay)).min(OLDEST)
}

/// `Date` has no fractions, so that a clock with fractions would find every answer older than it is.
fn whole_seconds(clock: SystemTime) -> SystemTime {
    let since = clock.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

/// `Age`: the first member of the first line, and nothing where that is no number (RFC 9111 §5.1).
fn told(headers: &HeaderMap) -> Duration {
    let line = headers.get(AGE).map(http::HeaderValue::as_bytes).unwrap_or_default();
    let member = line.split(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
    if member.is_empty() || !member.iter().all(u8::is_ascii_digit) {
        return Duration::ZERO;
    }
    let text = std::str::from_utf8(member).unwrap_or_default();
    text.parse().map_or(OLDEST, Duration::from_secs).min(OLDEST)
}
