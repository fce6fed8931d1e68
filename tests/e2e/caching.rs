//! One fetch for everybody, nothing of one visitor for another.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::client::{Visitor, french};
use crate::origin::{Origin, PAGE, response};
use crate::proxy::{PATIENCE, Proxy, site};

#[test]
fn ten_thousand_visitors_over_all_variants_cause_one_fetch() {
    let origin = Origin::start(|_, _| {
        // Slow enough for many visitors to wait for the one fetch.
        std::thread::sleep(Duration::from_millis(300));
        response("200 OK", "Cache-Control: max-age=600\r\n", PAGE)
    });
    let proxy = Proxy::start(&site(&origin, "", ""));
    let seen = Arc::new([const { AtomicUsize::new(0) }; 3]);
    let visitors: Vec<_> = (0..20_u32)
        .map(|thread| {
            let (address, seen) = (proxy.address(), Arc::clone(&seen));
            std::thread::spawn(move || {
                let since = Instant::now();
                // Variants are shown once an epoch with a crowd is over, which 500 visits may outrun.
                let shown = |seen: &[AtomicUsize; 3]| seen.iter().all(|count| count.load(SeqCst) > 0);
                for at in (0..).take_while(|at| *at < 500 || !shown(&seen) && since.elapsed() < PATIENCE) {
                    let target = if at % 3 == 0 { "/?utm_campaign=spring" } else { "/" };
                    let number = thread * 500 + at % 500;
                    let visitor = if at % 5 == 4 {
                        Visitor::new(target).with("X-Forwarded-For", french(number))
                    } else {
                        Visitor::consenting(target, number)
                    };
                    let text = visitor.ask(address).text();
                    let variant =
                        ["origin hero", "Bonjour", "Spring is here"].map(|words| text.contains(words));
                    assert_eq!(variant.iter().filter(|found| **found).count(), 1, "{text}");
                    let variant = variant.iter().position(|found| *found).unwrap();
                    seen[variant].fetch_add(1, SeqCst);
                    // Over more than two epochs: all at once, they would be gone before a crowd is released.
                    std::thread::sleep(Duration::from_millis(5));
                }
            })
        })
        .collect();
    visitors.into_iter().for_each(|thread| thread.join().unwrap());
    let seen: Vec<_> = seen.iter().map(|count| count.load(SeqCst)).collect();
    assert!(seen.iter().sum::<usize>() >= 10_000, "{seen:?}");
    assert!(seen.iter().all(|count| *count > 0), "every variant was shown: {seen:?}");
    assert_eq!(origin.received().len(), 1);
}

#[test]
fn what_the_origin_says_of_one_visitor_stays_behind() {
    let origin = Origin::page(
        "Cache-Control: max-age=600\r\nSet-Cookie: visitor_id=canary\r\nSet-Cookie: cloakroom_consent=all\r\n\
         ETag: \"visitor-canary\"\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nX-User: canary\r\n\
         Report-To: {}\r\nNEL: {}\r\nAccept-CH: Sec-CH-UA-Model\r\nContent-Language: en\r\n",
    );
    let proxy = Proxy::start(&site(&origin, "", ""));
    for _ in 0..2 {
        let answer = Visitor::new("/").ask(proxy.address());
        assert!(!answer.head.contains("canary"), "{}", answer.head);
        // The tag that is sent is the proxy's own; that it is nobody's is tried in `etag.rs`.
        assert_eq!(answer.fields("etag").len(), 1);
        for name in ["set-cookie", "last-modified", "report-to", "nel", "accept-ch", "x-user"] {
            assert_eq!(answer.fields(name), Vec::<&str>::new(), "{name}");
        }
        assert_eq!(answer.field("content-language"), Some("en"));
    }
}

#[test]
fn validators_of_the_origin_are_used_towards_the_origin() {
    let origin = Origin::start(|_, request| {
        let request = String::from_utf8_lossy(request).to_ascii_lowercase();
        if request.contains("if-none-match: \"v1\"") {
            return b"HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n".to_vec();
        }
        response("200 OK", "Cache-Control: no-cache\r\nETag: \"v1\"\r\n", PAGE)
    });
    let proxy = Proxy::start(&site(&origin, "", ""));
    let first = Visitor::new("/").ask(proxy.address());
    let second = Visitor::new("/").with("If-None-Match", "\"of-the-visitor\"").ask(proxy.address());
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.body, second.body);
    let second = String::from_utf8(origin.received()[1].clone()).unwrap();
    assert!(second.contains("if-none-match: \"v1\"\r\n"), "{second}");
}

