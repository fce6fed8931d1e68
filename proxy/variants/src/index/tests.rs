//! What an index does to a few entries, to many, and from many threads at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Instant;

use cloakroom_boundary::{Boundary, Config, SiteConfig};
use cloakroom_vocabulary::{SiteValues, SiteVocabulary};

use super::*;

/// A page of a test, with the editions of its variants.
pub(super) struct Stored {
    mark: Mark,
    site: SiteId,
    target: Arc<str>,
    tags: Tags,
    told: Edition,
    variants: Mutex<Vec<Edition>>,
    /// Of the origin, when it was fetched.
    version: usize,
}

impl Stored {
    pub(super) fn new(site: SiteId, target: &str, tags: &[&str]) -> Self {
        Self {
            mark: Mark::default(),
            site,
            target: target.into(),
            tags: Tags::of(tags.iter().map(|tag| tag.as_bytes())),
            told: Edition::default(),
            variants: Mutex::default(),
            version: 0,
        }
    }

    /// The same of a page that the origin was told something for.
    pub(super) fn told(site: SiteId, target: &str, told: Edition) -> Self {
        Self { told, ..Self::new(site, target, &[]) }
    }
}

impl Purgeable for Stored {
    fn mark(&self) -> &Mark {
        &self.mark
    }

    fn about(&self) -> About<'_> {
        About { site: self.site, target: &self.target, tags: &self.tags, told: self.told }
    }

    fn forget(&self, editions: &[Edition]) -> usize {
        let mut variants = self.variants.lock().unwrap();
        let before = variants.len();
        variants.retain(|edition| editions.binary_search(edition).is_err());
        before - variants.len()
    }
}

/// The ids of so many sites.
pub(super) fn sites(count: usize) -> Vec<SiteId> {
    let vocabulary = Arc::new(SiteVocabulary::new(&SiteValues::default()).unwrap());
    let site = |number| SiteConfig {
        hosts: vec![format!("s{number}.test")],
        vocabulary: Arc::clone(&vocabulary),
        consent: Vec::new(),
        campaign_parameter: None,
        topics: Vec::new(),
        routes: Vec::new(),
    };
    let config = Config { sites: (0..count).map(site).collect(), ..Config::default() };
    Boundary::new(config, None).unwrap().sites().collect()
}

fn tag(name: &str) -> Tag {
    Tag::new(name.as_bytes())
}

/// Puts a page in that nobody purged on its way.
fn put(index: &Index<Stored>, site: SiteId, target: &str, tags: &[&str]) -> Arc<Stored> {
    let stored = Arc::new(Stored::new(site, target, tags));
    assert_eq!(index.insert(&stored, index.began()), None);
    stored
}

/// All that a purge has left behind.
pub(super) fn sweep(index: &Index<Stored>, scope: &Scope) -> Vec<Arc<Stored>> {
    let mut sweeping = Index::<Stored>::sweeping(scope);
    std::iter::from_fn(|| index.sweep(&mut sweeping)).flatten().collect()
}

#[test]
fn each_scope_reaches_what_it_names_and_nothing_else() {
    let [one, two] = sites(2)[..] else { panic!("two sites") };
    let index = Index::new();
    let all = [
        put(&index, one, "/c", &["a"]),
        put(&index, one, "/c", &["b"]),
        put(&index, one, "/c/coats", &["a", "b"]),
        put(&index, one, "/c/coats?page=2", &[]),
        put(&index, one, "/d", &["A"]),
        put(&index, two, "/c/coats", &["a"]),
    ];
    let purged = |scope: Scope| {
        let count = index.purge(&scope, Purge::Soft);
        let reached: Vec<_> = (0..all.len()).filter(|at| all[*at].mark.purged().is_some()).collect();
        assert_eq!(reached.len(), count);
        // Whoever puts a flag up may take it down again.
        all.iter().for_each(|stored| stored.mark.reset());
        reached
    };
    let url = |site, target: &str| Scope::Url { site, target: target.into() };
    let prefix = |site, prefix: &str| Scope::Prefix { site, prefix: prefix.into() };
    assert_eq!(purged(url(one, "/c")), [0, 1]);
    assert_eq!(purged(url(one, "/c/coats")), [2]);
    assert_eq!(purged(url(two, "/c")), [0; 0]);
    assert_eq!(purged(prefix(one, "/c/")), [2, 3]);
    assert_eq!(purged(prefix(one, "/c")), [0, 1, 2, 3]);
    assert_eq!(purged(prefix(two, "/")), [5]);
    assert_eq!(purged(Scope::Tag { site: None, tag: tag("a") }), [0, 2, 4, 5]);
    assert_eq!(purged(Scope::Tag { site: Some(one), tag: tag("b") }), [1, 2]);
    assert_eq!(purged(Scope::Tag { site: None, tag: tag("c") }), [0; 0]);
    assert_eq!(purged(Scope::Site(two)), [5]);
}

