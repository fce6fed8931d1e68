//! What we take a user agent for, against two public corpora with their own idea of it: uap-core's
//! tests of operating systems and woothee's test sets (both Apache-2.0, see NOTICE).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod support;

use std::collections::BTreeMap;

use cloakroom_vocabulary::Signal;
use support::{admitted, boundary, names, request};

/// The most of a hundred on which we may differ.
const MOST: f64 = 2.0;

/// Asks for each agent of a corpus (`expected`, tab, agent), prints what differs, and gives the rate
/// of it in percent.
fn disagreement(corpus: &str, signal: Signal, agrees: impl Fn(&str, &str) -> bool) -> f64 {
    let boundary = boundary();
    let mut differing: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    let mut all = 0;
    for line in corpus.lines() {
        let (expected, agent) = line.split_once('\t').unwrap();
        let Ok(value) = http::HeaderValue::try_from(agent) else { continue };
        let mut parts = request("GET", "/", &[("cookie", "cloakroom_consent=all")]);
        parts.headers.insert("user-agent", value);
        let found = names(&admitted(&boundary, &parts, "198.18.1.1")).swap_remove(signal.index());
        all += 1;
        if !agrees(expected, &found) {
            differing.entry((expected.to_owned(), found)).or_default().push(agent);
        }
    }
    let count: usize = differing.values().map(Vec::len).sum();
    let rate = count as f64 * 100.0 / f64::from(all);
    for ((expected, found), agents) in &differing {
        println!("{expected} taken for {found}: {} such as {:?}", agents.len(), agents.first());
        if std::env::var_os("ALL_AGENTS").is_some() {
            agents.iter().for_each(|agent| println!("    {agent}"));
        }
    }
    println!("{signal}: {count} of {all} differ, {rate:.2} %");
    rate
}

#[test]
fn operating_systems_are_those_of_uap_core() {
    let rate = disagreement(include_str!("agents/os.tsv"), Signal::Os, |expected, found| expected == found);
    assert!(rate < MOST, "{rate:.2} % differ");
}

#[test]
fn forms_are_those_of_woothee() {
    let agrees = |expected: &str, found: &str| match expected {
        "handheld" => matches!(found, "phone" | "tablet"),
        "appliance" => matches!(found, "tv" | "other" | "phone"),
        expected => found == expected,
    };
    let rate = disagreement(include_str!("agents/form.tsv"), Signal::Device, agrees);
    assert!(rate < MOST, "{rate:.2} % differ");
}
