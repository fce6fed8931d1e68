//! Some hundreds of visitors through the real binary: what the origin got is a function of the
//! variant and GPC. With `CLOAKROOM_LEAK_IDENTITIES` there are as many as it says.

use std::collections::HashSet;
use std::path::Path;

use cloakroom_leak::{ROUTES, Report, Watched, identities, watch};

/// Prefixes in a crowd, small enough for some hundreds of visitors to form several.
const K: u32 = 10;

fn visitors() -> u32 {
    std::env::var("CLOAKROOM_LEAK_IDENTITIES").map_or(400, |count| count.parse().expect("a number"))
}

#[test]
fn what_the_origin_gets_is_a_function_of_variant_and_gpc() {
    let visitors = identities(visitors()).unwrap();
    let watched = watch(Path::new(env!("CARGO_BIN_EXE_cloakroom")), &visitors, K, 1).unwrap();
    let report = Report::of(&watched, 1);
    println!("{}", report.table(None));
    report.check(K as usize).unwrap();
    assert!(watched.shown >= 8, "{} variants were shown", watched.shown);
    each_choice_has_one_byte_string(&watched);
    the_rest_revalidates(&watched);
    nobody_stands_in_it(&watched, &visitors);
}

/// For each route, variant and GPC there is exactly one byte string.
fn each_choice_has_one_byte_string(watched: &Watched) {
    for (at, route) in ROUTES.iter().enumerate() {
        let pairs: HashSet<_> = watched
            .passes
            .iter()
            .flat_map(|pages| &pages[at])
            .map(|seen| (seen.told[0], seen.bytes[0]))
            .collect();
        let told: HashSet<_> = pairs.iter().map(|(told, _)| told).collect();
        assert_eq!(pairs.len(), told.len(), "{}: {pairs:?}", route.path);
    }
}

/// A page of a 304 is traced to the request that fetched it; what else came asked whether it is still
/// valid, in one byte string with GPC and one without.
fn the_rest_revalidates(watched: &Watched) {
    let traced: HashSet<_> = watched.passes.iter().flatten().flatten().map(|seen| seen.bytes[0]).collect();
    let rest = watched.strings.iter().enumerate().filter(|(at, _)| !traced.contains(at));
    let mut asking = 0;
    for (_, (bytes, _)) in rest {
        let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
        // Crowds of the warming-up may have had variants of their own.
        if text.starts_with("get /told ") {
            continue;
        }
        assert!(text.starts_with("get /kept ") && text.contains("if-none-match: \"kept\"\r\n"), "{text}");
        asking += 1;
    }
    assert_eq!(asking, 2);
    let cached = watched.strings.iter().filter(|(bytes, _)| bytes.starts_with(b"GET /cached "));
    assert!(cached.clone().count() == 2 && cached.clone().all(|(_, count)| *count == 1), "one miss each");
}

fn nobody_stands_in_it(watched: &Watched, visitors: &[cloakroom_leak::Identity]) {
    for (bytes, _) in &watched.strings {
        let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
        for visitor in visitors {
            let address = visitor.address.to_string();
            assert!(!text.contains(&visitor.own) && !text.contains(&address), "{text}");
        }
        for word in ["cookie", "referer", "forwarded", "mozilla", "utm_", "gclid", "jsessionid", "consent"] {
            assert!(!text.contains(word), "`{word}` in {text}");
        }
    }
}
