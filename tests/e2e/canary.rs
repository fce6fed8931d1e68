//! The canary fetch: a route with its own freshness says that its pages are the same for everyone,
//! and is not believed.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use crate::client::Visitor;
use crate::origin::{Origin, response};
use crate::proxy::{Proxy, site};

/// An origin that says nothing may be stored, and writes how often it was asked into each page.
fn counting(words: &'static str) -> Origin {
    let asked = AtomicUsize::new(0);
    Origin::start(move |target, _| {
        let count = asked.fetch_add(1, SeqCst);
        let body =
            if target.starts_with("/same") { "the same".to_owned() } else { format!("{words}{count}") };
        response("200 OK", "Cache-Control: private, no-store\r\nSet-Cookie: sid=1\r\n", &body)
    })
}

const ROUTES: &str = "[[route]]\npath = \"/same/*\"\nfreshness = \"1s\"\n\
                      [[route]]\npath = \"/news/*\"\nfreshness = \"60s\"\n";

#[test]
fn a_page_that_differs_from_fetch_to_fetch_is_not_shown_and_its_route_is_quarantined() {
    let origin = counting("hello visitor ");
    let proxy = Proxy::start(&site(&origin, "freshness = \"60s\"", ROUTES));
    for target in ["/news/1", "/news/1", "/news/2"] {
        let answer = Visitor::new(target).ask(proxy.address());
        assert_eq!(answer.status, 502, "{target}");
        assert!(!answer.text().contains("hello visitor"), "{}", answer.text());
    }
    proxy.wait_for_words("differs-by-fetch");
    assert_eq!(origin.received().len(), 2, "a quarantined route asks nothing");
    let received = origin.received();
    assert_eq!(received[0], received[1], "both fetches are one request");
    // Other routes go on.
    assert_eq!(Visitor::new("/same/1").ask(proxy.address()).text(), "the same");
}

#[test]
fn what_the_site_declares_as_volatile_may_differ() {
    let origin = counting("nonce=");
    let more = "[[route]]\npath = \"/news/*\"\nfreshness = \"60s\"\nvolatile = [\"nonce=[0-9]+\"]\n";
    let proxy = Proxy::start(&site(&origin, "", more));
    assert_eq!(Visitor::new("/news/1").ask(proxy.address()).status, 200);
    assert_eq!(
        Visitor::new("/news/1").ask(proxy.address()).field("cache-status").unwrap().get(..14),
        Some("cloakroom; hit")
    );
    assert_eq!(origin.received().len(), 2);
}

#[test]
fn a_page_is_watched_again_whenever_it_is_fetched_again() {
    let asked = AtomicUsize::new(0);
    let origin = Origin::start(move |_, _| {
        let count = asked.fetch_add(1, SeqCst);
        let body = if count < 2 { "the same".to_owned() } else { format!("session {count}") };
        response("200 OK", "Cache-Control: no-store\r\n", &body)
    });
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    assert_eq!(Visitor::new("/same/1").ask(proxy.address()).text(), "the same");
    std::thread::sleep(Duration::from_millis(1_200));
    let answer = Visitor::new("/same/1").ask(proxy.address());
    assert!(!answer.text().contains("session"), "{}", answer.text());
    proxy.wait_for_words("differs-by-fetch");
    assert_eq!(Visitor::new("/same/1").ask(proxy.address()).status, 502);
}

#[test]
fn a_page_whose_second_fetch_fails_is_not_taken_in() {
    let asked = AtomicUsize::new(0);
    let origin = Origin::start(move |_, _| match asked.fetch_add(1, SeqCst) {
        0 => response("200 OK", "Cache-Control: no-store\r\n", "the same"),
        _ => response("503 Service Unavailable", "", "later"),
    });
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    assert_eq!(Visitor::new("/same/1").ask(proxy.address()).status, 502);
    proxy.wait_for_words("origin-error");
}

#[test]
fn an_origin_that_lets_a_page_be_shared_is_believed() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Proxy::start(&site(&origin, "freshness = \"60s\"", ""));
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200);
    assert_eq!(origin.received().len(), 1);
}
