//! The rule language from source to table: splits, blocks, schedules, and a naive reading of random files.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod naive;

use std::fmt::Write as _;
use std::time::Instant;

use cloakroom_plugin_host::{Engine, Limits, Plugin};
use cloakroom_rewrite::Edit;
use cloakroom_rule_compiler::{Compiled, compile_with_warnings};
use naive::{Rule, SIGNALS, Shows, When};
use proptest::prelude::{ProptestConfig, any, proptest};

fn load(source: &str) -> Plugin {
    let compiled = compile_with_warnings(source).unwrap_or_else(|errors| panic!("{errors:#?}\n{source}"));
    assert_eq!(compiled.warnings, [], "{source}");
    Engine::new(Limits::default()).unwrap().load(&compiled.component).unwrap()
}

/// The variant of the first slot in a cell, named `signal=value` (`any` where it is not named), with the
/// id of the bucket's range.
fn shown(plugin: &Plugin, cell: &[(&str, &str)], range: u8) -> String {
    let manifest = plugin.manifest();
    let mut ids: Vec<u8> = manifest
        .signals()
        .iter()
        .map(|used| {
            let word =
                cell.iter().find(|(name, _)| *name == used.signal().name()).map_or("any", |found| found.1);
            (0..=used.any()).find(|id| used.id_name(*id) == word).unwrap()
        })
        .collect();
    ids.push(range);
    let choice = plugin.table().lookup(plugin.table().index(&ids));
    manifest.slots()[0].variant_name(manifest.variants_of(choice)[0]).to_owned()
}

fn file(head: &str, rules: &str) -> String {
    format!(
        "name = \"n\"\nversion = \"1\"\n{head}\n[[slot]]\nname = \"s\"\nselector = \"#s\"\ndefault = \"old\"\n\
         variant = [{{ name = \"old\" }}, {{ name = \"new\" }}, {{ name = \"third\" }}]\n{rules}"
    )
}

#[test]
fn splits_of_a_file_cut_one_partition_and_need_a_bucket() {
    let plugin = load(&file(
        "[signals.device]\nreason = \"test\"",
        "[[rule]]\nwhen = { device = \"tv\" }\nsplit = { s = { new = 30, third = 20, old = 50 } }\n\
         [[rule]]\nsplit = { s = { third = 40, old = 60 } }\n\
         [[rule]]\nwhen = { device = \"tv\" }\nshow = { s = \"new\" }\n",
    ));
    assert_eq!(plugin.manifest().bucket_ranges(), [30, 10, 10, 50]);
    let on = |device, range| shown(&plugin, &[("device", device)], range);
    assert_eq!([0, 1, 2, 3].map(|range| on("tv", range)), ["new", "third", "third", "old"]);
    assert_eq!([0, 1, 2, 3].map(|range| on("any", range)), ["third", "third", "old", "old"]);
    assert_eq!(on("tv", 4), "new", "where the bucket is not known, a split is passed over");
    assert_eq!(on("other", 4), "old");
}

/// By bucket, the variant that a rollout of so many hundredths shows.
fn rollout(new: u8, new_first: bool) -> Vec<String> {
    let (new, old) = (format!("new = {new}"), format!("old = {}", 100 - new));
    let split = if new_first { format!("{new}, {old}") } else { format!("{old}, {new}") };
    let source = file("", &format!("[[rule]]\nsplit = {{ s = {{ {split} }} }}\n"));
    let compiled = compile_with_warnings(&source).unwrap();
    assert!(compiled.warnings[0].message.contains("no rule ever shows variant `third`"));
    let plugin = Engine::new(Limits::default()).unwrap().load(&compiled.component).unwrap();
    let ranges = plugin.manifest().ranges_of_buckets("hero");
    ranges.iter().map(|range| shown(&plugin, &[], *range)).collect()
}

#[test]
fn whoever_sees_the_new_variant_keeps_it_when_its_share_grows() {
    for new_first in [true, false] {
        let steps: Vec<_> = [1, 10, 20, 50, 99].map(|new| (usize::from(new), rollout(new, new_first))).into();
        for (new, shown) in &steps {
            assert_eq!(shown.iter().filter(|variant| *variant == "new").count(), *new);
        }
        for pair in steps.windows(2) {
            let lost = pair[0]
                .1
                .iter()
                .zip(&pair[1].1)
                .filter(|(before, after)| *before == "new" && *after != "new");
            assert_eq!(lost.count(), 0, "{} to {}", pair[0].0, pair[1].0);
        }
    }
}

