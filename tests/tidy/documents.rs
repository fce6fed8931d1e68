//! What the documents name is there: links lead to files, and invariants have an owner and tests.

use std::path::Path;

use crate::table::{rows, words};
use crate::workspace::{files, none_of, rooms, root, text};

/// How many invariants the design has.
const INVARIANTS: usize = 8;

#[test]
fn links_between_documents_lead_to_files() {
    let mut documents = files(&["proxy", "plugins", "policies", "tests", "benches"], ".md");
    documents.push("README.md".into());
    let mut wrong = Vec::new();
    for document in &documents {
        let folder = document.parent().unwrap_or(Path::new(""));
        for target in links(&text(document)) {
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains("://") && !root().join(folder).join(path).exists() {
                wrong.push(format!("{}: `{target}` is not there", document.display()));
            }
        }
    }
    none_of(&wrong);
}

/// The targets of a document's links.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target)).collect()
}

#[test]
fn every_invariant_has_an_owner_and_tests_that_attack_it() {
    let table = rows("| # | invariant | owner | attacked by |");
    assert_eq!(table.len(), INVARIANTS);
    let rooms: Vec<&str> = rooms().into_iter().map(|(room, _)| room).collect();
    let mut wrong = Vec::new();
    for row in &table {
        let [number, _, owner, attackers] = row.as_slice() else {
            panic!("a row with {} cells: {row:?}", row.len())
        };
        if !words(owner).iter().all(|owner| rooms.contains(owner)) || words(owner).len() != 1 {
            wrong.push(format!("invariant {number}: {owner} is not one room"));
        }
        let attackers = words(attackers);
        if attackers.is_empty() {
            wrong.push(format!("invariant {number}: nothing attacks it"));
        }
        for attacker in attackers.iter().filter(|path| !root().join(path).exists()) {
            wrong.push(format!("invariant {number}: `{attacker}` is not there"));
        }
    }
    none_of(&wrong);
}

#[test]
fn every_room_is_described() {
    let described = rows("| crate | what it is for |");
    let described: Vec<&str> = described.iter().flat_map(|row| words(row.first().unwrap())).collect();
    let missing = rooms().into_iter().filter(|(room, _)| !described.contains(room));
    none_of(&missing.map(|(room, _)| format!("`{room}` has no sentence")).collect::<Vec<_>>());
}
