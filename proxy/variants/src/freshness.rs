//! Whether an answer may be stored, and for how long it is fresh (RFC 9111 §3, §4.2).

use std::time::{Duration, SystemTime};

use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, VARY};
use http::{HeaderMap, HeaderName, StatusCode};

/// The fields by which an origin speaks to caches; all that [`judge`] reads.
pub const CACHING: [HeaderName; 5] = [CACHE_CONTROL, EXPIRES, DATE, AGE, VARY];

/// The longest time that anything is taken to be fresh, whatever the origin says: a year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3_600);

/// How long an answer may be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Freshness lifetime that is left when the answer arrives.
    pub fresh_for: Duration,
    /// The age that the answer already had when it arrived.
    pub age: Duration,
    /// For so long after that it may be served while the origin is asked (RFC 5861 §3).
    pub while_revalidating: Duration,
    /// For so long after that it may be served if the origin fails (RFC 5861 §4).
    pub if_error: Duration,
}

impl Freshness {
    /// Fresh for nobody but those who are waiting for it now, and never served again.
    #[must_use]
    pub fn once() -> Self {
        Self { fresh_for: Duration::ZERO, age: Duration::ZERO, while_revalidating: Duration::ZERO, if_error: Duration::ZERO }
    }
}

/// The answer may be stored and shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storable(pub Freshness);

/// Why an answer may not be stored. Such an answer is never relayed either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unstorable {
    /// `Cache-Control: no-store`.
    NoStore,
    /// `Cache-Control: private`.
    Private,
    /// `Vary` on `Cookie`, `Authorization` or `*`.
    VariesByVisitor,
    /// A server error, or a status that makes no sense for this request.
    Status,
}

/// Judges an answer by its status and header fields. `own` is the route's own freshness, which
/// overrules the origin's word but never its failure.
///
/// # Errors
/// [`Unstorable`] with the reason.
pub fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    own: Option<Duration>,
    now: SystemTime,
) -> Result<Storable, Unstorable> {
    let usable = match status.as_u16() {
        200 | 203 | 204 | 300..=303 | 307 | 308 => true,
        // Answers to a request that says nothing about anyone are the same for everyone.
        400..=499 => !matches!(status.as_u16(), 401 | 407 | 408 | 421 | 425 | 429),
        _ => false,
    };
    if !usable {
        return Err(Unstorable::Status);
    }
    if let Some(fresh_for) = own {
        let fresh_for = fresh_for.min(LONGEST);
        return Ok(Storable(Freshness { fresh_for, age: Duration::ZERO, while_revalidating: Duration::ZERO, if_error: LONGEST }));
    }
    let directives = Directives::read(headers);
    if directives.no_store {
        return Err(Unstorable::NoStore);
    }
    if directives.private {
        return Err(Unstorable::Private);
    }
    if varies_by_visitor(headers) {
        return Err(Unstorable::VariesByVisitor);
    }
    let date = date_of(headers, DATE).unwrap_or(now);
    let age = seconds(headers.get(AGE).and_then(|v| v.to_str().ok()).unwrap_or("0"))
        .unwrap_or(LONGEST)
        .max(now.duration_since(date).unwrap_or_default());
    let lifetime = if directives.no_cache {
        Duration::ZERO
    } else {
        directives.s_maxage.or(directives.max_age).unwrap_or_else(|| {
            // An Expires that is not a date means "already expired" (RFC 9111 §5.3).
            let expires = headers.get(EXPIRES).map(|_| date_of(headers, EXPIRES).unwrap_or(date));
            expires.and_then(|at| at.duration_since(date).ok()).unwrap_or_default()
        })
    };
    Ok(Storable(Freshness {
        fresh_for: lifetime.min(LONGEST).saturating_sub(age),
        age,
        while_revalidating: Duration::ZERO,
        if_error: if directives.must_revalidate { Duration::ZERO } else { LONGEST },
    }))
}

#[derive(Default)]
struct Directives {
    no_store: bool,
    private: bool,
    no_cache: bool,
    must_revalidate: bool,
    max_age: Option<Duration>,
    s_maxage: Option<Duration>,
}

impl Directives {
    /// Reads all `Cache-Control` lines. A value that is no number means "not fresh at all"
    /// (RFC 9111 §4.2.1 encourages it); of a repeated directive the smaller value counts.
    fn read(headers: &HeaderMap) -> Self {
        let mut read = Self::default();
        for line in headers.get_all(CACHE_CONTROL) {
            let Ok(line) = line.to_str() else {
                // What cannot be read may have said `private`.
                read.private = true;
                continue;
            };
            for directive in split_outside_quotes(line) {
                let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
                let lifetime = || Some(seconds(value.trim().trim_matches('"')).unwrap_or(Duration::ZERO));
                match name.trim().to_ascii_lowercase().as_str() {
                    "no-store" => read.no_store = true,
                    "private" => read.private = true,
                    "no-cache" => read.no_cache = true,
                    "must-revalidate" | "proxy-revalidate" => read.must_revalidate = true,
                    "max-age" => read.max_age = smaller(read.max_age, lifetime()),
                    "s-maxage" => {
                        // s-maxage implies proxy-revalidate (RFC 9111 §5.2.2.10).
                        read.must_revalidate = true;
                        read.s_maxage = smaller(read.s_maxage, lifetime());
                    }
                    _ => {}
                }
            }
        }
        read
    }
}

