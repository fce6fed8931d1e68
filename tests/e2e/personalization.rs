//! Who sees what: the plugin's choice, and the three ways in which nothing is known.

use crate::client::{DESKTOP, Visitor, french};
use crate::origin::Origin;
use crate::proxy::{Proxy, site};

fn shop() -> (Origin, Proxy) {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Proxy::start(&site(&origin, "", ""));
    (origin, proxy)
}

#[test]
fn a_crowd_gets_its_variant_and_others_get_the_default() {
    let (_origin, proxy) = shop();
    let _crowd = proxy.crowd(12, |number| Visitor::consenting("/", number));
    let french_page = proxy.ask_until(&Visitor::consenting("/", 3), "Bonjour la France");
    assert_eq!(french_page.status, 200);
    assert!(!french_page.text().contains("origin hero"));
    assert!(french_page.text().contains("origin banner"), "what no edit names stays as it is");

    let from_nowhere = Visitor::new("/").with("Cookie", "cloakroom_consent=all").ask(proxy.address());
    assert!(from_nowhere.text().contains("origin hero"));
}

#[test]
fn no_consent_gpc_and_no_crowd_look_the_same() {
    let (_origin, proxy) = shop();
    let _crowd = proxy.crowd(12, |number| Visitor::consenting("/", number));
    proxy.ask_until(&Visitor::consenting("/", 3), "Bonjour la France");

    let silent = Visitor::new("/").with("X-Forwarded-For", french(1));
    let refused = silent.clone().with("Cookie", "cloakroom_consent=none");
    let broken = silent.clone().with("Cookie", "cloakroom_consent=yes please");
    let doubled = silent.clone().with("Cookie", "cloakroom_consent=all; cloakroom_consent=none");
    let gpc = Visitor::consenting("/", 1).with("Sec-GPC", "1");
    // Somebody whom nobody else is like: k is 5.
    let alone = Visitor::consenting("/?utm_campaign=spring", 1);
    let pages: Vec<_> = [silent, refused, broken, doubled, gpc, alone]
        .iter()
        .map(|visitor| visitor.ask(proxy.address()))
        .collect();
    for page in &pages {
        assert_eq!(page.status, 200);
        assert_eq!(page.body, pages[0].body);
        assert!(page.text().contains("origin hero"));
    }
}

#[test]
fn the_campaign_is_seen_but_does_not_reach_the_origin() {
    let (origin, proxy) = shop();
    let _crowd = proxy.crowd(12, |number| Visitor::consenting("/?utm_campaign=spring", number));
    proxy.ask_until(&Visitor::consenting("/?utm_campaign=spring", 1), "Spring is here");
    for request in origin.received() {
        let text = String::from_utf8(request).unwrap();
        assert!(text.starts_with("GET / HTTP/1.1\r\n"), "{text}");
    }
}

#[test]
fn production_answers_name_neither_cell_nor_variant() {
    let (_origin, proxy) = shop();
    let answer = Visitor::consenting("/", 1).ask(proxy.address());
    assert_eq!(answer.fields("cloakroom-cell"), Vec::<&str>::new());
    assert_eq!(answer.fields("cloakroom-variant"), Vec::<&str>::new());
    assert!(answer.field("cache-status").unwrap().starts_with("cloakroom; "));
    assert_eq!(answer.field("cache-control"), Some("private, no-cache"));
    assert_eq!(answer.field("referrer-policy"), Some("strict-origin"));
}

#[test]
fn head_has_the_head_of_get_and_no_body() {
    let (_origin, proxy) = shop();
    let get = Visitor::new("/").ask(proxy.address());
    let mut visitor = Visitor::new("/");
    visitor.method = "HEAD".into();
    let head = visitor.ask(proxy.address());
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.field("content-length"), get.field("content-length"));
}

#[test]
fn a_slot_of_the_origins_own_is_told_to_the_origin_and_nothing_else_is() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let told = r#"
name = "hero"
version = "1.0.0"
[signals.country]
reason = "to greet"
[[slot]]
name = "hero"
default = "plain"
delivery = "origin-variant"
[[slot.variant]]
name = "plain"
[[slot.variant]]
name = "france"
[[rule]]
when = { country = "FR" }
show = { hero = "france" }
"#;
    let more =
        "[[route]]\npath = \"/tellme\"\nmode = \"personalize\"\norigin_sees = [\"language\", \"device\"]\n";
    let proxy = Proxy::start_with(&site(&origin, "", more), told);
    let _crowd = proxy.crowd(12, |number| Visitor::consenting("/", number));
    let told_at = |words: &str| {
        let since = std::time::Instant::now();
        loop {
            Visitor::consenting("/", 2).ask(proxy.address());
            Visitor::consenting("/tellme", 2).ask(proxy.address());
            let all: Vec<_> = origin.received().into_iter().map(|r| String::from_utf8(r).unwrap()).collect();
            if let Some(found) = all.into_iter().find(|text| text.contains(words)) {
                return found;
            }
            assert!(since.elapsed() < crate::proxy::PATIENCE, "{words} is never told");
        }
    };
    let request = told_at("cloakroom-variant: hero=france");
    let names: Vec<_> =
        request.lines().skip(1).filter_map(|line| line.split_once(':')).map(|(n, _)| n).collect();
    assert_eq!(names, ["host", "user-agent", "accept", "cloakroom-variant"]);

    let _other = proxy.crowd(12, |number| Visitor::consenting("/tellme", number));
    let request = told_at("accept-language: fr");
    assert!(request.starts_with("GET /tellme HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("sec-ch-ua-mobile: ?1\r\n"), "{request}");
}

#[test]
fn an_include_brings_a_fragment_of_this_site_and_scripts_stay_behind() {
    let origin = Origin::start(|target, _| {
        let body = match target {
            "/fragments/offer" => "<p class=\"offer\">Two for one</p><script>alert(1)</script>",
            _ => crate::origin::PAGE,
        };
        crate::origin::response("200 OK", "Cache-Control: max-age=600\r\n", body)
    });
    let including = r#"
name = "hero"
version = "1.0.0"
[signals.country]
reason = "to greet"
[[slot]]
name = "hero"
selector = "\#hero"
default = "offer"
[[slot.variant]]
name = "offer"
include = "/fragments/offer"
[[slot.variant]]
name = "plain"
[[rule]]
when = { country = "DE" }
show = { hero = "plain" }
"#;
    let more = "[[route]]\npath = \"/fragments/offer\"\nmode = \"anonymous\"\nfragment = true\n";
    let proxy = Proxy::start_with(&site(&origin, "", more), including);
    let page = Visitor::new("/").ask(proxy.address());
    assert!(page.text().contains("Two for one"), "{}", page.text());
    assert!(!page.text().contains("alert(1)"));
    let visitors = [Visitor::new("/").with("User-Agent", DESKTOP), Visitor::consenting("/", 9)];
    visitors.iter().for_each(|visitor| drop(visitor.ask(proxy.address())));
    assert_eq!((origin.count("/"), origin.count("/fragments/offer")), (1, 1));
}
