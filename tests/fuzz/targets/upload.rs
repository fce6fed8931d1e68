//! An upload, from its bytes to its table: a plugin that keeps the contract in every cell, or a refusal in words.
//!
//! The first byte says what follows: `w` the bytes of a component; `m` a core module, put into a component;
//! anything else a rule file, of whose component up to eight bytes are exchanged: the input ends with three
//! bytes for each, a place and what is written there, and their number.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use cloakroom_plugin_host::{Digest, Engine, Limits, Plugin};
use libfuzzer_sys::fuzz_target;

/// Small, so that what loops does not loop for long.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let limits = Limits {
        fuel_per_call: 100_000,
        wall_clock: Duration::from_secs(5),
        memory_bytes: 4 << 20,
        ..Limits::default()
    };
    Engine::new(limits).unwrap()
});

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    let component = match kind {
        b'w' => rest.to_vec(),
        b'm' => within_a_component(rest),
        _ => match exchanged(rest) {
            Some(component) => component,
            None => return,
        },
    };
    match ENGINE.load(&component) {
        Ok(plugin) => is_whole(&plugin, &component),
        Err(refusal) => {
            let words = refusal.to_string();
            assert!(!words.is_empty() && words.len() < 4_000, "{words}");
        }
    }
});

/// A component with a core module that it does not use: it is compiled all the same.
fn within_a_component(module: &[u8]) -> Vec<u8> {
    let mut component = b"\0asm\x0d\0\x01\0\x01".to_vec();
    let mut length = module.len();
    while length >= 0x80 {
        component.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    component.push(length as u8);
    component.extend_from_slice(module);
    component
}

fn exchanged(input: &[u8]) -> Option<Vec<u8>> {
    let (&count, rest) = input.split_last()?;
    let count = usize::from(count % 9);
    let (rules, exchanges) = rest.split_at_checked(rest.len().checked_sub(3 * count)?)?;
    let mut component = cloakroom_rule_compiler::compile(std::str::from_utf8(rules).ok()?).ok()?;
    for exchange in exchanges.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([exchange[0], exchange[1]])) % component.len();
        component[place] = exchange[2];
    }
    Some(component)
}

fn is_whole(plugin: &Plugin, component: &[u8]) {
    assert_eq!(plugin.digest(), Digest::of(component));
    let (manifest, table) = (plugin.manifest(), plugin.table());
    let choices: usize = manifest.slots().iter().map(|slot| slot.variants().len()).product();
    assert_eq!(table.choices().len(), table.size() as usize);
    assert!(table.choices().iter().all(|choice| usize::from(*choice) < choices));
    let record = plugin.to_record();
    assert_eq!(Plugin::from_record(&record).unwrap().to_record(), record);
}
