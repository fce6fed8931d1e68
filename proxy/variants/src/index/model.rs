//! The index beside a naive one, through any interleaving of flights, purges, evictions and sweeps.

use proptest::prelude::*;

use super::tests::{Stored, sites, sweep};
use super::*;

const TARGETS: [&str; 6] = ["/", "/a", "/a?page=1", "/a/b", "/ab", "/b"];
const PREFIXES: [&str; 4] = ["/", "/a", "/a/", "/b"];
const TAGS: [&str; 4] = ["red", "green", "blue", "Red"];

#[derive(Clone, Debug)]
enum Act {
    Begin,
    /// The flight at this position lands with a page.
    Land {
        flight: usize,
        site: usize,
        target: usize,
        tags: Vec<usize>,
    },
    Purge {
        what: What,
        hard: bool,
    },
    Evict {
        entry: usize,
    },
    Sweep,
}

#[derive(Clone, Debug)]
enum What {
    Url(usize, usize),
    Prefix(usize, usize),
    Tag(Option<usize>, usize),
    Site(usize),
}

fn what() -> impl Strategy<Value = What> {
    let site = 0..2_usize;
    prop_oneof![
        (site.clone(), 0..TARGETS.len()).prop_map(|(site, target)| What::Url(site, target)),
        (site.clone(), 0..PREFIXES.len()).prop_map(|(site, prefix)| What::Prefix(site, prefix)),
        (prop::option::of(site.clone()), 0..TAGS.len()).prop_map(|(site, tag)| What::Tag(site, tag)),
        site.prop_map(What::Site),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let tags = prop::collection::vec(0..TAGS.len(), 0..3);
    prop_oneof![
        3 => Just(Act::Begin),
        4 => (any::<usize>(), 0..2_usize, 0..TARGETS.len(), tags)
            .prop_map(|(flight, site, target, tags)| Act::Land { flight, site, target, tags }),
        2 => (what(), any::<bool>()).prop_map(|(what, hard)| Act::Purge { what, hard }),
        1 => any::<usize>().prop_map(|entry| Act::Evict { entry }),
        1 => Just(Act::Sweep),
    ]
}

/// A page as the model has it.
struct Page {
    site: usize,
    target: &'static str,
    tags: Vec<&'static str>,
    purged: Option<Purge>,
    real: Arc<Stored>,
}

impl Page {
    fn is_of(&self, what: &What) -> bool {
        match *what {
            What::Url(site, target) => self.site == site && self.target == TARGETS[target],
            What::Prefix(site, prefix) => self.site == site && self.target.starts_with(PREFIXES[prefix]),
            What::Tag(site, tag) => {
                site.is_none_or(|site| site == self.site)
                    && self.tags.iter().any(|of| of.eq_ignore_ascii_case(TAGS[tag]))
            }
            What::Site(site) => self.site == site,
        }
    }
}

struct Beside {
    ids: Vec<SiteId>,
    index: Index<Stored>,
    /// Each flight knows how many purges there were when it began.
    flights: Vec<(usize, Began)>,
    purges: Vec<(What, Purge)>,
    pages: Vec<Page>,
    /// How many purges are swept.
    swept: usize,
}

impl Beside {
    fn scope(&self, what: &What) -> Scope {
        match *what {
            What::Url(site, target) => Scope::Url { site: self.ids[site], target: TARGETS[target].into() },
            What::Prefix(site, prefix) => {
                Scope::Prefix { site: self.ids[site], prefix: PREFIXES[prefix].into() }
            }
            What::Tag(site, tag) => {
                Scope::Tag { site: site.map(|site| self.ids[site]), tag: Tag::new(TAGS[tag].as_bytes()) }
            }
            What::Site(site) => Scope::Site(self.ids[site]),
        }
    }

    fn act(&mut self, act: Act) -> Result<(), TestCaseError> {
        match act {
            Act::Begin => self.flights.push((self.purges.len(), self.index.began())),
            Act::Land { flight, site, target, tags } => {
                if self.flights.is_empty() {
                    return Ok(());
                }
                let (since, began) = self.flights.swap_remove(flight % self.flights.len());
                let tags: Vec<_> = tags.iter().map(|tag| TAGS[*tag]).collect();
                let real = Arc::new(Stored::new(self.ids[site], TARGETS[target], &tags));
                let mut page =
                    Page { site, target: TARGETS[target], tags, purged: None, real: Arc::clone(&real) };
                let missed = self.purges[since..].iter().filter(|(what, _)| page.is_of(what));
                page.purged = missed.map(|(_, how)| *how).max();
                let landed = self.index.insert(&real, began);
                prop_assert_eq!(landed, page.purged);
                if landed != Some(Purge::Hard) {
                    self.pages.push(page);
                }
            }
            Act::Purge { what, hard } => {
                let how = if hard { Purge::Hard } else { Purge::Soft };
                let reached =
                    self.pages.iter_mut().filter(|page| page.is_of(&what) && page.purged < Some(how));
                let count = reached.map(|page| page.purged = Some(how)).count();
                prop_assert_eq!(self.index.purge(&self.scope(&what), how), count);
                self.purges.push((what, how));
            }
            Act::Evict { entry } if !self.pages.is_empty() => {
                let page = self.pages.swap_remove(entry % self.pages.len());
                self.index.remove(&page.real);
                prop_assert_eq!(Arc::strong_count(&page.real), 1, "the index lets go");
            }
            Act::Evict { .. } => {}
            Act::Sweep => {
                for at in std::mem::replace(&mut self.swept, self.purges.len())..self.purges.len() {
                    let scope = self.scope(&self.purges[at].0);
                    for swept in sweep(&self.index, &scope) {
                        let is_it = |page: &Page| Arc::ptr_eq(&page.real, &swept);
                        let place = self.pages.iter().position(is_it);
                        prop_assert!(place.is_some(), "swept twice, or never there");
                        let page = place.map(|place| self.pages.swap_remove(place));
                        prop_assert_eq!(page.and_then(|page| page.purged), Some(Purge::Hard));
                    }
                }
                let gone = self.pages.iter().filter(|page| page.purged == Some(Purge::Hard)).count();
                prop_assert_eq!(gone, 0, "all that is gone is swept");
            }
        }
        prop_assert_eq!(self.index.len(), self.pages.len());
        for page in &self.pages {
            prop_assert_eq!(page.real.mark().purged(), page.purged);
        }
        Ok(())
    }
}

/// An index in which no two of the names above share a bucket.
fn index(ids: &[SiteId]) -> Index<Stored> {
    let addresses: Vec<_> = ids.iter().flat_map(|id| TARGETS.map(|target| (*id, target))).collect();
    let sites = [None, Some(ids[0]), Some(ids[1])];
    // The last one is the first in another spelling.
    let tags: Vec<_> =
        sites.iter().flat_map(|site| TAGS[..3].iter().map(|tag| (*site, Tag::new(tag.as_bytes())))).collect();
    loop {
        let index = Index::new();
        if index.state().log.tells_apart(&addresses, &tags) {
            return index;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn the_index_does_what_a_list_of_pages_and_a_list_of_purges_would(
        acts in prop::collection::vec(act(), 1..120)
    ) {
        let ids = sites(2);
        let index = index(&ids);
        let mut beside =
            Beside { ids, index, flights: vec![], purges: vec![], pages: vec![], swept: 0 };
        for act in acts {
            beside.act(act)?;
        }
    }
}
