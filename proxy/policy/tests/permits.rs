//! Permit tables against the policies that they come from. Only made-up sites enter.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use cloakroom_policy::{ClassId, DEFAULTS, PermitTable, PolicySet, Subject};
use cloakroom_vocabulary::{Consent, ConsentFacts, Grain, Jurisdiction, Signal, SiteValues, SiteVocabulary};

const SEE: &str = r#"(principal, action == Action::"see", resource)"#;

fn vocabulary() -> SiteVocabulary {
    SiteVocabulary::new(&SiteValues {
        countries: vec!["FR".into(), "US".into()],
        languages: vec!["fr".into()],
        campaigns: vec![],
        topics: vec![],
    })
    .unwrap()
}

fn subject(labels: &[String]) -> Subject<'_> {
    Subject {
        mode: "personalize",
        labels,
        plugins: vec![
            ("hero".into(), vec![Signal::Country, Signal::Language, Signal::Daypart]),
            ("banner".into(), vec![Signal::Country, Signal::Device, Signal::Referrer]),
        ],
    }
}

fn table(site: &str) -> PermitTable {
    let policies = PolicySet::with_defaults(&[("site.cedar", site)]).unwrap();
    policies.permits(&vocabulary(), &subject(&["landing".to_owned()])).unwrap()
}

fn facts(jurisdiction: Jurisdiction, personalization: bool, gpc: bool) -> ConsentFacts {
    let consent = Consent { personalization, measurement: false };
    ConsentFacts { jurisdiction, consent, silent: false, gpc }
}

/// The grain at which the plugin at `plugin` sees `signal`.
fn grain(table: &PermitTable, facts: ConsentFacts, plugin: usize, signal: Signal) -> Grain {
    table.classes()[table.class(facts).index()].plugins[plugin][signal.index()]
}

#[test]
fn class_zero_is_nothing_and_classes_are_distinct() {
    let table = table("");
    let nothing = Signal::ALL.map(|signal| vocabulary().hierarchy(signal).any_grain());
    assert_eq!(table.classes()[ClassId::NOTHING.index()].plugins, [nothing, nothing]);
    assert_eq!(table.classes().len(), 2);
    assert_eq!(table.errors(), []);
}

#[test]
fn the_defaults_want_consent_and_a_known_jurisdiction() {
    let table = table("");
    for facts in ConsentFacts::all() {
        let permitted =
            facts.consent.personalization && !facts.gpc && facts.jurisdiction != Jurisdiction::Unknown;
        assert_eq!(table.class(facts) != ClassId::NOTHING, permitted, "{facts:?}");
    }
    let granted = facts(Jurisdiction::OptIn, true, false);
    assert_eq!(grain(&table, granted, 0, Signal::Country), Grain::FINEST);
    assert_eq!(grain(&table, granted, 0, Signal::Device), Grain(2), "never asked for");
}

/// The policy that a default file advises in its comment.
fn recipe(name: &str) -> String {
    let (_, text) = DEFAULTS.iter().find(|(file, _)| *file == name).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("//   ")).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn a_site_can_let_silence_count_where_one_may_opt_out_as_the_default_file_says() {
    let table = table(&recipe("opt-out.cedar"));
    for facts in ConsentFacts::all() {
        let by_consent = facts.consent.personalization && facts.jurisdiction != Jurisdiction::Unknown;
        let by_silence = facts.silent && facts.jurisdiction == Jurisdiction::OptOut;
        let permitted = !facts.gpc && (by_consent || by_silence);
        assert_eq!(table.class(facts) != ClassId::NOTHING, permitted, "{facts:?}");
    }
}

#[test]
fn a_site_can_permit_an_unknown_jurisdiction_as_the_default_file_says() {
    let table = table(&recipe("rest.cedar"));
    assert_ne!(table.class(facts(Jurisdiction::Unknown, true, false)), ClassId::NOTHING);
    assert_eq!(table.class(facts(Jurisdiction::Unknown, false, false)), ClassId::NOTHING);
    assert_eq!(table.class(facts(Jurisdiction::Unknown, true, true)), ClassId::NOTHING);
}

#[test]
fn a_forbid_beats_every_permit() {
    let table = table(&format!(
        "permit {SEE}; forbid {SEE} when {{ resource.signal == SignalName::\"country\" && resource.level == 0 }};"
    ));
    for facts in ConsentFacts::all() {
        assert_eq!(table.class(facts) == ClassId::NOTHING, facts.gpc, "{facts:?}");
        let expected = if facts.gpc { Grain(2) } else { Grain(1) };
        assert_eq!(grain(&table, facts, 1, Signal::Country), expected, "{facts:?}");
    }
}

#[test]
fn a_policy_that_fails_denies_in_that_context_and_is_named() {
    // Overflows for every level, in one jurisdiction alone; and would forbid nothing if it did not.
    let table = table(&format!(
        "@id(\"broken\") forbid {SEE} when {{ context.jurisdiction == Jurisdiction::\"rest\" && \
         resource.signal == SignalName::\"country\" && (resource.level + 2) * 9223372036854775807 < 0 }};"
    ));
    let rest = facts(Jurisdiction::Rest, true, false);
    assert_eq!(grain(&table, rest, 0, Signal::Country), Grain(2));
    assert_eq!(grain(&table, rest, 0, Signal::Language), Grain::FINEST);
    assert_eq!(grain(&table, facts(Jurisdiction::OptIn, true, false), 0, Signal::Country), Grain::FINEST);
    let [failed] = table.errors() else { panic!("{:?}", table.errors()) };
    assert_eq!((failed.file.as_str(), failed.policy.as_str()), ("site.cedar", "broken"));
    assert!(failed.message.contains("overflow"), "{failed:?}");
    assert!(failed.context.contains("jurisdiction rest"), "{failed:?}");
    let text = failed.to_string();
    assert!(
        text.starts_with(
            "`broken` in `site.cedar` fails in 40 evaluations and denies there, first for plugin hero"
        ),
        "{text}"
    );
    // 10 contexts, two plugins, two grains.
    assert_eq!(failed.evaluations, 40);
}

#[test]
fn too_many_evaluations_are_refused_with_the_arithmetic() {
    let plugins = vec![("hero".to_owned(), Signal::ALL.to_vec()); 3_500];
    let subject = Subject { mode: "personalize", labels: &[], plugins };
    let error = PolicySet::defaults().unwrap().permits(&vocabulary(), &subject).unwrap_err();
    assert_eq!(
        error.message(),
        "50 contexts × 52500 combinations of plugin, signal and grain = 2625000 evaluations, at most \
         1000000 are allowed"
    );
}