fn smaller(known: Option<Duration>, new: Option<Duration>) -> Option<Duration> {
    match (known, new) {
        (Some(known), Some(new)) => Some(known.min(new)),
        (known, new) => known.or(new),
    }
}

/// Splits a list at its commas, leaving quoted strings whole (`private="set-cookie, x"`).
fn split_outside_quotes(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(str::trim)
}

/// `delta-seconds` (RFC 9111 §1.2.2): digits only; too large a number counts as the longest time.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().map_or(LONGEST, Duration::from_secs))
}

fn date_of(headers: &HeaderMap, name: http::HeaderName) -> Option<SystemTime> {
    headers.get(name)?.to_str().ok().and_then(|text| httpdate::parse_http_date(text).ok())
}

/// Vary is judged against the canonical request, in which every other field is constant.
fn varies_by_visitor(headers: &HeaderMap) -> bool {
    headers.get_all(VARY).iter().any(|line| {
        line.to_str().map_or(true, |line| {
            line.split(',').any(|name| {
                matches!(name.trim().to_ascii_lowercase().as_str(), "*" | "cookie" | "authorization")
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn judged(fields: &[(&'static str, &str)]) -> Result<u64, Unstorable> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        judge(StatusCode::OK, &headers, None, SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000))
            .map(|Storable(f)| f.fresh_for.as_secs())
    }

    #[test]
    fn lifetimes_follow_rfc_9111_4_2_1() {
        let cases: &[(&[(&'static str, &str)], u64)] = &[
            (&[("cache-control", "max-age=60")], 60),
            (&[("cache-control", "max-age=60, s-maxage=10")], 10),
            (&[("cache-control", "public, max-age=\"60\"")], 60),
            (&[("cache-control", "max-age=60"), ("cache-control", "max-age=30")], 30),
            (&[("cache-control", "max-age=sixty")], 0),
            (&[("cache-control", "max-age=-1")], 0),
            (&[("cache-control", "max-age=60"), ("age", "20")], 40),
            (&[("cache-control", "no-cache, max-age=60")], 0),
            (&[("cache-control", "max-age=99999999999999999999")], LONGEST.as_secs()),
            (&[("expires", "0")], 0),
            (&[], 0),
        ];
        for (fields, expected) in cases {
            assert_eq!(judged(fields), Ok(*expected), "{fields:?}");
        }
    }

    #[test]
    fn what_is_made_for_one_visitor_is_not_stored() {
        let cases: &[(&[(&'static str, &str)], Unstorable)] = &[
            (&[("cache-control", "no-store")], Unstorable::NoStore),
            (&[("cache-control", "Private, max-age=60")], Unstorable::Private),
            (&[("cache-control", "private=\"set-cookie, x\"")], Unstorable::Private),
            (&[("vary", "Accept, Cookie")], Unstorable::VariesByVisitor),
            (&[("vary", "*")], Unstorable::VariesByVisitor),
            (&[("vary", "authorization")], Unstorable::VariesByVisitor),
        ];
        for (fields, expected) in cases {
            assert_eq!(judged(fields), Err(*expected), "{fields:?}");
        }
        assert_eq!(judged(&[("vary", "accept-encoding"), ("cache-control", "max-age=5")]), Ok(5));
    }

    #[test]
    fn a_quoted_comma_does_not_end_a_directive() {
        assert_eq!(judged(&[("cache-control", "ext=\"a, no-store\", max-age=5")]), Ok(5));
    }

    #[test]
    fn a_route_may_overrule_the_origin_but_not_its_failure() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        let own = Some(Duration::from_secs(7));
        let now = SystemTime::now();
        assert_eq!(judge(StatusCode::OK, &headers, own, now).unwrap().0.fresh_for.as_secs(), 7);
        assert_eq!(judge(StatusCode::BAD_GATEWAY, &headers, own, now), Err(Unstorable::Status));
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_judged_without_panic(value in "\\PC{0,80}") {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(CACHE_CONTROL, value.clone());
                headers.insert(EXPIRES, value.clone());
                headers.insert(AGE, value);
                let _ = judge(StatusCode::OK, &headers, None, SystemTime::now());
            }
        }
    }
}