const BLOCK: &str = r##"
name = "n"
version = "1"
[signals.language]
reason = "test"
[[slot]]
name = "s"
selector = "#s"
default = "plain"
variant = [{ name = "plain" }]
[[slot.block]]
name = "spring"
fallback = "en"
content = '<h1 lang="{language}">{title}</h1>'
edit = [{ selector = "p", text = "{title}", attributes = { title = "{title}" } }]
[slot.block.language.en]
title = "Tents & <bags>"
[slot.block.language.fr]
title = "L'été"
[[rule]]
split = { s = { spring = 50, plain = 50 } }
"##;

#[test]
fn a_block_becomes_one_variant_a_language_with_its_text_escaped() {
    let plugin = load(BLOCK);
    let manifest = plugin.manifest();
    assert_eq!(manifest.slots()[0].variants(), ["plain", "spring-en", "spring-fr"]);
    assert_eq!(manifest.signals()[0].values(), ["fr"], "the fallback is for all others");
    let s = |text: &str| text.to_owned();
    assert_eq!(
        plugin.edits(0, 1),
        [
            Edit::SetContent {
                selector: s("#s"),
                content: s("<h1 lang=\"en\">Tents &amp; &lt;bags&gt;</h1>")
            },
            Edit::Text { selector: s("p"), content: s("Tents & <bags>") },
            Edit::SetAttribute { selector: s("p"), name: s("title"), value: s("Tents & <bags>") },
        ]
    );
    assert!(matches!(&plugin.edits(0, 2)[0],
        Edit::SetContent { content, .. } if content == "<h1 lang=\"fr\">L&#39;été</h1>"));
    let see = |language, range| shown(&plugin, &[("language", language)], range);
    assert_eq!(
        ["fr", "other", "any"].map(|language| see(language, 0)),
        ["spring-fr", "spring-en", "spring-en"]
    );
    assert_eq!(["fr", "other", "any"].map(|language| see(language, 1)), ["plain"; 3]);
}

#[test]
fn a_block_as_the_default_is_shown_in_the_visitors_language() {
    let plugin = load(&BLOCK.replace("default = \"plain\"", "default = \"spring\"").replace(
        "split = { s = { spring = 50, plain = 50 } }",
        "when = { language = \"es\" }\nshow = { s = \"plain\" }",
    ));
    let see = |language| shown(&plugin, &[("language", language)], 0);
    assert_eq!(["fr", "es", "other", "any"].map(see), ["spring-fr", "plain", "spring-en", "spring-en"]);
}

#[test]
fn a_schedule_asks_for_the_part_of_the_day_and_of_the_week() {
    let signals = "[signals.daypart]\nreason = \"test\"\n[signals.weekpart]\nreason = \"test\"";
    let plugin = load(&file(
        signals,
        "[[rule]]\nschedule = { daypart = [\"evening\", \"night\"], weekpart = \"weekend\" }\nshow = { s = \"new\" }\n\
         [[rule]]\nwhen = { not = { daypart = \"evening\" } }\nschedule = { weekpart = \"workday\" }\nshow = { s = \"third\" }\n",
    ));
    let see = |daypart, weekpart| shown(&plugin, &[("daypart", daypart), ("weekpart", weekpart)], 0);
    assert_eq!(see("evening", "weekend"), "new");
    assert_eq!(see("evening", "workday"), "old");
    assert_eq!(see("night", "workday"), "third");
    assert_eq!(see("any", "weekend"), "old");
}

fn source(rules: &[Rule]) -> String {
    let mut source = "name = \"n\"\nversion = \"1\"\n".to_owned();
    for (signal, _) in SIGNALS {
        writeln!(source, "[signals.{signal}]\nreason = \"test\"").unwrap();
    }
    source.push_str("[[slot]]\nname = \"s\"\ndefault = \"v0\"\nselector = \"p\"\n");
    source.push_str("variant = [{ name = \"v0\" }, { name = \"v1\" }, { name = \"v2\" }]\n");
    source.push_str("[[slot.block]]\nname = \"b\"\nfallback = \"en\"\ntext = \"{t}\"\n");
    source.push_str("language = { en = { t = \"1\" }, fr = { t = \"2\" }, de = { t = \"3\" } }\n");
    rules.iter().for_each(|rule| source.push_str(&rule.toml()));
    source
}

