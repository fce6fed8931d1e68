//! What the allocator takes for what is asked of it.
//!
//! The program's allocator is jemalloc. It serves small requests from classes of sizes, four to each doubling, and
//! larger ones in whole pages, at a random place within the first (jemalloc(3), “Size classes”, “opt.cache_oblivious”).
//! With another allocator these numbers are near enough.

use bytes::Bytes;

/// Requests up to this size are served from classes.
const SMALL: usize = 14 * 1024;
const PAGE: usize = 4 * 1024;
/// What is kept of a request that has pages of its own.
const EXTENT: usize = 128;
/// What several owners of a buffer share: where it is, and how many they are.
const SHARED: usize = 3 * size_of::<usize>();
/// What an `Arc` counts its owners in.
const COUNTS: usize = 2 * size_of::<usize>();

/// Bytes taken for an allocation of so many.
pub(crate) const fn of(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        1..=8 => 8,
        9..=128 => bytes.next_multiple_of(16),
        129..=SMALL => bytes.next_multiple_of(bytes.next_power_of_two() / 8),
        // The pages that are touched: one more than would do, more often than not.
        _ => bytes + PAGE + EXTENT,
    }
}

/// Bytes taken for an `Arc` of something of this size.
pub(crate) const fn of_arc(bytes: usize) -> usize {
    of(COUNTS + bytes)
}

/// Bytes taken for a buffer that has several owners.
pub(crate) const fn of_shared(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { of(bytes) + of(SHARED) }
}

/// Bytes taken for a table with room for so many entries (hashbrown's: a power of two of places, of which seven eighths
/// are used, each with a byte beside it, and sixteen of these more).
pub(crate) const fn of_table(room: usize, entry: usize) -> usize {
    let places = match room {
        0 => return 0,
        1..=3 => 4,
        4..=7 => 8,
        _ => (room * 8 / 7).next_power_of_two(),
    };
    of(places * (entry + 1) + 16)
}

/// A buffer that is no longer than what is in it.
pub(crate) fn exact(bytes: Vec<u8>) -> Bytes {
    Bytes::from(bytes.into_boxed_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up_as_the_allocator_does() {
        let classes = [
            (0, 0),
            (1, 8),
            (9, 16),
            (16, 16),
            (17, 32),
            (100, 112),
            (128, 128),
            (129, 160),
            (256, 256),
            (257, 320),
            (1_000, 1_024),
            (1_025, 1_280),
            (7_200, 8_192),
            (14_336, 14_336),
            (14_337, 14_337 + 4_096 + 128),
        ];
        for (asked, taken) in classes {
            assert_eq!(of(asked), taken, "{asked}");
        }
        assert_eq!(of_arc(100), 128);
        assert_eq!((of_shared(0), of_shared(10)), (0, 16 + 32));
        assert_eq!([0, 3, 7, 14, 28].map(|room| of_table(room, 31)), [0, 160, 320, 640, 1_280]);
    }
}
