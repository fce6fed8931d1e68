//! The canary fetch again, some time later: on personalized routes, and on those whose `freshness`
//! overrules the origin.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::client::Visitor;
use crate::origin::{Origin, response};
use crate::proxy::{PATIENCE, Proxy, site};

const SOON: &str = "[canary]\nafter = \"1s\"\n";
const SHARED: &str = "Cache-Control: max-age=600\r\n";

/// An origin whose pages are made of how often it was asked before.
fn counting(fields: &'static str, body: impl Fn(usize) -> String + Send + Sync + 'static) -> Origin {
    let asked = AtomicUsize::new(0);
    Origin::start(move |_, _| response("200 OK", fields, &body(asked.fetch_add(1, SeqCst))))
}

/// `more`, with epochs so long that none ends.
fn calm(origin: &Origin, route: &str, more: &str) -> String {
    site(origin, route, &format!("{more}\n{SOON}")).replace("epoch = \"1s\"", "epoch = \"1h\"")
}

fn wait_for_requests(origin: &Origin, number: usize) {
    let since = Instant::now();
    while origin.received().len() < number {
        assert!(since.elapsed() < PATIENCE, "{} of {number} requests", origin.received().len());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_personalized_page_that_differs_later_is_shown_no_more() {
    let origin = counting(SHARED, |count| format!("<p>you are visitor {count}</p>"));
    let proxy = Proxy::start(&calm(&origin, "", "[[route]]\npath = \"/other/*\"\n"));
    assert!(Visitor::new("/").ask(proxy.address()).text().contains("visitor 0"));
    proxy.wait_for_words("differs-by-fetch");
    let answer = Visitor::new("/").ask(proxy.address());
    assert_eq!(answer.status, 502);
    assert!(!answer.text().contains("visitor"), "{}", answer.text());
    // Once at first and twice later, all with the same bytes; the log names the route.
    let received = origin.received();
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|request| *request == received[0]));
    let printed = proxy.printed();
    let line = printed.lines().find(|line| line.contains("differs-by-fetch")).unwrap();
    assert!(line.contains("route=\"/\"") && line.contains("`volatile`"), "{line}");
    // An anonymous route is asked for what the origin says may be shared, and is not watched.
    assert_eq!(Visitor::new("/other/a").ask(proxy.address()).status, 200);
}

#[test]
fn a_page_that_was_changed_takes_the_place_of_the_old_one() {
    let origin = counting(SHARED, |count| if count == 0 { "old".into() } else { "new".into() });
    let proxy = Proxy::start(&calm(&origin, "query = [\"page\"]", ""));
    assert_eq!(Visitor::new("/").ask(proxy.address()).text(), "old");
    wait_for_requests(&origin, 3);
    std::thread::sleep(Duration::from_millis(200));
    let answer = Visitor::new("/").ask(proxy.address());
    assert_eq!((answer.status, answer.text().as_str()), (200, "new"), "and its variants with it");
    assert!(!proxy.printed().contains("differs-by-fetch"));
    assert_eq!(origin.received().len(), 3);
}

#[test]
fn a_page_is_looked_at_once_in_an_epoch() {
    let origin = counting("Cache-Control: max-age=0\r\n", |_| "the same".into());
    let proxy = Proxy::start(&calm(&origin, "", ""));
    for _ in 0..3 {
        assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200);
    }
    wait_for_requests(&origin, 5);
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200);
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(origin.received().len(), 6);
}

#[test]
fn what_is_declared_volatile_may_differ_later_too() {
    let origin = counting(SHARED, |count| format!("<p>at {count}</p>"));
    let proxy = Proxy::start(&calm(&origin, "volatile = [\"at [0-9]+\"]", ""));
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200);
    wait_for_requests(&origin, 3);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200);
    assert!(!proxy.printed().contains("differs-by-fetch"));
}

#[test]
fn a_route_that_overrules_the_origin_is_looked_at_again_too() {
    let origin = counting("Cache-Control: no-store\r\n", |count| {
        if count < 2 { "the same".into() } else { format!("session {count}") }
    });
    let more = "[[route]]\npath = \"/news/*\"\nfreshness = \"60s\"\n";
    let proxy = Proxy::start(&calm(&origin, "", more));
    assert_eq!(Visitor::new("/news/1").ask(proxy.address()).text(), "the same");
    proxy.wait_for_words("differs-by-fetch");
    assert_eq!(Visitor::new("/news/1").ask(proxy.address()).status, 502);
}

#[test]
fn redirects_and_fields_that_differ_count_too() {
    let asked = AtomicUsize::new(0);
    let origin = Origin::start(move |_, _| {
        let count = asked.fetch_add(1, SeqCst);
        let fields = format!("{SHARED}Location: /c/visitor-{count}\r\n");
        response("302 Found", &fields, "")
    });
    let proxy = Proxy::start(&calm(&origin, "", ""));
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 302);
    proxy.wait_for_words("differs-by-fetch");
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 502);
}

#[test]
fn an_origin_that_fails_later_quarantines_nothing() {
    let asked = AtomicUsize::new(0);
    let origin = Origin::start(move |_, _| match asked.fetch_add(1, SeqCst) {
        0 => response("200 OK", SHARED, "the same"),
        _ => response("503 Service Unavailable", "", "later"),
    });
    let proxy = Proxy::start(&calm(&origin, "", ""));
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200);
    wait_for_requests(&origin, 3);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(Visitor::new("/").ask(proxy.address()).text(), "the same");
    assert!(!proxy.printed().contains("differs-by-fetch"));
}