/// Compares a table with the naive reading of its rules; how many rules decide nowhere.
fn compare(plugin: &Plugin, rules: &[Rule], source: &str) -> usize {
    let manifest = plugin.manifest();
    let signals = manifest.signals();
    let mut decided = vec![0_u32; rules.len()];
    for index in 0..plugin.table().size() - 1 {
        let ids = plugin.table().ids(index);
        let cell = |signal: &str| {
            let at = signals.iter().position(|used| used.signal().name() == signal).unwrap();
            signals[at].id_name(ids[at]).to_owned()
        };
        let range = ids.get(signals.len()).map_or(0, |range| usize::from(*range));
        let known = range < manifest.bucket_ranges().len();
        let hundredth = known.then(|| manifest.bucket_ranges()[..range].iter().sum());
        let first =
            rules.iter().enumerate().find_map(|(at, rule)| Some((at, rule.decides(&cell, hundredth)?)));
        let wanted = first.map_or("v0".to_owned(), |(at, variant)| {
            decided[at] += 1;
            variant
        });
        let choice = plugin.table().lookup(index);
        let found = manifest.slots()[0].variant_name(manifest.variants_of(choice)[0]);
        assert_eq!(found, wanted, "{}\n{source}", manifest.cell_in_words(&ids));
    }
    decided.iter().filter(|cells| **cells == 0).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_compiled_table_is_what_a_naive_reading_of_the_rules_gives(seed in any::<u64>()) {
        let mut state = seed | 1;
        let mut random = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % 1_000_003).unwrap() % below
        };
        let mut rules: Vec<Rule> = (0..4).map(|_| Rule::random(&mut random)).collect();
        // Every signal is used, so that every reason is needed.
        for (signal, value) in [("country", "FR"), ("device", "tv"), ("language", "fr")] {
            rules.push(Rule { when: When::Is(signal, vec![value]), shows: Shows::One("v2"), priority: -1 });
        }
        let source = source(&rules);
        rules.sort_by_key(|rule| -rule.priority);
        match compile_with_warnings(&source) {
            Err(errors) => {
                let impossible = errors.iter().all(|error| error.message == "this rule can never hold");
                assert!(impossible, "{errors:#?}\n{source}");
            }
            Ok(Compiled { component, warnings }) => {
                let plugin = Engine::new(Limits::default()).unwrap().load(&component).unwrap();
                let hidden = compare(&plugin, &rules, &source);
                let told = warnings.iter().filter(|warning| warning.message.contains("never decides"));
                assert_eq!(told.count(), hidden, "{warnings:#?}\n{source}");
            }
        }
    }
}

#[test]
fn the_largest_file_is_looked_through_in_bearable_time() {
    let mut source = "name = \"n\"\nversion = \"1\"\n".to_owned();
    for signal in ["language", "campaign", "daypart"] {
        writeln!(source, "[signals.{signal}]\nreason = \"test\"").unwrap();
    }
    source.push_str(
        "[[slot]]\nname = \"s\"\ndefault = \"old\"\nvariant = [{ name = \"old\" }, { name = \"new\" }]\n",
    );
    source.push_str("[[rule]]\nwhen = { daypart = \"night\" }\nsplit = { s = { new = 50, old = 50 } }\n");
    for number in 0..998_u32 {
        let (language, campaign) = (u8::try_from(number % 165).unwrap(), number % 160);
        let (high, low) = (char::from(b'a' + language / 26), char::from(b'a' + language % 26));
        writeln!(source, "[[rule]]\nwhen = {{ not = {{ language = \"{high}{low}\" }}, campaign = \"c{campaign}\" }}\nshow = {{ s = \"new\" }}").unwrap();
    }
    let started = Instant::now();
    let compiled = compile_with_warnings(&source).unwrap_or_else(|errors| panic!("{errors:#?}"));
    println!("{} rules in {:?}", source.matches("[[rule]]").count(), started.elapsed());
    assert!(!compiled.warnings.is_empty());
}
