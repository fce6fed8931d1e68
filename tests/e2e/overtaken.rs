//! A page is purged while it is fetched: several fetches of it are under way, and end in any order.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::client::Visitor;
use crate::origin::{Origin, response};
use crate::proxy::PATIENCE;
use crate::purge::Running;
use crate::reading::Gate;

const PAGE: &str = "/c/page";
/// Fetches of one page that may be under way at once.
const MOST: usize = 3;

/// An origin that answers the request with this number when its gate opens, with a page that says the number.
struct Shop {
    running: Running,
    gates: Vec<Gate>,
}

impl Shop {
    /// The first `failing` answers are such that nobody may be shown them.
    fn open(failing: usize) -> Self {
        let gates: Vec<_> = (0..8).map(|_| Gate::default()).collect();
        let (waits, asked) = (gates.clone(), Arc::new(AtomicUsize::new(0)));
        let origin = Origin::start_writing(move |_, _, stream| {
            let number = asked.fetch_add(1, SeqCst);
            waits[number].wait();
            let caching = if number < failing { "no-store" } else { "max-age=600" };
            let fields = format!("Cache-Control: {caching}\r\nCache-Tag: page\r\n");
            stream.write_all(&response("200 OK", &fields, &format!("version {number}.")))
        });
        Self { running: Running::before(origin, Arc::default()), gates }
    }

    fn asked(&self) -> usize {
        self.running.origin.count(PAGE)
    }

    fn visit<'s>(&'s self, scope: &'s Scope<'s, '_>) -> ScopedJoinHandle<'s, usize> {
        scope.spawn(|| self.running.version(PAGE))
    }

    /// Somebody asks, and so does the proxy.
    fn fetch<'s>(&'s self, scope: &'s Scope<'s, '_>) -> ScopedJoinHandle<'s, usize> {
        let before = self.asked();
        let visit = self.visit(scope);
        self.until_asked(before + 1);
        visit
    }

    fn until_asked(&self, times: usize) {
        let since = Instant::now();
        while self.asked() < times {
            assert!(since.elapsed() < PATIENCE, "the origin is never asked");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Purges what the page is not, which is not known while it is under way.
    fn purge_another(&self) {
        assert_eq!(self.running.purged(&["--tag", "another"]), 0);
    }
}

#[test]
fn the_page_that_was_asked_for_last_stays_whichever_comes_last() {
    let shop = Shop::open(0);
    std::thread::scope(|scope| {
        let first = shop.fetch(scope);
        shop.purge_another();
        let second = shop.fetch(scope);
        shop.gates[1].open();
        assert_eq!(second.join().unwrap(), 1);
        shop.gates[0].open();
        assert_eq!(first.join().unwrap(), 0, "who waited for it has it");
    });
    assert_eq!(shop.running.version(PAGE), 1);
    assert_eq!(shop.asked(), 2);
}

#[test]
fn a_failure_from_before_a_purge_refuses_nobody_after_it() {
    let shop = Shop::open(1);
    std::thread::scope(|scope| {
        let visitor = || Visitor::new(PAGE).ask(shop.running.proxy.address());
        let first = scope.spawn(visitor);
        shop.until_asked(1);
        shop.purge_another();
        shop.gates.iter().for_each(Gate::open);
        assert_eq!(first.join().unwrap().status, 502);
    });
    assert_eq!(shop.running.version(PAGE), 1, "the origin is well again, and was not asked");
}

#[test]
fn fetches_of_one_page_have_a_bound_whatever_is_purged() {
    let shop = Shop::open(0);
    std::thread::scope(|scope| {
        let mut visits = Vec::new();
        for _ in 0..MOST {
            visits.push(shop.fetch(scope));
            shop.purge_another();
        }
        let waiting: Vec<_> = (0..5)
            .map(|_| {
                let visit = shop.visit(scope);
                std::thread::sleep(Duration::from_millis(50));
                assert_eq!(shop.running.purged(&["--url", &format!("shop.test{PAGE}")]), 0);
                visit
            })
            .collect();
        assert_eq!(shop.asked(), MOST, "the next one waits for its turn");
        shop.gates[1].open();
        shop.until_asked(MOST + 1);
        shop.gates.iter().for_each(Gate::open);
        let versions: Vec<_> = visits.into_iter().map(|visit| visit.join().unwrap()).collect();
        assert_eq!(versions, [0, 1, 2]);
        for visit in waiting {
            assert_eq!(visit.join().unwrap(), MOST, "what was asked for after the last purge");
        }
    });
    assert_eq!(shop.running.version(PAGE), MOST);
    assert_eq!(shop.asked(), MOST + 1);
}
