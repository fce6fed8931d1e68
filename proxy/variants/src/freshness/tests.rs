//! Tables of answers and what becomes of them, each with the section that says so.

use super::*;
use http::HeaderValue;

mod property;
mod targeted;

/// What the clock shows when an answer arrives, where a test does not say otherwise.
const NOW: &str = "Mon, 30 Nov 2026 12:00:00 GMT";

type Fields<'a> = &'a [(&'static str, &'a str)];

fn now() -> SystemTime {
    httpdate::parse_http_date(NOW).unwrap()
}

/// The date so many seconds from now.
fn at(seconds: i64) -> String {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    httpdate::fmt_http_date(if seconds < 0 { now() - distance } else { now() + distance })
}

fn map(fields: Fields<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn judged(status: u16, headers: &HeaderMap, rules: &Rules) -> Result<Freshness, Unstorable> {
    let (status, at) = (StatusCode::from_u16(status).unwrap(), Instant::now());
    let received = Received { status, headers, requested: at, received: at, clock: now() };
    judge(&received, rules).map(|Storable(freshness)| freshness)
}

fn freshness(status: u16, fields: Fields<'_>) -> Result<Freshness, Unstorable> {
    judged(status, &map(fields), &Rules::default())
}

/// Seconds for which a 200 is fresh from now on.
fn left(fields: Fields<'_>) -> u64 {
    freshness(200, fields).unwrap().left(Duration::ZERO).unwrap_or_default().as_secs()
}

fn check(cases: &[(&str, Fields<'_>, u64)]) {
    for (section, fields, expected) in cases {
        assert_eq!(left(fields), *expected, "{section}: {fields:?}");
    }
}

const YEAR: u64 = LONGEST.as_secs();

#[test]
fn cache_control_is_read_as_it_is_written() {
    let cc = "cache-control";
    check(&[
        ("5.2.2.1", &[(cc, "max-age=60")], 60),
        ("5.2", &[(cc, "MaX-aGe=60")], 60),
        ("5.2", &[(cc, "max-age=\"60\"")], 60),
        ("5.2.3", &[(cc, "foobar, max-age=60")], 60),
        ("5.2.3", &[(cc, "foobar=\"a, b\" ,,max-age=60,")], 60),
        ("9110 5.6.4", &[(cc, "extension=\"max-age=3600\", max-age=1")], 1),
        ("9110 5.6.4", &[(cc, "max-age=1, extension=\"max-age=3600\"")], 1),
        ("9110 5.6.4", &[(cc, r#"extension="a\", max-age=3600, b", max-age=1"#)], 1),
        ("9110 5.6.4", &[(cc, "ext=\"a, no-store\", max-age=5")], 5),
        ("4.2.1", &[(cc, "max-age='3600'")], 0),
        ("4.2.1", &[(cc, "max-age =3600, foo")], 0),
        ("4.2.1", &[(cc, "max-age= 3600")], 0),
        ("1.2.2", &[(cc, "max-age=003600")], 3600),
        ("1.2.2", &[(cc, "max-age=2147483648")], YEAR),
        ("1.2.2", &[(cc, "max-age=99999999999999999999")], YEAR),
        ("4.2.1", &[(cc, "max-age=-3600")], 0),
        ("4.2.1", &[(cc, "max-age=+3600")], 0),
        ("4.2.1", &[(cc, "max-age=3600.5")], 0),
        ("4.2.1", &[(cc, "max-age=a3600")], 0),
        ("4.2.1", &[(cc, "max-age=3600a")], 0),
        ("4.2.1", &[(cc, "max-age")], 0),
        ("4.2.1", &[(cc, "max-age=")], 0),
        ("4.2.1", &[(cc, "max-age=0")], 0),
        ("4.2.1 first", &[(cc, "max-age=1800, max-age=1")], 1800),
        ("4.2.1 first", &[(cc, "max-age=1"), (cc, "max-age=1800")], 1),
        ("4.2.1 first", &[(cc, "max-age=x, max-age=1800")], 0),
        ("5.2.2.10", &[(cc, "max-age=60, s-maxage=10")], 10),
        ("5.2.2.10", &[(cc, "s-maxage=3600"), (cc, "max-age=1")], 3600),
        ("5.2.2.10", &[(cc, "max-age=0, s-maxage=3600"), ("expires", "0")], 3600),
        ("5.2.2.4", &[(cc, "no-cache, max-age=60")], 0),
        ("5.2.2.4", &[(cc, "No-CaChE=\"set-cookie\", max-age=60")], 0),
        ("5.2.2.2", &[(cc, "max-age=60, must-revalidate")], 60),
        ("5.4", &[(cc, "max-age=60"), ("pragma", "no-cache")], 60),
        ("4.2.1 an endless string", &[(cc, "max-age=60, ext=\"a, b")], 0),
    ]);
}

#[test]
fn expires_counts_where_no_max_age_does() {
    let bad = ["0", "-1", "Thu, 18 Aug 50 02:01:18 GMT", "Thu, 18 Aug 2050 02:01:18 UTC"];
    for value in bad {
        assert_eq!(left(&[("expires", value), ("date", NOW)]), 0, "5.3: {value}");
    }
    let (soon, past, later) = (at(60), at(-60), at(30 * 86_400));
    check(&[
        ("5.3", &[("expires", &soon), ("date", NOW)], 60),
        ("5.3", &[("expires", &soon)], 60),
        ("5.3", &[("expires", &later), ("date", NOW)], 30 * 86_400),
        ("5.3", &[("expires", &past), ("date", NOW)], 0),
        ("5.3", &[("expires", NOW), ("date", NOW)], 0),
        ("5.3", &[("expires", &at(300)), ("date", &at(400))], 0),
        ("5.3 an invalid date is no date", &[("expires", &soon), ("date", "foo")], 60),
        ("4.2.1 twice", &[("expires", &soon), ("expires", &soon)], 0),
        ("5.3", &[("expires", &past), ("cache-control", "max-age=60")], 60),
        ("5.3", &[("expires", "0"), ("cache-control", "max-age=60")], 60),
        ("5.3", &[("expires", &soon), ("cache-control", "max-age=0")], 0),
        ("4.2.2 no heuristic beside it", &[("expires", "0"), ("last-modified", &at(-86_400))], 0),
    ]);
}

#[test]
fn age_and_date_shorten_what_is_left() {
    let cc = ("cache-control", "max-age=3600");
    check(&[
        ("4.2.3", &[cc, ("age", "20")], 3580),
        ("4.2.3", &[cc, ("date", &at(-20))], 3580),
        ("4.2.3", &[cc, ("date", &at(-20)), ("age", "30")], 3570),
        ("4.2.3", &[cc, ("date", &at(-7200))], 0),
        ("4.2.3 a clock ahead", &[cc, ("date", &at(7200))], 3600),
        ("4.2", &[cc, ("age", "3600")], 0),
        ("5.1", &[cc, ("age", "abc")], 3600),
        ("5.1", &[cc, ("age", "-7200")], 3600),
        ("5.1", &[cc, ("age", "7200.0")], 3600),
        ("5.1", &[cc, ("age", "")], 3600),
        ("1.2.2", &[cc, ("age", "2147483648")], 0),
        ("1.2.2", &[cc, ("age", "99999999999999999999")], 0),
        ("5.1 first member", &[cc, ("age", "7200, 0")], 0),
        ("5.1 first member", &[cc, ("age", "0, 7200")], 3600),
        ("5.1 first line", &[cc, ("age", "7200"), ("age", "0")], 0),
        ("5.1 first line", &[cc, ("age", "0"), ("age", "7200")], 3600),
        ("4.2.3 slow date", &[("date", &at(-10)), ("expires", &at(10)), ("age", "25")], 0),
        ("4.2.3 fast date", &[("date", &at(10)), ("expires", &at(20)), ("age", "15")], 0),
    ]);
}

#[test]
fn the_time_on_the_way_counts_and_fractions_of_the_clock_do_not() {
    let headers = map(&[("cache-control", "max-age=60"), ("age", "10"), ("date", NOW)]);
    let received = Instant::now();
    let requested = received.checked_sub(Duration::from_secs(5)).unwrap();
    let clock = now() + Duration::from_millis(900);
    let answer = Received { status: StatusCode::OK, headers: &headers, requested, received, clock };
    let Storable(freshness) = judge(&answer, &Rules::default()).unwrap();
    assert_eq!(freshness.age, Duration::from_secs(15), "4.2.3");
    let headers = map(&[("cache-control", "max-age=60"), ("date", NOW)]);
    let answer = Received { headers: &headers, requested: received, ..answer };
    assert_eq!(judge(&answer, &Rules::default()).unwrap().0.age, Duration::ZERO);
}

#[test]
fn what_the_origin_does_not_say_is_guessed_within_bounds() {
    let (day, years, future) = (at(-86_400), at(-1_000 * 86_400), at(60));
    let modified = |when| [("last-modified", when), ("date", NOW)];
    check(&[
        ("4.2.2", &modified(&day), 8_640),
        ("4.2.2 the most", &modified(&years), 86_400),
        ("4.2.2", &modified(&future), 0),
        ("4.2.2", &modified("yesterday"), 0),
        ("5.2.2.4", &[("last-modified", &day), ("cache-control", "no-cache")], 0),
        ("4.2.1 explicit, if unreadable", &[("last-modified", &day), ("cache-control", "max-age=x")], 0),
        ("4.2.2 no validator", &[("date", NOW)], 0),
    ]);
    for status in [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501] {
        assert!(
            freshness(status, &modified(&day)).unwrap().left(Duration::ZERO).is_some(),
            "9110 15.1: {status}"
        );
    }
    for status in [201, 202, 205, 302, 303, 307, 400, 402, 403, 406, 409, 415, 422, 451, 499, 299] {
        assert_eq!(freshness(status, &modified(&day)), Ok(Freshness::once()), "3: {status}");
    }
    for status in [500, 502, 503, 504, 505, 599] {
        assert_eq!(freshness(status, &modified(&day)), Err(Unstorable::Failed), "3: {status}");
    }
    let public = [("last-modified", day.as_str()), ("date", NOW), ("cache-control", "public")];
    for status in [201, 302, 403, 503, 599] {
        assert_eq!(freshness(status, &public).unwrap().lifetime.as_secs(), 8_640, "5.2.2.9: {status}");
    }
    let off = Rules { heuristic: Heuristic { share: 0.0, most: LONGEST }, ..Rules::default() };
    assert_eq!(judged(200, &map(&modified(&day)), &off).unwrap().lifetime, Duration::ZERO);
}

#[test]
fn what_is_not_there_is_remembered_for_a_while() {
    let seconds = |status, fields: Fields<'_>| freshness(status, fields).unwrap().lifetime.as_secs();
    for status in [404, 410] {
        assert_eq!(seconds(status, &[]), 10, "4.2.2");
        assert_eq!(seconds(status, &[("cache-control", "max-age=2")]), 2, "4.2.1");
        assert_eq!(seconds(status, &[("cache-control", "no-cache")]), 0, "5.2.2.4");
        assert_eq!(seconds(status, &[("last-modified", &at(-1_000))]), 100, "4.2.2");
        assert_eq!(freshness(status, &[("cache-control", "no-store")]), Err(Unstorable::NoStore));
    }
    for status in [200, 301, 405, 414] {
        assert_eq!(seconds(status, &[]), 0);
    }
}

#[test]
fn what_is_made_for_one_visitor_is_not_stored() {
    let cc = "cache-control";
    let age = (cc, "max-age=60");
    let cases: &[(&str, Fields<'_>, Unstorable)] = &[
        ("5.2.2.5", &[(cc, "no-store")], Unstorable::NoStore),
        ("5.2.2.5", &[(cc, "max-age=10000, No-StOrE"), ("expires", &at(60))], Unstorable::NoStore),
        ("5.2.2.5", &[(cc, "no-store=1")], Unstorable::NoStore),
        ("5.2.2.7", &[(cc, "Private, max-age=60")], Unstorable::Private),
        ("5.2.2.7", &[(cc, "private=\"set-cookie, x\", max-age=60")], Unstorable::Private),
        ("5.2.2.7", &[(cc, "max-age=60, x=\"a, private")], Unstorable::Private),
        ("5.2.2.7", &[(cc, "max-age=60, \u{fc}, private")], Unstorable::Private),
        ("4.1", &[age, ("vary", "*")], Unstorable::VariesByVisitor),
        ("4.1", &[age, ("vary", "*, *")], Unstorable::VariesByVisitor),
        ("4.1", &[age, ("vary", ", *")], Unstorable::VariesByVisitor),
        ("4.1", &[age, ("vary", ""), ("vary", "*")], Unstorable::VariesByVisitor),
        ("4.1", &[age, ("vary", "Foo, *")], Unstorable::VariesByVisitor),
        ("4.1", &[age, ("vary", "Accept, Cookie")], Unstorable::VariesByVisitor),
        ("4.1", &[age, ("vary", "authorization")], Unstorable::VariesByVisitor),
    ];
    for (section, fields, expected) in cases {
        assert_eq!(freshness(200, fields), Err(*expected), "{section}: {fields:?}");
    }
    assert_eq!(left(&[age, ("vary", "accept-encoding, x-cookie")]), 60);
}

#[test]
fn a_status_decides_before_all_fields() {
    let fresh = [("cache-control", "public, max-age=60")];
    for status in [100, 103, 199, 206, 304, 401, 407, 408, 421, 425, 428, 429, 431, 511, 600, 999] {
        assert_eq!(freshness(status, &fresh), Err(Unstorable::Status), "{status}");
    }
    for status in
        [200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 403, 404, 410, 499, 500, 502, 503, 504, 599]
    {
        assert_eq!(
            freshness(status, &fresh).unwrap().left(Duration::ZERO),
            Some(Duration::from_secs(60)),
            "3: {status}"
        );
    }
    for status in [500, 502, 503, 504, 599] {
        let stale = [("expires", &*at(-5_000)), ("last-modified", &*at(-100_000)), ("date", NOW)];
        assert_eq!(freshness(status, &stale), Err(Unstorable::Failed), "4.3.3: {status}");
        assert_eq!(freshness(status, &[]), Err(Unstorable::Failed), "4.3.3: {status}");
    }
}

#[test]
fn must_understand_weakens_no_store_where_the_status_is_known() {
    let both = [("cache-control", "max-age=3600, no-store, must-understand")];
    assert_eq!(freshness(200, &both).unwrap().lifetime.as_secs(), 3600, "5.2.2.3");
    for status in [599, 299, 499, 418] {
        assert_eq!(freshness(status, &both), Err(Unstorable::NotUnderstood), "5.2.2.3: {status}");
    }
    let private = [("cache-control", "private, no-store, must-understand")];
    assert_eq!(freshness(200, &private), Err(Unstorable::Private));
    let argument = [("cache-control", "no-store, must-understand=1")];
    assert_eq!(freshness(200, &argument), Err(Unstorable::NoStore));
}

#[test]
fn stale_answers_are_served_within_their_windows() {
    let day = 86_400;
    // (section, Cache-Control, stale-while-revalidate, stale-if-error)
    for (section, value, revalidating, error) in [
        ("4.2.4", "max-age=1", 0, day),
        ("5861 3", "max-age=1, stale-while-revalidate=5", 5, day),
        ("5861 4", "max-age=1, stale-if-error=7", 0, 7),
        ("5861 4", "max-age=1, stale-if-error=0", 0, 0),
        ("5861 4", "max-age=1, stale-if-error=x, stale-while-revalidate", 0, 0),
        ("1.2.2", "max-age=1, stale-while-revalidate=99999999999999999999", YEAR, day),
        ("5.2.2.2", "max-age=1, must-revalidate, stale-while-revalidate=5, stale-if-error=7", 0, 0),
        ("5.2.2.8", "max-age=1, proxy-revalidate, stale-if-error=7", 0, 0),
        ("5.2.2.10", "max-age=1, s-maxage=1, stale-while-revalidate=5, stale-if-error=7", 0, 0),
        ("5.2.2.4", "no-cache, stale-while-revalidate=5, stale-if-error=7", 0, 0),
    ] {
        let found = freshness(200, &[("cache-control", value)]).unwrap();
        assert_eq!(
            (found.while_revalidating.as_secs(), found.if_error.as_secs()),
            (revalidating, error),
            "{section}: {value}"
        );
    }
    let found = freshness(200, &[("cache-control", "max-age=2, stale-while-revalidate=3, stale-if-error=5")])
        .unwrap();
    let after = |millis| {
        let elapsed = Duration::from_millis(millis);
        (
            found.left(elapsed).is_some(),
            found.may_serve_while_revalidating(elapsed),
            found.may_serve_on_error(elapsed),
        )
    };
    assert_eq!(after(1_999), (true, true, true));
    assert_eq!(after(2_000), (false, true, true));
    assert_eq!(after(4_999), (false, true, true));
    assert_eq!(after(5_000), (false, false, true));
    assert_eq!(after(7_000), (false, false, false));
    let once = Freshness::once();
    assert!(!once.may_serve_on_error(Duration::ZERO) && !once.may_serve_while_revalidating(Duration::ZERO));
}

#[test]
fn a_route_may_overrule_the_origin_but_not_its_failure() {
    let own = Rules { own: Some(Duration::from_secs(7)), ..Rules::default() };
    let headers = map(&[("cache-control", "private, no-store"), ("vary", "*"), ("age", "100")]);
    let found = judged(200, &headers, &own).unwrap();
    assert_eq!(found.left(Duration::ZERO), Some(Duration::from_secs(7)));
    assert_eq!(found.age.as_secs(), 100, "what caches in front are told is true");
    assert!(found.may_serve_on_error(Duration::from_secs(8)));
    assert_eq!(judged(302, &headers, &own).unwrap().left(Duration::ZERO), Some(Duration::from_secs(7)));
    assert_eq!(judged(502, &headers, &own), Err(Unstorable::Failed));
    assert_eq!(judged(401, &headers, &own), Err(Unstorable::Status));
    assert_eq!(judged(206, &headers, &own), Err(Unstorable::Status));
}

#[test]
fn no_transform_is_told() {
    assert!(forbids_transforming(&map(&[("cache-control", "public, No-Transform")])));
    let both = [("cdn-cache-control", "max-age=1"), ("cache-control", "no-transform")];
    assert!(forbids_transforming(&map(&both)), "what stands for everybody stands for us");
    assert!(!forbids_transforming(&map(&[("cache-control", "x=\"no-transform\"")])));
}
