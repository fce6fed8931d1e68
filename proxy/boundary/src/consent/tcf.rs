//! The TC string (IAB Europe, "Transparency and Consent String with Global Vendor & CMP List Formats",
//! version 2.3): a core, and segments for disclosed vendors and for the publisher.
//!
//! Content for a visitor wants purposes 1, 5 and 6; measuring content wants 1 and 8. They are granted
//! to the publisher, in the segment of that name; or, where the site names one, to a vendor that was
//! disclosed, has consent itself, and is not restricted by the publisher. Legitimate interest is never
//! enough, and advertising purposes imply nothing. Policy versions before 4 are no longer valid.

use cloakroom_vocabulary::Consent;

use super::bits::Bits;

/// The longest string, in bytes.
const MAX_BYTES: usize = 4_096;
const VERSION: u32 = 2;
const OLDEST_POLICY: u32 = 4;
/// How many standard purposes have a bit.
const PURPOSES: usize = 24;

const DISCLOSED_VENDORS: u32 = 1;
const ALLOWED_VENDORS: u32 = 2;
const PUBLISHER_TC: u32 = 3;

/// Purposes as bits: purpose 1 is the lowest.
#[derive(Clone, Copy, Default)]
struct Purposes(u32);

const PERSONALIZATION: Purposes = Purposes(1 | 1 << 4 | 1 << 5);
const MEASUREMENT: Purposes = Purposes(1 | 1 << 7);

impl Purposes {
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        // The first bit is purpose 1, which is the lowest of ours.
        bits.number(PURPOSES).map(|number| Self(number.reverse_bits() >> (32 - PURPOSES)))
    }

    fn consent(self) -> Consent {
        let has = |wanted: Self| self.0 & wanted.0 == wanted.0;
        Consent { personalization: has(PERSONALIZATION), measurement: has(MEASUREMENT) }
    }
}

/// What the string grants; `None` where it is broken or no longer valid.
pub(super) fn read(value: &[u8], vendor: Option<u16>) -> Option<Consent> {
    if value.len() > MAX_BYTES {
        return None;
    }
    let mut segments = value.split(|byte| *byte == b'.');
    let core = core(segments.next()?, vendor)?;
    let (mut disclosed, mut publisher, mut allowed) = (None, None, None);
    for segment in segments {
        let mut bits = Bits::new(segment);
        let repeated = match bits.number(3)? {
            DISCLOSED_VENDORS => disclosed.replace(vendors(&mut bits, vendor)?).is_some(),
            // Deprecated, and says nothing that we ask; still it has to be well formed.
            ALLOWED_VENDORS => allowed.replace(vendors(&mut bits, vendor)?).is_some(),
            PUBLISHER_TC => publisher.replace(publisher_consents(&mut bits)?).is_some(),
            _ => return None,
        };
        if repeated || !bits.is_at_end() {
            return None;
        }
    }
    let granted = match vendor {
        Some(_) if core.vendor && disclosed == Some(true) => core.purposes,
        Some(_) => Purposes::default(),
        None => publisher.unwrap_or_default(),
    };
    Some(granted.consent())
}

struct Core {
    /// Purposes with consent, without those that the publisher forbids the vendor.
    purposes: Purposes,
    /// The vendor has consent.
    vendor: bool,
}

fn core(text: &[u8], vendor: Option<u16>) -> Option<Core> {
    let mut bits = Bits::new(text);
    if bits.number(6)? != VERSION {
        return None;
    }
    // Created, LastUpdated, CmpId, CmpVersion, ConsentScreen, ConsentLanguage, VendorListVersion.
    bits.skip(36 + 36 + 12 + 12 + 6 + 12 + 12)?;
    if bits.number(6)? < OLDEST_POLICY {
        return None;
    }
    // IsServiceSpecific, UseNonStandardTexts, SpecialFeatureOptIns.
    bits.skip(1 + 1 + 12)?;
    let Purposes(purposes) = Purposes::read(&mut bits)?;
    // PurposesLITransparency, PurposeOneTreatment, PublisherCC.
    bits.skip(PURPOSES + 1 + 12)?;
    let consented = vendors(&mut bits, vendor)?;
    // Vendors with legitimate interest, which is no consent.
    vendors(&mut bits, vendor)?;
    let forbidden = restrictions(&mut bits, vendor)?;
    bits.is_at_end().then_some(Core { purposes: Purposes(purposes & !forbidden), vendor: consented })
}

