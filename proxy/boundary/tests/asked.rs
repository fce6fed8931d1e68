//! What clients may wish of a stored answer, with the section that says what they get. All requests are
//! made up.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod support;

use cloakroom_boundary::{Dates, EntityTag, Representation};
use cloakroom_vocabulary::Coding;
use http::StatusCode;
use support::stored::{
    DATE, MODIFIED, SECOND_AFTER, SECOND_BEFORE, date, get, read, stored, tag, told, wish,
};

fn range(value: &str) -> String {
    get(&[("range", value)], &stored())
}

#[test]
fn ranges_are_read_as_rfc_9110_14_1_says() {
    let zeros = "0".repeat(40);
    let huge = "9".repeat(40);
    for (value, wanted) in [
        // §14.1.2: the examples there, for a body of another length.
        ("bytes=0-499", "0-499"),
        ("bytes=500-999", "500-999"),
        ("bytes=-500", "500-999"),
        ("bytes=500-", "500-999"),
        ("bytes=0-0,-1", "0-0,999-999"),
        // A body that is shorter than that ends the range.
        ("bytes=900-5000", "900-999"),
        ("bytes=0-", "0-999"),
        ("bytes=-1000", "0-999"),
        ("bytes=-5000", "0-999"),
        ("bytes=999-", "999-999"),
        // §14.1: names of units are the same in upper case; §5.6.1: lists have spaces and empty members.
        ("Bytes=1-2", "1-2"),
        ("bytes= 1-2 ,\t4-5 ", "1-2,4-5"),
        ("bytes=,1-2,,4-5,", "1-2,4-5"),
        // Numbers of any length are numbers.
        (&format!("bytes={zeros}1-2"), "1-2"),
        (&format!("bytes=1-{huge}"), "1-999"),
        (&format!("bytes=-{huge}"), "0-999"),
        (&format!("bytes={huge}-"), "unsatisfiable"),
        // §15.5.17: nothing of it is there.
        ("bytes=1000-", "unsatisfiable"),
        ("bytes=1000-1000,2000-", "unsatisfiable"),
        ("bytes=-0", "unsatisfiable"),
        // §14.1.2: what is there is sent.
        ("bytes=1000-,0-1,-0", "0-1"),
    ] {
        assert_eq!(range(value), wanted, "{value}");
    }
}

#[test]
fn what_is_no_range_is_ignored_as_rfc_9110_14_2_says() {
    let long = format!("bytes={}1-2", " ".repeat(1024));
    for value in [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=a-b",
        "bytes=1",
        "bytes=1-2-3",
        "bytes=--1",
        "bytes=+1-2",
        "bytes=1 - 2",
        "bytes =1-2",
        "bytes=0x1-2",
        "bytes=2-1",
        "bytes=0-1,2-1",
        "bytes=0-1;2-3",
        "lines=1-2",
        "bytes 1-2",
        "bytes 1-2/1000",
        "1-2",
        &long,
    ] {
        assert_eq!(range(value), "whole", "{value}");
    }
    assert_eq!(get(&[("range", "bytes=0-1"), ("range", "bytes=2-3")], &stored()), "whole");
}

#[test]
fn ranges_that_touch_are_one_and_keep_their_place_as_rfc_9110_15_3_7_2_says() {
    for (value, wanted) in [
        ("bytes=0-1,2-3", "0-3"),
        ("bytes=0-1,3-4", "0-1,3-4"),
        ("bytes=500-600,0-10", "500-600,0-10"),
        ("bytes=500-600,0-10,550-700", "500-700,0-10"),
        ("bytes=0-1,4-5,2-3", "0-5"),
        ("bytes=8-9,0-1,4-5,2-3", "8-9,0-5"),
        ("bytes=10-20,0-30", "0-30"),
        ("bytes=-10,980-990", "980-999"),
        ("bytes=5-5,5-5,5-5", "5-5"),
    ] {
        assert_eq!(range(value), wanted, "{value}");
    }
}

#[test]
fn who_asks_for_more_than_there_is_gets_it_once_as_rfc_9110_14_2_allows() {
    assert_eq!(range("bytes=0-,0-"), "whole");
    assert_eq!(range("bytes=0-998,0-0,0-0"), "whole");
    assert_eq!(range("bytes=0-499,500-999"), "0-999");
    let many = |count: usize| {
        let ranges: Vec<_> = (0..count).map(|at| format!("{}-{}", at * 10, at * 10)).collect();
        range(&format!("bytes={}", ranges.join(",")))
    };
    assert_eq!(many(16).split(',').count(), 16);
    assert_eq!(many(17), "whole");
}

