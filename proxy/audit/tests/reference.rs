//! The figures against a second, naive implementation that goes over cells and pairs of cells one by one, on
//! rule files that are made up; and plugins of which every figure is known.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod naive;

use cloakroom_audit::{Audit, Limit, Limits, Reach, Terms, Weighting};
use cloakroom_crowd::Config;
use cloakroom_plugin_host::{Engine, Plugin};
use cloakroom_vocabulary::{Row, Shares, Signal, SiteValues, SiteVocabulary};
use naive::Naive;
use proptest::prelude::*;

fn load(rules: &str) -> Plugin {
    let component =
        cloakroom_rule_compiler::compile(rules).unwrap_or_else(|errors| panic!("{errors:#?}\n{rules}"));
    Engine::new(cloakroom_plugin_host::Limits::default()).unwrap().load(&component).unwrap()
}

const HEAD: &str = "name = \"made\"\nversion = \"1\"\n";

/// A slot of that name with variants `plain`, `a`, `b`.
fn slot(name: &str) -> String {
    let variant = |variant: &str, more: &str| format!("[[slot.variant]]\nname = \"{variant}\"\n{more}");
    let shown = |text: &str| format!("text = \"{text}\"\n");
    format!(
        "[[slot]]\nname = \"{name}\"\nselector = \"#x\"\ndefault = \"plain\"\n{}{}{}",
        variant("plain", ""),
        variant("a", &shown("A")),
        variant("b", &shown("B"))
    )
}

