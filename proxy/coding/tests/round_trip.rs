//! What is compressed is read back by decoders that were written by others: Google's own for Brotli, and
//! two in Rust alone.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is how a test fails")]

use std::io::Read as _;

use cloakroom_coding::{compress, form};
use cloakroom_vocabulary::Coding;
use proptest::prelude::*;

/// What a browser has to take of Zstandard (RFC 9659 §3): 8 MiB, as a power of two.
const BROWSER_WINDOW: u32 = 23;

fn decompress(coding: Coding, compressed: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    match coding {
        Coding::Brotli => {
            brotlic::DecompressorReader::new(compressed).read_to_end(&mut body).unwrap();
        }
        Coding::Zstd => {
            let mut decoder = ruzstd::decoding::StreamingDecoder::new(compressed).unwrap();
            decoder.read_to_end(&mut body).unwrap();
        }
        Coding::Gzip => body = zune_inflate::DeflateDecoder::new(compressed).decode_gzip().unwrap(),
    }
    body
}

/// A page in whose lines there is something new, and much that is not.
fn page(bytes: usize) -> Vec<u8> {
    let line = |number: usize| {
        format!("<li><a href=\"/p/{number}\">Article {}</a></li>\n", number.wrapping_mul(2_654_435_761))
    };
    let mut page: Vec<u8> = (0..=bytes / 30).flat_map(|number| line(number).into_bytes()).collect();
    page.truncate(bytes);
    page
}

/// Bytes that nothing can be saved of.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..bytes).map(|_| next()).collect()
}

#[test]
fn every_length_comes_back() {
    // Around the borders of blocks, buffers and windows, and where the window no longer holds the body.
    let borders = [0, 255, 256, 4_095, 16 << 10, (64 << 10) - 16, 64 << 10, 128 << 10, 1 << 20];
    let lengths = borders.into_iter().flat_map(|at| at..at + 2).chain(2..40);
    for bytes in lengths {
        for coding in Coding::ALL {
            for body in [page(bytes), noise(bytes.min(200_000))] {
                let compressed = compress(&[&body], coding).unwrap();
                assert!(decompress(coding, &compressed) == body, "{coding}, {bytes} bytes");
                let (head, tail) = body.split_at(body.len() / 3);
                assert!(
                    compress(&[head, tail], coding).unwrap() == compressed,
                    "{coding}, {bytes} bytes, cut"
                );
            }
        }
    }
}

#[test]
fn windows_are_no_larger_than_a_browser_takes() {
    let body = page(9 << 20);
    let compressed = compress(&[&body], Coding::Zstd).unwrap();
    let decoded = |window| {
        let mut decoder = zstd::stream::read::Decoder::new(compressed.as_slice()).unwrap();
        decoder.window_log_max(window).unwrap();
        let mut body = Vec::new();
        decoder.read_to_end(&mut body).map(|_| body)
    };
    assert!(decoded(BROWSER_WINDOW).unwrap() == body);
    assert!(decoded(BROWSER_WINDOW - 2).is_err(), "a bound that is too small is noticed");
    // The first bits of Brotli tell its window (RFC 7932 §9.1): 16 of them are 0, 22 are 1011.
    let window = |bytes: usize| compress(&[&page(bytes)], Coding::Brotli).unwrap()[0] & 0b1111;
    assert_eq!((window(50_000) & 1, window(5 << 20)), (0, 0b1011));
}

#[test]
fn a_form_is_kept_only_if_it_saves_something() {
    for coding in Coding::ALL {
        let body = page(50_000);
        let kept = form(&[&body], coding).unwrap().unwrap();
        assert_eq!(kept, compress(&[&body], coding).unwrap());
        assert!(kept.len() * 3 < body.len(), "{coding}: {} bytes", kept.len());
        assert_eq!(kept.capacity(), kept.len(), "{coding}");
        assert_eq!(form(&[&noise(50_000)], coding).unwrap(), None, "{coding}");
        // Of half noise and half nothing new, about half goes; of a twentieth, too little.
        let with = |share: usize| [noise(40_000), vec![0; 40_000 / share]].concat();
        assert!(form(&[&with(1)], coding).unwrap().is_some(), "{coding}");
        assert_eq!(form(&[&with(40)], coding).unwrap(), None, "{coding}");
        assert_eq!(form(&[], coding).unwrap(), None, "{coding}: nothing");
    }
}

proptest! {
    #[test]
    fn however_it_is_cut_the_form_is_the_same(
        body in proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'<'), any::<u8>()], 0..2_000),
        cuts in proptest::collection::vec(0_usize..2_000, 0..6),
    ) {
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(body.len())).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let parts: Vec<&[u8]> = cuts.windows(2).map(|cut| &body[cut[0]..cut[1]]).collect();
        for coding in Coding::ALL {
            let whole = compress(&[&body], coding).unwrap();
            prop_assert_eq!(&compress(&parts, coding).unwrap(), &whole, "{}", coding);
            prop_assert_eq!(&decompress(coding, &whole), &body, "{}", coding);
        }
    }
}
