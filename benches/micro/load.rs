//! Plugins: one decision in a fresh instance, a large table from scratch, and a variant's page.

use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use cloakroom_audit::{Audit, Terms};
use cloakroom_benches::{BANNERS, HEROES, HOST, banner_rules, hero_rules, page};
use cloakroom_plugin_host::{CodeCache, Digest, Engine, Limits, Plugin};
use cloakroom_plugin_store::PluginStore;
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
    // The same in each language, where `cloakroom plugin build` has been run in the folder of its example.
    for language in ["rules", "rust", "c", "zig", "javascript", "typescript"] {
        let Some(component) = built_example(language) else { continue };
        let (opened, plugin) = (engine.open(&component).unwrap(), engine.load(&component).unwrap());
        criterion.bench_function(&format!("cold decision in a fresh instance, {language}"), |bencher| {
            bencher.iter(|| opened.decide(plugin.table(), black_box(&[0, 0])).unwrap());
        });
    }
}

fn built_example(language: &str) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/examples").join(language);
    std::fs::read(folder.join("greeting.wasm")).ok()
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
    let plugin = engine.load(&component).unwrap();
    group.bench_function(format!("rules of {cells} cells"), |bencher| bencher.iter(|| plugin.readable()));
    group.bench_function(format!("audit of {cells} cells"), |bencher| {
        bencher.iter(|| Audit::of(black_box(&plugin), &Terms::default()));
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

/// A start with a hundred plugins whose tables were made before: each is read, and its seal checked.
pub(crate) fn kept_tables(criterion: &mut Criterion) {
    let (engine, folder) = (Engine::new(Limits::default()).unwrap(), tempfile::tempdir().unwrap());
    let store = PluginStore::new(folder.path());
    let version = |number| hero_rules().replacen("version = \"1", &format!("version = \"{number}.1"), 1);
    let components: Vec<_> =
        (0..100).map(|number| cloakroom_rule_compiler::compile(&version(number)).unwrap()).collect();
    for component in &components {
        store.tabulated(component, |component| engine.load(component)).unwrap();
    }
    criterion.bench_function("a hundred kept plugins, read back", |bencher| {
        bencher.iter(|| {
            for component in &components {
                store.tabulated(component, |_| panic!("its table is there")).unwrap();
            }
        });
    });
}

/// Rules that tell 24 countries, 30 languages, 72 campaigns and 2 dayparts apart.
fn large_rules() -> String {
    let mut rules = "name = \"large\"\nversion = \"1\"\n".to_owned();
    for signal in ["country", "language", "campaign", "daypart"] {
        writeln!(rules, "[signals.{signal}]\nreason = \"to be measured\"").unwrap();
    }
    rules.push_str("[[slot]]\nname = \"s\"\ndefault = \"v0\"\n");
    rules.push_str("variant = [{ name = \"v0\" }, { name = \"v1\" }, { name = \"v2\" }]\n");
    let countries = "FR DE GB US ES IT PT NL BE LU CH AT DK SE NO FI IE PL CZ HU RO BG GR JP".split(' ');
    let languages = ('a'..='z').map(|c| format!("x{c}")).chain(('a'..='d').map(|c| format!("y{c}")));
    for (language, country) in languages.zip(countries.cycle()) {
        let rule = format!(
            "when = {{ country = \"{country}\", language = \"{language}\" }}\nshow = {{ s = \"v1\" }}"
        );
        writeln!(rules, "[[rule]]\n{rule}").unwrap();
    }
    for campaign in 0..72 {
        let dayparts = "[\"night\", \"morning\"]";
        let rule =
            format!("when = {{ campaign = \"c{campaign}\", daypart = {dayparts} }}\nshow = {{ s = \"v2\" }}");
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
