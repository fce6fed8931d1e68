//! The section `tcfcav1` of a GPP string (IAB Canada, "TCF Technical Specification", version 1.1): like
//! a TC string, with express consent in the place of consent and implied consent, which is never enough,
//! in that of legitimate interest.
//!
//! Purpose 1 has no meaning there, so content wants purposes 5 and 6, measuring content wants 8, each by
//! express consent. IAB Canada numbers vendors by itself, so the vendor is one of its list.
//!
//! Encoders disagree on how ranges of vendors are written: as the specification has it, in Fibonacci
//! coding, or like those of TC strings. A string is read either way; where both readings end where the
//! text does, they have to agree.

use cloakroom_vocabulary::Consent;

use super::TcfTerms;
use super::bits::Bits;
use super::tcf_parts::{
    Coding, DISCLOSED_VENDORS, MAX_BYTES, PUBLISHER_TC, Purposes, publisher, restrictions, vendors,
};

const VERSION: u32 = 1;
const CONTENT: Purposes = Purposes::of(&[5, 6]);
const MEASUREMENT: Purposes = Purposes::of(&[8]);

/// What the section grants; `None` where it is broken.
pub(super) fn read(value: &[u8], terms: &TcfTerms) -> Option<Consent> {
    if value.len() > MAX_BYTES {
        return None;
    }
    let vendor = terms.canadian_vendor;
    let mut segments = value.split(|byte| *byte == b'.');
    let core = either(segments.next()?, |bits, coding| core(bits, vendor, coding))?;
    let (mut disclosed, mut own) = (None, None);
    for segment in segments {
        let repeated = match Bits::new(segment).number(3)? {
            DISCLOSED_VENDORS => {
                let listed = |bits: &mut Bits<'_>, coding| {
                    bits.skip(3)?;
                    vendors(bits, vendor, coding)
                };
                disclosed.replace(either(segment, listed)?).is_some()
            }
            PUBLISHER_TC => {
                let purposes = |bits: &mut Bits<'_>, _| {
                    bits.skip(3)?;
                    publisher(bits)
                };
                own.replace(either(segment, purposes)?).is_some()
            }
            _ => return None,
        };
        if repeated {
            return None;
        }
    }
    let granted = match vendor {
        Some(_) if disclosed == Some(true) => core,
        Some(_) => Purposes::default(),
        None => own.unwrap_or_default(),
    };
    Some(Consent { personalization: granted.hold(CONTENT), measurement: granted.hold(MEASUREMENT) })
}

/// A segment read by the coding that makes sense of all of it. Where both do, they have to agree.
fn either<T: PartialEq>(text: &[u8], mut read: impl FnMut(&mut Bits<'_>, Coding) -> Option<T>) -> Option<T> {
    let mut whole = |coding| {
        let mut bits = Bits::new(text);
        read(&mut bits, coding).filter(|_| bits.is_at_end())
    };
    match (whole(Coding::Fibonacci), whole(Coding::Fixed)) {
        (Some(one), Some(other)) => (one == other).then_some(one),
        (one, other) => one.or(other),
    }
}

/// What the vendor has express consent for, without what the publisher forbids it.
fn core(bits: &mut Bits<'_>, vendor: Option<u16>, coding: Coding) -> Option<Purposes> {
    if bits.number(6)? != VERSION {
        return None;
    }
    // Created, LastUpdated, CmpId, CmpVersion, ConsentScreen, ConsentLanguage, VendorListVersion,
    // TcfPolicyVersion, UseNonStandardStacks, SpecialFeatureExpressConsent.
    bits.skip(36 + 36 + 12 + 12 + 6 + 12 + 12 + 6 + 1 + 12)?;
    let purposes = Purposes::read(bits)?;
    // Purposes by implied consent.
    Purposes::skip(bits)?;
    let consented = vendors(bits, vendor, coding)?;
    // Vendors with implied consent.
    vendors(bits, vendor, coding)?;
    // Version 1.0 knew no restrictions.
    let forbidden = match bits.clone().is_at_end() {
        true => Purposes::default(),
        false => restrictions(bits, vendor, coding)?,
    };
    Some(if consented { purposes.without(forbidden) } else { Purposes::default() })
}

#[cfg(test)]
mod tests {
    use super::super::bits::tests::{code, text};
    use super::*;

    /// Bits of a number.
    fn number(count: u32, number: u32) -> Vec<bool> {
        (0..count).rev().map(|at| number >> at & 1 == 1).collect()
    }

    /// A core with express consent for everything, and `vendors` as the list of those with consent.
    fn core_of(vendors: &[bool]) -> Vec<u8> {
        let head = [number(6, 1), vec![false; 126 + 6 + 13], number(24, 0xFF_FFFF), number(24, 0)];
        let tail = vec![false; 17 + 12];
        text(&[head.concat(), vendors.to_vec(), tail].concat())
    }

    fn says(core: &[u8], vendor: Option<u16>) -> Option<(bool, bool)> {
        let terms = TcfTerms { vendor: None, canadian_vendor: vendor, unprofiled: false };
        // Vendors up to 9 were disclosed, as a bit field; the publisher may do everything.
        let whole = [core, b".IAEv-.f___4AAAAA"].concat();
        read(&whole, &terms).map(|consent| (consent.personalization, consent.measurement))
    }

    #[test]
    fn ranges_are_read_in_either_coding() {
        let fixed = [number(16, 9), number(1, 1), number(12, 1), number(1, 1), number(16, 5), number(16, 9)];
        let coded = [number(16, 9), number(1, 1), number(12, 1), number(1, 1), code(5), code(4)];
        for vendors in [fixed.concat(), coded.concat()] {
            let core = core_of(&vendors);
            assert_eq!(says(&core, Some(7)), Some((true, true)));
            assert_eq!(says(&core, Some(4)), Some((false, false)), "no consent");
            assert_eq!(says(&core, None), Some((true, true)), "the publisher");
            assert_eq!(says(&core[..core.len() - 6], None), None, "cut short");
        }
        // The highest is not listed, so this is not how anybody writes Fibonacci coding.
        let short = [number(16, 10), number(1, 1), number(12, 1), number(1, 1), code(5), code(4)];
        assert_eq!(says(&core_of(&short.concat()), Some(7)), None);
    }

    #[test]
    fn implied_consent_and_vendors_that_nobody_was_shown_grant_nothing() {
        let listed =
            |vendor| [number(16, vendor), number(1, 1), number(12, 1), number(1, 0), code(vendor)].concat();
        assert_eq!(says(&core_of(&listed(8)), Some(8)), Some((true, true)));
        assert_eq!(says(&core_of(&listed(300)), Some(300)), Some((false, false)), "not disclosed");
        let terms = TcfTerms { canadian_vendor: None, ..TcfTerms::default() };
        let implied = [&core_of(&listed(8))[..], b".YAAAH___4A"].concat();
        assert_eq!(read(&implied, &terms), Some(Consent::default()));
        let repeated = [&core_of(&listed(8))[..], b".IAEv-.IAEv-"].concat();
        assert_eq!(read(&repeated, &terms), None);
    }
}
