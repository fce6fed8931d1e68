//! Which room imports which, and who may depend on what is dangerous, as ARCHITECTURE.md says.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{Dependency, DependencyKind, Package};

use crate::table::{rows, words};
use crate::workspace::{members, none_of, rooms, short};

/// A room's dependencies that are part of what it is built into; those of its tests are not.
fn shipped(package: &Package) -> impl Iterator<Item = &Dependency> {
    package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development)
}

#[test]
fn rooms_import_exactly_what_the_table_allows() {
    let mut table: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows("| crate | may import |") {
        let [room, imports] = row.as_slice() else { panic!("a row with {} cells: {row:?}", row.len()) };
        let [room] = words(room)[..] else { panic!("`{room}` is not one crate in backticks") };
        let imports = words(imports).into_iter().map(str::to_owned).collect();
        assert!(table.insert(room.to_owned(), imports).is_none(), "`{room}` has two rows");
    }
    let built: BTreeMap<String, BTreeSet<String>> = rooms()
        .into_iter()
        .map(|(room, package)| {
            let imports = shipped(package).filter(|dependency| dependency.path.is_some());
            (room.to_owned(), imports.map(|dependency| short(&dependency.name).to_owned()).collect())
        })
        .collect();
    let mut wrong = Vec::new();
    for (room, imports) in &built {
        if table.get(room) != Some(imports) {
            let imports: Vec<_> = imports.iter().map(|room| format!("`{room}`")).collect();
            wrong.push(format!("cargo's row is: | `{room}` | {} |", imports.join(", ")));
        }
    }
    wrong.extend(
        table.keys().filter(|room| !built.contains_key(*room)).map(|room| format!("there is no `{room}`")),
    );
    none_of(&wrong);
}

#[test]
fn imports_run_one_way_only() {
    // Those of tests count here: cargo alone would let two rooms import each other that way.
    let mut left: BTreeMap<&str, BTreeSet<&str>> = members()
        .into_iter()
        .map(|package| {
            let own = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
            (package.name.as_str(), own.map(|dependency| dependency.name.as_str()).collect())
        })
        .collect();
    loop {
        let leaves: Vec<&str> =
            left.iter().filter(|(_, imports)| imports.is_empty()).map(|(name, _)| *name).collect();
        if leaves.is_empty() {
            break;
        }
        left.retain(|name, _| !leaves.contains(name));
        for imports in left.values_mut() {
            imports.retain(|name| !leaves.contains(name));
        }
    }
    assert!(left.is_empty(), "these import each other in a circle: {:?}", left.keys().collect::<Vec<_>>());
}

#[test]
fn dangerous_dependencies_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    let table = rows("| dependency | only in | why |");
    assert!(!table.is_empty(), "the table of dangerous dependencies is empty");
    for row in &table {
        let [dependencies, allowed, why] = row.as_slice() else {
            panic!("a row with {} cells: {row:?}", row.len())
        };
        assert!(!why.is_empty(), "{dependencies} has no reason");
        let allowed = words(allowed);
        for pattern in words(dependencies) {
            for (room, package) in rooms() {
                let uses = shipped(package).any(|dependency| matches(pattern, &dependency.name));
                if uses && !allowed.contains(&room) {
                    wrong.push(format!("`{room}` depends on `{pattern}`, which only {allowed:?} may"));
                }
            }
        }
    }
    none_of(&wrong);
}

/// Whether a name is the pattern's, whose last `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

#[test]
fn every_crate_says_in_one_sentence_what_it_is() {
    let mut wrong = Vec::new();
    for package in members() {
        let description = package.description.as_deref().unwrap_or_default();
        let sentence = description.strip_suffix('.').is_some_and(|words| {
            !words.is_empty()
                && !words.contains(". ")
                && words.starts_with(|first: char| first.is_uppercase())
        });
        if !sentence {
            wrong.push(format!("{}: the description `{description}` is not one sentence", package.name));
        }
        if package.publish.as_deref() != Some(&[]) {
            wrong.push(format!("{}: `publish.workspace = true` is missing", package.name));
        }
    }
    none_of(&wrong);
}
