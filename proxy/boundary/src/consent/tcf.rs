//! The TC string (IAB Europe, "Transparency and Consent String with Global Vendor & CMP List Formats",
//! version 2.3): a core, and segments for disclosed vendors and for the publisher.
//!
//! Content for a visitor wants purposes 1, 5 and 6, or 1 and 11 on a site that builds no profile;
//! measuring content wants 1 and 8. They are granted to the publisher, in the segment of that name; or,
//! where the site names one, to a vendor that was disclosed, has consent itself, and is not restricted
//! by the publisher. Legitimate interest is never enough, and advertising purposes imply nothing.
//!
//! A string is invalid under a policy before version 4, with global scope, and, from version 5 of the
//! policy on, without the segment of disclosed vendors.

use cloakroom_vocabulary::Consent;

use super::TcfTerms;
use super::bits::Bits;
use super::tcf_parts::{
    Coding, DISCLOSED_VENDORS, MAX_BYTES, PUBLISHER_TC, Purposes, publisher, restrictions, vendors,
};

const VERSION: u32 = 2;
const OLDEST_POLICY: u32 = 4;
/// The first policy under which every string says which vendors were disclosed.
const DISCLOSING_POLICY: u32 = 5;
/// Of earlier versions of the format; it says nothing that we ask.
const ALLOWED_VENDORS: u32 = 2;

/// To store and read on the device.
const COOKIES: Purposes = Purposes::of(&[1]);
const MEASUREMENT: Purposes = Purposes::of(&[1, 8]);
const CONTENT: Purposes = Purposes::of(&[1, 5, 6]);
const UNPROFILED_CONTENT: Purposes = Purposes::of(&[1, 11]);

/// What the string grants; `None` where it is broken or no longer valid.
pub(super) fn read(value: &[u8], terms: &TcfTerms) -> Option<Consent> {
    if value.len() > MAX_BYTES {
        return None;
    }
    let vendor = terms.vendor;
    let mut segments = value.split(|byte| *byte == b'.');
    let core = core(segments.next()?, vendor)?;
    let (mut disclosed, mut own, mut allowed) = (None, None, None);
    for segment in segments {
        let mut bits = Bits::new(segment);
        let repeated = match bits.number(3)? {
            DISCLOSED_VENDORS => disclosed.replace(vendors(&mut bits, vendor, Coding::Fixed)?).is_some(),
            // It still has to be well formed.
            ALLOWED_VENDORS => allowed.replace(vendors(&mut bits, vendor, Coding::Fixed)?).is_some(),
            PUBLISHER_TC => own.replace(publisher(&mut bits)?).is_some(),
            _ => return None,
        };
        if repeated || !bits.is_at_end() {
            return None;
        }
    }
    if core.policy >= DISCLOSING_POLICY && disclosed.is_none() {
        return None;
    }
    let granted = match vendor {
        Some(_) if core.vendor && disclosed == Some(true) => core.purposes,
        Some(_) => Purposes::default(),
        None => own.unwrap_or_default(),
    };
    // Nobody consents to what was not shown.
    let granted = if core.cookies_hidden { granted.without(COOKIES) } else { granted };
    let content = if terms.unprofiled { UNPROFILED_CONTENT } else { CONTENT };
    Some(Consent { personalization: granted.hold(content), measurement: granted.hold(MEASUREMENT) })
}

struct Core {
    policy: u32,
    /// Purposes with consent, without those that the publisher forbids the vendor.
    purposes: Purposes,
    /// The vendor has consent.
    vendor: bool,
    /// Purpose 1 was not shown to the visitor.
    cookies_hidden: bool,
}

