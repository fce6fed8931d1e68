//! HTTP/2 gets the answers of HTTP/1.1, and the origin cannot tell the two apart.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::client::Visitor;
use crate::noninterference::{two_strangers, with_canaries};
use crate::origin::{Origin, response};
use crate::proxy::{PATIENCE, site};
use crate::secure::{Secure, lasting, request};

const ROUTES: &str = "[[route]]\npath = \"/account/*\"\nmode = \"passthrough\"\n\
                      [[route]]\npath = \"/p/*\"\nsegment = \"[a-z]{1,9}\"\n";

fn shop() -> (Origin, Secure) {
    let origin = Origin::start(|target, _| {
        let fields = "Cache-Control: max-age=600\r\nX-Frame-Options: DENY\r\n";
        response("200 OK", fields, &format!("page {target}"))
    });
    let proxy = Secure::start(&site(&origin, "", ROUTES));
    (origin, proxy)
}

fn with_method(method: &str, target: &str) -> Visitor {
    let mut visitor = Visitor::new(target);
    visitor.method = method.into();
    visitor
}

#[test]
fn every_kind_of_answer_is_that_of_http_1_1() {
    let (_origin, proxy) = shop();
    let http2 = proxy.http2();
    let tag = proxy.ask(&Visitor::new("/")).field("etag").unwrap().to_owned();
    let mut elsewhere = Visitor::new("/");
    elsewhere.host = "other.test".into();
    let mut spelling = Visitor::new("/");
    spelling.host = "SHOP.test:8443".into();
    let visitors = [
        (200, Visitor::new("/")),
        (200, with_method("HEAD", "/")),
        (200, Visitor::consenting("/", 7)),
        (304, Visitor::new("/").with("If-None-Match", &tag)),
        (200, Visitor::new("/undeclared?sid=1")),
        (200, Visitor::new("/p/tents")),
        (404, Visitor::new("/p/123")),
        (404, with_method("HEAD", "/p/123")),
        (400, Visitor::new("/%zz")),
        (405, with_method("POST", "/")),
        (405, with_method("DELETE", "/undeclared")),
        (421, elsewhere),
        (200, spelling),
        (200, Visitor::new("/account/a").with("Cookie", "sid=1")),
        (200, with_method("OPTIONS", "/account/a")),
    ];
    for (status, visitor) in visitors {
        proxy.ask(&visitor);
        let one = proxy.ask(&visitor);
        let two = http2.ask(&visitor);
        assert_eq!(two.status, status, "{} {}", visitor.method, visitor.target);
        assert_eq!(lasting(&one), lasting(&two), "{} {}", visitor.method, visitor.target);
        assert!(two.field("date").unwrap().ends_with(" GMT"));
        assert_eq!(two.field("connection"), None);
    }
}

#[test]
fn a_page_is_as_old_as_it_is_over_both_versions() {
    let (_origin, proxy) = shop();
    let http2 = proxy.http2();
    let made = proxy.ask(&Visitor::new("/"));
    std::thread::sleep(Duration::from_millis(1_100));
    for later in [proxy.ask(&Visitor::new("/")), http2.ask(&Visitor::new("/"))] {
        assert_eq!(later.field("date"), made.field("date"));
        assert_ne!(later.field("age"), Some("0"));
    }
}

#[test]
fn a_page_is_fetched_once_for_both_versions() {
    let (origin, proxy) = shop();
    let http2 = proxy.http2();
    assert!(http2.ask(&Visitor::new("/")).field("cache-status").unwrap().contains("fwd"));
    assert!(http2.ask(&Visitor::new("/")).field("cache-status").unwrap().contains("hit"));
    assert!(proxy.ask(&Visitor::new("/")).field("cache-status").unwrap().contains("hit"));
    assert_eq!(origin.count("/"), 1);
}

#[test]
fn bodies_of_any_size_go_both_ways() {
    let long = "a line of the page\n".repeat(100_000);
    let served = long.clone();
    let origin = Origin::start(move |_, _| response("200 OK", "Cache-Control: max-age=600\r\n", &served));
    let proxy = Secure::start(&site(&origin, "", ROUTES));
    let http2 = proxy.http2();
    for target in ["/long", "/long", "/account/long"] {
        assert_eq!(http2.ask(&Visitor::new(target)).text(), long, "{target}");
    }
    assert_eq!(http2.ask(&with_method("HEAD", "/long")).body, b"");
    let mut post = with_method("POST", "/account/upload");
    post.body = (0..1_000_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    assert_eq!(http2.ask(&post).text(), long);
    let received = origin.received().pop().unwrap();
    assert!(received.ends_with(&post.body) && received.starts_with(b"POST /account/upload HTTP/1.1\r\n"));
}

#[test]
fn cookies_in_several_fields_are_one_for_the_origin_and_ours_are_not_among_them() {
    let (origin, proxy) = shop();
    let http2 = proxy.http2();
    let visitor = Visitor::new("/account/a").with("Cookie", "sid=1; cloakroom_consent=all; theme=dark");
    assert_eq!(request(&visitor).headers().get_all("cookie").iter().count(), 3);
    assert_eq!(http2.ask(&visitor).status, 200);
    let received = String::from_utf8(origin.received().pop().unwrap()).unwrap();
    let received = received.to_ascii_lowercase();
    assert!(received.contains("\r\ncookie: sid=1; theme=dark\r\n"), "{received}");
    assert!(received.contains("\r\nhost: shop.test\r\n"), "{received}");
}

#[test]
fn the_forms_of_our_own_pages_are_read() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Secure::start(&site(&origin, "", "[notice]\nbanner = true\n"));
    let http2 = proxy.http2();
    let page = http2.ask(&Visitor::new("/_cloakroom/preferences"));
    assert_eq!(page.status, 200, "{}", page.text());
    let form = |origin: &str| {
        let mut form = with_method("POST", "/_cloakroom/preferences")
            .with("Content-Type", "application/x-www-form-urlencoded")
            .with("Origin", origin);
        form.body = b"return=%2F&consent=all".to_vec();
        form
    };
    let answer = http2.ask(&form("https://shop.test"));
    assert_eq!((answer.status, answer.field("location")), (303, Some("/")), "{}", answer.text());
    assert!(answer.field("set-cookie").unwrap().starts_with("cloakroom_consent=all;"), "{}", answer.head);
    assert_eq!(http2.ask(&form("https://other.test")).status, 403);
    assert_eq!(origin.received().len(), 0);
}

