//! Rule files from source to table: what is compiled, run and tabulated is what the rules say.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::time::Instant;

use cloakroom_plugin_host::{Engine, Limits, Plugin};
use cloakroom_rewrite::{Edit, OutputPolicy};

const HERO: &str = include_str!("../../../plugins/templates/hero.toml");
const BANNER: &str = include_str!("../../../plugins/templates/banner.toml");

fn load(source: &str) -> Plugin {
    let component = cloakroom_rule_compiler::compile(source).unwrap_or_else(|errors| panic!("{errors:#?}"));
    Engine::new(Limits::default()).unwrap().load(&component).unwrap()
}

fn shown(plugin: &Plugin, slot: usize, cell: &[&str]) -> String {
    let manifest = plugin.manifest();
    let ids: Vec<u8> = manifest
        .signals()
        .iter()
        .zip(cell)
        .map(|(signal, word)| (0..=signal.any()).find(|id| signal.id_name(*id) == *word).unwrap())
        .collect();
    let choice = plugin.table().lookup(plugin.table().index(&ids));
    manifest.slots()[slot].variant_name(manifest.variants_of(choice)[slot]).to_owned()
}

fn readable_is_the_table(plugin: &Plugin) {
    let (table, manifest) = (plugin.table(), plugin.manifest());
    let readable = plugin.readable();
    for index in 0..table.size() {
        let ids = table.ids(index);
        let wanted = manifest.variants_of(table.lookup(index));
        let printed: Vec<u8> = readable.slots().iter().map(|slot| slot.variant(&ids).unwrap()).collect();
        assert_eq!(printed, wanted, "{}", manifest.cell_in_words(&ids));
    }
    for slot in readable.slots() {
        assert_eq!(slot.lines().iter().map(|line| line.cells()).sum::<u32>(), table.size());
        assert!(slot.lines().last().unwrap().conditions().is_empty());
    }
}

#[test]
fn the_hero_template_follows_its_rules() {
    let hero = load(HERO);
    let see = |country, language, campaign| shown(&hero, 0, &[country, language, campaign]);
    assert_eq!(see("any", "any", "any"), "classic");
    assert_eq!(see("FR", "fr", "spring"), "spring-fr");
    assert_eq!(see("any", "any", "spring"), "spring-en");
    assert_eq!(see("FR", "fr", "other"), "france");
    assert_eq!(see("FR", "any", "any"), "france");
    assert_eq!(see("FR", "de", "any"), "europe");
    assert_eq!(see("europe", "fr", "any"), "europe");
    assert_eq!(see("other", "fr", "any"), "classic");
    readable_is_the_table(&hero);
    assert_eq!(hero.edits(0, 0), []);
    assert!(matches!(&hero.edits(0, 2)[0],
        Edit::SetContent { selector, content } if selector == "#hero" && content.contains("Tentes légères")));
}

#[test]
fn the_banner_template_follows_its_rules() {
    let banner = load(BANNER);
    let see = |device, daypart| shown(&banner, 0, &[device, daypart]);
    assert_eq!(see("handheld", "morning"), "commute");
    assert_eq!(see("handheld", "any"), "handheld");
    assert_eq!(see("desktop", "evening"), "sofa");
    assert_eq!(see("bot", "evening"), "plain");
    assert_eq!(see("any", "evening"), "plain", "who may be a bot is not known not to be one");
    readable_is_the_table(&banner);
    let text = banner.readable().to_string();
    assert_eq!(
        text,
        "banner (30 cells)\n  \
         device is known but not bot, daypart is evening or night → sofa       6  20 %\n  \
         device is desktop, daypart is afternoon or morning       → desk       2  6.7 %\n  \
         device is handheld, daypart is morning                   → commute    1  3.3 %\n  \
         else device is handheld                                  → handheld   3  10 %\n  \
         else                                                     → plain     18  60 %\n"
    );
}

#[test]
fn the_templates_ask_for_nothing_that_is_removed_from_pages() {
    let policy =
        OutputPolicy::new(vec!["shop.example".into()], Vec::new(), |path| path.starts_with("/account"));
    for plugin in [load(HERO), load(BANNER)] {
        for variant in 0..plugin.manifest().slots()[0].variants().len() {
            let (_, removed) = policy.admit(plugin.edits(0, variant).to_vec());
            assert!(removed.is_empty(), "{removed:?}");
        }
    }
}

