//! Records of plugins: what is read back is what was written, and no damage makes more than a refusal.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use cloakroom_plugin_host::{Engine, Limits, Plugin};

const HERO: &str = include_str!("../../../plugins/templates/hero.toml");
const SMALL: &str = r##"
name = "small"
version = "1"
[signals.device]
reason = "test"
[[slot]]
name = "a"
selector = "#a"
default = "x"
price_like = true
variant = [{ name = "x" }, { name = "y", content = "<b>y</b>" }]
[[rule]]
when = { device = "phone" }
show = { a = "y" }
"##;

fn load(rules: &str) -> Plugin {
    let component = cloakroom_rule_compiler::compile(rules).unwrap();
    Engine::new(Limits::default()).unwrap().load(&component).unwrap()
}

/// What the contract promises of any plugin, however it came about.
fn within_the_contract(plugin: &Plugin) {
    let (manifest, table) = (plugin.manifest(), plugin.table());
    assert_eq!(table.choices().len(), usize::try_from(table.size()).unwrap());
    assert!(table.choices().iter().all(|choice| *choice < manifest.choices()));
    assert_eq!(table.choices().last(), Some(&manifest.default_choice()));
    assert!((1..=8).contains(&manifest.slots().len()) && manifest.signals().len() <= 4);
    for (at, slot) in manifest.slots().iter().enumerate() {
        assert!((1..=64).contains(&slot.variants().len()));
        for variant in 0..slot.variants().len() {
            assert!(plugin.edits(at, variant).len() <= 32);
        }
    }
}

#[test]
fn a_record_is_the_plugin() {
    for rules in [HERO, SMALL] {
        let plugin = load(rules);
        let read = Plugin::from_record(&plugin.to_record()).unwrap();
        assert_eq!((read.manifest(), read.digest()), (plugin.manifest(), plugin.digest()));
        assert_eq!((read.table(), read.usage()), (plugin.table(), plugin.usage()));
        for (at, slot) in plugin.manifest().slots().iter().enumerate() {
            for variant in 0..slot.variants().len() {
                assert_eq!(read.edits(at, variant), plugin.edits(at, variant));
            }
        }
        within_the_contract(&read);
    }
}

#[test]
fn a_record_of_another_version_is_told_apart_from_a_damaged_one() {
    let mut record = load(SMALL).to_record();
    assert_eq!(record.first(), Some(&4));
    *record.first_mut().unwrap() = 1;
    assert_eq!(
        Plugin::from_record(&record).unwrap_err().to_string(),
        "the record has version 1, this program reads version 4: it is made anew"
    );
}

#[test]
fn a_damaged_record_is_refused_or_is_a_plugin_all_the_same() {
    let record = load(SMALL).to_record();
    for length in 0..record.len() {
        assert!(Plugin::from_record(record.get(..length).unwrap()).is_err(), "cut to {length} bytes");
    }
    assert!(Plugin::from_record(&[record.as_slice(), b"\0"].concat()).is_err(), "more than a record");
    let (mut refused, mut read) = (0, 0);
    for at in 0..record.len() {
        for byte in 0..=u8::MAX {
            let mut damaged = record.clone();
            *damaged.get_mut(at).unwrap() = byte;
            match Plugin::from_record(&damaged) {
                Ok(plugin) => {
                    within_the_contract(&plugin);
                    read += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    println!("{} bytes: {refused} changes refused, {read} read", record.len());
    assert!(refused > 0);
}