fn signals(named: &[&str]) -> String {
    named.iter().map(|signal| format!("[signals.{signal}]\nreason = \"to try it out\"\n")).collect()
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

/// Holds every figure against the naive one.
fn compare(plugin: &Plugin, audit: &Audit, weighting: Weighting, naive: &Naive) {
    let figures = audit.figures.iter().find(|figures| figures.weighting == weighting).unwrap();
    let (shannon, drawn, worst) = naive.bits(plugin);
    assert!(close(figures.bits.shannon, shannon) && close(figures.bits.drawn, drawn), "{:?}", figures.bits);
    assert!(close(figures.bits.worst_case, worst), "{:?} {worst}", figures.bits);
    for (slot, of) in figures.slots.iter().enumerate() {
        assert!(close(of.total_variation, naive.changed(plugin, slot, &|_| true).unwrap_or(0.0)));
        for (signal, (parity, flips)) in of.parity.iter().zip(&of.flips).enumerate() {
            let groups = naive.groups(plugin, signal);
            let shares: Vec<f64> = groups
                .iter()
                .filter_map(|id| naive.changed(plugin, slot, &|ids| ids[signal] == *id))
                .collect();
            let most = shares.iter().copied().fold(0.0, f64::max);
            let least = shares.iter().copied().fold(1.0, f64::min);
            match &parity.demographic {
                Some(spread) => {
                    assert!(close(spread.difference, most - least), "{spread:?} {shares:?}");
                    assert!(close(spread.ratio, if most > 0.0 { least / most } else { 1.0 }));
                }
                None => assert!(shares.len() < 2),
            }
            let (weighted, plain) = naive.flips(plugin, slot, signal);
            assert!(close(flips.weighted, weighted), "{flips:?} {weighted}");
            assert!(close(flips.plain, plain), "{flips:?} {plain}");
        }
    }
}

/// A rule file: some rules over three signals, some of them drawing lots.
fn rule_file() -> impl Strategy<Value = String> {
    let device = prop::sample::select(vec!["phone", "tablet", "handheld", "desktop"]);
    let country = prop::sample::select(vec!["FR", "DE", "europe", "US", "asia"]);
    let visit = prop::sample::select(vec!["new", "returning"]);
    let condition = (prop::option::of(country), prop::option::of(device), prop::option::of(visit));
    let shown = prop_oneof![
        prop::sample::select(vec!["a", "b", "plain"])
            .prop_map(|variant| format!("show = {{ one = \"{variant}\" }}")),
        prop::sample::select(vec!["a", "b"]).prop_map(|variant| format!("show = {{ two = \"{variant}\" }}")),
        (1..99_u32).prop_map(|part| format!("split = {{ one = {{ a = {part}, plain = {} }} }}", 100 - part)),
    ];
    prop::collection::vec((condition, shown), 1..6).prop_filter_map("signals that no rule names", |rules| {
        let mut used = [false; 3];
        let mut text = String::new();
        for ((country, device, visit), shown) in rules {
            let named = [("country", country), ("device", device), ("visit", visit)];
            let when: Vec<_> = named
                .iter()
                .enumerate()
                .filter_map(|(at, (signal, value))| {
                    value.map(|value| (at, format!("{signal} = \"{value}\"")))
                })
                .collect();
            when.iter().for_each(|(at, _)| used[*at] = true);
            let when: Vec<_> = when.into_iter().map(|(_, words)| words).collect();
            let when =
                if when.is_empty() { String::new() } else { format!("when = {{ {} }}\n", when.join(", ")) };
            text.push_str(&format!("[[rule]]\n{when}{shown}\n"));
        }
        let named: Vec<_> =
            ["country", "device", "visit"].into_iter().zip(used).filter(|(_, used)| *used).collect();
        let named: Vec<_> = named.into_iter().map(|(name, _)| name).collect();
        let whole = format!("{HEAD}{}{}{}{text}", signals(&named), slot("one"), slot("two"));
        cloakroom_rule_compiler::compile(&whole).is_ok().then_some(whole)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn figures_are_those_of_a_naive_count(rules in rule_file(), parts in prop::collection::vec(0.0..1.0_f64, 4)) {
        let plugin = load(&rules);
        let sum: f64 = parts.iter().sum::<f64>() + 0.1;
        let values = ["FR", "US", "DE", "any"].iter().zip(&parts).map(|(value, part)| ((*value).to_owned(), part / sum));
        let prior = Shares::of_signals(None, vec![
            (Signal::Country, values.chain([("other".to_owned(), 0.1 / sum)]).collect()),
            (Signal::Visit, vec![("new".to_owned(), 0.25), ("returning".to_owned(), 0.75)]),
        ]).unwrap();
        let audit = Audit::of(&plugin, &Terms { prior: Some(&prior), ..Terms::default() });
        compare(&plugin, &audit, Weighting::Uniform, &Naive::uniform(&plugin));
        compare(&plugin, &audit, Weighting::Prior, &Naive::stated(&plugin, &prior));
    }
}

#[test]
fn a_price_like_slot_may_differ_by_device_and_not_by_country_or_language() {
    let price = ["one".to_owned()];
    let terms = Terms { price_like: &price, ..Terms::default() };
    let rules = |when: &str, signal: &str| {
        format!(
            "{HEAD}{}{}[[rule]]\nwhen = {{ {when} }}\nshow = {{ one = \"a\" }}\n",
            signals(&[signal]),
            slot("one")
        )
    };
    let limits = |rules: &str| -> Vec<String> {
        Audit::of(&load(rules), &terms).breaches.iter().map(cloakroom_audit::Breach::key).collect()
    };
    assert_eq!(limits(&rules("device = \"phone\"", "device")), [""; 0]);
    assert_eq!(limits(&rules("country = \"FR\"", "country")), ["price_like one country"]);
    assert_eq!(limits(&rules("language = \"fr\"", "language")), ["price_like one language"]);
    // A single flip, in a cell that few have, is one too many; and so is one where the country is not known.
    let hidden = format!(
        "{HEAD}{}{}[[rule]]\nwhen = {{ country = \"FR\", device = \"tv\", visit = \"new\" }}\nshow = {{ one = \"a\" }}\n",
        signals(&["country", "device", "visit"]),
        slot("one")
    );
    assert_eq!(limits(&hidden), ["price_like one country"]);
    let declared = hidden.replace("name = \"one\"\n", "name = \"one\"\nprice_like = true\n");
    let alone = Audit::of(&load(&declared), &Terms::default());
    assert!(alone.slots[0].is_price_like);
    assert_eq!(alone.breaches[0].limit, Limit::PriceLike);
}

#[test]
fn limits_hold_by_traffic_where_it_is_stated_and_along_protected_signals() {
    let rules = format!(
        "{HEAD}{}{}[[rule]]\nwhen = {{ country = \"FR\" }}\nshow = {{ one = \"a\" }}\n[[rule]]\nwhen = {{ visit = \"new\" }}\nshow = {{ one = \"b\" }}\n",
        signals(&["country", "visit"]),
        slot("one")
    );
    let plugin = load(&rules);
    let values = SiteValues { countries: vec!["FR".to_owned(), "DE".to_owned()], ..SiteValues::default() };
    let site = SiteVocabulary::new(&values).unwrap();
    let row = |country: &str, visit: &str, share| Row {
        values: vec![(Signal::Country, country.to_owned()), (Signal::Visit, visit.to_owned())],
        share,
    };
    // Nearly everybody comes from Germany for the second time, and sees the default.
    let traffic = Shares::of_rows(
        Some(10_000),
        vec![row("DE", "returning", 0.99), row("FR", "new", 0.004), row("FR", "returning", 0.006)],
    )
    .unwrap();
    let limits = Limits { total_variation: Some(0.02), pushed_to_default: Some(0.001), ..Limits::default() };
    let crowd = Config { k: 50, ..Config::default() };
    let terms =
        Terms { site: Some(("shop", &site)), crowd: Some(&crowd), limits: Some(&limits), ..Terms::default() };
    let without = Audit::of(&plugin, &terms);
    assert_eq!(without.judged_by, Weighting::Uniform);
    assert_eq!(
        without.breaches.iter().map(|breach| breach.limit).collect::<Vec<_>>(),
        [Limit::TotalVariation]
    );
    let with = Audit::of(&plugin, &Terms { traffic: Some(&traffic), ..terms });
    assert_eq!(with.judged_by, Weighting::Traffic);
    // The 40 networks that are new are no crowd, neither with France nor without; the 60 others of France are.
    let crowding = with.crowding.as_ref().unwrap();
    let stated = crowding.pushed.iter().find(|pushed| pushed.is_stated).unwrap();
    assert_eq!(stated.by_slot, [0.004], "{crowding:?}");
    assert_eq!(crowding.enough, Some(12_500.0));
    assert_eq!(with.breaches.iter().map(|breach| breach.limit).collect::<Vec<_>>(), [Limit::PushedToDefault]);
    assert_eq!(Audit::breaches(&plugin, &terms).len(), 1);

    let flips = Limits { flip_rate: Some(0.0), protected: vec![Signal::Visit], ..Limits::default() };
    let keys: Vec<_> = Audit::breaches(&plugin, &Terms { limits: Some(&flips), ..terms })
        .iter()
        .map(cloakroom_audit::Breach::key)
        .collect();
    assert_eq!(keys, ["flip_rate one visit"]);
}

#[test]
fn variants_that_a_site_never_leads_to_are_told_from_dead_ones() {
    let rules = format!(
        "{HEAD}{}{}[[rule]]\nwhen = {{ country = \"JP\" }}\nshow = {{ one = \"a\" }}\n",
        signals(&["country"]),
        slot("one")
    );
    let site = SiteVocabulary::new(&SiteValues { countries: vec!["FR".to_owned()], ..SiteValues::default() })
        .unwrap();
    let audit = Audit::of(&load(&rules), &Terms { site: Some(("shop", &site)), ..Terms::default() });
    assert_eq!(audit.slots[0].reach, [Reach::Shown, Reach::NotOnSite, Reach::Dead]);
}

#[test]
fn the_worst_cell_of_a_split_names_the_variant_that_most_buckets_show() {
    // The second split cuts the first one's `a` into two ranges, each of them narrower than `plain`.
    let rules = "[[rule]]\nwhen = { device = \"phone\" }\nsplit = { s = { a = 52, plain = 48 } }\n\
                 [[rule]]\nwhen = { device = \"tv\" }\nsplit = { s = { a = 11, plain = 89 } }\n";
    let plugin = load(&[HEAD, &signals(&["device"]), &slot("s"), rules].concat());
    assert_eq!(plugin.manifest().bucket_ranges(), [11, 41, 48]);
    let audit = Audit::of(&plugin, &Terms::default());
    let worst = audit.figures[0].slots[0].worst_cell.as_ref().unwrap();
    assert_eq!((worst.cell.as_str(), worst.variant), ("device=phone", 1));
}

#[test]
fn a_continent_with_a_declared_country_is_no_other_country() {
    let rules = "[[rule]]\nwhen = { country = \"US\" }\nshow = { s = \"a\" }\n";
    let plugin = load(&[HEAD, &signals(&["country"]), &slot("s"), rules].concat());
    let stated = [("north-america", 0.25), ("US", 0.25), ("asia", 0.5)];
    let stated = stated.map(|(value, share)| (value.to_owned(), share)).to_vec();
    let prior = Shares::of_signals(None, vec![(Signal::Country, stated)]).unwrap();
    let audit = Audit::of(&plugin, &Terms { prior: Some(&prior), ..Terms::default() });
    let groups = &audit.figures[1].slots[0].parity[0].groups;
    let weights: Vec<_> = groups.iter().map(|group| (group.value.as_str(), group.weight)).collect();
    assert_eq!(weights, [("US", 0.25), ("other", 0.5)]);
}