#[test]
fn every_kind_of_edit_survives_the_way_through_memory() {
    let plugin = load(
        r##"
        name = "edits"
        version = "2"
        [signals.device]
        reason = "test"
        [[slot]]
        name = "a"
        selector = "#a"
        default = "none"
        variant = [{ name = "none" }, { name = "gone", remove = true }]
        [[slot]]
        name = "b"
        default = "x"
        [[slot.variant]]
        name = "x"
        edit = [
          { selector = "p", content = "<b>ü</b>" }, { selector = "p", before = "1", after = "2" },
          { selector = "p", text = "t", attributes = { class = "c" } }, { selector = "i", include = "/f" },
        ]
        [[slot]]
        name = "c"
        default = "one"
        delivery = "origin-variant"
        price_like = true
        variant = [{ name = "one" }, { name = "two" }]
        [[rule]]
        when = { device = "phone" }
        show = { a = "gone", c = "two" }
        "##,
    );
    let s = |text: &str| text.to_owned();
    assert_eq!(plugin.edits(0, 1), [Edit::Remove { selector: s("#a") }]);
    assert_eq!(
        plugin.edits(1, 0),
        [
            Edit::SetContent { selector: s("p"), content: s("<b>ü</b>") },
            Edit::Before { selector: s("p"), content: s("1") },
            Edit::After { selector: s("p"), content: s("2") },
            Edit::Text { selector: s("p"), content: s("t") },
            Edit::SetAttribute { selector: s("p"), name: s("class"), value: s("c") },
            Edit::Include { selector: s("i"), path: s("/f") },
        ]
    );
    let price_like: Vec<_> = plugin.manifest().slots().iter().map(|slot| slot.price_like()).collect();
    assert_eq!(price_like, [false, false, true]);
    assert_eq!(shown(&plugin, 0, &["phone"]), "gone");
    assert_eq!(shown(&plugin, 2, &["phone"]), "two");
    assert_eq!(shown(&plugin, 2, &["any"]), "one");
}

fn large() -> String {
    let mut source = "name = \"large\"\nversion = \"1\"\n".to_owned();
    for signal in ["country", "language", "campaign", "daypart"] {
        writeln!(source, "[signals.{signal}]\nreason = \"test\"").unwrap();
    }
    source.push_str("[[slot]]\nname = \"s\"\ndefault = \"v0\"\n");
    source.push_str("variant = [{ name = \"v0\" }, { name = \"v1\" }, { name = \"v2\" }]\n");
    let letters = || (b'a'..=b'z').map(char::from);
    let languages: Vec<_> = letters().map(|l| format!("x{l}")).collect();
    let campaigns: Vec<_> = letters().map(|l| format!("c{l}")).collect();
    let countries =
        "FR DE GB US ES IT PT NL BE LU CH AT DK SE NO FI IE PL CZ HU RO BG GR europe asia".split(' ');
    let countries: Vec<_> = countries.collect();
    for (at, country) in countries.iter().enumerate() {
        let (language, campaign) = (&languages[at], &campaigns[at]);
        writeln!(
            source,
            "[[rule]]\nwhen = {{ country = {country:?}, language = {language:?} }}\nshow = {{ s = \"v1\" }}"
        )
        .unwrap();
        writeln!(source, "[[rule]]\nwhen = {{ campaign = {campaign:?}, daypart = [\"night\", \"morning\"] }}\nshow = {{ s = \"v2\" }}").unwrap();
    }
    source
}

#[test]
fn a_large_table_is_made_in_bearable_time() {
    let component = cloakroom_rule_compiler::compile(&large()).unwrap();
    let engine = Engine::new(Limits::default()).unwrap();
    let started = Instant::now();
    let plugin = engine.load(&component).unwrap();
    let took = started.elapsed();
    println!("{} cells in {took:?}", plugin.table().size());
    readable_is_the_table(&plugin);
    let opened = engine.open(&component).unwrap();
    let cold = Instant::now();
    for _ in 0..1_000 {
        assert_eq!(opened.decide(plugin.table(), &[0, 0, 0, 0]).unwrap(), 2);
    }
    println!("cold decision {:?}", cold.elapsed() / 1_000);
    assert!(plugin.table().size() > 70_000);
    assert!(took.as_secs() < 60, "{took:?}");
}
