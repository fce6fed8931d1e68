//! The networks that a hand-made variant key has to know by country.

use std::collections::BTreeSet;
use std::net::IpAddr;

use cloakroom_benches::{COUNTRIES, Visitor};

/// The country of every network that a visitor comes from, but for countries that are not told apart; the
/// network as address and prefix length.
pub(super) fn networks(visitors: &[Visitor]) -> BTreeSet<(String, u8, &'static str)> {
    let known = visitors.iter().filter(|visitor| COUNTRIES.contains(&visitor.traits.country));
    known
        .map(|visitor| match visitor.address {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                (format!("{a}.{b}.{c}.0"), 24, visitor.traits.country)
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                (format!("{a:x}:{b:x}:{c:x}::"), 48, visitor.traits.country)
            }
        })
        .collect()
}
