//! What an index says of flights that are still under way.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use super::tests::{Stored, sites};
use super::*;

/// Whether a flight to a page of this site is outdated.
fn is_outdated(index: &Index<Stored>, site: SiteId, began: Began) -> bool {
    index.is_outdated((site, &"/under/way".into(), Edition::default()), began)
}

#[test]
fn a_hard_purge_by_any_tag_may_be_one_of_what_is_under_way() {
    let [one, two] = sites(2)[..] else { panic!("two sites") };
    let index = Index::<Stored>::new();
    let tag = |name: &str| Scope::Tag { site: Some(one), tag: Tag::new(name.as_bytes()) };
    let began = index.began();
    index.purge(&tag("soft"), Purge::Soft);
    // Editions are told apart by what the flight asks under.
    index.purge(&Scope::Editions { site: one, editions: [Edition(7)].into() }, Purge::Hard);
    assert!(!is_outdated(&index, one, began), "what is stale need not be fetched twice");
    index.purge(&tag("hard"), Purge::Hard);
    index.purge(&tag("soft"), Purge::Soft);
    assert!(is_outdated(&index, one, began) && !is_outdated(&index, two, began));
    assert!(!is_outdated(&index, one, index.began()));
    index.purge(&Scope::Tag { site: None, tag: Tag::new(b"hard") }, Purge::Hard);
    assert!(is_outdated(&index, two, began));
}

#[test]
fn who_began_during_a_purge_is_outdated_when_it_is_over() {
    let site = sites(1)[0];
    let told = Edition(7);
    for scope in [Scope::Site(site), Scope::Editions { site, editions: [told].into() }] {
        let index = Index::new();
        let put = |number| {
            let stored = Arc::new(Stored::told(site, &format!("/{number:09}"), told));
            assert_eq!(index.insert(&stored, index.began()), None);
            stored
        };
        let last = (0..3 * CHUNK).map(put).last().unwrap();
        let (before, is_over) = (index.began(), AtomicBool::new(false));
        let during = std::thread::scope(|scope_of_threads| {
            let flying = scope_of_threads.spawn(|| {
                let mut during = Vec::new();
                while !is_over.load(SeqCst) {
                    let began = index.began();
                    // It would take the page, which nobody has marked yet.
                    if last.mark().purged().is_none() {
                        during.push(began);
                    }
                }
                during
            });
            // It begins to look before the purge does.
            while index.began().flight < before.flight + 100 {}
            index.purge(&scope, Purge::Hard);
            is_over.store(true, SeqCst);
            flying.join().unwrap()
        });
        let outdated = |began: &Began| index.is_outdated((site, last.about().target, told), *began);
        assert!(during.iter().all(outdated), "somebody would board it and be given what was purged");
        assert!(!outdated(&index.began()));
    }
}
