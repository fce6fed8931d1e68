//! Entity tags: of our own, made of content alone, and compared with nothing following from it but
//! whether the bytes are sent again.

use crate::client::{Answer, Visitor};
use crate::origin::{Origin, PAGE, response};
use crate::proxy::{Proxy, site};

const ROUTES: &str =
    "[[route]]\npath = \"/plain\"\n[[route]]\npath = \"/account/*\"\nmode = \"passthrough\"\n";

/// An origin that gives each visitor a tag of their own, as trackers do.
fn tagging() -> Origin {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    Origin::start(move |target, _| {
        let count = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let status = if target == "/gone" { "404 Not Found" } else { "200 OK" };
        let fields =
            format!("Cache-Control: max-age=600\r\nETag: \"visitor-{count}\"\r\nX-Frame-Options: DENY\r\n");
        response(status, &fields, PAGE)
    })
}

fn tag(answer: &Answer) -> String {
    let tags = answer.fields("etag");
    assert_eq!(tags.len(), 1, "{}", answer.head);
    tags[0].to_owned()
}

fn ask(proxy: &Proxy, target: &str, fields: &[(&str, &str)]) -> Answer {
    let visitor =
        fields.iter().fold(Visitor::new(target), |visitor, (name, value)| visitor.with(name, *value));
    visitor.ask(proxy.address())
}

#[test]
fn everybody_gets_the_same_tag_and_it_is_not_the_origins() {
    let origin = tagging();
    let proxy = Proxy::start(&site(&origin, "query = [\"page\"]", ROUTES));
    let first = tag(&Visitor::new("/").ask(proxy.address()));
    let second = tag(&Visitor::consenting("/", 3).with("User-Agent", "another").ask(proxy.address()));
    assert_eq!(first, second);
    assert_eq!(first.len(), 34, "{first}");
    assert!(!first.contains("visitor") && !first.starts_with("W/"), "{first}");
    // The same content under another address is the same tag: nothing but content is in it.
    assert_eq!(first, tag(&Visitor::new("/?page=2").ask(proxy.address())));
    assert_eq!(origin.received().len(), 2);
    let another = Proxy::start(&site(&origin, "", ROUTES));
    assert_eq!(first, tag(&Visitor::new("/").ask(another.address())), "and no key of the process either");
}

#[test]
fn who_has_the_page_is_told_so_on_both_ways_through_the_edge() {
    let origin = tagging();
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    for target in ["/", "/plain", "/undeclared"] {
        let whole = ask(&proxy, target, &[]);
        let tag = tag(&whole);
        let lists = [tag.clone(), format!("W/{tag}"), format!("\"a\", {tag}"), "*".to_owned()];
        for list in &lists {
            for odd in [&[][..], &[("Content-Length", "0")][..]] {
                let fields = [&[("If-None-Match", list.as_str())], odd].concat();
                let answer = ask(&proxy, target, &fields);
                assert_eq!(answer.status, 304, "{target} {list}");
                assert_eq!(answer.body, b"");
                assert_eq!(answer.field("etag"), Some(tag.as_str()));
                assert_eq!(answer.field("cache-control"), whole.field("cache-control"));
                assert!(answer.field("date").is_some() && answer.field("age").is_some(), "{}", answer.head);
                assert!(
                    answer.field("cache-status").unwrap().starts_with("cloakroom; hit"),
                    "{}",
                    answer.head
                );
                for name in ["content-length", "content-type", "x-frame-options", "transfer-encoding"] {
                    assert_eq!(answer.field(name), None, "{}", answer.head);
                }
            }
        }
    }
    let mut head = Visitor::new("/").with("If-None-Match", "*");
    head.method = "HEAD".into();
    assert_eq!(head.ask(proxy.address()).status, 304);
    assert_eq!(origin.received().len(), 3);
}

#[test]
fn any_other_tag_gets_the_page_whole() {
    let origin = tagging();
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    let tag = tag(&ask(&proxy, "/", &[]));
    let other = format!("\"{}\"", "0123456789abcdef".repeat(2));
    for list in
        ["\"visitor-0\"", "\"\"", "", "W/\"x\"", &other, tag.trim_matches('"'), &tag.to_ascii_uppercase()]
    {
        let answer = ask(&proxy, "/", &[("If-None-Match", list)]);
        assert_eq!(answer.status, 200, "{list}");
        assert!(answer.text().contains("coats"));
    }
    // Dates are not compared where there are variants: who has one of them need not have another.
    let since = [("If-Modified-Since", "Fri, 31 Dec 2199 23:59:59 GMT")];
    assert_eq!(ask(&proxy, "/", &since).status, 200);
    // What is no 200 has no tag, and is never "not modified".
    let gone = ask(&proxy, "/gone", &[("If-None-Match", "*")]);
    assert_eq!((gone.status, gone.field("etag")), (404, None));
}

#[test]
fn a_tag_does_not_reach_the_origin_nor_choose_what_is_sent() {
    let origin = Origin::start(|_, _| response("200 OK", "Cache-Control: max-age=0\r\n", PAGE));
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    let tag = tag(&ask(&proxy, "/", &[]));
    // The page is no longer fresh: the origin is asked as for anybody, and then the tag is compared.
    assert_eq!(ask(&proxy, "/", &[("If-None-Match", &tag)]).status, 304);
    assert_eq!(ask(&proxy, "/", &[("If-None-Match", "\"c0ffee\"")]).status, 200);
    let received = origin.received();
    assert_eq!(received.len(), 3);
    for request in &received {
        assert_eq!(request, &received[0]);
        assert!(!String::from_utf8_lossy(request).to_ascii_lowercase().contains("if-none-match"));
    }
}

#[test]
fn a_variant_has_a_tag_of_its_own() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Proxy::start(&site(&origin, "", ""));
    let plain = tag(&Visitor::new("/").ask(proxy.address()));
    let crowd = proxy.crowd(8, |number| Visitor::consenting("/", number));
    let bonjour = proxy.ask_until(&Visitor::consenting("/", 1), "Bonjour");
    drop(crowd);
    assert_ne!(tag(&bonjour), plain);
    assert_eq!(origin.received().len(), 1);
}

#[test]
fn passthrough_keeps_the_origins_tags() {
    let origin = tagging();
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    let answer = ask(&proxy, "/account/a", &[("If-None-Match", "\"visitor-9\"")]);
    assert_eq!(answer.field("etag"), Some("\"visitor-0\""));
    assert!(String::from_utf8_lossy(&origin.received()[0]).contains("If-None-Match: \"visitor-9\""));
}
