//! What an origin is asked on routes that are for everyone: fixed fields in a fixed order, addresses
//! that match what is declared, and only so many of them.

use crate::client::Visitor;
use crate::commands::checked;
use crate::origin::{Origin, PAGE, response};
use crate::proxy::{HERO, Proxy, site};

#[test]
fn all_that_an_origin_can_be_sent_stands_in_one_order_and_casing() {
    let origin = Origin::start(|_, request| {
        if String::from_utf8_lossy(request).contains("if-none-match") {
            return b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec();
        }
        let fields =
            "Cache-Control: no-cache\r\nETag: \"v1\"\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n";
        response("200 OK", fields, PAGE)
    });
    let proxy = Proxy::start(&site(&origin, "query = [\"page\", \"sort\"]", ""));
    let head = "GET /?page=2&sort=a HTTP/1.1\r\nhost: shop.test\r\nuser-agent: Cloakroom\r\naccept: */*\r\n";
    let conditions = "if-none-match: \"v1\"\r\nif-modified-since: Mon, 01 Jan 2024 00:00:00 GMT\r\n";
    for _ in 0..2 {
        let target = "/?fbclid=1&sort=a&page=2&page=3&x=1";
        let visitor = Visitor::new(target).with("sEC-gpc", "1").with("If-None-Match", "\"u\"");
        let visitor = visitor.with("Range", "bytes=0-1").with("If-Range", "\"u\"").with("Via", "1.1 u");
        assert_eq!(visitor.ask(proxy.address()).status, 200);
    }
    let received: Vec<_> = origin.received().into_iter().map(|r| String::from_utf8(r).unwrap()).collect();
    assert_eq!(
        received,
        [format!("{head}sec-gpc: 1\r\n\r\n"), format!("{head}sec-gpc: 1\r\n{conditions}\r\n")]
    );
}

#[test]
fn paths_and_values_that_are_not_as_declared_are_not_asked_for() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let more = "[[route]]\npath = \"/p/*\"\nsegment = \"[a-z]{1,9}\"\n\
                query = [{ name = \"page\", pattern = \"[0-9]{1,3}\" }, { name = \"sort\", values = [\"new\"] }]\n";
    let proxy = Proxy::start(&site(&origin, "", more));
    for target in ["/p/1f0b9c7a", "/p/coats/77", "/p/%E9"] {
        assert_eq!(Visitor::new(target).ask(proxy.address()).status, 404, "{target}");
    }
    for query in ["page=1f0b", "page=1234", "sort=u1", "PAGE=1", "page=1%00", "page=%31%3b2"] {
        assert_eq!(Visitor::new(&format!("/p/coats?{query}")).ask(proxy.address()).status, 200);
    }
    let targets: Vec<_> = origin
        .received()
        .iter()
        .map(|r| String::from_utf8_lossy(r).split(' ').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(targets, ["/p/coats"], "one page, whatever was added");
}

#[test]
fn the_bound_on_distinct_pages_holds_for_what_was_fetched_before_too() {
    let origin = Origin::page("Cache-Control: max-age=1\r\n");
    let more = "[[route]]\npath = \"/reset/*\"\ndistinct_paths = 2\n";
    let site = site(&origin, "", more).replace("epoch = \"1s\"", "epoch = \"1h\"");
    let proxy = Proxy::start(&site);
    let statuses: Vec<_> =
        (0..4).map(|n| Visitor::new(&format!("/reset/token{n}")).ask(proxy.address()).status).collect();
    assert_eq!(statuses, [200, 200, 503, 503]);
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    assert_eq!(Visitor::new("/reset/token0").ask(proxy.address()).status, 200, "it is asked for again");
    assert_eq!(origin.count("/reset/token0"), 2);
    let printed = proxy.printed();
    let line = printed.lines().find(|line| line.contains("too-many-paths")).unwrap();
    assert!(line.contains("route=\"/reset/*\"") && line.contains("`segment`"), "{line}");
    assert!(!printed.contains("token"), "{printed}");
}

#[test]
fn click_identifiers_can_be_neither_listed_nor_named_as_a_campaign() {
    let origin = Origin::page("");
    let right = site(&origin, "", "");
    for (wrong, name) in [
        (site(&origin, "query = [\"gclid\"]", ""), "gclid"),
        (site(&origin, "query = [{ name = \"ScCid\", values = [\"a\"] }]", ""), "ScCid"),
        (right.replace("utm_campaign", "mc_eid"), "mc_eid"),
    ] {
        let (code, _, err) = checked(&wrong, HERO);
        assert_eq!(code, 3, "{err}");
        assert!(err.contains(&format!("`{name}` identifies a click")) && err.contains("site.toml:"), "{err}");
    }
}