#[test]
fn a_hard_purge_follows_a_soft_one_and_not_the_other_way_round() {
    let site = sites(1)[0];
    let index = Index::new();
    let stored = put(&index, site, "/", &[]);
    for (how, count, now) in [
        (Purge::Soft, 1, Purge::Soft),
        (Purge::Soft, 0, Purge::Soft),
        (Purge::Hard, 1, Purge::Hard),
        (Purge::Soft, 0, Purge::Hard),
        (Purge::Hard, 0, Purge::Hard),
    ] {
        assert_eq!(index.purge(&Scope::Site(site), how), count);
        assert_eq!(stored.mark.purged(), Some(now));
    }
}

#[test]
fn what_is_gone_is_swept_and_what_is_held_twice_leaves_with_the_second() {
    let site = sites(1)[0];
    let index = Index::new();
    let kept = put(&index, site, "/kept", &["a"]);
    let gone: Vec<_> = (0..10).map(|number| put(&index, site, &format!("/{number}"), &["b", "c"])).collect();
    let scope = Scope::Tag { site: None, tag: tag("c") };
    assert_eq!((index.purge(&scope, Purge::Hard), index.len()), (10, 11));
    index.remove(&gone[0]);
    let swept = sweep(&index, &scope);
    assert_eq!(swept.len(), 9);
    assert!(swept.iter().all(|swept| gone.iter().any(|gone| Arc::ptr_eq(gone, swept))));
    assert_eq!((index.len(), sweep(&index, &scope).len()), (1, 0));
    assert!(index.hold(&kept));
    index.remove(&kept);
    assert_eq!(index.purge(&Scope::Site(site), Purge::Soft), 1);
    index.remove(&kept);
    index.remove(&kept);
    assert!(index.is_empty());
    assert_eq!(index.purge(&Scope::Site(site), Purge::Hard), 0);
    assert_eq!(Arc::strong_count(&kept), 1, "the index lets go");
    assert!(!index.hold(&kept), "what is not here is not held");
}

#[test]
fn what_came_after_a_purge_is_not_swept() {
    let site = sites(1)[0];
    let index = Index::new();
    let first = put(&index, site, "/", &["a"]);
    assert_eq!(index.purge(&Scope::Site(site), Purge::Hard), 1);
    let second = put(&index, site, "/", &["a"]);
    let swept = sweep(&index, &Scope::Site(site));
    assert!(matches!(&swept[..], [swept] if Arc::ptr_eq(swept, &first)));
    assert_eq!((index.len(), second.mark.purged()), (1, None));
}