#[test]
fn an_answer_for_one_visitor_is_neither_stored_nor_relayed() {
    for fields in [
        "Cache-Control: private\r\n",
        "Cache-Control: no-store\r\n",
        "Cache-Control: max-age=60\r\nVary: Cookie\r\n",
        "Cache-Control: max-age=60\r\nVary: Accept, Authorization\r\n",
        "Cache-Control: max-age=60\r\nVary: *\r\n",
    ] {
        let origin = Origin::page(fields);
        let proxy = Proxy::start(&site(&origin, "", ""));
        for _ in 0..3 {
            let answer = Visitor::new("/").ask(proxy.address());
            assert_eq!(answer.status, 502, "{fields}");
            assert!(!answer.text().contains("coats"), "{fields}");
        }
        assert_eq!(origin.received().len(), 1, "it is not asked again at once: {fields}");
        proxy.wait_for_words("set `freshness` on the route");
    }
}

#[test]
fn a_route_may_say_that_its_pages_are_the_same_for_everyone() {
    let origin = Origin::page("Cache-Control: private, no-store\r\nVary: Cookie\r\n");
    let proxy = Proxy::start(&site(&origin, "freshness = \"60s\"", ""));
    for _ in 0..3 {
        let answer = Visitor::new("/").ask(proxy.address());
        assert!(answer.text().contains("coats"));
        assert_eq!(answer.field("cache-control"), Some("private, no-cache"));
    }
    assert_eq!(origin.received().len(), 2, "once, and once more to see whether it is true");
}

#[test]
fn a_route_may_relay_what_cannot_be_stored() {
    let origin = Origin::page("Cache-Control: no-store\r\nSet-Cookie: a=1\r\n");
    let proxy = Proxy::start(&site(&origin, "unstorable = \"relay\"", ""));
    for fetches in 1..3 {
        let answer = Visitor::new("/").ask(proxy.address());
        assert!(answer.text().contains("coats"));
        assert_eq!(answer.fields("set-cookie"), Vec::<&str>::new());
        assert_eq!(origin.received().len(), fetches);
    }
}

#[test]
fn a_stale_copy_is_better_than_an_error_unless_the_origin_forbids_it() {
    for (fields, status) in
        [("Cache-Control: max-age=1\r\n", 200), ("Cache-Control: max-age=1, must-revalidate\r\n", 502)]
    {
        let origin = Origin::page(fields);
        let proxy = Proxy::start(&site(&origin, "", ""));
        assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200);
        origin.set_down(true);
        std::thread::sleep(Duration::from_millis(1_300));
        let answer = Visitor::new("/").ask(proxy.address());
        assert_eq!(answer.status, status, "{fields}");
        if status == 200 {
            assert!(answer.text().contains("coats"));
            assert!(answer.field("cache-status").unwrap().contains("stale"), "{}", answer.head);
        }
    }
}

#[test]
fn a_route_is_not_a_way_to_ask_for_any_number_of_pages() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let more = "[[route]]\npath = \"/reset/*\"\nmode = \"anonymous\"\ndistinct_paths = 3\n";
    let site = site(&origin, "", more).replace("epoch = \"1s\"", "epoch = \"1h\"");
    let proxy = Proxy::start(&site);
    let statuses: Vec<_> =
        (0..6).map(|n| Visitor::new(&format!("/reset/token{n}")).ask(proxy.address()).status).collect();
    assert_eq!(statuses, [200, 200, 200, 503, 503, 503]);
    assert_eq!(Visitor::new("/reset/token1").ask(proxy.address()).status, 200, "known pages are served");
    assert_eq!(origin.received().len(), 3);
}

#[test]
fn an_answer_ages_while_its_body_is_on_the_way() {
    let origin = Origin::start_writing(|_, _, stream| {
        let (first, second) = PAGE.split_at(PAGE.len() / 2);
        let (length, caching) = (PAGE.len(), "Cache-Control: max-age=600, s-maxage=2");
        let head = format!("Content-Type: text/html\r\n{caching}\r\nContent-Length: {length}\r\n\r\n{first}");
        write!(stream, "HTTP/1.1 200 OK\r\n{head}")?;
        std::thread::sleep(Duration::from_millis(2_100));
        stream.write_all(second.as_bytes())
    });
    let proxy = Proxy::start(&site(&origin, "", ""));
    for fetches in 1..=2 {
        let answer = Visitor::new("/").ask(proxy.address());
        let age = answer.field("age").and_then(|age| age.parse::<u64>().ok());
        assert!(age.is_some_and(|age| age >= 2), "RFC 9111 §4.2.3: {}", answer.head);
        assert_eq!(origin.count("/"), fetches, "it was stale when it was there");
    }
}
