//! Random policies, evaluated twice: by the crate, into a table, and by an interpreter of a few lines
//! that knows neither the crate nor Cedar. Only made-up sites enter.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod interpreter;

use std::collections::HashSet;

use cloakroom_policy::{PolicySet, Subject};
use cloakroom_vocabulary::{ConsentFacts, Signal, SiteValues, SiteVocabulary};
use interpreter::{Case, Dice, Rule, allows, defaults};

/// How many sets of policies are tried.
const SETS: u64 = 120;
const MODES: [&str; 3] = ["personalize", "anonymous", "passthrough"];
const PLUGINS: [&str; 2] = ["hero", "banner"];

/// The finest grain that the interpreter allows, and whether a policy failed on the way there.
fn finest<'c>(rules: &[Rule], grains: &[&'c str], mut case: Case<'c>) -> (usize, bool) {
    let mut failed = false;
    let telling = grains.len() - 1;
    for (level, grain) in grains.iter().enumerate().take(telling) {
        (case.grain, case.level) = (grain, i64::try_from(level).unwrap());
        match allows(rules, &case) {
            Ok(true) => return (level, failed),
            Ok(false) => {}
            Err(()) => failed = true,
        }
    }
    (telling, failed)
}

fn case<'c>(
    facts: ConsentFacts,
    plugin: &'c str,
    signal: &'c str,
    mode: &'c str,
    labels: &'c [String],
) -> Case<'c> {
    Case {
        plugin,
        signal,
        grain: "",
        level: 0,
        personalization: facts.consent.personalization,
        measurement: facts.consent.measurement,
        silent: facts.silent,
        gpc: facts.gpc,
        jurisdiction: facts.jurisdiction.name(),
        mode,
        labels,
    }
}

#[test]
fn tables_say_what_an_interpreter_says_in_every_context() {
    let vocabulary = SiteVocabulary::new(&SiteValues::default()).unwrap();
    let (mut seen, mut failing) = (HashSet::new(), 0);
    for seed in 0..SETS {
        let mut dice = Dice::new(seed);
        let own: Vec<_> = (0..1 + dice.below(4)).map(|_| Rule::random(&mut dice)).collect();
        let text = own.iter().map(Rule::to_cedar).collect::<Vec<_>>().join("\n");
        // The shipped policies with them, or not.
        let (policies, rules) = if seed % 2 == 0 {
            (PolicySet::with_defaults(&[("site.cedar", &text)]), [defaults(), own].concat())
        } else {
            (PolicySet::parse(&[("site.cedar", &text)]), own)
        };
        let policies = policies.unwrap_or_else(|error| unreachable!("{error} {:?} in\n{text}", error.help()));
        let mode = MODES[usize::try_from(seed).unwrap() % MODES.len()];
        let labels: Vec<_> =
            ["landing", "other"].map(str::to_owned).into_iter().take(dice.below(3)).collect();
        let plugins = PLUGINS.map(|name| (name.to_owned(), Signal::ALL.to_vec())).to_vec();
        let table = policies.permits(&vocabulary, &Subject { mode, labels: &labels, plugins }).unwrap();
        let mut failed = false;
        for facts in ConsentFacts::all() {
            let class = &table.classes()[table.class(facts).index()];
            for (plugin, permits) in PLUGINS.iter().zip(&class.plugins) {
                for signal in Signal::ALL {
                    let grains = vocabulary.hierarchy(signal).grains();
                    let case = case(facts, plugin, signal.name(), mode, &labels);
                    let (expected, failed_there) = finest(&rules, grains, case);
                    let found = usize::from(permits[signal.index()].0);
                    assert_eq!(found, expected, "seed {seed}: {plugin} {signal} {facts:?}\n{text}");
                    failed |= failed_there;
                    seen.insert((grains.len(), expected));
                }
            }
        }
        assert_eq!(failed, !table.errors().is_empty(), "seed {seed}: {:?}\n{text}", table.errors());
        failing += u64::from(failed);
    }
    assert_eq!(seen.len(), 5, "the sets together should lead to every grain: {seen:?}");
    assert!((6..SETS - 6).contains(&failing), "{failing} sets had a policy that fails");
}