#[test]
fn what_was_purged_on_its_way_arrives_purged() {
    let [one, two] = sites(2)[..] else { panic!("two sites") };
    let index = Index::<Stored>::new();
    let arrives = |scope: Scope, how, site, target: &str, tags: &[&str]| {
        let began = index.began();
        index.purge(&scope, how);
        let stored = Arc::new(Stored::new(site, target, tags));
        let purged = index.insert(&stored, began);
        assert_eq!(stored.mark.purged(), purged);
        assert_eq!(stored.mark.is_settled(), purged != Some(Purge::Hard), "what is gone is not kept");
        put(&index, site, target, tags);
        purged
    };
    let (soft, hard) = (Some(Purge::Soft), Some(Purge::Hard));
    let url = |target: &str| Scope::Url { site: one, target: target.into() };
    let prefix = |prefix: &str| Scope::Prefix { site: one, prefix: prefix.into() };
    assert_eq!(arrives(url("/a"), Purge::Soft, one, "/a", &[]), soft);
    assert_eq!(arrives(url("/a"), Purge::Hard, one, "/a", &[]), hard);
    assert_eq!(arrives(url("/a"), Purge::Hard, two, "/a", &[]), None);
    assert_eq!(arrives(url("/a"), Purge::Hard, one, "/b", &[]), None);
    assert_eq!(arrives(prefix("/a"), Purge::Soft, one, "/ab", &[]), soft);
    assert_eq!(arrives(prefix("/a"), Purge::Soft, one, "/b", &[]), None);
    assert_eq!(arrives(Scope::Site(one), Purge::Hard, one, "/b", &[]), hard);
    assert_eq!(arrives(Scope::Site(one), Purge::Hard, two, "/b", &[]), None);
    let of_tag = |site| Scope::Tag { site, tag: tag("x") };
    assert_eq!(arrives(of_tag(None), Purge::Soft, two, "/", &["w", "x"]), soft);
    assert_eq!(arrives(of_tag(Some(two)), Purge::Hard, two, "/", &["x"]), hard);
    assert_eq!(arrives(of_tag(Some(one)), Purge::Hard, two, "/", &["x"]), None);
    assert_eq!(arrives(of_tag(None), Purge::Hard, two, "/", &["y"]), None);
}

