//! Permit tables against the policies that they come from. Only made-up sites enter.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::str::FromStr;

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, Request};
use cloakroom_policy::{ClassId, DEFAULTS, PermitTable, PolicySet, SCHEMA, Subject};
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
    ConsentFacts { jurisdiction, consent: Consent { personalization, measurement: false }, gpc }
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

#[test]
fn a_site_can_permit_an_unknown_jurisdiction_as_the_default_file_says() {
    let (_, text) = DEFAULTS[0];
    let recipe: String =
        text.lines().filter_map(|line| line.strip_prefix("//   ")).flat_map(|line| [line, "\n"]).collect();
    let table = table(&recipe);
    assert_ne!(table.class(facts(Jurisdiction::Unknown, true, false)), ClassId::NOTHING);
    assert_eq!(table.class(facts(Jurisdiction::Unknown, false, false)), ClassId::NOTHING);
    assert_eq!(table.class(facts(Jurisdiction::Unknown, true, true)), ClassId::NOTHING);
}

#[test]
fn a_forbid_beats_every_permit() {
    let table = table(&format!(
        "permit {SEE}; forbid {SEE} when {{ resource.signal == \"country\" && resource.level == 0 }};"
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
        "@id(\"broken\") forbid {SEE} when {{ context.jurisdiction == \"rest\" && \
         resource.signal == \"country\" && (resource.level + 2) * 9223372036854775807 < 0 }};"
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
    assert!(text.starts_with("policy `broken` in site.cedar fails in 32 evaluations"), "{text}");
    // 8 contexts, two plugins, two grains.
    assert_eq!(failed.evaluations, 32);
}

#[test]
fn too_many_evaluations_are_refused_with_the_arithmetic() {
    let plugins = vec![("hero".to_owned(), Signal::ALL.to_vec()); 3_500];
    let subject = Subject { mode: "personalize", labels: &[], plugins };
    let error = PolicySet::defaults().unwrap().permits(&vocabulary(), &subject).unwrap_err();
    assert_eq!(
        error.message(),
        "32 contexts × 52500 combinations of plugin, signal and grain = 1680000 evaluations, at most \
         1000000 are allowed"
    );
}

/// Asks Cedar about one context, without any code of the crate.
fn naive(policies: &cedar_policy::PolicySet, plugin: &str, signal: Signal, facts: ConsentFacts) -> Grain {
    let schema = cedar_policy::Schema::from_str(SCHEMA).unwrap();
    let vocabulary = vocabulary();
    let hierarchy = vocabulary.hierarchy(signal);
    for (level, name) in hierarchy.grains().iter().enumerate() {
        if *name == "any" {
            break;
        }
        let id = format!("{signal}/{name}");
        let entities = Entities::from_json_str(
            &format!(
                r#"[{{"uid":{{"type":"Signal","id":"{id}"}},"parents":[],
                "attrs":{{"signal":"{signal}","grain":"{name}","level":{level}}}}}]"#
            ),
            Some(&schema),
        )
        .unwrap();
        let context = Context::from_json_str(
            &format!(
                r#"{{"personalization":{},"measurement":{},"jurisdiction":"{}","gpc":{},
                "mode":"personalize","labels":["landing"]}}"#,
                facts.consent.personalization,
                facts.consent.measurement,
                facts.jurisdiction.name(),
                facts.gpc
            ),
            None,
        )
        .unwrap();
        let uid = |text: String| EntityUid::from_str(&text).unwrap();
        let request = Request::new(
            uid(format!("Plugin::\"{plugin}\"")),
            uid("Action::\"see\"".to_owned()),
            uid(format!("Signal::\"{id}\"")),
            context,
            Some(&schema),
        )
        .unwrap();
        let response = Authorizer::new().is_authorized(&request, policies, &entities);
        if response.decision() == Decision::Allow && response.diagnostics().errors().next().is_none() {
            return Grain(u8::try_from(level).unwrap());
        }
    }
    hierarchy.any_grain()
}

#[test]
fn tables_say_what_cedar_says_in_every_context() {
    let sites = [
        String::new(),
        format!("permit {SEE} when {{ context.measurement && context.labels.contains(\"landing\") }};"),
        format!("permit {SEE} when {{ context.labels.contains(\"other\") }};"),
        format!("forbid {SEE} unless {{ resource.level > 0 }};"),
        format!(
            "permit {SEE} when {{ resource.grain == \"posture\" }};
             forbid (principal == Plugin::\"hero\", action == Action::\"see\", resource == Signal::\"country/country\")
             when {{ context.jurisdiction != \"rest\" }};"
        ),
        format!("permit {SEE} when {{ resource.level * 9223372036854775807 >= 0 && context.mode == \"personalize\" }};"),
        format!("forbid {SEE} when {{ (resource.level + 1) * 9223372036854775807 < 0 }};"),
    ];
    let mut seen = HashSet::new();
    for site in sites {
        let table = table(&site);
        let all = DEFAULTS.iter().map(|(_, text)| *text).chain([site.as_str()]).collect::<Vec<_>>();
        let cedar = cedar_policy::PolicySet::from_str(&all.join("\n")).unwrap();
        for facts in ConsentFacts::all() {
            for (position, (plugin, signals)) in subject(&[]).plugins.iter().enumerate() {
                for signal in signals {
                    let expected = naive(&cedar, plugin, *signal, facts);
                    assert_eq!(
                        grain(&table, facts, position, *signal),
                        expected,
                        "{site} {facts:?} {signal}"
                    );
                    seen.insert(expected);
                }
            }
        }
    }
    assert_eq!(seen.len(), 3, "the sites together should lead to every grain");
}
