//! A stored answer, and what clients may wish of it.

use std::sync::LazyLock;

use cloakroom_boundary::{
    Admission, Asked, Boundary, ByteRange, Dates, EntityTag, HttpDate, RawRequest, Representation, TokenKey,
    Wish,
};
use http::request::Parts;
use http::{HeaderValue, StatusCode};

static BOUNDARY: LazyLock<Boundary> = LazyLock::new(super::boundary);

/// Length of the body that is asked about.
pub const LENGTH: usize = 1_000;
pub const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
pub const SECOND_BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
pub const SECOND_AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
pub const DATE: &str = "Sun, 06 Nov 1994 10:00:00 GMT";

pub fn read(parts: &Parts) -> Asked {
    let seal = || RawRequest::seal(parts, "127.0.0.1".parse().unwrap());
    let site = BOUNDARY.site(&seal()).unwrap();
    match BOUNDARY.admit(site, seal(), &TokenKey::random()) {
        Ok(Admission::Admitted(admitted)) => admitted.asked,
        _ => panic!("the home page is personalized"),
    }
}

pub fn date(text: &'static str) -> HttpDate {
    HttpDate::of_origin(&HeaderValue::from_static(text)).unwrap()
}

pub fn tag(text: &'static str) -> Option<EntityTag> {
    Some(EntityTag::of_origin(&HeaderValue::from_static(text)).unwrap())
}

/// A 200 of an origin that dates it and tags it `"v1"`.
pub fn stored() -> Representation {
    let dates = Dates { last_modified: Some(date(MODIFIED)), date: date(DATE) };
    Representation {
        status: StatusCode::OK,
        tag: tag("\"v1\""),
        dates: Some(dates),
        length: Some(LENGTH),
        coding: None,
    }
}

/// `whole`, `unmodified`, `unsatisfiable`, or the ranges.
pub fn told(wish: Wish) -> String {
    match wish {
        Wish::Whole => "whole".to_owned(),
        Wish::Unmodified => "unmodified".to_owned(),
        Wish::Unsatisfiable => "unsatisfiable".to_owned(),
        Wish::Ranges(ranges) => {
            let ranges: Vec<_> =
                ranges.iter().map(|range| format!("{}-{}", range.first(), range.last())).collect();
            ranges.join(",")
        }
    }
}

pub fn wish(method: &str, fields: &[(&str, &str)], of: &Representation) -> String {
    told(read(&super::request(method, "/", fields)).evaluate(of))
}

pub fn get(fields: &[(&str, &str)], of: &Representation) -> String {
    wish("GET", fields, of)
}

/// What holds of any wish: ranges are within the body, apart, and no more than it in all.
pub fn check(wish: &Wish, of: &Representation) {
    let Wish::Ranges(ranges) = wish else { return };
    let length = of.length.unwrap();
    assert!((1..=16).contains(&ranges.len()));
    assert!(ranges.iter().all(|range| range.first() <= range.last() && range.last() < length));
    assert!(ranges.iter().map(|range| range.count()).sum::<usize>() <= length);
    let mut sorted: Vec<ByteRange> = ranges.clone();
    sorted.sort_by_key(|range| range.first());
    assert!(sorted.windows(2).all(|pair| pair[0].last() + 1 < pair[1].first()));
}
