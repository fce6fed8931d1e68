//! What an index says of flights that are still under way.

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
    assert!(is_outdated(&index, one, began) && is_outdated(&index, two, began));
    assert!(!is_outdated(&index, one, index.began()));
}
