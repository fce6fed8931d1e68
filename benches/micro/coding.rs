//! Compressed forms: what each costs for a page of 50 kB, and how small it becomes.

use std::hint::black_box;

use cloakroom_benches::page;
use cloakroom_coding::compress;
use cloakroom_vocabulary::Coding;
use criterion::Criterion;

const PAGE_BYTES: usize = 50_000;

pub(crate) fn forms(criterion: &mut Criterion) {
    // The page of the other benches, several times over, with other content in each.
    let times = (0..).map(|number| page(&format!("<h1>Part {number}</h1>"), "<p>One of many.</p>"));
    let mut body: Vec<u8> = times.flat_map(String::into_bytes).take(PAGE_BYTES).collect();
    // Without this, all but the first part would be one long repetition: pages are not.
    let mut state = 1_u32;
    for byte in body.iter_mut().filter(|byte| byte.is_ascii_digit()) {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = b'0' + (state >> 28) as u8 % 10;
    }
    for coding in Coding::ALL {
        let form = compress(&[&body], coding).unwrap();
        let name = format!("{coding} of a page of {} bytes, {} left", body.len(), form.len());
        criterion.bench_function(&name, |bencher| {
            bencher.iter(|| compress(&[black_box(&body)], coding).unwrap());
        });
    }
}
