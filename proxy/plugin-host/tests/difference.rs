//! What two versions of a plugin do differently: applied to the old one, the difference gives the new
//! one, over random rule files and in every cell that a site can show.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use cloakroom_plugin_host::{Difference, Engine, Limits, NotComparable, Plugin};
use cloakroom_vocabulary::{SiteValues, SiteVocabulary};
use proptest::prelude::{ProptestConfig, any, proptest};

const SIGNALS: [(&str, &[&str]); 8] = [
    ("country", &["FR", "DE", "europe", "US", "JP", "asia"]),
    ("device", &["phone", "tv", "handheld", "desktop", "stationary"]),
    ("referrer", &["search", "external", "internal"]),
    ("campaign", &["spring", "autumn", "none"]),
    ("language", &["fr", "de"]),
    ("visit", &["new", "returning"]),
    ("weekpart", &["workday", "weekend"]),
    ("daypart", &["night", "morning"]),
];
/// The most signals of a plugin.
const ASKED: usize = 4;
const VARIANTS: [&str; 5] = ["v0", "v1", "v2", "v3", "v4"];

type Random<'a> = &'a mut dyn FnMut(usize) -> usize;

fn load(source: &str) -> Plugin {
    let component =
        cloakroom_rule_compiler::compile(source).unwrap_or_else(|errors| panic!("{errors:#?}\n{source}"));
    Engine::new(Limits::default()).unwrap().load(&component).unwrap()
}

/// A rule file with slots `a` and `b`, and rules over some of four signals, splitting traffic or not.
fn file(random: Random<'_>) -> String {
    let mut rules = String::new();
    let mut used = Vec::new();
    let splits = random(2) == 0;
    let mine: Vec<_> = SIGNALS.iter().cycle().skip(random(SIGNALS.len())).take(ASKED).collect();
    for _ in 0..1 + random(4) {
        let mut when = Vec::new();
        let (first, count) = (random(ASKED), 1 + random(2));
        for (signal, values) in mine.iter().copied().cycle().skip(first).take(count) {
            used.push(*signal);
            let value = values[random(values.len())];
            let negated = random(4) == 0 && !when.iter().any(|part: &String| part.starts_with("not"));
            when.push(if negated {
                format!("not = {{ {signal} = {value:?} }}")
            } else {
                format!("{signal} = {value:?}")
            });
        }
        let (slot, variant) = (["a", "b"][random(2)], VARIANTS[1 + random(2)]);
        let weight = 1 + random(99);
        let shows = if splits && random(2) == 0 {
            format!("split = {{ {slot} = {{ {variant} = {weight}, v0 = {} }} }}", 100 - weight)
        } else {
            format!("show = {{ {slot} = {variant:?} }}")
        };
        writeln!(rules, "[[rule]]\nwhen = {{ {} }}\n{shows}", when.join(", ")).unwrap();
    }
    used.sort_unstable();
    used.dedup();
    let mut source = "name = \"n\"\nversion = \"1\"\n".to_owned();
    used.iter().for_each(|signal| writeln!(source, "[signals.{signal}]\nreason = \"test\"").unwrap());
    for slot in ["a", "b"] {
        // The variants stand in another order, and one of them is not in every version.
        let mut names = vec!["v0", "v1", "v2"];
        names.rotate_left(random(3));
        names.extend((random(2) == 0).then_some("v3"));
        let variants: Vec<_> = names.iter().map(|name| format!("{{ name = {name:?} }}")).collect();
        writeln!(
            source,
            "[[slot]]\nname = {slot:?}\nselector = \"p\"\ndefault = \"v0\"\nvariant = [{}]",
            variants.join(", ")
        )
        .unwrap();
    }
    source + &rules
}

/// A site that lists every value that a file may name, and others of their kinds.
fn site() -> SiteVocabulary {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    SiteVocabulary::new(&SiteValues {
        countries: owned(&["FR", "DE", "IT", "US", "JP", "KR", "BR"]),
        campaigns: owned(&["spring", "autumn", "winter"]),
        languages: owned(&["fr", "de", "it"]),
        ..SiteValues::default()
    })
    .unwrap()
}