#[test]
fn parts_are_of_the_get_of_a_whole_200() {
    let asked = [("range", "bytes=0-1")];
    assert_eq!(get(&asked, &stored()), "0-1");
    // §14.2: range handling is defined for GET alone.
    assert_eq!(wish("HEAD", &asked, &stored()), "whole");
    for status in [203, 204, 206, 301, 404, 410, 503] {
        let other = Representation { status: StatusCode::from_u16(status).unwrap(), ..stored() };
        assert_eq!(get(&asked, &other), "whole", "{status}");
    }
    // While it arrives, its length is not known; and of nothing there is no part.
    for length in [None, Some(0)] {
        let other = Representation { length, ..stored() };
        for value in ["bytes=0-1", "bytes=-1", "bytes=5-"] {
            assert_eq!(get(&[("range", value)], &other), "whole", "{length:?} {value}");
        }
    }
    // One part of a coded body is a part of what is sent; of several that could not be said.
    let coded = Representation { coding: Some(Coding::Brotli), ..stored() };
    assert_eq!(get(&asked, &coded), "0-1");
    assert_eq!(get(&[("range", "bytes=0-1,2-3")], &coded), "0-3");
    assert_eq!(get(&[("range", "bytes=0-1,5-6")], &coded), "whole");
}

#[test]
fn if_none_match_is_compared_weakly_as_rfc_9110_13_1_2_says() {
    for (field, wanted) in [
        ("\"v1\"", "unmodified"),
        ("W/\"v1\"", "unmodified"),
        ("\"v0\", \"v1\"", "unmodified"),
        ("*", "unmodified"),
        ("\"v0\"", "whole"),
        ("v1", "whole"),
        ("", "whole"),
    ] {
        for method in ["GET", "HEAD"] {
            assert_eq!(wish(method, &[("if-none-match", field)], &stored()), wanted, "{method} {field}");
        }
        let weak = Representation { tag: tag("W/\"v1\""), ..stored() };
        assert_eq!(get(&[("if-none-match", field)], &weak), wanted, "{field}");
    }
    let own = EntityTag::of([&b"body"[..]]);
    let ours = Representation { tag: Some(own), dates: None, ..stored() };
    let field = own.field().to_str().unwrap().to_owned();
    assert_eq!(get(&[("if-none-match", &field)], &ours), "unmodified");
    assert_eq!(get(&[("if-none-match", &field)], &Representation { tag: None, ..ours }), "whole");
}

#[test]
fn if_modified_since_is_compared_as_rfc_9110_13_1_3_says() {
    let without = Representation { dates: Some(Dates { last_modified: None, date: date(DATE) }), ..stored() };
    let undated = Representation { dates: None, ..stored() };
    for (fields, of, wanted) in [
        (&[MODIFIED][..], stored(), "unmodified"),
        (&[SECOND_AFTER], stored(), "unmodified"),
        (&[SECOND_BEFORE], stored(), "whole"),
        (&["Sunday, 06-Nov-94 08:49:37 GMT"], stored(), "unmodified"),
        (&["Sun Nov  6 08:49:37 1994"], stored(), "unmodified"),
        (&["Sunday, 06-Nov-94 08:49:36 GMT"], stored(), "whole"),
        // No date, and more than one.
        (&["yesterday"], stored(), "whole"),
        (&[""], stored(), "whole"),
        (&[MODIFIED, MODIFIED], stored(), "whole"),
        // RFC 9111 §4.3.2: without Last-Modified, Date.
        (&[DATE], without, "unmodified"),
        (&[MODIFIED], without, "whole"),
        // Where dates do not tell one variant from another, they say nothing.
        (&[SECOND_AFTER], undated, "whole"),
    ] {
        let fields: Vec<_> = fields.iter().map(|value| ("if-modified-since", *value)).collect();
        for method in ["GET", "HEAD"] {
            assert_eq!(wish(method, &fields, &of), wanted, "{method} {fields:?}");
        }
    }
}

#[test]
fn if_modified_since_is_ignored_beside_if_none_match_as_rfc_9110_13_1_3_says() {
    for (tags, wanted) in [("\"v1\"", "unmodified"), ("\"v0\"", "whole"), ("broken", "whole"), ("", "whole")]
    {
        for since in [MODIFIED, SECOND_BEFORE] {
            let fields = [("if-none-match", tags), ("if-modified-since", since)];
            assert_eq!(get(&fields, &stored()), wanted, "{fields:?}");
        }
    }
}

