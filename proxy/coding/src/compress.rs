//! One body, one coding. The same slices give the same bytes, however they are cut, on every run of one
//! build.
//!
//! A page may have a thousand variants, each with a form a coding, so levels are where more time brings
//! little more. Measured on 30 HTML pages of 44 to 56 kB (the Rust documentation), one core, release build;
//! ratio is uncompressed to compressed, MB/s and ms are of uncompressed bytes and of 50 kB:
//!
//! | coding | level | ratio | MB/s |   ms | |
//! |--------|------:|------:|-----:|-----:|---|
//! | br     |     4 |  5.14 |   53 |  0.9 | |
//! | br     | **5** |  5.49 |   48 |  1.1 | the last large step below 10 |
//! | br     |     6 |  5.52 |   40 |  1.2 | |
//! | br     |     9 |  5.57 |    5 |  9.7 | |
//! | br     |    11 |  6.32 |  0.6 | 89   | for files that are compressed once, before they are served |
//! | zstd   |     3 |  4.80 |  301 |  0.2 | |
//! | zstd   |     6 |  5.16 |   90 |  0.6 | |
//! | zstd   | **9** |  5.24 |   65 |  0.8 | |
//! | zstd   |    12 |  5.26 |   23 |  2.2 | |
//! | zstd   |    19 |  5.46 |    2 | 26   | |
//! | gzip   |     4 |  4.89 |  111 |  0.5 | |
//! | gzip   | **6** |  5.01 |   96 |  0.5 | |
//! | gzip   |     9 |  5.04 |   56 |  0.9 | |
//!
//! All three forms of such a page take about 2.4 ms, so a thousand variants of it take 2.4 s of one core.

use std::io::{self, Write};

use brotli::enc::BrotliEncoderParams;
use cloakroom_vocabulary::Coding;

const BROTLI_QUALITY: i32 = 5;
const ZSTD_LEVEL: i32 = 9;
const GZIP_LEVEL: u32 = 6;

/// Windows of Brotli as powers of two: 64 KiB, and 4 MiB. Less than the body needs costs bytes, more only
/// memory, on both sides.
const BROTLI_LEAST_WINDOW: u32 = 16;
const BROTLI_MOST_WINDOW: u32 = 22;
/// The window of Zstandard: 4 MiB. A browser has to take 8 MiB and may refuse more (RFC 9659 §3).
const ZSTD_MOST_WINDOW: u32 = 22;
const BUFFER_BYTES: usize = 16 << 10;
const PIECE_BYTES: usize = 64 << 10;

/// The most that a form may have of its body's bytes, in percent: below that saving, the time to decompress
/// and the memory to keep it are worth more.
const MOST_PERCENT: u64 = 95;

/// Compresses a body that is these slices, one after another.
///
/// # Errors
/// The coder's reason; none but a lack of memory is known.
pub fn compress(body: &[&[u8]], coding: Coding) -> io::Result<Vec<u8>> {
    let mut compressed = match coding {
        Coding::Brotli => brotli(body)?,
        Coding::Zstd => zstd(body)?,
        Coding::Gzip => gzip(body)?,
    };
    // It is kept for long, and weighed by its length.
    compressed.shrink_to_fit();
    Ok(compressed)
}

/// The form of a body to store beside it; `None` if it is not at least 5 % smaller.
///
/// # Errors
/// As [`compress`].
pub fn form(body: &[&[u8]], coding: Coding) -> io::Result<Option<Vec<u8>>> {
    let form = compress(body, coding)?;
    Ok((form.len() as u64 * 100 <= length(body) * MOST_PERCENT).then_some(form))
}

fn length(body: &[&[u8]]) -> u64 {
    body.iter().map(|part| part.len() as u64).sum()
}

/// Writes the slices in pieces of one length: what coders make depends on how they are fed.
fn write_all(body: &[&[u8]], to: &mut impl Write) -> io::Result<()> {
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    for part in body {
        let mut rest = *part;
        while !rest.is_empty() {
            let (head, tail) = rest.split_at(rest.len().min(PIECE_BYTES - piece.len()));
            piece.extend_from_slice(head);
            rest = tail;
            if piece.len() == PIECE_BYTES {
                to.write_all(&piece)?;
                piece.clear();
            }
        }
    }
    to.write_all(&piece)
}

fn brotli(body: &[&[u8]]) -> io::Result<Vec<u8>> {
    let length = length(body);
    let window = (length + 16).next_power_of_two().ilog2().clamp(BROTLI_LEAST_WINDOW, BROTLI_MOST_WINDOW);
    let params = BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: window as i32,
        size_hint: usize::try_from(length).unwrap_or(usize::MAX),
        ..BrotliEncoderParams::default()
    };
    let mut encoder = brotli::CompressorWriter::with_params(Vec::new(), BUFFER_BYTES, &params);
    write_all(body, &mut encoder)?;
    // This ends the stream; of what may fail, only writing can, and a vector takes everything.
    Ok(encoder.into_inner())
}

fn zstd(body: &[&[u8]]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
    encoder.set_pledged_src_size(Some(length(body)))?;
    if length(body) > 1 << ZSTD_MOST_WINDOW {
        encoder.window_log(ZSTD_MOST_WINDOW)?;
    }
    write_all(body, &mut encoder)?;
    encoder.finish()
}

fn gzip(body: &[&[u8]]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(GZIP_LEVEL));
    write_all(body, &mut encoder)?;
    encoder.finish()
}