/// One visitor as both plugins are asked about them.
fn visitor(random: Random<'_>, site: &SiteVocabulary, old: &Plugin, new: &Plugin) -> (Vec<u8>, Vec<u8>) {
    let values = SIGNALS.map(|(signal, _)| {
        let hierarchy = site.hierarchy(cloakroom_vocabulary::Signal::from_name(signal).unwrap());
        (signal, random(usize::try_from(hierarchy.len()).unwrap()))
    });
    let bucket = Some(random(101)).filter(|bucket| *bucket < 100);
    let ids = |plugin: &Plugin| {
        let mut ids: Vec<u8> = plugin
            .manifest()
            .signals()
            .iter()
            .enumerate()
            .map(|(at, used)| {
                let value = values.iter().find(|(name, _)| *name == used.signal().name()).unwrap().1;
                plugin.ids_for(at, site.hierarchy(used.signal()))[value]
            })
            .collect();
        if plugin.manifest().splits() {
            let ranges = plugin.manifest().ranges_of_buckets("hero");
            ids.push(bucket.map_or(plugin.manifest().unknown_bucket(), |bucket| ranges[bucket]));
        }
        ids
    };
    (ids(old), ids(new))
}

fn shown(plugin: &Plugin, slot: usize, ids: &[u8]) -> String {
    let (manifest, table) = (plugin.manifest(), plugin.table());
    let variant = manifest.variants_of(table.lookup(table.index(ids)))[slot];
    manifest.slots()[slot].variant_name(variant).to_owned()
}

fn applied_to_the_old_it_gives_the_new(random: Random<'_>, old: &Plugin, new: &Plugin, visitors: usize) {
    let (site, difference) = (site(), Difference::between(old, new));
    for _ in 0..visitors {
        let (before, after) = visitor(random, &site, old, new);
        let cell =
            difference.cell(&before, &after).unwrap_or_else(|| panic!("{before:?} {after:?} is no cell"));
        for (at, slot) in difference.slots().iter().enumerate() {
            let (was, is) = (shown(old, at, &before), shown(new, at, &after));
            let fits = |change: &&cloakroom_plugin_host::Change| {
                change.conditions().iter().all(|part| part.holds(&cell))
            };
            let fitting: Vec<_> = slot.changes().iter().filter(fits).collect();
            assert_eq!(slot.change(&cell), fitting.first().copied());
            assert_eq!(fitting.is_empty(), was == is, "{cell:?}");
            for change in fitting {
                assert_eq!((change.before(), change.after()), (was.as_str(), is.as_str()), "{cell:?}");
            }
        }
    }
}

/// Where both tell the same apart, each cell of the tables is compared, and counted.
fn counts_are_exact(old: &Plugin, new: &Plugin) -> bool {
    let (before, after) = (old.manifest(), new.manifest());
    if before.signals() != after.signals() || before.bucket_ranges() != after.bucket_ranges() {
        return false;
    }
    let difference = Difference::between(old, new);
    assert_eq!(difference.cells(), old.table().size());
    let mut any = 0;
    let mut changed = vec![0; difference.slots().len()];
    for index in 0..old.table().size() {
        let ids = old.table().ids(index);
        assert_eq!(difference.cell(&ids, &ids).unwrap(), ids);
        let differs: Vec<_> =
            (0..changed.len()).map(|slot| shown(old, slot, &ids) != shown(new, slot, &ids)).collect();
        any += u32::from(differs.contains(&true));
        changed.iter_mut().zip(differs).for_each(|(count, differs)| *count += u32::from(differs));
    }
    let told: Vec<u32> = difference
        .slots()
        .iter()
        .map(|slot| slot.changes().iter().map(|change| change.cells()).sum())
        .collect();
    assert_eq!((told, difference.changed_cells()), (changed, any));
    true
}

