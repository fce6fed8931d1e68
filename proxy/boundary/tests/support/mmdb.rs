//! A writer of small mmdb files for tests: a search tree of 24-bit records over IPv6, IPv4 below
//! `::/96`, and records of nested maps and lists of text. No client data.

#![allow(dead_code, reason = "each test file uses a part")]

use std::net::IpAddr;

/// A value in a record.
#[derive(Clone)]
pub enum Field {
    /// A string.
    Text(&'static str),
    /// A map.
    Map(Vec<(&'static str, Field)>),
    /// An array.
    List(Vec<Field>),
}

impl Field {
    pub fn text(value: &'static str) -> Self {
        Self::Text(value)
    }

    pub fn map(key: &'static str, value: &'static str) -> Self {
        Self::Map(vec![(key, Self::Text(value))])
    }
}

impl From<(&'static str, Field)> for Field {
    fn from(entry: (&'static str, Field)) -> Self {
        Self::Map(vec![entry])
    }
}

#[derive(Clone, Copy)]
enum Child {
    None,
    Node(usize),
    Data(usize),
}

/// A database that maps networks to records.
pub fn database(networks: &[(&str, Field)]) -> Vec<u8> {
    let mut nodes = vec![[Child::None; 2]];
    let mut data = Vec::new();
    for (network, record) in networks {
        let (address, length) = network.split_once('/').unwrap();
        let length: usize = length.parse().unwrap();
        let (bits, length) = match address.parse().unwrap() {
            IpAddr::V4(address) => (u128::from(u32::from(address)), length + 96),
            IpAddr::V6(address) => (u128::from(address), length),
        };
        insert(&mut nodes, bits, length, data.len());
        write(record, &mut data);
    }
    let count = nodes.len();
    let mut bytes = Vec::new();
    for child in nodes.iter().flatten() {
        let value = match child {
            Child::None => count,
            Child::Node(at) => *at,
            Child::Data(at) => count + 16 + at,
        };
        bytes.extend(&u32::try_from(value).unwrap().to_be_bytes()[1..]);
    }
    bytes.extend([0; 16]);
    bytes.extend(data);
    bytes.extend(b"\xab\xcd\xefMaxMind.com");
    metadata(count, &mut bytes);
    bytes
}

fn insert(nodes: &mut Vec<[Child; 2]>, bits: u128, length: usize, data: usize) {
    let mut at = 0;
    for depth in 0..length {
        let side = usize::try_from(bits >> (127 - depth) & 1).unwrap();
        if depth + 1 == length {
            nodes[at][side] = Child::Data(data);
        } else if let Child::Node(next) = nodes[at][side] {
            at = next;
        } else {
            nodes.push([Child::None; 2]);
            let next = nodes.len() - 1;
            nodes[at][side] = Child::Node(next);
            at = next;
        }
    }
}

fn text(value: &str, out: &mut Vec<u8>) {
    assert!(value.len() < 29);
    out.push(2 << 5 | u8::try_from(value.len()).unwrap());
    out.extend(value.as_bytes());
}

fn write(field: &Field, out: &mut Vec<u8>) {
    match field {
        Field::Text(value) => text(value, out),
        Field::Map(entries) => {
            out.push(7 << 5 | u8::try_from(entries.len()).unwrap());
            for (key, value) in entries {
                text(key, out);
                write(value, out);
            }
        }
        Field::List(items) => {
            out.extend([u8::try_from(items.len()).unwrap(), 11 - 7]);
            items.iter().for_each(|item| write(item, out));
        }
    }
}

fn metadata(count: usize, out: &mut Vec<u8>) {
    out.push(7 << 5 | 9);
    text("node_count", out);
    out.push(6 << 5 | 4);
    out.extend(u32::try_from(count).unwrap().to_be_bytes());
    for (key, value) in [
        ("record_size", 24_u16),
        ("ip_version", 6),
        ("binary_format_major_version", 2),
        ("binary_format_minor_version", 0),
    ] {
        text(key, out);
        out.push(5 << 5 | 2);
        out.extend(value.to_be_bytes());
    }
    text("database_type", out);
    text("Test-Country", out);
    text("languages", out);
    out.extend([0, 4]);
    text("build_epoch", out);
    out.extend([8, 2]);
    out.extend(1_700_000_000_u64.to_be_bytes());
    text("description", out);
    out.push(7 << 5);
}
