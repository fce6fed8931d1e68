//! Rules that people read are the table, and no longer than they have to be.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use cloakroom_plugin_host::{Condition, Engine, Limits, Line, Plugin, ReadableSlot};
use proptest::prelude::*;

fn load(source: &str) -> Plugin {
    let component =
        cloakroom_rule_compiler::compile(source).unwrap_or_else(|errors| panic!("{errors:#?}\n{source}"));
    Engine::new(Limits::default()).unwrap().load(&component).unwrap()
}

/// What lines give to a cell, each a variant with the ids that its conditions allow, by axis.
type Lines = Vec<(u8, Vec<(usize, Vec<u8>)>)>;

fn lines_of(plugin: &Plugin, slot: &ReadableSlot) -> Lines {
    let at = |condition: &Condition| {
        let signals = plugin.manifest().signals();
        condition
            .signal()
            .map_or(signals.len(), |signal| signals.iter().position(|used| used.signal() == signal).unwrap())
    };
    let sets = |line: &Line| line.conditions().iter().map(|of| (at(of), of.ids().to_vec())).collect();
    slot.lines().iter().map(|line| (line.variant(), sets(line))).collect()
}

fn first(lines: &Lines, ids: &[u8]) -> u8 {
    let fits =
        |line: &&(u8, Vec<(usize, Vec<u8>)>)| line.1.iter().all(|(at, allowed)| allowed.contains(&ids[*at]));
    lines.iter().find(fits).unwrap().0
}

/// Whether the lines say what the table says of a slot.
fn tell(plugin: &Plugin, slot: usize, lines: &Lines) -> bool {
    let (table, manifest) = (plugin.table(), plugin.manifest());
    (0..table.size())
        .all(|index| first(lines, &table.ids(index)) == manifest.variants_of(table.lookup(index))[slot])
}

/// The table, told whole, and in which nothing can be left out.
fn is_minimal(plugin: &Plugin) {
    let readable = plugin.readable();
    for (at, slot) in readable.slots().iter().enumerate() {
        assert!(slot.is_whole(), "{slot}");
        let lines = lines_of(plugin, slot);
        assert!(tell(plugin, at, &lines), "{slot}");
        let decided = slot.decided_by();
        for index in 0..plugin.table().size() {
            let ids = plugin.table().ids(index);
            let line = &slot.lines()[usize::from(decided[index as usize].unwrap())];
            assert_eq!(
                (slot.variant(&ids), Some(line.variant())),
                (Some(first(&lines, &ids)), Some(first(&lines, &ids)))
            );
        }
        for (number, line) in slot.lines().iter().enumerate() {
            let count =
                decided.iter().filter(|decides| **decides == Some(u16::try_from(number).unwrap())).count();
            assert_eq!(line.cells() as usize, count, "{slot}");
            let alone = (0..plugin.table().size()).all(|index| {
                let ids = plugin.table().ids(index);
                !line.conditions().iter().all(|condition| condition.holds(&ids))
                    || first(&lines, &ids) == line.variant()
            });
            assert_eq!(line.depends(), !alone, "{slot}");
        }
        for line in 0..lines.len() - 1 {
            let mut without = lines.clone();
            without.remove(line);
            assert!(!tell(plugin, at, &without), "line {line} says nothing: {slot}");
            for condition in 0..lines[line].1.len() {
                let mut without = lines.clone();
                without[line].1.remove(condition);
                assert!(!tell(plugin, at, &without), "a condition of line {line} says nothing: {slot}");
                no_value_says_nothing(plugin, (at, slot), &lines, (line, condition));
            }
        }
    }
}

/// Leaves each name out of a condition that stands there in words.
fn no_value_says_nothing(
    plugin: &Plugin,
    (at, slot): (usize, &ReadableSlot),
    lines: &Lines,
    (line, condition): (usize, usize),
) {
    let (axis, ids) = &lines[line].1[condition];
    let words = slot.lines()[line].conditions()[condition].to_string();
    let all =
        plugin.manifest().signals().get(*axis).map_or(plugin.manifest().unknown_bucket(), |used| used.any());
    // Names are of what is in the set, or of what is left out of it.
    let is_negative = words.contains(" not ") || words.ends_with("is known");
    let named: Vec<u8> = (0..=all).filter(|id| ids.contains(id) != is_negative).collect();
    for name in named {
        let mut without = lines.clone();
        let set = &mut without[line].1[condition].1;
        if is_negative {
            set.push(name)
        } else {
            set.retain(|id| *id != name)
        };
        assert!(!tell(plugin, at, &without), "`{words}` names {name} for nothing: {slot}");
    }
}

fn rule_files(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let found = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = found
        .filter(|path| {
            path.extension().is_some_and(|extension| extension == "toml")
                && std::fs::read_to_string(path).unwrap().contains("[[rule]]")
        })
        .collect();
    files.sort();
    files
}

