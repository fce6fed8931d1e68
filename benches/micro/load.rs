//! Plugins: one decision in a fresh instance, a large table from scratch, and a variant's page.

use std::fmt::Write;
use std::hint::black_box;
use std::time::Duration;

use cloakroom_benches::{BANNERS, HEROES, HOST, banner_rules, hero_rules, page};
use cloakroom_plugin_host::{CodeCache, Digest, Engine, Limits, Plugin};
use cloakroom_rewrite::{OutputPolicy, SafeEdits, rewrite};
use criterion::Criterion;

fn load(engine: &Engine, rules: &str) -> Plugin {
    let component = cloakroom_rule_compiler::compile(rules).unwrap_or_else(|errors| panic!("{errors:?}"));
    engine.load(&component).unwrap()
}

/// The plugin of the heroes.
pub(crate) fn hero() -> Plugin {
    load(&Engine::new(Limits::default()).unwrap(), &hero_rules())
}

pub(crate) fn cold_decision(criterion: &mut Criterion) {
    let engine = Engine::new(Limits::default()).unwrap();
    let component = cloakroom_rule_compiler::compile(&hero_rules()).unwrap();
    let (opened, plugin) = (engine.open(&component).unwrap(), engine.load(&component).unwrap());
    let spring_in_france = [0, 0, 0];
    criterion.bench_function("cold decision in a fresh instance", |bencher| {
        bencher.iter(|| opened.decide(plugin.table(), black_box(&spring_in_france)).unwrap());
    });
}

pub(crate) fn tabulation(criterion: &mut Criterion) {
    let engine = Engine::new(Limits::default()).unwrap();
    let component = cloakroom_rule_compiler::compile(&large_rules()).unwrap();
    let cells = engine.load(&component).unwrap().table().size();
    let mut group = criterion.benchmark_group("load");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    group.bench_function(format!("plugin of {cells} cells"), |bencher| {
        bencher.iter(|| engine.load(black_box(&component)).unwrap());
    });
    group.finish();
}

/// What a component costs whose code is kept on disk: read, its seal checked, and ready to answer.
pub(crate) fn kept_code(criterion: &mut Criterion) {
    let engine = Engine::new(Limits::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cache = CodeCache::open(folder.path()).unwrap();
    let component = cloakroom_rule_compiler::compile(&hero_rules()).unwrap();
    let (digest, key) = (Digest::of(&component), engine.key());
    let code = engine.open(&component).unwrap().code().unwrap();
    cache.put(digest, key, &code).unwrap();
    criterion.bench_function(&format!("kept code of {} bytes, read back", code.len()), |bencher| {
        bencher.iter(|| engine.open_compiled(&component, &cache.get(digest, key).unwrap()).unwrap());
    });
    criterion.bench_function("the same plugin, compiled", |bencher| {
        bencher.iter(|| engine.open(black_box(&component)).unwrap());
    });
}

/// Rules that tell 24 countries, 30 languages, 30 campaigns and 2 dayparts apart.
fn large_rules() -> String {
    let mut rules = "name = \"large\"\nversion = \"1\"\n".to_owned();
    for signal in ["country", "language", "campaign", "daypart"] {
        writeln!(rules, "[signals.{signal}]\nreason = \"to be measured\"").unwrap();
    }
    rules.push_str("[[slot]]\nname = \"s\"\ndefault = \"v0\"\n");
    rules.push_str("variant = [{ name = \"v0\" }, { name = \"v1\" }, { name = \"v2\" }]\n");
    let countries = "FR DE GB US ES IT PT NL BE LU CH AT DK SE NO FI IE PL CZ HU RO BG GR JP";
    let countries: Vec<&str> = countries.split(' ').collect();
    let letters = ('a'..='z').chain('a'..='d');
    for ((at, letter), country) in letters.enumerate().zip(countries.iter().cycle()) {
        let tag = if at < 26 { format!("x{letter}") } else { format!("y{letter}") };
        let rule =
            format!("when = {{ country = \"{country}\", language = \"{tag}\" }}\nshow = {{ s = \"v1\" }}");
        writeln!(rules, "[[rule]]\n{rule}").unwrap();
        let dayparts = "[\"night\", \"morning\"]";
        let rule =
            format!("when = {{ campaign = \"{tag}\", daypart = {dayparts} }}\nshow = {{ s = \"v2\" }}");
        writeln!(rules, "[[rule]]\n{rule}").unwrap();
    }
    rules
}

pub(crate) fn rewriting(criterion: &mut Criterion) {
    let engine = Engine::new(Limits::default()).unwrap();
    let policy = OutputPolicy::new(vec![HOST.to_owned()], Vec::new(), |_| false);
    let edits: Vec<SafeEdits> = [hero_rules(), banner_rules()]
        .iter()
        .map(|rules| {
            let (safe, removed) = policy.admit(load(&engine, rules).edits(0, 1).to_vec());
            assert_eq!(removed, [], "the edits are harmless");
            safe
        })
        .collect();
    let edits: Vec<&SafeEdits> = edits.iter().collect();
    let original = page(HEROES[0].1, BANNERS[0].1);
    let expected = page(HEROES[1].1, BANNERS[1].1);
    assert_eq!(rewrite(original.as_bytes(), &edits, &|_| None).unwrap(), expected.as_bytes());
    criterion.bench_function(&format!("rewriting a page of {} bytes", original.len()), |bencher| {
        bencher.iter(|| rewrite(black_box(original.as_bytes()), &edits, &|_| None).unwrap());
    });
}
