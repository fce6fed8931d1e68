//! A small country database, made up for the demo: MaxMind DB format 2.0, over the networks that
//! are reserved for documentation (2001:db8::/32) and benchmarks (198.18.0.0/15).
//!
//! The three documentation networks of IPv4 would be three prefixes, which is no crowd.

mod encode;
mod tree;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use encode::{database, metadata};
use tree::Tree;

/// A part of the demo's world, as codes.
struct Place {
    country: &'static str,
    continent: &'static str,
    /// Behind the hyphen of its ISO 3166-2 code; empty where the parts of a country are under one law.
    part: &'static str,
}

/// The places of the demo, those of a country together. Of the parts of a country each has as many
/// networks as the others.
const PLACES: [Place; 9] = [
    place("FR", "EU", ""),
    place("DE", "EU", ""),
    place("GB", "EU", ""),
    place("US", "NA", "CA"),
    place("US", "NA", "TX"),
    place("JP", "AS", ""),
    place("BR", "SA", ""),
    place("CA", "NA", "QC"),
    place("CA", "NA", "ON"),
];

/// The countries in the order of their networks.
const COUNTRIES: [&str; 7] = ["FR", "DE", "GB", "US", "JP", "BR", "CA"];

/// /24 networks of 198.18.0.0/15 that each country has, of 512. What is left is the last one's.
const V4_NETWORKS: u32 = 80;
const LAST_V4_NETWORKS: u32 = 32;
/// /48 networks of 2001:db8::/32 that each country has: one /35.
const V6_NETWORKS: u32 = 1 << 13;
const V4_BASE: u32 = u32::from_be_bytes([198, 18, 0, 0]);
const V6_BASE: u128 = 0x2001_0db8 << 96;

/// The database and the addresses of which it tells the country.
pub struct DemoGeo {
    bytes: Vec<u8>,
}

impl DemoGeo {
    /// Makes the database.
    #[must_use]
    pub fn new() -> Self {
        let mut tree = Tree::default();
        for (at, place) in (0_u32..).zip(&PLACES) {
            let Some(networks) = Networks::of(place.country, place.part) else { continue };
            // One /35, or half of it.
            tree.insert(v6_network(networks.v6(0)), if place.part.is_empty() { 35 } else { 36 }, at);
            for number in 0..networks.v4_count {
                // IPv4 lives at ::/96 of the tree.
                tree.insert(u128::from(v4_network(networks.v4(number))), 96 + 24, at);
            }
        }
        Self { bytes: database(&tree, &PLACES, &metadata(tree.len())) }
    }

    /// The database file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The codes of the countries that it knows.
    pub fn countries() -> impl Iterator<Item = &'static str> {
        COUNTRIES.into_iter()
    }

    /// The address of visitor `number` in that country; `None` for a country of which the demo has
    /// no networks. Numbers near each other have different network prefixes; one in four is IPv4.
    #[must_use]
    pub fn address_for(country: &str, number: u32) -> Option<IpAddr> {
        Some(Networks::of(country, "")?.address(number))
    }

    /// The same in a part of a country: `CA`, `QC`. Only the parts of the United States and Canada
    /// are told apart.
    #[must_use]
    pub fn address_in(country: &str, part: &str, number: u32) -> Option<IpAddr> {
        PLACES.iter().find(|place| place.country == country && place.part == part)?;
        Some(Networks::of(country, part)?.address(number))
    }
}

impl Default for DemoGeo {
    fn default() -> Self {
        Self::new()
    }
}

const fn place(country: &'static str, continent: &'static str, part: &'static str) -> Place {
    Place { country, continent, part }
}

/// The networks of a country or a part of one, numbered within all of the demo's.
struct Networks {
    v4_first: u32,
    v4_count: u32,
    v6_first: u32,
    v6_count: u32,
}

impl Networks {
    /// All of a country's for an empty `part`; else its half, the first part of the country's first.
    fn of(country: &str, part: &str) -> Option<Self> {
        let at = (0_u32..).zip(COUNTRIES).find(|(_, listed)| *listed == country)?.0;
        let last = at as usize + 1 == COUNTRIES.len();
        let v4_count = if last { LAST_V4_NETWORKS } else { V4_NETWORKS };
        let whole =
            Self { v4_first: at * V4_NETWORKS, v4_count, v6_first: at * V6_NETWORKS, v6_count: V6_NETWORKS };
        if part.is_empty() {
            return Some(whole);
        }
        let half = PLACES.iter().filter(|place| place.country == country).position(|p| p.part == part)?;
        let half = u32::try_from(half).ok()?;
        let (v4_count, v6_count) = (whole.v4_count / 2, whole.v6_count / 2);
        Some(Self {
            v4_first: whole.v4_first + half * v4_count,
            v4_count,
            v6_first: whole.v6_first + half * v6_count,
            v6_count,
        })
    }

