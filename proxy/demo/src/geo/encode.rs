//! Writes the sections of a MaxMind database file: the tree, the data, the metadata.

use super::Place;
use super::tree::{Branch, Tree};

/// Between the tree and the data.
const SEPARATOR: [u8; 16] = [0; 16];
/// Before the metadata.
const MARKER: &[u8] = b"\xAB\xCD\xEFMaxMind.com";
/// 2026-01-01: fixed, so that the file is the same each time.
const BUILT: u64 = 1_767_225_600;

const STRING: u8 = 2;
const UINT16: u8 = 5;
const UINT32: u8 = 6;
const MAP: u8 = 7;
const UINT64: u8 = 9;
const ARRAY: u8 = 11;

/// The whole file.
pub(super) fn database(tree: &Tree, places: &[Place], metadata: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    let mut offsets = Vec::new();
    for place in places {
        offsets.push(u32::try_from(data.len()).unwrap_or(u32::MAX));
        record(&mut data, place);
    }
    let nodes = tree.len();
    let mut file = Vec::new();
    for branch in tree.nodes().iter().flatten() {
        let record = match branch {
            Branch::Nowhere => nodes,
            Branch::Node(node) => *node,
            Branch::Place(at) => {
                let offset = offsets.get(*at as usize).copied().unwrap_or_default();
                nodes + 16 + offset
            }
        };
        // Records of 24 bits: the three lower bytes.
        file.extend(record.to_be_bytes().into_iter().skip(1));
    }
    file.extend(SEPARATOR);
    file.extend(data);
    file.extend(MARKER);
    file.extend(metadata);
    file
}

/// What is told of a place.
fn record(out: &mut Vec<u8>, place: &Place) {
    let divided = !place.part.is_empty();
    control(out, MAP, 2 + u8::from(divided));
    for (section, key, code) in
        [("country", "iso_code", place.country), ("continent", "code", place.continent)]
    {
        string(out, section);
        control(out, MAP, 1);
        string(out, key);
        string(out, code);
    }
    if divided {
        string(out, "subdivisions");
        control(out, ARRAY, 1);
        control(out, MAP, 1);
        string(out, "iso_code");
        string(out, place.part);
    }
}

/// What a reader must know of a file whose tree has `nodes` nodes.
pub(super) fn metadata(nodes: u32) -> Vec<u8> {
    let mut out = Vec::new();
    control(&mut out, MAP, 9);
    for (key, kind, value) in [
        ("binary_format_major_version", UINT16, 2),
        ("binary_format_minor_version", UINT16, 0),
        ("ip_version", UINT16, 6),
        ("record_size", UINT16, 24),
        ("node_count", UINT32, u64::from(nodes)),
        ("build_epoch", UINT64, BUILT),
    ] {
        string(&mut out, key);
        unsigned(&mut out, kind, value);
    }
    string(&mut out, "database_type");
    string(&mut out, "Cloakroom-Demo-Country");
    string(&mut out, "languages");
    control(&mut out, ARRAY, 0);
    string(&mut out, "description");
    control(&mut out, MAP, 1);
    string(&mut out, "en");
    string(&mut out, "invented networks");
    out
}

/// The byte or two that open a field: its type and, below 29, its size.
fn control(out: &mut Vec<u8>, kind: u8, size: u8) {
    if kind <= 7 {
        out.push(kind << 5 | size);
    } else {
        out.extend([size, kind - 7]);
    }
}

/// INVARIANT: every string of this file is shorter than 29 bytes, the largest size that stands in
/// the control byte itself.
fn string(out: &mut Vec<u8>, text: &str) {
    debug_assert!(text.len() < 29, "longer sizes need bytes of their own");
    control(out, STRING, u8::try_from(text.len().min(28)).unwrap_or(28));
    out.extend(text.bytes().take(28));
}

/// Big-endian without leading zeros.
fn unsigned(out: &mut Vec<u8>, kind: u8, value: u64) {
    let size = 8_u8.saturating_sub(u8::try_from(value.leading_zeros() / 8).unwrap_or(0));
    control(out, kind, size);
    out.extend(value.to_be_bytes().into_iter().skip(usize::from(8 - size)));
}