fn seeded(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed | 1;
    move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % 1_000_003).unwrap() % below
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_old_plugin_and_the_difference_make_the_new_one(seed in any::<u64>()) {
        let mut random = seeded(seed);
        let (old, new) = (load(&file(&mut random)), load(&file(&mut random)));
        applied_to_the_old_it_gives_the_new(&mut random, &old, &new, 400);
        let (there, back) = (Difference::between(&old, &new), Difference::between(&new, &old));
        assert_eq!((there.cells(), there.changed_cells()), (back.cells(), back.changed_cells()));
        assert!(Difference::between(&old, &old).is_empty());
        counts_are_exact(&old, &new);
    }

    #[test]
    fn changed_rules_over_the_same_values_are_counted_cell_by_cell(seed in any::<u64>()) {
        let mut random = seeded(seed);
        let source = file(&mut random);
        let other = source.replace("\"v1\" }\n", "\"v2\" }\n");
        let (old, new) = (load(&source), load(&other));
        assert!(counts_are_exact(&old, &new));
        applied_to_the_old_it_gives_the_new(&mut random, &old, &new, 100);
    }
}

fn rules(head: &str, rules: &[(&str, &str)]) -> Plugin {
    let mut source = format!(
        "name = \"n\"\nversion = \"1\"\n{head}\n[[slot]]\nname = \"s\"\nselector = \"p\"\ndefault = \"v0\"\n"
    );
    source.push_str("variant = [{ name = \"v0\" }, { name = \"v1\", text = \"1\" }, { name = \"v2\" }]\n");
    for (when, show) in rules {
        writeln!(source, "[[rule]]\n{when}\n{show}").unwrap();
    }
    load(&source)
}

fn told(old: &Plugin, new: &Plugin) -> Vec<String> {
    let difference = Difference::between(old, new);
    let slot = &difference.slots()[0];
    slot.changes()
        .iter()
        .map(|change| {
            let when: Vec<_> = change.conditions().iter().map(ToString::to_string).collect();
            let (cells, of) = (change.cells(), difference.cells());
            format!("{}: {} -> {} ({cells} of {of})", when.join(", "), change.before(), change.after())
        })
        .collect()
}

const COUNTRY: &str = "[signals.country]\nreason = \"test\"";

#[test]
fn a_value_that_only_one_of_them_names_is_told_apart() {
    let old = rules(COUNTRY, &[("when = { country = \"europe\" }", "show = { s = \"v1\" }")]);
    let new = rules(
        COUNTRY,
        &[
            ("when = { country = \"FR\" }", "show = { s = \"v2\" }"),
            ("when = { country = \"europe\" }", "show = { s = \"v1\" }"),
        ],
    );
    assert_eq!(told(&old, &new), ["country is FR: v1 -> v2 (1 of 4)"]);
    let only_france = rules(COUNTRY, &[("when = { country = \"FR\" }", "show = { s = \"v1\" }")]);
    assert_eq!(told(&old, &only_france), ["country is europe or elsewhere in europe: v1 -> v0 (2 of 5)"]);
}

#[test]
fn a_split_that_grows_changes_only_those_between() {
    let split = |share: u8| {
        rules("", &[("", &format!("split = {{ s = {{ v1 = {share}, v0 = {} }} }}", 100 - share))])
    };
    assert_eq!(told(&split(20), &split(50)), ["bucket is range 2, now 1 (30 %): v0 -> v1 (1 of 4)"]);
    let none = rules(COUNTRY, &[("when = { country = \"FR\" }", "show = { s = \"v2\" }")]);
    assert_eq!(
        told(&none, &split(20)),
        [
            "country is not FR, bucket is new range 1 (20 %): v0 -> v1 (2 of 9)",
            "country is FR, bucket is new range 2 (80 %) or any: v2 -> v0 (2 of 9)",
            "country is FR, bucket is new range 1 (20 %): v2 -> v1 (1 of 9)",
        ]
    );
}

