//! An address, and damage to a working country database: where (2 bytes), and what is flipped there.
//! The database is refused, or the visitor is let in.
#![no_main]

#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "shared with tests"
)]
#[path = "../../../proxy/boundary/tests/support/mod.rs"]
mod support;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use cloakroom_boundary::{Boundary, Config, Geo, RawRequest, TokenKey};
use libfuzzer_sys::fuzz_target;
use support::mmdb::{self, Field};

static DATABASE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let country = |code| ("country", Field::map("iso_code", code)).into();
    let parts = Field::List(vec![Field::map("iso_code", "ON")]);
    let ontario = Field::Map(vec![("country", Field::map("iso_code", "CA")), ("subdivisions", parts)]);
    mmdb::database(&[
        ("198.18.0.0/16", country("FR")),
        ("198.19.0.0/16", ontario),
        ("2001:db8::/32", country("DE")),
    ])
});
static KEY: LazyLock<TokenKey> = LazyLock::new(TokenKey::random);

fuzz_target!(|data: &[u8]| {
    let Some((address, damage)) = data.split_first_chunk::<16>() else { return };
    let mut database = DATABASE.clone();
    for [high, low, flipped] in damage.as_chunks().0 {
        let at = usize::from(u16::from_be_bytes([*high, *low])) % database.len();
        database[at] ^= flipped;
    }
    let Ok(geo) = Geo::from_bytes(database) else { return };
    let config =
        Config { trusted_proxies: Vec::new(), places: support::places(), sites: vec![support::shop()] };
    let boundary = Boundary::new(config, Some(geo)).unwrap();
    let parts = support::request("GET", "/", &[]);
    let [a, b, c, d, ..] = *address;
    let addresses: [IpAddr; 2] = [Ipv6Addr::from(*address).into(), Ipv4Addr::new(a, b, c, d).into()];
    for address in addresses {
        let site = boundary.site(&RawRequest::seal(&parts, address)).unwrap();
        assert!(boundary.admit(site, RawRequest::seal(&parts, address), &KEY).is_ok());
    }
});