    fn v4(&self, number: u32) -> u32 {
        self.v4_first + number % self.v4_count.max(1)
    }

    fn v6(&self, number: u32) -> u32 {
        self.v6_first + number % self.v6_count.max(1)
    }

    fn address(&self, number: u32) -> IpAddr {
        let host = number.wrapping_mul(0x9e37_79b1);
        if number.is_multiple_of(4) {
            return IpAddr::V4(Ipv4Addr::from(v4_network(self.v4(number / 4)) | (1 + host % 254)));
        }
        IpAddr::V6(Ipv6Addr::from(v6_network(self.v6(number)) | (1 << 64) | u128::from(host)))
    }
}

fn v4_network(network: u32) -> u32 {
    V4_BASE + (network << 8)
}

fn v6_network(network: u32) -> u128 {
    V6_BASE | (u128::from(network) << 80)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use maxminddb::PathElement;

    use super::*;

    fn text(reader: &maxminddb::Reader<&[u8]>, address: IpAddr, path: &[PathElement<'_>]) -> Option<String> {
        reader.lookup(address).unwrap().decode_path(path).unwrap()
    }

    fn country(reader: &maxminddb::Reader<&[u8]>, address: IpAddr) -> Option<String> {
        text(reader, address, &[PathElement::Key("country"), PathElement::Key("iso_code")])
    }

    fn part(reader: &maxminddb::Reader<&[u8]>, address: IpAddr) -> Option<String> {
        let path = [PathElement::Key("subdivisions"), PathElement::Index(0), PathElement::Key("iso_code")];
        text(reader, address, &path)
    }

    #[test]
    fn another_reader_of_the_format_accepts_it() {
        let geo = DemoGeo::new();
        let reader = maxminddb::Reader::from_source(geo.bytes()).unwrap();
        reader.verify().unwrap();
        assert!(geo.bytes().len() < 64 * 1024, "{} bytes", geo.bytes().len());
    }

    #[test]
    fn every_address_is_found_in_its_country_and_others_in_none() {
        let geo = DemoGeo::new();
        let reader = maxminddb::Reader::from_source(geo.bytes()).unwrap();
        for code in DemoGeo::countries() {
            for number in 0..700 {
                let address = DemoGeo::address_for(code, number).unwrap();
                assert_eq!(country(&reader, address).as_deref(), Some(code), "{address}");
            }
        }
        for outside in ["127.0.0.1", "198.20.0.1", "192.0.2.1", "2001:db9::1", "::1", "2001:db8:ffff::1"] {
            assert_eq!(country(&reader, outside.parse().unwrap()), None, "{outside}");
        }
        assert_eq!(DemoGeo::address_for("XX", 1), None);
    }

    #[test]
    fn the_parts_of_two_countries_are_told_apart() {
        let geo = DemoGeo::new();
        let reader = maxminddb::Reader::from_source(geo.bytes()).unwrap();
        for (code, listed) in [("US", "CA"), ("US", "TX"), ("CA", "QC"), ("CA", "ON")] {
            let mut prefixes = HashSet::new();
            for number in 0..700 {
                let address = DemoGeo::address_in(code, listed, number).unwrap();
                assert_eq!(country(&reader, address).as_deref(), Some(code), "{address}");
                assert_eq!(part(&reader, address).as_deref(), Some(listed), "{address}");
                prefixes.insert(address);
            }
            assert!(prefixes.len() > 500);
        }
        assert_eq!(part(&reader, DemoGeo::address_for("FR", 1).unwrap()), None);
        assert_eq!(DemoGeo::address_in("CA", "AB", 1), None);
        assert_eq!(DemoGeo::address_in("FR", "", 1), DemoGeo::address_for("FR", 1));
    }

    #[test]
    fn three_hundred_neighbours_have_three_hundred_prefixes() {
        let prefixes: HashSet<_> = (1_000..1_300)
            .map(|n| match DemoGeo::address_for("FR", n).unwrap() {
                IpAddr::V4(v4) => u128::from(u32::from(v4) >> 8),
                IpAddr::V6(v6) => u128::from(v6) >> 80,
            })
            .collect();
        assert_eq!(prefixes.len(), 300);
    }
}