#[test]
fn if_range_is_compared_strongly_as_rfc_9110_13_1_5_says() {
    let weak = Representation { tag: tag("W/\"v1\""), ..stored() };
    let untagged = Representation { tag: None, ..stored() };
    let undated = Representation { dates: None, ..stored() };
    let fast = Dates { last_modified: Some(date(MODIFIED)), date: date(MODIFIED) };
    let fast = Representation { dates: Some(fast), ..stored() };
    let without = Representation { dates: Some(Dates { last_modified: None, date: date(DATE) }), ..stored() };
    for (condition, of, wanted) in [
        ("\"v1\"", stored(), "0-1"),
        ("\"v0\"", stored(), "whole"),
        ("W/\"v1\"", stored(), "whole"),
        ("W/\"v1\"", weak, "whole"),
        ("\"v1\"", weak, "whole"),
        ("\"v1\"", untagged, "whole"),
        // One tag, and no other word.
        ("*", stored(), "whole"),
        ("\"v1\", \"v1\"", stored(), "whole"),
        ("v1", stored(), "whole"),
        ("", stored(), "whole"),
        // A date has to be the very same, and a second older than Date (§8.8.2.2).
        (MODIFIED, stored(), "0-1"),
        ("Sun Nov  6 08:49:37 1994", stored(), "0-1"),
        (SECOND_AFTER, stored(), "whole"),
        (SECOND_BEFORE, stored(), "whole"),
        (MODIFIED, fast, "whole"),
        (DATE, without, "whole"),
        (MODIFIED, undated, "whole"),
    ] {
        let fields = [("range", "bytes=0-1"), ("if-range", condition)];
        assert_eq!(get(&fields, &of), wanted, "{condition} {of:?}");
        // Without Range it says nothing; and what does not hold does not fail (§13.1.5, §15.5.17).
        assert_eq!(get(&fields[1..], &of), "whole", "{condition}");
        let beyond = if wanted == "0-1" { "unsatisfiable" } else { "whole" };
        assert_eq!(get(&[("range", "bytes=5000-"), fields[1]], &of), beyond, "{condition}");
    }
    let fields = [("range", "bytes=0-1"), ("if-range", "\"v1\""), ("if-range", "\"v1\"")];
    assert_eq!(get(&fields, &stored()), "whole");
}

#[test]
fn conditions_come_before_ranges_as_rfc_9110_13_2_2_says() {
    let range = [("range", "bytes=0-1"), ("if-range", "\"v1\"")];
    for (field, value, wanted) in [
        ("if-none-match", "\"v1\"", "unmodified"),
        ("if-none-match", "\"v0\"", "0-1"),
        ("if-modified-since", MODIFIED, "unmodified"),
        ("if-modified-since", SECOND_BEFORE, "0-1"),
        // §13.1.1, §13.1.4: a cache may ignore these, and this one does.
        ("if-match", "\"v0\"", "0-1"),
        ("if-match", "\"v1\"", "0-1"),
        ("if-unmodified-since", SECOND_BEFORE, "0-1"),
        ("if-unmodified-since", MODIFIED, "0-1"),
    ] {
        assert_eq!(get(&[range[0], range[1], (field, value)], &stored()), wanted, "{field}: {value}");
    }
}

#[test]
fn an_answer_that_is_no_success_is_sent_as_it_is_as_rfc_9110_13_2_1_says() {
    for (status, wanted) in [(200, "unmodified"), (203, "unmodified"), (301, "whole"), (404, "whole")] {
        let of = Representation { status: StatusCode::from_u16(status).unwrap(), ..stored() };
        for field in [("if-none-match", "\"v1\""), ("if-none-match", "*"), ("if-modified-since", MODIFIED)] {
            assert_eq!(get(&[field], &of), wanted, "{status} {field:?}");
        }
    }
}

#[test]
fn a_plain_request_wishes_nothing_in_particular() {
    let asked = read(&support::request("GET", "/", &[]));
    assert!(!asked.only_if_cached());
    assert!(asked.codings().is_identity_only());
    assert_eq!(told(asked.evaluate(&stored())), "whole");
    let fields = [("cache-control", "only-if-cached"), ("accept-encoding", "gzip, br")];
    let asked = read(&support::request("GET", "/", &fields));
    assert!(asked.only_if_cached());
    assert_eq!(asked.codings().best(9, |_| Some(1)), Some(Coding::Brotli));
    for ignored in ["no-cache", "no-store", "max-age=0", "min-fresh=60", "max-stale", "no-transform"] {
        let asked =
            read(&support::request("GET", "/", &[("cache-control", ignored), ("pragma", "no-cache")]));
        assert!(!asked.only_if_cached());
        assert_eq!(told(asked.evaluate(&stored())), "whole", "{ignored}");
    }
}
