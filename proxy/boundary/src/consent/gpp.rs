//! The GPP string (IAB Tech Lab, "Global Privacy Platform String", version 1): a header that numbers the
//! sections, and the sections, with `~` between. All sections have to agree.
//!
//! Those of the frameworks of Europe and Canada grant as a TC string does. Those of the United States
//! can only object, as the US Privacy string. A section that is not known here might object, so the whole
//! string counts as a refusal.

use super::bits::Bits;
use super::{TcfTerms, Word, tcf, tcf_canada, us_sections, usprivacy};

/// The longest string, in bytes.
const MAX_BYTES: usize = 4_096;
/// What tells a header of this kind from a TC string.
const TYPE: u32 = 3;
const VERSION: u32 = 1;

const TCF_EUROPE: u32 = 2;
const TCF_CANADA: u32 = 5;
const US_PRIVACY: u32 = 6;
const US_NATIONAL: u32 = 7;
/// The last section that is known: Rhode Island.
const LAST: u32 = 27;

/// What the string says; `None` where a section refuses, is unknown, or anything is broken.
pub(super) fn read(value: &[u8], terms: &TcfTerms) -> Option<Word> {
    if value.len() > MAX_BYTES {
        return None;
    }
    let mut texts = value.split(|byte| *byte == b'~');
    let listed = header(texts.next()?)?;
    let mut word = Word::NoObjection;
    for section in (1..=LAST).filter(|section| listed >> section & 1 == 1) {
        let text = texts.next()?;
        word = word.and(match section {
            TCF_EUROPE => Word::Grants(tcf::read(text, terms)?),
            TCF_CANADA => Word::Grants(tcf_canada::read(text, terms)?),
            US_PRIVACY => usprivacy::is_silent(text).then_some(Word::NoObjection)?,
            US_NATIONAL..=LAST => us_sections::is_silent(section, text).then_some(Word::NoObjection)?,
            _ => return None,
        });
    }
    texts.next().is_none().then_some(word)
}

/// The sections that follow, as bits. Their numbers ascend, which is how they are written: each as the
/// distance from the one before.
fn header(text: &[u8]) -> Option<u32> {
    let mut bits = Bits::new(text);
    if bits.number(6)? != TYPE || bits.number(6)? != VERSION {
        return None;
    }
    let (mut listed, mut before) = (0_u32, 0);
    for _ in 0..bits.number(12)? {
        let is_range = bits.flag()?;
        let first = before + bits.fibonacci()?;
        let last = if is_range { first + bits.fibonacci()? } else { first };
        if last > LAST {
            return None;
        }
        // Bits `first` to `last`; `LAST` is below 31.
        listed |= (1 << (last + 1)) - (1 << first);
        before = last;
    }
    bits.is_at_end().then_some(listed)
}

#[cfg(test)]
mod tests {
    use super::super::bits::tests::{code, text};
    use super::*;

    #[test]
    fn headers_of_the_specification_are_read() {
        assert_eq!(header(b"DBABM"), Some(1 << 2));
        assert_eq!(header(b"DBACNY"), Some(1 << 2 | 1 << 6));
        assert_eq!(header(b"DBABjw"), Some(1 << 5 | 1 << 6));
        // As OneTrust and Didomi write them.
        assert_eq!(header(b"DBABLA"), Some(1 << 7));
        assert_eq!(header(b"DBABBg"), Some(1 << 8));
        assert_eq!(header(b"DBAA"), Some(0));
    }

    fn number(bits: &mut Vec<bool>, count: u32, number: u32) {
        bits.extend((0..count).rev().map(|at| number >> at & 1 == 1));
    }

    /// A header of ranges: the distance to the first, and how many follow it.
    fn of(ranges: &[(u32, u32)]) -> Vec<u8> {
        let mut bits = Vec::new();
        number(&mut bits, 6, 3);
        number(&mut bits, 6, 1);
        number(&mut bits, 12, u32::try_from(ranges.len()).unwrap());
        for (distance, more) in ranges {
            bits.push(*more > 0);
            bits.extend(code(*distance));
            if *more > 0 {
                bits.extend(code(*more));
            }
        }
        text(&bits)
    }

    #[test]
    fn every_set_of_sections_is_read_back() {
        let mut state = 1_u64;
        for _ in 0..5_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let listed = u32::try_from(state >> 37).unwrap() & ((1 << (LAST + 1)) - 2);
            let (mut ranges, mut before) = (Vec::<(u32, u32)>::new(), 0);
            for section in (1..=LAST).filter(|section| listed >> section & 1 == 1) {
                match ranges.last_mut() {
                    Some((_, more)) if section == before + 1 => *more += 1,
                    _ => ranges.push((section - before, 0)),
                }
                before = section;
            }
            assert_eq!(header(&of(&ranges)), Some(listed));
        }
    }

    #[test]
    fn broken_headers_and_unknown_sections_refuse() {
        let says = |text: &[u8]| read(text, &TcfTerms::default()).is_some();
        assert!(says(b"DBABTA~1YNN") && says(b"DBAA"));
        for broken in [
            &b""[..],
            b"D",
            b"DBAB",
            b"DBABTA",
            b"DBABTA~",
            b"DBABTA~1YNN~",
            b"DBABTA~1YNN~1YNN",
            b"DBABTA~1YYN",
            b"DBABTA~1YN",
            b"CBABTA~1YNN",
            b"DCABTA~1YNN",
            b"DBABTA*~1YNN",
            b"DBABTA/~1YNN",
            b"1YNN",
        ] {
            assert!(!says(broken), "{}", String::from_utf8_lossy(broken));
        }
        for unknown in [1, 3, 4, 28, 60_000] {
            assert!(!says(&[&of(&[(unknown, 0)])[..], b"~1YNN"].concat()), "{unknown}");
        }
        assert!(!says(&[&of(&[(6, 60_000)])[..], b"~1YNN"].concat()));
        assert!(!says(&b"DBABTA~1YNN~".repeat(400)));
    }

    #[test]
    fn all_sections_have_to_agree() {
        let us = |text: &str| read(text.as_bytes(), &TcfTerms::default()).is_some();
        // Ids 6 and 7; the third value of the second byte on is the opt-out of sale.
        let header = String::from_utf8(of(&[(6, 1)])).unwrap();
        assert!(us(&format!("{header}~1YNN~BVQqAAAACgA.QA")));
        assert!(!us(&format!("{header}~1YYN~BVQqAAAACgA.QA")), "the US Privacy string objects");
        assert!(!us(&format!("{header}~1YNN~BVQVAAAABgA.QA")), "the national section objects");
        assert!(!us(&format!("{header}~BVQqAAAACgA.QA~1YNN")), "in the wrong order");
    }
}
