//! What the strings of IAB Europe's and IAB Canada's frameworks have in common: purposes, lists of
//! vendors, and restrictions by the publisher. Lists are never spread out, so that ranges that overlap
//! cost no more than their text.

use super::bits::Bits;

/// The longest string, in bytes.
pub(super) const MAX_BYTES: usize = 4_096;
/// The segment of vendors that the visitor was shown.
pub(super) const DISCLOSED_VENDORS: u32 = 1;
/// The segment of what the publisher itself may do.
pub(super) const PUBLISHER_TC: u32 = 3;
/// How many standard purposes have a bit.
const PURPOSES: u32 = 24;

/// Purposes with consent, as bits: purpose 1 is the lowest.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Purposes(u32);

impl Purposes {
    pub(super) const fn of(purposes: &[u32]) -> Self {
        let (mut bits, mut left) = (0, purposes);
        while let [first, rest @ ..] = left {
            bits |= 1 << (*first - 1);
            left = rest;
        }
        Self(bits)
    }

    pub(super) fn read(bits: &mut Bits<'_>) -> Option<Self> {
        // The first bit is purpose 1, which is the lowest of ours.
        bits.number(PURPOSES).map(|number| Self(number.reverse_bits() >> (32 - PURPOSES)))
    }

    /// Reads past the purposes that rest on another ground than consent.
    pub(super) fn skip(bits: &mut Bits<'_>) -> Option<()> {
        bits.skip(PURPOSES)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of `wanted` are among them.
    pub(super) fn hold(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }
}

/// How the numbers in ranges of vendors are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// First and last, in 16 bits each.
    Fixed,
    /// The distance from the number before, in Fibonacci coding. The highest vendor of a list is in it, as
    /// encoders that write so have it: otherwise many a text of the other coding would pass for this one.
    Fibonacci,
}

/// Reads past a list of vendors, a bit field or ranges; answers whether `vendor` is in it.
pub(super) fn vendors(bits: &mut Bits<'_>, vendor: Option<u16>, coding: Coding) -> Option<bool> {
    let highest = bits.number(16)?;
    let (found, has_highest) =
        if bits.flag()? { ranges(bits, vendor, coding, highest)? } else { field(bits, vendor, highest)? };
    (has_highest || coding == Coding::Fixed).then_some(found)
}

/// Reads past one bit a vendor; answers whether `vendor` and whether the highest is in it.
fn field(bits: &mut Bits<'_>, vendor: Option<u16>, highest: u32) -> Option<(bool, bool)> {
    let vendor = vendor.map(u32::from).filter(|vendor| (1..=highest).contains(vendor));
    let (found, before) = match vendor {
        Some(vendor) => {
            bits.skip(vendor - 1)?;
            (bits.flag()?, vendor)
        }
        None => (false, 0),
    };
    if before == highest {
        return Some((found, found || highest == 0));
    }
    bits.skip(highest - before - 1)?;
    Some((found, bits.flag()?))
}

/// Reads past ranges; answers whether `vendor` and whether the highest is in them.
fn ranges(bits: &mut Bits<'_>, vendor: Option<u16>, coding: Coding, highest: u32) -> Option<(bool, bool)> {
    // Of nobody, since vendors are counted from 1.
    let vendor = vendor.map_or(0, u32::from);
    let (mut found, mut before) = (false, 0);
    for _ in 0..bits.number(12)? {
        let is_range = bits.flag()?;
        let mut next = |from: u32| match coding {
            Coding::Fixed => bits.number(16),
            Coding::Fibonacci => Some(from + bits.fibonacci()?),
        };
        let first = next(before)?;
        let last = if is_range { next(first)? } else { first };
        if first == 0 || last < first || highest < last {
            return None;
        }
        found |= (first..=last).contains(&vendor);
        before = last;
    }
    Some((found, before == highest))
}

/// The purposes for which the publisher forbids the vendor to rely on consent.
pub(super) fn restrictions(bits: &mut Bits<'_>, vendor: Option<u16>, coding: Coding) -> Option<Purposes> {
    /// The publisher requires consent, which is what we ask for anyway.
    const REQUIRE_CONSENT: u32 = 1;
    let mut forbidden = 0;
    for _ in 0..bits.number(12)? {
        let purpose = bits.number(6)?;
        let kind = bits.number(2)?;
        let named = match coding {
            Coding::Fixed => ranges(bits, vendor, coding, u32::from(u16::MAX))?.0,
            Coding::Fibonacci => vendors(bits, vendor, coding)?,
        };
        if named && kind != REQUIRE_CONSENT {
            forbidden |= purpose.checked_sub(1).and_then(|at| 1_u32.checked_shl(at)).unwrap_or(0);
        }
    }
    Some(Purposes(forbidden))
}

/// What the publisher itself may do by consent. Its purposes of its own are read past.
pub(super) fn publisher(bits: &mut Bits<'_>) -> Option<Purposes> {
    let purposes = Purposes::read(bits)?;
    Purposes::skip(bits)?;
    let custom = bits.number(6)?;
    bits.skip(2 * custom)?;
    Some(purposes)
}
