//! Bits of base64url text (RFC 4648 §5), read in place: nothing is decoded ahead, so a hostile string
//! costs what is read of it.

/// A place in a segment of a consent string.
#[derive(Clone)]
pub(super) struct Bits<'t> {
    /// What is not yet in `buffer`.
    text: &'t [u8],
    /// The next bits, the first of them highest; zeros behind those that `held` counts.
    buffer: u64,
    held: u32,
}

impl<'t> Bits<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, buffer: 0, held: 0 }
    }

    /// The next `count` bits, at most 32, highest first; `None` behind the end or at a character that is
    /// not of the alphabet.
    pub(super) fn number(&mut self, count: u32) -> Option<u32> {
        self.hold(count)?;
        // Of a count of zero there is nothing to shift down to.
        let number = self.buffer.checked_shr(64 - count).unwrap_or(0);
        self.forget(count);
        u32::try_from(number).ok()
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        self.number(1).map(|bit| bit == 1)
    }

    /// Reads past `count` bits.
    pub(super) fn skip(&mut self, mut count: u32) -> Option<()> {
        while count > 32 {
            self.number(32)?;
            count -= 32;
        }
        self.number(count).map(|_| ())
    }

    /// A number of at least 1 in Fibonacci coding: bits that stand for 1, 2, 3, 5, 8 and so on, and a
    /// one behind the last of them. `None` where it needs more than 16 bits.
    pub(super) fn fibonacci(&mut self) -> Option<u32> {
        /// The longest code of a number of 16 bits, with the one behind it.
        const LONGEST: u32 = 24;
        // The text may end sooner; then two ones have to stand before its end.
        let _ = self.hold(LONGEST);
        let pairs = self.buffer & (self.buffer << 1);
        let length = pairs.leading_zeros() + 2;
        if length > LONGEST || length > self.held {
            return None;
        }
        let (mut code, mut number) = (self.buffer >> (65 - length) << (65 - length), 0);
        let (mut value, mut next) = (1, 2);
        while code != 0 {
            if code >> 63 == 1 {
                number += value;
            }
            code <<= 1;
            (value, next) = (next, value + next);
        }
        self.forget(length);
        (number <= u32::from(u16::MAX)).then_some(number)
    }

    /// Whether what is left is padding alone: zeros, fewer than three bytes of them.
    pub(super) fn is_at_end(&mut self) -> bool {
        let left = self.held as usize + self.text.len().saturating_mul(6);
        left < 24 && u32::try_from(left).is_ok_and(|left| self.number(left) == Some(0))
    }

    /// Makes sure of `count` bits, at most 32, in the buffer.
    fn hold(&mut self, count: u32) -> Option<()> {
        while self.held < count {
            let (first, rest) = self.text.split_first()?;
            let sextet = *SEXTETS.get(usize::from(*first))?;
            if sextet == NONE {
                return None;
            }
            // At most 31 + 6 bits are held.
            self.buffer |= u64::from(sextet) << (58 - self.held);
            self.held += 6;
            self.text = rest;
        }
        Some(())
    }

    /// Forgets the first `count` of the bits that are held.
    fn forget(&mut self, count: u32) {
        self.buffer = self.buffer.checked_shl(count).unwrap_or(0);
        self.held -= count;
    }
}

/// What a character that is not of the alphabet stands for.
const NONE: u8 = 64;

/// What each character stands for.
const SEXTETS: [u8; 256] = {
    let mut sextets = [NONE; 256];
    let mut byte = 0;
    while byte < 256 {
        let character = byte as u8;
        #[expect(clippy::indexing_slicing, reason = "the index is below 256")]
        {
            sextets[byte] = match character {
                b'A'..=b'Z' => character - b'A',
                b'a'..=b'z' => character - b'a' + 26,
                b'0'..=b'9' => character - b'0' + 52,
                b'-' => 62,
                b'_' => 63,
                _ => NONE,
            };
        }
        byte += 1;
    }
    sextets
};

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    #[test]
    fn bits_are_read_highest_first() {
        // 000000 000001 111110 111111
        let mut bits = Bits::new(b"AB-_");
        assert_eq!(bits.number(12), Some(1));
        assert_eq!(bits.flag(), Some(true));
        assert_eq!(bits.number(5), Some(0b11110));
        assert_eq!(bits.skip(5), Some(()));
        assert_eq!(bits.number(0), Some(0));
        assert_eq!(bits.flag(), Some(true));
        assert_eq!(bits.flag(), None);
        assert_eq!(Bits::new(b"A*").number(8), None);
        assert_eq!(Bits::new(b"A*AA").skip(18), None);
        assert_eq!(Bits::new(b"AA").skip(13), None);
        assert_eq!(Bits::new(b"______").number(32), Some(u32::MAX));
        assert_eq!(Bits::new(&[b'A'; 100]).skip(600), Some(()));
    }

    #[test]
    fn only_zeros_are_padding() {
        assert!(Bits::new(b"").is_at_end() && Bits::new(b"AAA").is_at_end());
        assert!(!Bits::new(b"AAB").is_at_end() && !Bits::new(b"AAAA").is_at_end());
    }

    /// A number in Fibonacci coding, as the specification of GPP describes writing it.
    pub(in super::super) fn code(mut number: u32) -> Vec<bool> {
        let mut values = vec![1, 2];
        while values[values.len() - 1] <= number {
            values.push(values[values.len() - 1] + values[values.len() - 2]);
        }
        while values.len() > 1 && values[values.len() - 1] > number {
            values.pop();
        }
        let mut code = vec![true];
        for value in values.iter().rev() {
            code.push(number >= *value);
            number -= if number >= *value { *value } else { 0 };
        }
        code.reverse();
        code
    }

    /// The text of bits, with as many zeros as the last character wants.
    pub(in super::super) fn text(bits: &[bool]) -> Vec<u8> {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let sextet = |six: &[bool]| (0..6).fold(0, |n, at| n << 1 | usize::from(six.get(at) == Some(&true)));
        bits.chunks(6).map(|six| alphabet[sextet(six)]).collect()
    }

    #[test]
    fn every_fibonacci_number_of_16_bits_is_read_back() {
        // From the specification: 1 is 11, 2 is 011, 7 is 01011.
        assert_eq!(code(1), [true, true]);
        assert_eq!(code(2), [false, true, true]);
        assert_eq!(code(7), [false, true, false, true, true]);
        for number in 1..=65_535 {
            let mut bits = code(number);
            bits.push(true);
            let text = text(&bits);
            let mut read = Bits::new(&text);
            assert_eq!((read.fibonacci(), read.flag()), (Some(number), Some(true)));
        }
    }

    #[test]
    fn a_fibonacci_number_ends_and_is_not_too_large() {
        for broken in [&b""[..], b"A", b"B", b"BA", b"AAAAAAAAAB", b"qqqq", b"A*"] {
            assert_eq!(Bits::new(broken).fibonacci(), None);
        }
        assert_eq!(Bits::new(&text(&code(65_536))).fibonacci(), None);
        assert_eq!(Bits::new(&text(&code(100_000))).fibonacci(), None);
        assert_eq!(Bits::new(b"w").fibonacci(), Some(1));
    }
}