#[test]
fn what_differs_beside_the_cells_is_told_by_name() {
    let with = |slots: &str, reason: &str| {
        load(&format!(
            "name = \"n\"\nversion = \"1\"\n[signals.device]\nreason = {reason:?}\n{slots}[[rule]]\nwhen = {{ device = \"tv\" }}\nshow = {{ s = \"b\" }}\n"
        ))
    };
    let slot = |variants: &str| {
        format!("[[slot]]\nname = \"s\"\nselector = \"p\"\ndefault = \"a\"\nvariant = [{variants}]\n")
    };
    let old = with(&slot("{ name = \"a\" }, { name = \"b\", text = \"one\" }, { name = \"c\" }"), "one");
    let more = "[[slot]]\nname = \"t\"\ndefault = \"x\"\nvariant = [{ name = \"x\" }]\n";
    let new =
        with(&(slot("{ name = \"d\" }, { name = \"b\", text = \"two\" }, { name = \"a\" }") + more), "two");
    let difference = Difference::between(&old, &new);
    let found = &difference.slots()[0];
    assert_eq!((found.added(), found.removed()), (&["d".to_owned()][..], &["c".to_owned()][..]));
    assert_eq!((found.changes().len(), difference.changed_cells()), (0, difference.cells()), "a slot came");
    let edits = &found.edits()[0];
    assert_eq!((edits.variant.as_str(), edits.removed.len(), edits.added.len()), ("b", 1, 1));
    assert_eq!(
        (edits.removed[0].as_str(), edits.added[0].as_str()),
        ("text of `p`: one", "text of `p`: two")
    );
    assert_eq!((difference.added_slots(), difference.removed_slots().len()), (&["t".to_owned()][..], 0));
    assert_eq!(difference.signals()[0].reasons, Some(("one".to_owned(), "two".to_owned())));
    assert!(!difference.is_empty());
}

#[test]
fn a_slot_that_becomes_or_ceases_to_be_price_like_is_a_difference() {
    let [plain, like] = ["", "price_like = true\n"].map(|kind| {
        load(&format!(
            "name = \"n\"\nversion = \"1\"\n[[slot]]\nname = \"s\"\ndefault = \"a\"\n{kind}\
             variant = [{{ name = \"a\" }}, {{ name = \"b\" }}]\n[[rule]]\nsplit = {{ s = {{ a = 50, b = 50 }} }}\n"
        ))
    });
    for (old, new, told) in [(&plain, &like, (false, true)), (&like, &plain, (true, false))] {
        let difference = Difference::between(old, new);
        assert!(!difference.is_empty());
        assert_eq!((difference.slots()[0].price_like(), difference.changed_cells()), (Some(told), 0));
    }
    let same = Difference::between(&like, &like);
    assert!(same.is_empty() && same.slots()[0].price_like().is_none());
}

/// A plugin over so many campaigns, and other signals.
fn campaigns(letter: char, count: usize, others: &[(&str, &[&str])]) -> Plugin {
    let names: Vec<_> = (0..count).map(|number| format!("{letter}{number}")).collect();
    let mut head = "[signals.campaign]\nreason = \"test\"\n".to_owned();
    let mut parts = format!("{{ campaign = {names:?} }}");
    for (signal, values) in others {
        write!(head, "[signals.{signal}]\nreason = \"test\"\n").unwrap();
        write!(parts, ", {{ {signal} = {values:?} }}").unwrap();
    }
    rules(&head, &[(&format!("when = {{ any = [{parts}] }}"), "show = { s = \"v1\" }")])
}

#[test]
fn what_is_too_much_to_compare_is_refused_with_the_arithmetic() {
    let device: [(&str, &[&str]); 1] = [("device", &["phone"])];
    let (one, other) = (campaigns('a', 200, &device), campaigns('b', 200, &device));
    assert_eq!(
        Difference::between(&one, &other).not_compared().cloned().unwrap().to_string(),
        "the two plugins tell 400 values of `campaign` apart together, at most 250 can be compared"
    );
    let letters: Vec<_> = (b'a'..=b'z')
        .flat_map(|high| (b'a'..=b'g').map(move |low| [high, low].map(char::from).iter().collect::<String>()))
        .collect();
    let languages: Vec<_> = letters.iter().map(String::as_str).collect();
    let devices = ["phone", "tablet", "desktop", "tv", "bot", "handheld", "stationary"];
    let one = campaigns('a', 100, &[("daypart", &["night"]), ("device", &devices)]);
    let other = campaigns('b', 100, &[("language", &languages)]);
    let error = Difference::between(&one, &other).not_compared().cloned().unwrap();
    assert_eq!(
        error.to_string(),
        "the two plugins differ over device 9 × campaign 202 × daypart 3 × language 184 = 1003536 cells, \
         at most 1000000 can be compared"
    );
    assert!(matches!(error, NotComparable::Cells { size: 1_003_536, .. }));
}
