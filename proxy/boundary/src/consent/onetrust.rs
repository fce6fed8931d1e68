//! `OptanonConsent`, the cookie of OneTrust (now also CookiePro): `groups=C0001:1,C0002:0,…` among
//! other pairs. Of its default groups, C0003 is functional, which is our personalization, and C0002
//! is performance, which is our measurement. Identifiers and times in it are read past.

use cloakroom_vocabulary::Consent;

use super::encoded::{Word, decoded};

/// The longest value, in bytes.
const MAX_BYTES: usize = 4_096;

/// What it grants; `None` where it refuses or is broken.
pub(super) fn read(value: &[u8]) -> Option<Consent> {
    if value.len() > MAX_BYTES {
        return None;
    }
    let mut groups = None;
    for pair in value.split(|byte| *byte == b'&') {
        if pair == b"isGpcEnabled=1" {
            return None;
        }
        if let Some(list) = pair.strip_prefix(b"groups=")
            && groups.replace(list).is_some()
        {
            return None;
        }
    }
    let (mut functional, mut performance) = (None, None);
    let mut group = Word::new();
    for byte in decoded(groups?).chain([b',']) {
        if byte != b',' {
            group.push(byte);
            continue;
        }
        let answer = match group.get() {
            Some([name @ .., b':', b'1']) => Some((name, true)),
            Some([name @ .., b':', b'0']) => Some((name, false)),
            _ => None,
        };
        let (place, given) = match answer {
            Some((b"C0003", given)) => (&mut functional, given),
            Some((b"C0002", given)) => (&mut performance, given),
            // Groups of the site's own may have long names.
            _ => {
                group = Word::new();
                continue;
            }
        };
        if place.replace(given).is_some() {
            return None;
        }
        group = Word::new();
    }
    let granted = |answer: Option<bool>| answer.unwrap_or(false);
    Some(Consent { personalization: granted(functional), measurement: granted(performance) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(value: &str) -> Option<(bool, bool)> {
        read(value.as_bytes()).map(|consent| (consent.personalization, consent.measurement))
    }

    #[test]
    fn groups_are_read_from_among_other_pairs() {
        let cookie = |groups: &str| {
            format!(
                "isGpcEnabled=0&datestamp=Tue+Nov+24+2026&version=202409.1.0&consentId=1b9d6bcd-bbfd-4b2d&\
                 interactionCount=1&groups={groups}&AwaitingReconsent=false&geolocation=FR%3BIDF"
            )
        };
        assert_eq!(granted(&cookie("C0001%3A1%2CC0002%3A1%2CC0003%3A1%2CC0004%3A0")), Some((true, true)));
        assert_eq!(granted(&cookie("C0001:1,C0002:0,C0003:1")), Some((true, false)));
        assert_eq!(granted(&cookie("C0001%3A1%2Ca-group-with-a-long-name%3A1")), Some((false, false)));
        assert_eq!(granted(&cookie("C0003%3A1%2CC0003%3A1")), None);
        assert_eq!(granted(&cookie("C0003%3A2")), Some((false, false)));
        assert_eq!(granted(&cookie("C0003%3A1&groups=C0003%3A1")), None);
        assert_eq!(granted(&cookie("C0003%3A1").replace("Enabled=0", "Enabled=1")), None);
        assert_eq!(granted("datestamp=x"), None);
        assert_eq!(granted(&cookie(&"C0004%3A1%2C".repeat(600))), None);
    }
}
