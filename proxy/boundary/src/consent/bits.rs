//! Bits of base64url text (RFC 4648 §5), read in place: nothing is decoded ahead, so a hostile string
//! costs what is read of it.

/// A place in a segment of a consent string.
#[derive(Clone)]
pub(super) struct Bits<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Bits<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// The next `count` bits, at most 32, highest first; `None` behind the end or at a character that is
    /// not of the alphabet.
    pub(super) fn number(&mut self, count: usize) -> Option<u32> {
        let (mut number, mut wanted) = (0, count);
        while wanted > 0 {
            let left = 6 - self.at % 6;
            let taken = left.min(wanted);
            let sextet = u32::from(sextet(*self.text.get(self.at / 6)?)?);
            number = number << taken | sextet >> (left - taken) & ((1 << taken) - 1);
            self.at += taken;
            wanted -= taken;
        }
        Some(number)
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        self.number(1).map(|bit| bit == 1)
    }

    pub(super) fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= self.text.len() * 6).then_some(())
    }

    /// Whether what is left is padding alone: zeros, fewer than three bytes of them.
    pub(super) fn is_at_end(&self) -> bool {
        let left = (self.text.len() * 6).saturating_sub(self.at);
        left < 24 && self.clone().number(left) == Some(0)
    }
}

fn sextet(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_read_highest_first() {
        // 000000 000001 111110 111111
        let mut bits = Bits::new(b"AB-_");
        assert_eq!(bits.number(12), Some(1));
        assert_eq!(bits.flag(), Some(true));
        assert_eq!(bits.number(5), Some(0b11110));
        assert_eq!(bits.skip(5), Some(()));
        assert_eq!(bits.flag(), Some(true));
        assert_eq!(bits.flag(), None);
        assert_eq!(Bits::new(b"A*").number(8), None);
        assert_eq!(Bits::new(b"AA").skip(13), None);
    }

    #[test]
    fn only_zeros_are_padding() {
        assert!(Bits::new(b"").is_at_end() && Bits::new(b"AAA").is_at_end());
        assert!(!Bits::new(b"AAB").is_at_end() && !Bits::new(b"AAAA").is_at_end());
    }
}
