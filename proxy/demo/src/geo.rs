//! A small country database, made up for the demo: MaxMind DB format 2.0, over the networks that
//! are reserved for documentation (2001:db8::/32) and benchmarks (198.18.0.0/15).
//!
//! The three documentation networks of IPv4 would be three prefixes, which is no crowd.

mod encode;
mod tree;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use encode::{database, metadata};
use tree::Tree;

/// The countries of the demo with their continents, as codes.
const COUNTRIES: [(&str, &str); 6] =
    [("FR", "EU"), ("DE", "EU"), ("GB", "EU"), ("US", "NA"), ("JP", "AS"), ("BR", "SA")];

/// /24 networks of 198.18.0.0/15 that each country has: 6 × 80 of 512.
const V4_NETWORKS: u32 = 80;
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
        for (at, (_, _)) in (0_u32..).zip(COUNTRIES) {
            tree.insert(V6_BASE | (u128::from(at) << 93), 35, at);
            for network in 0..V4_NETWORKS {
                // IPv4 lives at ::/96 of the tree.
                tree.insert(u128::from(v4_network(at, network)), 96 + 24, at);
            }
        }
        Self { bytes: database(&tree, &COUNTRIES, &metadata(tree.len())) }
    }

    /// The database file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The codes of the countries that it knows.
    pub fn countries() -> impl Iterator<Item = &'static str> {
        COUNTRIES.into_iter().map(|(code, _)| code)
    }

    /// The address of visitor `number` in that country; `None` for a country of which the demo has
    /// no networks. Numbers near each other have different network prefixes; one in four is IPv4.
    #[must_use]
    pub fn address_for(country: &str, number: u32) -> Option<IpAddr> {
        let at = (0_u32..).zip(COUNTRIES).find(|(_, (code, _))| *code == country)?.0;
        let host = number.wrapping_mul(0x9e37_79b1);
        if number.is_multiple_of(4) {
            let network = v4_network(at, (number / 4) % V4_NETWORKS);
            return Some(IpAddr::V4(Ipv4Addr::from(network | (1 + host % 254))));
        }
        let network = u128::from(number % V6_NETWORKS) << 80;
        let address = V6_BASE | (u128::from(at) << 93) | network | (1 << 64) | u128::from(host);
        Some(IpAddr::V6(Ipv6Addr::from(address)))
    }
}

impl Default for DemoGeo {
    fn default() -> Self {
        Self::new()
    }
}

fn v4_network(country: u32, network: u32) -> u32 {
    V4_BASE + ((country * V4_NETWORKS + network) << 8)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::*;

    fn country(reader: &maxminddb::Reader<&[u8]>, address: IpAddr) -> Option<String> {
        let found = reader.lookup(address).unwrap();
        let record: Option<BTreeMap<String, BTreeMap<String, String>>> = found.decode().unwrap();
        record.map(|r| r["country"]["iso_code"].clone())
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
