//! Who comes when: a fixed cycle, so that crowds are large or small by construction, not by luck.

use super::agent::{Consent, Device, Referrer, Visitor};

/// The one visitor from Brazil who sits before a television.
pub(crate) const LONE_NUMBER: u32 = 7;

/// Turns of one cycle.
const CYCLE: u64 = 48;
/// Turns of a cycle that each popular group gets.
const SHARE: u64 = 4;
/// Different prefixes of a popular group; far above any k of the demo's.
const POPULAR_PREFIXES: u64 = 400;
/// Different prefixes of a rare group; below any k of the demo's.
const RARE_PREFIXES: u64 = 5;

struct Group {
    country: &'static str,
    language: &'static str,
    device: Device,
    referrer: Referrer,
    campaign: bool,
    consent: Consent,
    gpc: bool,
}

const fn group(
    country: &'static str,
    language: &'static str,
    device: Device,
    referrer: Referrer,
    campaign: bool,
) -> Group {
    Group { country, language, device, referrer, campaign, consent: Consent::All, gpc: false }
}

/// Groups with a crowd.
const POPULAR: [Group; 10] = [
    group("FR", "fr", Device::Phone, Referrer::Email, true),
    group("FR", "fr", Device::Desktop, Referrer::Search, false),
    group("FR", "fr", Device::Phone, Referrer::Direct, false),
    group("DE", "de", Device::Desktop, Referrer::Direct, false),
    group("DE", "de", Device::Phone, Referrer::Email, true),
    group("GB", "en", Device::Phone, Referrer::Social, false),
    group("GB", "en", Device::Desktop, Referrer::Email, true),
    group("US", "en", Device::Desktop, Referrer::Search, false),
    group("US", "en", Device::Phone, Referrer::Social, true),
    group("JP", "ja", Device::Phone, Referrer::Direct, false),
];

/// Groups without one, and those who said no.
const RARE: [Group; 8] = [
    group("BR", "pt", Device::Tv, Referrer::Direct, false),
    group("BR", "pt", Device::Phone, Referrer::Search, false),
    group("FR", "de", Device::Tablet, Referrer::Social, false),
    group("JP", "en", Device::Desktop, Referrer::Search, true),
    Group { consent: Consent::None, ..group("FR", "fr", Device::Phone, Referrer::Search, false) },
    Group { consent: Consent::Unasked, ..group("DE", "de", Device::Desktop, Referrer::Search, false) },
    Group { gpc: true, ..group("US", "en", Device::Desktop, Referrer::Direct, false) },
    Group { gpc: true, ..group("GB", "en", Device::Phone, Referrer::Email, true) },
];

/// One visit in so many is to another page than the front page; it shares no factor with the
/// cycle, so that every group does so in turn.
const WANDER: u64 = 5;
/// The other pages. Mostly shelves, which have a crowd of their own to gather.
const ELSEWHERE: [&str; 10] = [
    "/c/tents",
    "/c/kitchen",
    "/c/packs",
    "/c/sleep",
    "/p/larch-2",
    "/c/tents",
    "/c/kitchen",
    "/c/packs",
    "/c/sleep",
    "/search?q=warm",
];

/// Visits a second that bring each popular group well above `k` prefixes an epoch: twice as many,
/// less those who look at other pages.
pub(super) fn steady_rate(k: u32, epoch: std::time::Duration) -> f64 {
    let cycles = f64::from(k) * 2.0 / SHARE as f64;
    cycles * CYCLE as f64 / epoch.as_secs_f64().max(0.1)
}