#[test]
fn a_page_with_too_many_tags_is_reached_by_every_tag() {
    let site = sites(1)[0];
    let index = Index::new();
    let names: Vec<String> = (0..300).map(|number| format!("t{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let stored = put(&index, site, "/", &names);
    assert_eq!(index.purge(&Scope::Tag { site: Some(site), tag: tag("unheard of") }, Purge::Soft), 1);
    assert_eq!(stored.mark.purged(), Some(Purge::Soft));
    let began = index.began();
    index.purge(&Scope::Tag { site: None, tag: tag("unheard of") }, Purge::Hard);
    let late = Arc::new(Stored::new(site, "/", &names));
    assert_eq!(index.insert(&late, began), Some(Purge::Hard));
}

#[test]
fn prefixes_that_fell_out_of_the_log_count_for_everything() {
    let [one, two] = sites(2)[..] else { panic!("two sites") };
    let index = Index::<Stored>::new();
    let purge =
        |prefix: String| index.purge(&Scope::Prefix { site: one, prefix: prefix.into() }, Purge::Soft);
    let arrives = |began| index.insert(&Arc::new(Stored::new(two, "/", &[])), began);
    let began = index.began();
    (0..log::MAX_PREFIXES).for_each(|number| assert_eq!(purge(format!("/{number}/")), 0));
    // The same once more takes no more room.
    (0..1_000).for_each(|_| assert_eq!(purge("/7/".to_owned()), 0));
    assert_eq!(arrives(began), None);
    purge("/one/more".to_owned());
    assert_eq!(arrives(began), Some(Purge::Hard));
    assert_eq!(arrives(index.began()), None);
}

#[test]
fn editions_take_their_variants_and_the_pages_that_the_origin_made_for_them() {
    let [one, two] = sites(2)[..] else { panic!("two sites") };
    let (old, new) = (Edition(7), Edition(8));
    let index = Index::new();
    let make = |site, target: &str, told, variants: &[Edition]| {
        let variants = Mutex::new(variants.to_vec());
        Arc::new(Stored { told, variants, ..Stored::new(site, target, &[]) })
    };
    let put = |site, target: &str, told, variants: &[Edition]| {
        let stored = make(site, target, told, variants);
        assert_eq!(index.insert(&stored, index.began()), None);
        stored
    };
    let plain = put(one, "/a", Edition::default(), &[old, new, old]);
    let told = put(one, "/b", old, &[old]);
    let other = put(two, "/a", old, &[old]);
    let began = index.began();
    let scope = Scope::Editions { site: one, editions: [Edition::default(), old, Edition(9)].into() };
    assert_eq!(index.purge(&scope, Purge::Soft), 4, "three variants, and one page");
    let variants = |stored: &Stored| stored.variants.lock().unwrap().clone();
    assert_eq!((variants(&plain), plain.mark.purged()), (vec![new], None));
    assert_eq!(told.mark.purged(), Some(Purge::Hard));
    assert_eq!((variants(&other), other.mark.purged()), (vec![old], None));
    assert_eq!(sweep(&index, &scope).len(), 1);
    assert!(index.is_forgotten(one, old, began) && !index.is_forgotten(one, old, index.began()));
    assert!(!index.is_forgotten(one, new, began) && !index.is_forgotten(two, old, began));
    assert_eq!(index.insert(&make(one, "/b", old, &[]), began), Some(Purge::Hard));
    assert_eq!(index.insert(&make(one, "/c", Edition::default(), &[]), began), None);
}

#[test]
fn a_site_of_many_chunks_is_purged_whole() {
    let [one, two] = sites(2)[..] else { panic!("two sites") };
    let index = Index::new();
    let count = CHUNK * 2 + 5;
    let all: Vec<_> = (0..count).map(|number| put(&index, one, &format!("/{number}"), &["t"])).collect();
    let other = put(&index, two, "/0", &["t"]);
    assert_eq!(index.purge(&Scope::Site(one), Purge::Soft), count);
    assert_eq!(index.purge(&Scope::Tag { site: Some(one), tag: tag("t") }, Purge::Hard), count);
    assert!(all.iter().all(|stored| stored.mark.purged() == Some(Purge::Hard)));
    assert_eq!(other.mark.purged(), None);
}

/// Fetches, evictions and purges from several threads: what was stored before a purge, and what was on its way, is
/// purged when that returns. What a page was made of is a version of the origin, which is raised before each purge.
#[test]
fn no_thread_is_served_what_was_there_before_a_purge_that_it_saw_end() {
    const TARGETS: usize = 8;
    let site = sites(1)[0];
    let index = Index::<Stored>::new();
    let versions: [AtomicUsize; TARGETS] = std::array::from_fn(|_| AtomicUsize::new(0));
    let store: [Mutex<Option<Arc<Stored>>>; TARGETS] = std::array::from_fn(|_| Mutex::new(None));
    let (stop, refused) = (AtomicBool::new(false), AtomicUsize::new(0));
    let fetch = |at: usize, slow: bool| {
        let began = index.began();
        let version = versions[at].load(SeqCst);
        if slow {
            std::thread::yield_now();
        }
        let tags: &[&str] = if at.is_multiple_of(2) { &["even"] } else { &["odd"] };
        let entry = Arc::new(Stored { version, ..Stored::new(site, &format!("/{at}"), tags) });
        if index.insert(&entry, began) == Some(Purge::Hard) {
            refused.fetch_add(1, SeqCst);
            return;
        }
        if let Some(before) = store[at].lock().unwrap().replace(entry) {
            index.remove(&before);
        }
    };
    // Told when the threads have ended: a panic would leave them running.
    let mut outlived = 0;
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let (fetch, stop) = (&fetch, &stop);
            scope.spawn(move || {
                let mut at = thread;
                while !stop.load(SeqCst) {
                    at = (at * 5 + 3) % TARGETS;
                    fetch(at, at > 3);
                }
            });
        }
        let until = Instant::now() + std::time::Duration::from_millis(600);
        let mut round = 0;
        while Instant::now() < until {
            round += 1;
            let (scope, reached): (_, Vec<usize>) = match round % 3 {
                0 => (Scope::Tag { site: None, tag: tag("even") }, (0..TARGETS).step_by(2).collect()),
                1 => (Scope::Url { site, target: "/3".into() }, vec![3]),
                _ => (Scope::Site(site), (0..TARGETS).collect()),
            };
            let now: Vec<_> = reached.iter().map(|at| versions[*at].fetch_add(1, SeqCst) + 1).collect();
            index.purge(&scope, Purge::Hard);
            for (at, version) in reached.iter().zip(now) {
                let found = store[*at].lock().unwrap().clone();
                let served = found.filter(|entry| entry.mark.purged().is_none());
                outlived += usize::from(served.is_some_and(|entry| entry.version < version));
            }
            sweep(&index, &scope);
        }
        stop.store(true, SeqCst);
    });
    assert_eq!(outlived, 0, "old pages outlived a purge");
    assert!(refused.load(SeqCst) > 0, "some flight has to be overtaken");
    let left = store.iter().filter(|of| of.lock().unwrap().is_some()).count();
    assert!(index.len() <= left, "{} entries of {left}: something leaks", index.len());
}