fn core(text: &[u8], vendor: Option<u16>) -> Option<Core> {
    let mut bits = Bits::new(text);
    if bits.number(6)? != VERSION {
        return None;
    }
    // Created, LastUpdated, CmpId, CmpVersion, ConsentScreen, ConsentLanguage, VendorListVersion.
    bits.skip(36 + 36 + 12 + 12 + 6 + 12 + 12)?;
    let policy = bits.number(6)?;
    let is_service_specific = bits.flag()?;
    if policy < OLDEST_POLICY || !is_service_specific {
        return None;
    }
    // UseNonStandardTexts, SpecialFeatureOptIns.
    bits.skip(1 + 12)?;
    let purposes = Purposes::read(&mut bits)?;
    // Purposes by legitimate interest, which is no consent.
    Purposes::skip(&mut bits)?;
    let cookies_hidden = bits.flag()?;
    // PublisherCC.
    bits.skip(12)?;
    let consented = vendors(&mut bits, vendor, Coding::Fixed)?;
    // Vendors with legitimate interest.
    vendors(&mut bits, vendor, Coding::Fixed)?;
    let forbidden = restrictions(&mut bits, vendor, Coding::Fixed)?;
    let purposes = purposes.without(forbidden);
    bits.is_at_end().then_some(Core { policy, purposes, vendor: consented, cookies_hidden })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `@iabtcf/core` 1.5.6 from random choices: a vendor; what the vendor and what the
    /// publisher is granted, by that library's own reading, for content with and then without a profile,
    /// `-` where the string is invalid; the string.
    const STRINGS: &str = include_str!("../../tests/consent/tcf.tsv");

    fn terms(vendor: Option<u16>, unprofiled: bool) -> TcfTerms {
        TcfTerms { vendor, canadian_vendor: None, unprofiled }
    }

    fn word(consent: Option<Consent>) -> String {
        let digits = |c: Consent| format!("{}{}", u8::from(c.personalization), u8::from(c.measurement));
        consent.map_or("-".to_owned(), digits)
    }

    #[test]
    fn strings_of_another_encoder_are_read_as_it_reads_them() {
        let mut granting = 0;
        for line in STRINGS.lines() {
            let [vendor, words @ .., text] = &line.split('\t').collect::<Vec<_>>()[..] else {
                unreachable!()
            };
            let vendor = Some(vendor.parse().unwrap());
            let read = |vendor, unprofiled| word(read(text.as_bytes(), &terms(vendor, unprofiled)));
            let words_read = [(vendor, false), (None, false), (vendor, true), (None, true)]
                .map(|(vendor, unprofiled)| read(vendor, unprofiled));
            assert_eq!(words_read, words, "{line}");
            granting += words.iter().filter(|word| word.contains('1')).count();
        }
        assert!(granting > 400, "{granting} grants");
    }

    #[test]
    fn whatever_is_cut_short_repeated_or_invalid_grants_nothing() {
        // Of policy 5, with disclosed vendors first and the publisher's segment second.
        let line = STRINGS.lines().find(|line| line.contains("\t11\t11\t11\t11\t")).unwrap();
        let (vendor, text) =
            (line.split('\t').next().unwrap().parse().ok(), line.rsplit('\t').next().unwrap());
        let granted =
            |text: &str| read(text.as_bytes(), &terms(vendor, false)).is_some_and(|c| c.personalization);
        assert!(granted(text));
        let [core, disclosed, own] = text.split('.').collect::<Vec<_>>()[..] else { unreachable!() };
        assert!(granted(&format!("{core}.{own}.{disclosed}")), "segments have no order");
        // Behind the middle of the vendors stands padding, which may be missing.
        for end in 0..core.len() + disclosed.len() / 2 {
            assert!(!granted(&text[..end]), "{end} of {} bytes", text.len());
        }
        assert!(!granted(&format!("{text}.{disclosed}")), "a repeated segment");
        assert!(!granted(&format!("{core}.{own}")), "vendors that nobody was shown");
        let by_publisher =
            |text: &str| read(text.as_bytes(), &terms(None, false)).is_some_and(|c| c.personalization);
        assert!(by_publisher(text) && !by_publisher(&format!("{core}.{own}")), "invalid under policy 5");
        let mut earlier = format!("{core}.{own}");
        earlier.replace_range(22..23, "E");
        assert!(by_publisher(&earlier), "policy 4 let it be missing");
        assert!(!granted(&text.replacen('C', "B", 1)), "version 1");
        assert!(!granted(&format!("{core}AAAA.{disclosed}.{own}")), "more than padding at the end");
        assert!(!granted(&format!("{core}.{disclosed}.*")));
        // TcfPolicyVersion stands in bits 132 to 137, which is character 22.
        for (version, character) in ["A", "B", "C", "D"].iter().enumerate() {
            let mut old = text.to_owned();
            old.replace_range(22..23, character);
            assert!(!granted(&old), "policy version {version}");
        }
        // IsServiceSpecific is the first bit of the next; the others are of no account.
        let mut global = text.to_owned();
        let character = text.as_bytes()[23];
        assert!(character.is_ascii_lowercase() && character >= b'g' || !character.is_ascii_alphabetic());
        global.replace_range(23..24, "A");
        assert!(!granted(&global), "global scope");
    }

    /// Bits of a core with consent for everything, for vendors in `ranges` of at most `highest`.
    fn core_of(ranges: &[(u32, u32)], highest: u32, restriction: Option<(u32, u32)>) -> Vec<u8> {
        let mut bits = Vec::new();
        let mut push =
            |count: u32, number: u32| bits.extend((0..count).rev().map(|at| number >> at & 1 == 1));
        push(6, 2);
        (0..21).for_each(|_| push(6, 0));
        push(6, 4);
        push(2, 2);
        push(12, 0);
        push(24, 0xFF_FFFF);
        push(24, 0);
        push(13, 0);
        push(16, highest);
        push(1, 1);
        push(12, u32::try_from(ranges.len()).unwrap());
        for (first, last) in ranges {
            push(1, 1);
            push(16, *first);
            push(16, *last);
        }
        push(17, 0);
        push(12, u32::from(restriction.is_some()));
        if let Some((purpose, kind)) = restriction {
            push(6, purpose);
            push(2, kind);
            push(12, 1);
            push(1, 0);
            push(16, 7);
        }
        // All vendors up to 9 were disclosed.
        [super::super::bits::tests::text(&bits), b".IAEv-".to_vec()].concat()
    }

    #[test]
    fn ranges_and_restrictions_are_judged() {
        let says = |text: &[u8]| word(read(text, &terms(Some(7), false)));
        assert_eq!(says(&core_of(&[(5, 9)], 9, None)), "11");
        assert_eq!(says(&core_of(&[(1, 3), (2, 8)], 9, None)), "11", "ranges may overlap");
        assert_eq!(says(&core_of(&[(1, 6)], 9, None)), "00");
        for broken in [&[(0, 9)][..], &[(9, 5)], &[(5, 10)]] {
            assert_eq!(says(&core_of(broken, 9, None)), "-", "{broken:?}");
        }
        // Not allowed; consent required, which there is; legitimate interest required; undefined.
        for (kind, expected) in [(0, "01"), (1, "11"), (2, "01"), (3, "01")] {
            assert_eq!(says(&core_of(&[(5, 9)], 9, Some((6, kind)))), expected, "kind {kind}");
        }
        assert_eq!(says(&core_of(&[(5, 9)], 9, Some((8, 0)))), "10");
        assert_eq!(says(&core_of(&[(5, 9)], 9, Some((1, 0)))), "00");
        for (purpose, _) in [(0, ()), (3, ()), (11, ()), (40, ())] {
            assert_eq!(says(&core_of(&[(5, 9)], 9, Some((purpose, 0)))), "11", "purpose {purpose}");
        }
    }

    #[test]
    fn advertising_purposes_and_legitimate_interest_imply_nothing() {
        let all = Purposes::of(&[1, 2, 3, 4, 7, 9, 10]);
        assert!(!all.hold(CONTENT) && !all.hold(UNPROFILED_CONTENT) && !all.hold(MEASUREMENT));
        // Everything by legitimate interest alone, for the publisher: 24 bits of consent, 24 of interest.
        let own = ".YAAAH___4A";
        let text = [&core_of(&[(5, 9)], 9, None)[..], own.as_bytes()].concat();
        assert_eq!(word(read(&text, &terms(None, false))), "00");
    }

    #[test]
    fn noise_never_panics() {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize
        };
        let lines: Vec<_> = STRINGS.lines().map(|line| line.rsplit('\t').next().unwrap()).collect();
        for _ in 0..20_000 {
            let mut bytes = lines[next() % lines.len()].as_bytes().to_vec();
            for _ in 0..next() % 4 {
                let at = next() % bytes.len();
                bytes[at] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."[next() % 65];
            }
            let _ = read(&bytes, &terms(Some(u16::try_from(next() % 1_300).unwrap()), next() % 2 == 0));
        }
    }
}
