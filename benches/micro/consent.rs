//! What a consent string costs that was made to cost much.

use std::hint::black_box;

use cloakroom_benches::HOST;
use cloakroom_boundary::{ConsentSource, TcfTerms, TokenKey};
use criterion::Criterion;

use crate::visit::{admit, boundary};

/// As long as a TC string may be.
const LONGEST: usize = 4_096;

/// An admission with a TC string of 4 kB, all of it ranges of vendors that overlap; and without.
pub fn hostile(bench: &mut Criterion) {
    let (boundary, _) =
        boundary(ConsentSource::Tcf(TcfTerms { vendor: Some(40_000), ..TcfTerms::default() }));
    let key = TokenKey::random();
    let mut group = bench.benchmark_group("consent");
    for (name, cookie) in [("none", String::new()), ("overlapping ranges", overlapping())] {
        let (parts, ()) = http::Request::get("/")
            .header("host", HOST)
            .header("cookie", format!("euconsent-v2={cookie}"))
            .body(())
            .unwrap()
            .into_parts();
        group.bench_function(name, |bench| bench.iter(|| admit(&boundary, black_box(&parts), &key).facts));
    }
    group.finish();
}

fn overlapping() -> String {
    let mut bits = Vec::new();
    let mut push = |count: u32, number: u32| bits.extend((0..count).rev().map(|at| number >> at & 1 == 1));
    // The core as the framework lays it out, up to the vendors with consent.
    for (count, number) in [
        (6, 2),
        (36, 0),
        (36, 0),
        (12, 1),
        (12, 1),
        (6, 1),
        (12, 0),
        (12, 100),
        (6, 5),
        (2, 0),
        (12, 0),
        (24, 0xFF_FFFF),
        (24, 0),
        (1, 0),
        (12, 0),
        (16, 65_535),
        (1, 1),
    ] {
        push(count, number);
    }
    let ranges = (LONGEST as u32 * 6 - 300) / 33;
    push(12, ranges);
    for at in 0..ranges {
        push(1, 1);
        push(16, 1 + at);
        push(16, 65_535);
    }
    for (count, number) in [(16, 0), (1, 0), (12, 0)] {
        push(count, number);
    }
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let sextet = |six: &[bool]| (0..6).fold(0, |n, at| n << 1 | usize::from(six.get(at) == Some(&true)));
    bits.chunks(6).map(|six| char::from(*alphabet.get(sextet(six)).unwrap())).collect()
}
