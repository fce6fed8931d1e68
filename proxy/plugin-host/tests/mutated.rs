//! Thousands of components that nobody wrote: made up, mutated, and with bytes exchanged. Each becomes a plugin
//! whose every answer is one, or a refusal in few words; nothing panics, and nothing takes long.
//!
//! The same ones each time. `MUTATED_CASES` says how many of each kind (400).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/crafted.rs"]
mod crafted;

use std::collections::BTreeMap;
use std::time::Duration;

use arbitrary::Unstructured;
use cloakroom_plugin_host::{Digest, Engine, Limits, Plugin};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use wasm_mutate::WasmMutate;
use wit_component::ComponentEncoder;

use crafted::{HARMLESS, LOOP, Module};

const HERO: &str = include_str!("../../../plugins/templates/hero.toml");
const RANDOM_BYTES: usize = 4096;
/// The longest refusal that anybody has to read, in bytes.
const LONGEST_REFUSAL: usize = 2000;

fn cases() -> u64 {
    std::env::var("MUTATED_CASES").map_or(400, |cases| cases.parse().unwrap())
}

/// Small, so that what loops does not loop for long.
fn engine() -> Engine {
    let limits = Limits {
        fuel_per_call: 200_000,
        wall_clock: Duration::from_secs(20),
        memory_bytes: 4 << 20,
        ..Limits::default()
    };
    Engine::new(limits).unwrap()
}

/// What became of the components, by kind.
#[derive(Default, Debug)]
struct Tally(BTreeMap<&'static str, usize>);

impl Tally {
    fn offer(&mut self, engine: &Engine, component: &[u8], case: u64) {
        let kind = match engine.load(component) {
            Ok(plugin) => {
                is_whole(&plugin, component);
                "plugins"
            }
            Err(refusal) => {
                let words = refusal.to_string();
                assert!(!words.is_empty() && words.len() <= LONGEST_REFUSAL, "case {case}: {words}");
                assert!(!words.chars().any(char::is_control), "case {case}: {words}");
                let is_component = !words.starts_with("this is not a component");
                if is_component { "refused for what they do" } else { "refused as they are" }
            }
        };
        *self.0.entry(kind).or_default() += 1;
    }

    fn of(&self, kind: &str) -> usize {
        self.0.get(kind).copied().unwrap_or_default()
    }
}

fn is_whole(plugin: &Plugin, component: &[u8]) {
    assert_eq!(plugin.digest(), Digest::of(component));
    let (manifest, table) = (plugin.manifest(), plugin.table());
    let choices: usize = manifest.slots().iter().map(|slot| slot.variants().len()).product();
    assert_eq!(table.choices().len(), usize::try_from(table.size()).unwrap());
    assert!(table.choices().iter().all(|choice| usize::from(*choice) < choices));
    let again = Plugin::from_record(&plugin.to_record()).unwrap();
    assert_eq!(again.to_record(), plugin.to_record());
}

#[test]
fn what_is_made_up_is_refused_in_words() {
    let (engine, mut tally) = (engine(), Tally::default());
    let mut bytes = vec![0; RANDOM_BYTES];
    for case in 0..cases() {
        StdRng::seed_from_u64(case).fill(bytes.as_mut_slice());
        let mut random = Unstructured::new(&bytes);
        let config = if case % 2 == 0 { wasm_smith::Config::default() } else { allowed() };
        let made_up = wasm_smith::Module::new(config, &mut random);
        let Ok(module) = made_up.map(|module| module.to_bytes()) else { continue };
        tally.offer(&engine, &module, case);
        // As the one module of a component that claims to keep the contract, it is compiled too.
        tally.offer(&engine, &within_a_component(&module), case);
    }
    println!("made up: {tally:?}");
    assert_eq!(tally.of("plugins"), 0, "{tally:?}");
    assert!(tally.of("refused for what they do") > 100, "{tally:?}");
}

/// Of what can be made up, what the engine compiles.
fn allowed() -> wasm_smith::Config {
    wasm_smith::Config {
        exceptions_enabled: false,
        gc_enabled: false,
        reference_types_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        max_memories: 1,
        max_memory32_bytes: 1 << 20,
        max_tables: 2,
        max_table_elements: 1_000,
        ..wasm_smith::Config::default()
    }
}

/// A component with a core module that it does not use.
fn within_a_component(module: &[u8]) -> Vec<u8> {
    let mut component = wasm_encoder::Component::new();
    component.section(&wasm_encoder::RawSection {
        id: wasm_encoder::ComponentSectionId::CoreModule as u8,
        data: module,
    });
    component.finish()
}

#[test]
fn mutants_of_whole_plugins_are_plugins_or_refused() {
    let (engine, mut tally) = (engine(), Tally::default());
    let spins = Module { decide: LOOP, ..HARMLESS };
    let grows = Module { decide: "(drop (memory.grow (i32.const 1))) i32.const 1", ..HARMLESS };
    for (at, core) in [HARMLESS.core(), spins.core(), grows.core()].iter().enumerate() {
        for case in (at as u64..cases()).step_by(3) {
            // Few mutants in a row keep what makes them a plugin; each grows out of the one before.
            let mut mutant = core.clone();
            for step in 0..4 {
                let mut mutate = WasmMutate::default();
                mutate.seed(case * 16 + step).fuel(1_000).preserve_semantics(step % 2 == 0);
                let Ok(mut mutants) = mutate.run(&mutant) else { break };
                let Some(Ok(next)) = mutants.next() else { break };
                drop(mutants);
                mutant = next;
                let encoded =
                    ComponentEncoder::default().module(&mutant).and_then(|mut encoder| encoder.encode());
                if let Ok(component) = encoded {
                    tally.offer(&engine, &component, case);
                }
            }
        }
    }
    println!("mutants: {tally:?}");
    assert!(tally.of("plugins") > 10, "{tally:?}");
    assert!(tally.of("refused for what they do") > 10, "{tally:?}");
}

#[test]
fn whole_plugins_with_bytes_exchanged_are_plugins_or_refused() {
    let (engine, mut tally) = (engine(), Tally::default());
    let hero = cloakroom_rule_compiler::compile(HERO).unwrap();
    for (at, whole) in [HARMLESS.component(), hero].iter().enumerate() {
        for case in (at as u64..cases() * 2).step_by(2) {
            let mut random = StdRng::seed_from_u64(case);
            let mut broken = whole.clone();
            for _ in 0..random.random_range(1..=4) {
                let place = random.random_range(0..broken.len());
                broken[place] = random.random();
            }
            if random.random_ratio(1, 8) {
                broken.truncate(random.random_range(0..broken.len()));
            }
            tally.offer(&engine, &broken, case);
        }
    }
    println!("exchanged: {tally:?}");
    for kind in ["plugins", "refused for what they do", "refused as they are"] {
        assert!(tally.of(kind) > 5, "{tally:?}");
    }
}