/// How many lines a rule file's rules come to: one each, one for each language of a block that it shows, and
/// one for each variant but the default of a split.
fn written(source: &str) -> usize {
    let file: toml::Table = source.parse().unwrap();
    let slots = file["slot"].as_array().unwrap();
    let variants = |slot: &str, shown: &str| -> usize {
        let of = slots.iter().find(|of| of["name"].as_str() == Some(slot)).unwrap();
        let blocks = of.get("block").and_then(toml::Value::as_array).into_iter().flatten();
        let block = blocks
            .filter(|block| block["name"].as_str() == Some(shown))
            .map(|block| block["language"].as_table().unwrap().len());
        block.sum::<usize>().max(1)
    };
    let default = |slot: &str| {
        slots.iter().find(|of| of["name"].as_str() == Some(slot)).unwrap()["default"].as_str().unwrap()
    };
    let rules = file["rule"].as_array().unwrap().iter();
    let lines = |rule: &toml::Value| -> usize {
        let shown = rule.get("show").and_then(toml::Value::as_table).into_iter().flatten();
        let shown: usize = shown.map(|(slot, variant)| variants(slot, variant.as_str().unwrap())).sum();
        let split = rule.get("split").and_then(toml::Value::as_table).into_iter().flatten();
        let split = split.map(|(slot, parts)| {
            parts.as_table().unwrap().keys().filter(|name| *name != default(slot)).count()
        });
        shown + split.sum::<usize>()
    };
    rules.map(lines).sum()
}

#[test]
fn printed_rules_are_no_longer_than_the_rule_file_that_made_them() {
    let files: Vec<_> =
        ["plugins/templates", "plugins/examples/rules"].into_iter().flat_map(rule_files).collect();
    assert!(files.len() >= 10, "{files:?}");
    for path in files {
        let source = std::fs::read_to_string(&path).unwrap();
        let plugin = load(&source);
        let readable = plugin.readable();
        let printed: usize = readable.slots().iter().map(|slot| slot.lines().len() - 1).sum();
        let name = path.display();
        assert!(printed <= written(&source), "{name}: {} rules\n{readable}", written(&source));
        let bare: String = source
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| format!("{line}\n"))
            .collect();
        assert!(readable.to_string().lines().count() <= bare.lines().count(), "{name}\n{readable}");
        assert!(readable.to_string().len() <= bare.len(), "{name}\n{readable}");
        is_minimal(&plugin);
    }
}

fn slot(name: &str) -> String {
    let variants: String = ["plain", "a", "b", "c"]
        .iter()
        .enumerate()
        .map(|(at, variant)| {
            let shown = if at == 0 { String::new() } else { format!("text = \"{variant}\"\n") };
            format!("[[slot.variant]]\nname = \"{variant}\"\n{shown}")
        })
        .collect();
    format!("[[slot]]\nname = \"{name}\"\nselector = \"#x\"\ndefault = \"plain\"\n{variants}")
}

/// A rule file with some rules over three signals, one of which may draw lots.
fn rule_file() -> impl Strategy<Value = String> {
    let country = prop::sample::subsequence(vec!["FR", "DE", "US", "GB", "europe"], 0..=2);
    let device = prop::sample::subsequence(vec!["phone", "desktop", "handheld"], 0..=2);
    let not_visit = prop::option::of(prop::sample::select(vec!["new", "returning"]));
    let show = prop::sample::select(vec!["plain", "a", "b", "c"]);
    let rule = (country, device, not_visit, show, prop::option::weighted(0.1, 1..99_u32));
    prop::collection::vec(rule, 1..9).prop_filter_map("a rule that can never decide", |rules| {
        let listed = |values: &[&str]| {
            values.iter().map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", ")
        };
        let mut text = "name = \"made\"\nversion = \"1\"\n".to_owned();
        for (signal, is_used) in [
            ("country", rules.iter().any(|rule| !rule.0.is_empty())),
            ("device", rules.iter().any(|rule| !rule.1.is_empty())),
            ("visit", rules.iter().any(|rule| rule.2.is_some())),
        ] {
            if is_used {
                text += &format!("[signals.{signal}]\nreason = \"to try it out\"\n");
            }
        }
        text += &slot("one");
        for (country, device, visit, show, split) in &rules {
            let mut when = Vec::new();
            if !country.is_empty() {
                when.push(format!("country = [{}]", listed(country)));
            }
            if !device.is_empty() {
                when.push(format!("device = [{}]", listed(device)));
            }
            when.extend(visit.map(|visit| format!("not = {{ visit = \"{visit}\" }}")));
            let when =
                if when.is_empty() { String::new() } else { format!("when = {{ {} }}\n", when.join(", ")) };
            let shown = match split {
                Some(part) if *show != "plain" => {
                    format!("split = {{ one = {{ {show} = {part}, plain = {} }} }}", 100 - part)
                }
                _ => format!("show = {{ one = \"{show}\" }}"),
            };
            text += &format!("[[rule]]\n{when}{shown}\n");
        }
        cloakroom_rule_compiler::compile(&text).is_ok().then_some(text)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_can_be_left_out_of_what_is_printed(source in rule_file()) {
        is_minimal(&load(&source));
    }
}
