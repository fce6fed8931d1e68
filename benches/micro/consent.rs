//! What consent strings cost that were made to cost much: as long as they may be, and each of as many
//! parts as there is room for.

use std::hint::black_box;

use cloakroom_benches::HOST;
use cloakroom_boundary::{ConsentSource, TcfTerms, TokenKey};
use criterion::Criterion;

use crate::visit::{admit, boundary};

/// As long as a consent string may be.
const LONGEST: usize = 4_096;
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// An admission without consent, and with consent strings of 4 kB.
pub fn hostile(bench: &mut Criterion) {
    let terms = TcfTerms { vendor: Some(40_000), canadian_vendor: Some(40_000), ..TcfTerms::default() };
    let tcf = ConsentSource::Tcf(terms.clone());
    let gpp = ConsentSource::Gpp { cookie: "gpp".into(), terms };
    let names = |first: u8| (0..8).map(|at| format!("{}{at:02}", char::from(first))).collect();
    let didomi = ConsentSource::Didomi { personalization: names(b'p'), measurement: names(b'm') };
    let key = TokenKey::random();
    let mut group = bench.benchmark_group("consent");
    for (name, source, cookie) in [
        ("none", &tcf, String::new()),
        ("tcf, overlapping ranges", &tcf, format!("euconsent-v2={}", overlapping())),
        ("tcf, restrictions", &tcf, format!("euconsent-v2={}", restrictions())),
        ("gpp, ranges of tcfcav1", &gpp, format!("gpp=DBABD~{}", canadian(4_000))),
        ("gpp, all states", &gpp, format!("gpp={}", states())),
        ("didomi, purposes", &didomi, format!("didomi_token={}", token())),
    ] {
        let (boundary, _) = boundary(source.clone());
        let (parts, ()) = http::Request::get("/")
            .header("host", HOST)
            .header("cookie", cookie)
            .body(())
            .unwrap()
            .into_parts();
        group.bench_function(name, |bench| bench.iter(|| admit(&boundary, black_box(&parts), &key).facts));
    }
    group.finish();
}

/// Bits that become text.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn push(&mut self, count: usize, number: u32) {
        self.0.extend((0..count).rev().map(|at| at < 32 && number >> at & 1 == 1));
    }

    fn text(&self) -> String {
        let sextet = |six: &[bool]| (0..6).fold(0, |n, at| n << 1 | usize::from(six.get(at) == Some(&true)));
        self.0.chunks(6).map(|six| char::from(*ALPHABET.get(sextet(six)).unwrap())).collect()
    }

    /// The core of a TC string up to the vendors with consent.
    fn european() -> Self {
        let mut bits = Self::default();
        for (count, number) in [(6, 2), (126, 0), (6, 5), (2, 2), (12, 0), (24, 0xFF_FFFF), (37, 0)] {
            bits.push(count, number);
        }
        bits
    }
}

/// Ranges of vendors of which each holds nearly all.
fn overlapping() -> String {
    let mut bits = Bits::european();
    bits.push(16, 65_535);
    bits.push(1, 1);
    let ranges = (LONGEST as u32 * 6 - 300) / 33;
    bits.push(12, ranges);
    for at in 0..ranges {
        bits.push(1, 1);
        bits.push(16, 1 + at);
        bits.push(16, 65_535);
    }
    bits.push(29, 0);
    bits.text()
}

/// Restrictions by the publisher, each of one vendor.
fn restrictions() -> String {
    let mut bits = Bits::european();
    bits.push(34, 0);
    let restrictions = (LONGEST as u32 * 6 - 300) / 37;
    bits.push(12, restrictions);
    for at in 0..restrictions {
        bits.push(8, 5 << 2);
        bits.push(13, 1 << 1);
        bits.push(16, 1 + at);
    }
    bits.text()
}

/// A core of IAB Canada's framework with two lists of `entries` vendors, each at a distance of 1 from
/// the one before, which is the shortest to write.
fn canadian(entries: u32) -> String {
    let mut bits = Bits::default();
    for (count, number) in [(6, 1), (126, 0), (6, 2), (13, 0), (24, 0xFF_FFFF), (24, 0)] {
        bits.push(count, number);
    }
    for _ in 0..2 {
        bits.push(16, entries);
        bits.push(1, 1);
        bits.push(12, entries);
        (0..entries).for_each(|_| bits.push(3, 0b011));
    }
    bits.push(12, 0);
    bits.text()
}

/// All sections of the United States, silent.
fn states() -> String {
    let mut bits = Bits::default();
    bits.push(6, 3);
    bits.push(6, 1);
    bits.push(12, 1);
    // A range: 8 is 000011, and 15 more is 0100011.
    bits.push(1, 1);
    bits.push(6, 0b000_011);
    bits.push(7, 0b010_0011);
    let choices = [14, 11, 10, 11, 13, 14, 14, 17, 12, 17, 11, 12, 14, 18, 12, 12];
    let sections = choices.iter().enumerate().map(|(at, choices)| {
        let mut bits = Bits::default();
        bits.push(6, 1);
        // Utah and Iowa have four notices.
        bits.push(if at == 3 || at == 10 { 8 } else { 6 }, 0);
        (0..*choices).for_each(|_| bits.push(2, 2));
        bits.push(6, 2 << 4);
        format!("~{}.QA", bits.text())
    });
    bits.text() + &sections.collect::<String>()
}

/// Names as long as those that the site asks for, and none of them.
fn token() -> String {
    let names = vec!["\"mxx\""; LONGEST / 8 - 12].join(",");
    let json = format!("{{\"purposes\":{{\"enabled\":[{names}]}}}}");
    let mut bits = Bits::default();
    json.bytes().for_each(|byte| bits.push(8, byte.into()));
    bits.text()
}