/// Reads past a section of vendors, a bit field or ranges; answers whether `vendor` is in it. Ranges
/// are never spread out, so that overlapping ones cost no more than their text.
fn vendors(bits: &mut Bits<'_>, vendor: Option<u16>) -> Option<bool> {
    let highest = bits.number(16)?;
    if bits.flag()? {
        return ranges(bits, vendor);
    }
    let Some(vendor) = vendor.map(u32::from).filter(|vendor| (1..=highest).contains(vendor)) else {
        bits.skip(highest as usize)?;
        return Some(false);
    };
    bits.skip(vendor as usize - 1)?;
    let found = bits.flag()?;
    bits.skip((highest - vendor) as usize)?;
    Some(found)
}

fn ranges(bits: &mut Bits<'_>, vendor: Option<u16>) -> Option<bool> {
    let mut found = false;
    for _ in 0..bits.number(12)? {
        let is_range = bits.flag()?;
        let first = bits.number(16)?;
        let last = if is_range { bits.number(16)? } else { first };
        if first == 0 || last < first {
            return None;
        }
        found |= vendor.is_some_and(|vendor| (first..=last).contains(&u32::from(vendor)));
    }
    Some(found)
}

/// The purposes, as bits, for which the publisher forbids the vendor to rely on consent.
fn restrictions(bits: &mut Bits<'_>, vendor: Option<u16>) -> Option<u32> {
    /// The publisher requires consent, which is what we ask for anyway.
    const REQUIRE_CONSENT: u32 = 1;
    let mut forbidden = 0;
    for _ in 0..bits.number(12)? {
        let purpose = bits.number(6)?;
        let kind = bits.number(2)?;
        if ranges(bits, vendor)? && kind != REQUIRE_CONSENT {
            forbidden |= purpose.checked_sub(1).and_then(|at| 1_u32.checked_shl(at)).unwrap_or(0);
        }
    }
    Some(forbidden)
}

fn publisher_consents(bits: &mut Bits<'_>) -> Option<Purposes> {
    let purposes = Purposes::read(bits)?;
    bits.skip(PURPOSES)?;
    let custom = bits.number(6)? as usize;
    bits.skip(2 * custom)?;
    Some(purposes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `@iabtcf/core` 1.5.6 from random models: vendor; what the vendor, and what the
    /// publisher is granted, by that library's own reading; the string.
    const STRINGS: &str = include_str!("../../tests/consent/tcf.tsv");

    fn word(consent: Option<Consent>) -> Option<String> {
        consent.map(|c| format!("{}{}", u8::from(c.personalization), u8::from(c.measurement)))
    }

    #[test]
    fn strings_of_another_encoder_are_read_as_it_reads_them() {
        let mut granting = 0;
        for line in STRINGS.lines() {
            let [vendor, by_vendor, by_publisher, text] =
                line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let vendor = Some(vendor.parse().unwrap());
            assert_eq!(word(read(text.as_bytes(), vendor)).as_deref(), Some(by_vendor), "{line}");
            assert_eq!(word(read(text.as_bytes(), None)).as_deref(), Some(by_publisher), "{line}");
            granting += usize::from(by_vendor != "00") + usize::from(by_publisher != "00");
        }
        assert!(granting > 100, "{granting} grants");
    }

    #[test]
    fn whatever_is_cut_short_repeated_or_old_grants_nothing() {
        let line = STRINGS.lines().find(|line| line.contains("\t11\t11\t")).unwrap();
        let (vendor, text) =
            (line.split('\t').next().unwrap().parse().ok(), line.rsplit('\t').next().unwrap());
        let granted = |text: &str| read(text.as_bytes(), vendor).is_some_and(|c| c.personalization);
        assert!(granted(text));
        let (core, segments) = text.split_once('.').unwrap();
        let disclosed = segments.split('.').next().unwrap();
        // Behind the middle of the vendors stands padding, which may be missing.
        for end in 0..core.len() + disclosed.len() / 2 {
            assert!(!granted(&text[..end]), "{end} of {} bytes", text.len());
        }
        assert!(!granted(&format!("{text}.{disclosed}")), "a repeated segment");
        assert!(!granted(core), "vendors that nobody was shown");
        assert!(!granted(&text.replacen('C', "B", 1)), "version 1");
        assert!(!granted(&format!("{core}AAAA.{segments}")), "more than padding at the end");
        assert!(!granted(&format!("{core}.{segments}.*")));
        // TcfPolicyVersion stands in bits 132 to 137, which is character 22.
        for (version, character) in ["A", "B", "C", "D"].iter().enumerate() {
            let mut old = text.to_owned();
            old.replace_range(22..23, character);
            assert!(!granted(&old), "policy version {version}");
        }
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
            let _ = read(&bytes, Some(u16::try_from(next() % 1_300).unwrap()));
        }
    }
}