/// The visitor whose turn it is, and the page. The first turns of all cycles are popular groups.
pub(super) fn visit(seed: u64, turn: u64, campaign: &str) -> Option<(Visitor, &'static str)> {
    let (round, slot) = (turn / CYCLE, turn % CYCLE);
    let popular = POPULAR.len() as u64;
    let (group, number) = if slot < popular * SHARE {
        let at = slot % popular;
        let member = (seed % POPULAR_PREFIXES + round * SHARE + slot / popular) % POPULAR_PREFIXES;
        // Each group has its own part of the country's networks.
        (POPULAR.get(usize::try_from(at).ok()?)?, 1_000 + at * 500 + member)
    } else {
        let at = slot - popular * SHARE;
        let group = RARE.get(usize::try_from(at).ok()?)?;
        let lone = group.device == Device::Tv;
        (group, if lone { u64::from(LONE_NUMBER) } else { 100 + at * 10 + round % RARE_PREFIXES })
    };
    let visitor = Visitor {
        country: group.country,
        language: group.language,
        device: group.device,
        referrer: group.referrer,
        campaign: group.campaign.then(|| campaign.to_owned()),
        consent: group.consent,
        gpc: group.gpc,
        number: u32::try_from(number).ok()?,
    };
    let elsewhere = usize::try_from(turn / WANDER).ok()? % ELSEWHERE.len();
    let path = if turn % WANDER == WANDER - 1 { ELSEWHERE.get(elsewhere).copied()? } else { "/" };
    Some((visitor, path))
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};
    use std::net::IpAddr;
    use std::time::Duration;

    use super::*;
    use crate::geo::DemoGeo;

    fn prefix(address: IpAddr) -> u128 {
        match address {
            IpAddr::V4(v4) => u128::from(u32::from(v4) >> 8),
            IpAddr::V6(v6) => u128::from(v6) >> 80,
        }
    }

    #[test]
    fn in_each_epoch_popular_groups_have_a_crowd_and_rare_ones_do_not() {
        let (k, epoch) = (20, Duration::from_secs(5));
        let an_epoch = (steady_rate(k, epoch) * epoch.as_secs_f64()) as u64;
        assert!((200..600).contains(&an_epoch), "{an_epoch} visits an epoch");
        for start in [0, 1_017, 250_000] {
            let mut crowds: HashMap<_, HashSet<u128>> = HashMap::new();
            for turn in start..start + an_epoch {
                let (visitor, path) = visit(42, turn, "spring").unwrap();
                if path == "/" && visitor.consent == Consent::All && !visitor.gpc {
                    let address = DemoGeo::address_for(visitor.country, visitor.number).unwrap();
                    let combination = (
                        visitor.country,
                        visitor.language,
                        format!("{:?}", visitor.device),
                        visitor.campaign,
                    );
                    crowds.entry(combination).or_default().insert(prefix(address));
                }
            }
            let large = crowds.values().filter(|crowd| crowd.len() >= k as usize).count();
            let small = crowds.values().filter(|crowd| crowd.len() <= 5).count();
            assert_eq!((large, small), (10, 4), "from turn {start}");
        }
    }

    #[test]
    fn the_shelves_have_a_crowd_of_phones_from_one_part_of_the_day() {
        let epoch = Duration::from_secs(5);
        let an_epoch = (steady_rate(20, epoch) * epoch.as_secs_f64()) as u64;
        let phones: HashSet<_> = (5_000..5_000 + an_epoch)
            .filter_map(|turn| visit(1, turn, "spring"))
            .filter(|(visitor, path)| {
                path.starts_with("/c/")
                    && visitor.device == Device::Phone
                    && ["FR", "DE", "GB"].contains(&visitor.country)
                    && visitor.consent == Consent::All
                    && !visitor.gpc
            })
            .filter_map(|(visitor, _)| DemoGeo::address_for(visitor.country, visitor.number).map(prefix))
            .collect();
        assert!(phones.len() >= 20, "{} phones", phones.len());
    }

    #[test]
    fn even_in_a_burst_the_visitor_on_a_television_stays_alone() {
        let addresses: HashSet<_> = (0..20_000)
            .filter_map(|turn| visit(7, turn, "spring"))
            .filter(|(visitor, _)| visitor.device == Device::Tv)
            .map(|(visitor, _)| DemoGeo::address_for(visitor.country, visitor.number))
            .collect();
        assert_eq!(addresses.len(), 1);
    }
}
