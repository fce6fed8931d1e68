//! The proxy as a cache, against what RFCs say of caches: cases as data, each with its section, all of them
//! at once against one proxy. How a case is written is told in `conformance/parse.rs`.

mod case;
mod parse;
mod run;
mod stage;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use case::Case;
use stage::Stage;

/// The cases, by file.
const FILES: &[(&str, &str)] = &[
    ("directives.txt", include_str!("conformance/cases/directives.txt")),
    ("lifetimes.txt", include_str!("conformance/cases/lifetimes.txt")),
    ("age.txt", include_str!("conformance/cases/age.txt")),
    ("storing.txt", include_str!("conformance/cases/storing.txt")),
    ("targeted.txt", include_str!("conformance/cases/targeted.txt")),
    ("origin_validation.txt", include_str!("conformance/cases/origin_validation.txt")),
    ("client_validation.txt", include_str!("conformance/cases/client_validation.txt")),
    ("ranges.txt", include_str!("conformance/cases/ranges.txt")),
    ("stale.txt", include_str!("conformance/cases/stale.txt")),
    ("keys.txt", include_str!("conformance/cases/keys.txt")),
    ("downstream.txt", include_str!("conformance/cases/downstream.txt")),
];

/// What cases may need that is not there yet. A case that needs something listed here is skipped.
const NOT_YET: &[&str] = &["invalidation"];

/// Cases that run at the same time: most of them wait for something to become stale.
const AT_ONCE: usize = 48;

fn cases() -> Vec<Case> {
    FILES.iter().flat_map(|(file, text)| parse::cases(file, text)).collect()
}

/// Plays cases, many at once; what fails, by place.
fn play(cases: &[Case]) -> BTreeMap<String, String> {
    let stage = Stage::new();
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let play_next = || {
        let at = next.fetch_add(1, Relaxed);
        let case = cases.get(at)?;
        if let Err(problem) = run::run(&stage, at, case) {
            let place = format!("{}:{} [{}] {}", case.file, case.line, case.section, case.name);
            failed.lock().unwrap().insert(place, problem);
        }
        Some(())
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| while play_next().is_some() {});
        }
    });
    failed.into_inner().unwrap()
}

#[test]
fn the_cache_does_what_the_rfcs_say() {
    let mut cases = cases();
    cases.retain(|case| !case.needs.iter().any(|need| NOT_YET.contains(&need.as_str())));
    let failed = play(&cases);
    let told: Vec<_> = failed.iter().map(|(place, problem)| format!("{place}\n    {problem}")).collect();
    assert!(failed.is_empty(), "{} of {} cases fail:\n{}", failed.len(), cases.len(), told.join("\n"));
}

#[test]
fn a_case_that_is_wrong_fails() {
    let cases = parse::cases("wrong.txt", include_str!("conformance/cases/wrong.txt"));
    let failed = play(&cases);
    for case in &cases {
        let place = format!("{}:{} [{}] {}", case.file, case.line, case.section, case.name);
        let problem = failed.get(&place).unwrap_or_else(|| panic!("{place} does not fail"));
        assert!(problem.contains(&case.name), "{place} fails because {problem}");
    }
}

#[test]
fn there_are_many_cases_and_each_has_a_section_and_a_name_of_its_own() {
    let cases = cases();
    assert!(cases.len() >= 200, "{}", cases.len());
    let mut names = BTreeMap::new();
    for case in &cases {
        let (rfc, section) = case.section.split_once(' ').unwrap_or_default();
        let known = ["5861", "6585", "8246", "8470", "9110", "9111", "9211", "9213"].contains(&rfc);
        let plain = !section.is_empty() && section.split('.').all(|part| part.parse::<u8>().is_ok());
        assert!(known && plain, "{}:{}: `{}` is no section", case.file, case.line, case.section);
        if let Some(line) = names.insert((case.file, case.section.clone(), case.name.clone()), case.line) {
            panic!("{}:{}: this case stands at line {line} already", case.file, case.line);
        }
    }
}
