//! What holds of wishes made of any bytes, and of ranges against looking at each byte by itself.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod support;

use cloakroom_boundary::{Representation, Wish};
use cloakroom_vocabulary::Coding;
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;
use support::stored::{MODIFIED, check, read, stored};

const FIELDS: [&str; 9] = [
    "accept-encoding",
    "cache-control",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "pragma",
    "range",
];

/// Pieces that fields are made of, so that much of what is thrown together can nearly be read.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "bytes=",
        "0-",
        "-5",
        "1-2",
        "99999999999999999999",
        "-",
        ",",
        "=",
        ";q=",
        "0.5",
        "\"v1\"",
        "W/",
        "\"",
        "*",
        "gzip",
        "br",
        MODIFIED,
        "only-if-cached",
        "\\",
        " ",
        "\t",
    ];
    let piece = prop_oneof![
        4 => proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_make_a_wish_panic(
        lines in proptest::collection::vec((proptest::sample::select(FIELDS.to_vec()), pieces()), 0..6),
        length in proptest::option::of(prop_oneof![0_usize..40, Just(usize::MAX)]),
        coded in any::<bool>(),
    ) {
        let mut parts = support::request("GET", "/", &[]);
        for (name, value) in &lines {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                parts.headers.append(HeaderName::from_static(name), value);
            }
        }
        let of = Representation { length, coding: coded.then_some(Coding::Gzip), ..stored() };
        let asked = read(&parts);
        let _ = (asked.only_if_cached(), asked.codings().best(9, |_| Some(1)));
        check(&asked.evaluate(&of), &of);
    }

    /// The same bytes are sent as by looking at each byte of the body by itself.
    #[test]
    fn ranges_hold_what_was_asked_for_and_nothing_else_and_never_panic(
        asked in proptest::collection::vec((0_usize..60, proptest::option::of(0_usize..60), any::<bool>()), 1..8),
        length in 1_usize..50,
    ) {
        let texts: Vec<String> = asked.iter().map(|(first, count, suffix)| match (count, suffix) {
            (_, true) => format!("-{first}"),
            (None, false) => format!("{first}-"),
            (Some(count), false) => format!("{first}-{}", first + count),
        }).collect();
        let wanted = |at: usize| asked.iter().filter(|(first, count, suffix)| match (count, suffix) {
            (_, true) => at + first >= length,
            (None, false) => at >= *first,
            (Some(count), false) => (*first..=first + count).contains(&at),
        }).count();
        let of = Representation { length: Some(length), ..stored() };
        let wish = read(&support::request("GET", "/", &[("range", &format!("bytes={}", texts.join(",")))])).evaluate(&of);
        check(&wish, &of);
        let times: usize = (0..length).map(wanted).sum();
        match wish {
            Wish::Whole => prop_assert!(times > length),
            Wish::Unsatisfiable => prop_assert_eq!(times, 0),
            Wish::Ranges(ranges) => for at in 0..length {
                let sent = ranges.iter().any(|range| (range.first()..=range.last()).contains(&at));
                prop_assert_eq!(sent, wanted(at) > 0);
            },
            Wish::Unmodified => prop_assert!(false),
        }
    }
}
