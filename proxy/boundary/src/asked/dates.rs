//! Dates as validators (RFC 9110 §8.8.2, §13.1.3, §13.1.5; RFC 9111 §4.3.2).

use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderValue;

/// A moment as HTTP tells it: whole seconds since the beginning of 1970. What is earlier counts as that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct HttpDate(u64);

impl HttpDate {
    /// The date in a field of an origin's, in any of the three formats (RFC 9110 §5.6.7); `None` for what is
    /// none.
    #[must_use]
    pub fn of_origin(field: &HeaderValue) -> Option<Self> {
        Self::parse(field.as_bytes())
    }

    /// The second that a moment is in.
    #[must_use]
    pub fn at(time: SystemTime) -> Self {
        Self(time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }

    pub(super) fn parse(field: &[u8]) -> Option<Self> {
        httpdate::parse_http_date(std::str::from_utf8(field).ok()?).ok().map(Self::at)
    }
}

/// When a stored answer was made, where that is a validator.
#[derive(Clone, Copy, Debug)]
pub struct Dates {
    /// The `Last-Modified` that visitors are sent with it.
    pub last_modified: Option<HttpDate>,
    /// Its `Date`, or, where the origin sent none, when it was received (RFC 9110 §6.6.1).
    pub date: HttpDate,
}

impl Dates {
    /// Whether a client that has what there was at `since` has this. Without `Last-Modified`, `Date` stands
    /// in for it (RFC 9111 §4.3.2).
    pub(super) fn is_unmodified(&self, since: HttpDate) -> bool {
        self.last_modified.unwrap_or(self.date) <= since
    }

    /// Whether `at` is this answer's `Last-Modified`, exactly, and strong: a second or more before `Date`, so
    /// that there was no later change in the same second (RFC 9110 §8.8.2.2, §13.1.5).
    pub(super) fn is_strongly(&self, at: HttpDate) -> bool {
        self.last_modified == Some(at) && at < self.date
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// RFC 9110 §5.6.7's example.
    const EXAMPLE: u64 = 784_111_777;

    #[test]
    fn the_three_formats_of_rfc_9110_5_6_7_are_one_date() {
        for field in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(HttpDate::parse(field.as_bytes()), Some(HttpDate(EXAMPLE)), "{field}");
            assert_eq!(HttpDate::of_origin(&HeaderValue::from_static(field)), Some(HttpDate(EXAMPLE)));
        }
        for field in [
            "",
            "0",
            "784111777",
            "06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(HttpDate::parse(field.as_bytes()), None, "{field}");
        }
        assert_eq!(HttpDate::parse(b"\xff\xfe"), None);
    }

    #[test]
    fn a_date_is_the_second_that_a_moment_is_in() {
        assert_eq!(HttpDate::at(UNIX_EPOCH + Duration::from_millis(1_999)), HttpDate(1));
        assert_eq!(HttpDate::at(UNIX_EPOCH - Duration::from_secs(5)), HttpDate(0));
    }

    #[test]
    fn date_stands_in_for_a_missing_last_modified_as_rfc_9111_4_3_2_says() {
        let with = |last_modified: Option<u64>| Dates {
            last_modified: last_modified.map(HttpDate),
            date: HttpDate(EXAMPLE + 100),
        };
        for (dates, since, unmodified) in [
            (with(Some(EXAMPLE)), EXAMPLE - 1, false),
            (with(Some(EXAMPLE)), EXAMPLE, true),
            (with(Some(EXAMPLE)), EXAMPLE + 1, true),
            (with(None), EXAMPLE + 99, false),
            (with(None), EXAMPLE + 100, true),
        ] {
            assert_eq!(dates.is_unmodified(HttpDate(since)), unmodified, "{dates:?} {since}");
        }
    }

    #[test]
    fn a_date_is_strong_a_second_before_it_was_sent_as_rfc_9110_8_8_2_2_says() {
        let made = |ago: u64| Dates { last_modified: Some(HttpDate(EXAMPLE)), date: HttpDate(EXAMPLE + ago) };
        assert!(made(1).is_strongly(HttpDate(EXAMPLE)));
        assert!(!made(0).is_strongly(HttpDate(EXAMPLE)));
        assert!(!made(1).is_strongly(HttpDate(EXAMPLE + 1)));
        assert!(!made(1).is_strongly(HttpDate(EXAMPLE - 1)));
        let unknown = Dates { last_modified: None, date: HttpDate(EXAMPLE) };
        assert!(!unknown.is_strongly(HttpDate(EXAMPLE)));
    }
}
