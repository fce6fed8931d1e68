//! A component that splits traffic: its table has the bucket as a dimension of its own, and is what the
//! component says. Made by hand, in the text form of WASM; no visitor is involved.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use cloakroom_plugin_host::{Engine, Limits, Plugin};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const WIT: &str = include_str!("../../../plugins/wit/personalizer.wit");
const COMPONENT: &str = include_str!("splitting.wat");

fn component(core: &str) -> Vec<u8> {
    let mut module = wat::parse_str(core).unwrap();
    let mut contract = Resolve::default();
    let package = contract.push_str("personalizer.wit", WIT).unwrap();
    let world = contract.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

fn load(core: &str) -> Plugin {
    Engine::new(Limits::default()).unwrap().load(&component(core)).unwrap()
}

#[test]
fn the_bucket_is_a_dimension_of_the_table() {
    let plugin = load(COMPONENT);
    let (manifest, table) = (plugin.manifest(), plugin.table());
    assert_eq!(manifest.bucket_ranges(), [70, 30]);
    // Device: phone, desktop, other, any; bucket: two ranges and “not known”.
    assert_eq!(table.size(), 4 * 3);
    for (device, bucket, expected) in
        [(0, 0, 0), (0, 1, 1), (0, 2, 0), (1, 1, 1), (3, 0, 0), (3, 1, 1), (3, 2, 0), (1, 0, 0)]
    {
        assert_eq!(table.lookup(table.index(&[device, bucket])), expected, "{device}, {bucket}");
    }
    assert_eq!(table.index(&[0]), table.index(&[0, 2]), "who names no bucket knows none");
    for index in 0..table.size() {
        assert_eq!(table.index(&table.ids(index)), index);
    }
    assert_eq!(manifest.cell_in_words(&[0, 1]), "device=phone, bucket=range 2 (30 %)");
    assert_eq!(manifest.cell_in_words(&[0, 2]), "device=phone, bucket=any");
}

#[test]
fn people_read_the_split_and_it_is_the_table() {
    let plugin = load(COMPONENT);
    let readable = plugin.readable();
    assert_eq!(
        readable.to_string(),
        "a (12 cells)\n  bucket is range 2 (30 %) → b  4  33 %\n  else                     → a  8  67 %\n"
    );
    for index in 0..plugin.table().size() {
        let shown = readable.slots().first().unwrap().variant(&plugin.table().ids(index)).unwrap();
        assert_eq!(u16::from(shown), plugin.table().lookup(index));
    }
}

#[test]
fn asked_past_the_table_it_gives_the_same_answer() {
    let engine = Engine::new(Limits::default()).unwrap();
    let opened = engine.open(&component(COMPONENT)).unwrap();
    let plugin = load(COMPONENT);
    for index in 0..plugin.table().size() - 1 {
        let answer = opened.decide(plugin.table(), &plugin.table().ids(index)).unwrap();
        assert_eq!(answer, u32::from(plugin.table().lookup(index)));
    }
}