#[test]
fn strangers_cause_the_bytes_that_they_cause_over_http_1_1() {
    let origin = Origin::page("Cache-Control: max-age=0\r\n");
    let proxy = Secure::start(&site(&origin, "query = [\"page\"]", ""));
    let http2 = proxy.http2();
    for visitor in two_strangers("/?utm_source=x&page=2&gclid=abc") {
        // One of them asks for a part, and gets it.
        let status = proxy.ask(&visitor).status;
        assert!(matches!(status, 200 | 206), "{status}");
        assert_eq!(http2.ask(&visitor).status, status);
    }
    let received = origin.received();
    assert_eq!(received.len(), 4);
    assert!(received.iter().all(|request| *request == received[0]));
}

#[test]
fn no_canary_of_a_stream_reaches_the_origin_the_logs_or_the_metrics() {
    let origin = Origin::page("Cache-Control: max-age=0\r\n");
    let more = "[[route]]\npath = \"/plain\"\nmode = \"anonymous\"\n";
    let proxy = Secure::start(&site(&origin, "", more));
    let http2 = proxy.http2();
    let mut planted = Vec::new();
    for (target, status) in [("/", 200), ("/plain", 200), ("/undeclared", 200), ("/%zz", 400)] {
        let (visitor, canaries) = with_canaries(target);
        let answer = http2.ask(&visitor);
        assert_eq!(answer.status, status, "{target}");
        let echoed = canaries.iter().find(|canary| (answer.head.clone() + &answer.text()).contains(*canary));
        assert_eq!(echoed, None, "{target}");
        planted = canaries;
    }
    let mut elsewhere = with_canaries("/").0;
    elsewhere.host = "canaryhost.example".into();
    assert_eq!(http2.ask(&elsewhere).status, 421);
    planted.push("canaryhost".into());
    proxy.proxy.wait_for_words("\"status\":421");
    let requests =
        origin.received().into_iter().map(|request| String::from_utf8_lossy(&request).into_owned());
    for text in requests.chain([proxy.proxy.printed(), proxy.proxy.metrics()]) {
        let text = text.to_ascii_lowercase();
        let canary = planted.iter().find(|canary| text.contains(canary.as_str()));
        assert_eq!(canary, None, "{text}");
    }
}

#[test]
fn authority_and_host_have_to_agree() {
    let (origin, proxy) = shop();
    let http2 = proxy.http2();
    let statuses = [("shop.test", 200), ("other.test", 400), ("shop.test@other.test", 400), ("", 400)];
    for (host, status) in statuses {
        for target in ["/", "/account/a"] {
            let answer = http2.ask(&Visitor::new(target).with("Host", host));
            assert_eq!(answer.status, status, "{host} {target}");
        }
    }
    let twice = Visitor::new("/").with("Host", "shop.test").with("Host", "shop.test");
    assert_eq!(http2.ask(&twice).status, 400);
    assert_eq!(origin.received().len(), 2);
}

/// Opens once, for all.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn wait(&self) {
        let (open, told) = &*self.0;
        let open = told.wait_while(open.lock().unwrap(), |open| !*open).unwrap();
        drop(open);
    }

    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

#[test]
fn a_hundred_streams_are_answered_at_once_and_hits_pass_those_that_wait() {
    let gate = Gate::default();
    let (shut, asked) = (gate.clone(), Arc::new(Mutex::new(0)));
    let counted = Arc::clone(&asked);
    let origin = Origin::start(move |target, _| {
        if target.contains("slow") {
            *counted.lock().unwrap() += 1;
            shut.wait();
        }
        response("200 OK", "Cache-Control: max-age=600\r\n", &format!("page {target}"))
    });
    let proxy = Secure::start(&site(&origin, "", ROUTES));
    let http2 = proxy.http2();
    assert_eq!(http2.ask(&Visitor::new("/")).status, 200);
    let target =
        |at: u32| if at.is_multiple_of(2) { format!("/account/slow{at}") } else { format!("/slow{at}") };
    let since = Instant::now();
    let waiting: Vec<_> = (0..99).map(|at| http2.send(&Visitor::new(&target(at)))).collect();
    while *asked.lock().unwrap() < 99 {
        assert!(since.elapsed() < Duration::from_secs(2), "all are asked before any is answered");
        std::thread::sleep(Duration::from_millis(5));
    }
    // The hundredth is a hit.
    assert_eq!(http2.ask(&Visitor::new("/")).text(), "page /");
    gate.open();
    for (at, response) in (0..).zip(waiting) {
        assert_eq!(http2.wait(response).unwrap().text(), format!("page {}", target(at)));
    }
    assert!(since.elapsed() < PATIENCE);
}
