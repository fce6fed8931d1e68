//! Dates in fields (RFC 9110 §5.6.7): three formats, nothing else.
//!
//! Case is ignored, since recipients are encouraged to be robust; everything else that is not as written there
//! is no date. The day of the week says nothing that the date does not, and is not compared with it.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The date of a field that stands there once; `None` without it, and where it is no date.
pub(super) fn single(headers: &HeaderMap, name: &HeaderName, now: SystemTime) -> Option<SystemTime> {
    let mut lines = headers.get_all(name).iter();
    let (line, others) = (lines.next()?, lines.next());
    if others.is_some() {
        return None;
    }
    parse(line.to_str().ok()?, now)
}

/// A date in any of the three formats; `now` tells the century of a year of two digits.
pub(super) fn parse(text: &str, now: SystemTime) -> Option<SystemTime> {
    let text = text.to_ascii_lowercase();
    let civil = fixdate(&text).or_else(|| rfc_850(&text, now)).or_else(|| asctime(&text))?;
    // Nothing on the web was made, or expires, before 1970.
    let seconds = u64::try_from(TimeZone::UTC.to_timestamp(civil).ok()?.as_second()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn fixdate(text: &str) -> Option<DateTime> {
    let (weekday, rest) = text.split_once(", ")?;
    let mut parts = rest.strip_suffix(" gmt")?.split(' ');
    let (day, month, year, time) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let known = parts.next().is_none() && is_short_day(weekday);
    date(number(year, 4)?, month, number(day, 2)?, time).filter(|_| known)
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`
fn rfc_850(text: &str, now: SystemTime) -> Option<DateTime> {
    let (weekday, rest) = text.split_once(", ")?;
    let (day_month_year, time) = rest.strip_suffix(" gmt")?.split_once(' ')?;
    let mut parts = day_month_year.split('-');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let known = parts.next().is_none() && DAYS.contains(&weekday);
    date(with_century(number(year, 2)?, now)?, month, number(day, 2)?, time).filter(|_| known)
}

/// `Sun Nov  6 08:49:37 1994`
fn asctime(text: &str) -> Option<DateTime> {
    let (weekday, rest) = text.split_once(' ')?;
    let (month, rest) = rest.split_once(' ')?;
    let (day, rest) = rest.split_at_checked(2)?;
    let day = day.strip_prefix(' ').map_or_else(|| number(day, 2), |day| number(day, 1));
    let (time, year) = rest.strip_prefix(' ')?.split_once(' ')?;
    date(number(year, 4)?, month, day?, time).filter(|_| is_short_day(weekday))
}

fn is_short_day(text: &str) -> bool {
    text.len() == 3 && DAYS.iter().any(|day| day.starts_with(text))
}

fn date(year: i16, month: &str, day: i16, time: &str) -> Option<DateTime> {
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let mut parts = time.split(':');
    let mut part = || number(parts.next()?, 2);
    let (hour, minute, second) = (part()?, part()?, part()?);
    if parts.next().is_some() {
        return None;
    }
    // A leap second is a date too (RFC 9110 §5.6.7), and counts as the second before.
    let second = if second == 60 { 59 } else { second };
    let small = |number: i16| i8::try_from(number).ok();
    let month = i8::try_from(month).ok()?;
    DateTime::new(year, month, small(day)?, small(hour)?, small(minute)?, small(second)?, 0).ok()
}

/// A number of exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i16> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// More than 50 years in the future is the most recent such year in the past (RFC 9110 §5.6.7).
fn with_century(year: i16, now: SystemTime) -> Option<i16> {
    let this = TimeZone::UTC.to_datetime(Timestamp::try_from(now).ok()?).year();
    let year = this - this % 100 + year;
    Some(if year > this + 50 { year - 100 } else { year })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> SystemTime {
        httpdate::parse_http_date("Mon, 30 Nov 2026 12:00:00 GMT").unwrap()
    }

    /// The same moment by another reader, from the one format that both read alike.
    fn is(text: &str, same: &str) -> bool {
        parse(text, now()) == Some(httpdate::parse_http_date(same).unwrap())
    }

    #[test]
    fn three_formats_are_read() {
        let same = "Sun, 06 Nov 1994 08:49:37 GMT";
        for text in [
            same,
            "SUN, 06 NOV 1994 08:49:37 gMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun Nov 06 08:49:37 1994",
        ] {
            assert!(is(text, same), "{text}");
        }
        assert!(is("Sun, 06 Nov 1994 08:49:60 GMT", "Sun, 06 Nov 1994 08:49:59 GMT"));
        assert!(is("Thursday, 18-Aug-50 02:01:18 GMT", "Thu, 18 Aug 2050 02:01:18 GMT"));
        assert!(is("Saturday, 18-Aug-76 02:01:18 GMT", "Tue, 18 Aug 2076 02:01:18 GMT"));
        assert!(is("Saturday, 18-Aug-77 02:01:18 GMT", "Thu, 18 Aug 1977 02:01:18 GMT"));
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            "",
            "0",
            "-1",
            "Thu, 18 Aug 50 02:01:18 GMT",
            "Thu 18 Aug 2050 02:01:18 GMT",
            "Thu, 18  Aug  2050 02:01:18 GMT",
            "Thu,  18 Aug 2050 02:01:18 GMT",
            "Thu, 18-Aug-2050 02:01:18 GMT",
            "Thu, 18-Aug-50 02:01:18 GMT",
            "Thursday, 18 Aug 2050 02:01:18 GMT",
            "Thursday, 18-Aug-2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 02.01.18 GMT",
            "Thu, 18 Aug 2050 2:01:18 GMT",
            "Thu, 18 Aug 2050 02:01:18 UTC",
            "Thu, 18 Aug 2050 02:01:18 AEST",
            "Thu, 18 Aug 2050 02:01:18 +0000",
            "Thu, 18 Aug 2050 02:01:18",
            "Thu, 18 Aug 2050 02:01:18 GMT GMT",
            "Thu, 18 Aug 2050 02:01 GMT",
            "Thu, 18 Aug 2050 02:01:18:00 GMT",
            "Thu, 18 Aug 2050 24:00:00 GMT",
            "Thu, 31 Feb 2050 02:01:18 GMT",
            "Thu, +8 Aug 2050 02:01:18 GMT",
            "Xyz, 18 Aug 2050 02:01:18 GMT",
            "Thu Aug 8 02:01:18 2050",
            "Thu Aug  8 02:01:18 2050 GMT",
            "Thu Aug  8 02:01:18 50",
        ] {
            assert_eq!(parse(text, now()), None, "{text}");
        }
    }

    #[test]
    fn a_field_that_stands_twice_is_no_date() {
        let name = http::header::EXPIRES;
        let date = http::HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT");
        let mut headers = HeaderMap::from_iter([(name.clone(), date.clone())]);
        assert!(single(&headers, &name, now()).is_some());
        headers.append(name.clone(), date);
        assert_eq!(single(&headers, &name, now()), None);
    }

    proptest! {
        #[test]
        fn what_others_write_is_read(seconds in 0u64..253_402_300_799) {
            let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            prop_assert_eq!(parse(&httpdate::fmt_http_date(moment), now()), Some(moment));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = parse(&text, now());
        }

        #[test]
        fn nothing_near_a_date_makes_it_panic(text in "[A-Za-z]{3,9},? [0-9 -]{1,3}[A-Za-z]{3}[0-9 -]{1,5} [0-9:]{0,9}( GMT)?") {
            let _ = parse(&text, now());
        }
    }
}
