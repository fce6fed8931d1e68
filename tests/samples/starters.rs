//! The starter sites are read, their plugins compile, and their policies permit what their comments say.

use std::path::Path;

use cloakroom_policy::{ClassId, PermitTable, PolicySet, Subject};
use cloakroom_settings::{PluginFile, Settings, Site};
use cloakroom_vocabulary::{ConsentFacts, Grain, Jurisdiction, Signal};

fn starters() -> Settings {
    let main =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("policies/starters/cloakroom.toml");
    match cloakroom_settings::load(&main) {
        Ok(settings) => settings,
        Err(error) => {
            let problems: Vec<_> = error.problems().map(|problem| problem.message().to_owned()).collect();
            unreachable!("{}", problems.join("\n"))
        }
    }
}

fn starter<'s>(settings: &'s Settings, name: &str) -> &'s Site {
    settings.sites.iter().find(|site| site.name == name).unwrap()
}

/// The permits of a plugin that asks for everything, on the route at `path`.
fn permits(site: &Site, path: &str) -> PermitTable {
    let sources: Vec<_> = site.policies.iter().map(|source| (source.name(), source.text())).collect();
    let policies = PolicySet::with_defaults(&sources).unwrap();
    assert_eq!(policies.warnings(), []);
    let route = site.routes.iter().find(|route| route.path == path).unwrap();
    let plugins = vec![("greedy".to_owned(), Signal::ALL.to_vec())];
    let subject = Subject { mode: "personalize", labels: &route.labels, plugins };
    policies.permits(&site.vocabulary, &subject).unwrap()
}

/// Consent where the law of the place is known, and no Global Privacy Control.
fn consented(facts: ConsentFacts) -> bool {
    facts.consent.personalization && !facts.gpc && facts.jurisdiction != Jurisdiction::Unknown
}

#[test]
fn each_starter_is_a_whole_site() {
    let settings = starters();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("policies/starters");
    let folders = std::fs::read_dir(folder).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(settings.sites.len(), folders.count(), "the main file lists them all");
    for site in &settings.sites {
        assert!(!site.policies.is_empty() && !site.plugins.is_empty(), "{}", site.name);
        for plugin in &site.plugins {
            let Some(PluginFile::Rules(source)) = &plugin.file else {
                unreachable!("{} is no rule file", plugin.name)
            };
            if let Err(errors) = cloakroom_rule_compiler::compile(source.text()) {
                let errors: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
                unreachable!("{}: {}", plugin.name, errors.join("\n"));
            }
        }
        assert!(site.routes.iter().any(|route| !route.plugins.is_empty()), "{}", site.name);
    }
}

#[test]
fn the_shop_in_europe_takes_away_and_permits_nothing_more() {
    let settings = starters();
    let shop = starter(&settings, "eu-shop");
    let (home, category) = (permits(shop, "/"), permits(shop, "/c/*"));
    let sensitive = permits(shop, "/c/pharmacy");
    for facts in ConsentFacts::all() {
        assert_eq!(home.class(facts) != ClassId::NOTHING, consented(facts), "{facts:?}");
        assert_eq!(category.class(facts) != ClassId::NOTHING, consented(facts), "{facts:?}");
        assert_eq!(sensitive.class(facts), ClassId::NOTHING, "{facts:?}");
        let country = category.classes()[category.class(facts).index()].plugins[0][Signal::Country.index()];
        assert!(country > Grain::FINEST, "{facts:?}");
    }
}

#[test]
fn the_retailer_lets_silence_count_where_one_may_opt_out_and_nowhere_else() {
    let settings = starters();
    let retail = starter(&settings, "us-retail");
    let (home, sensitive) = (permits(retail, "/"), permits(retail, "/shop/health/*"));
    for facts in ConsentFacts::all() {
        let silent = facts.silent && !facts.gpc && facts.jurisdiction == Jurisdiction::OptOut;
        assert_eq!(home.class(facts) != ClassId::NOTHING, consented(facts) || silent, "{facts:?}");
        assert_eq!(sensitive.class(facts) != ClassId::NOTHING, consented(facts), "{facts:?}");
    }
}

#[test]
fn the_newspaper_shows_plugins_the_language_of_the_front_page() {
    let settings = starters();
    let news = starter(&settings, "news");
    let (front, topic) = (permits(news, "/"), permits(news, "/topic/*"));
    for facts in ConsentFacts::all() {
        assert_eq!(front.class(facts) != ClassId::NOTHING, consented(facts), "{facts:?}");
        assert_eq!(topic.class(facts), ClassId::NOTHING, "{facts:?}");
        let seen = front.classes()[front.class(facts).index()].plugins[0];
        for signal in Signal::ALL.into_iter().filter(|signal| *signal != Signal::Language) {
            assert_eq!(seen[signal.index()], news.vocabulary.hierarchy(signal).any_grain(), "{signal}");
        }
    }
}
