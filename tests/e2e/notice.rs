//! Cloakroom's own banner, opt-out status and preference page: what visitors see, what they can
//! change, and that none of it reaches the origin.

use cloakroom_demo::DemoGeo;

use crate::client::{Answer, DESKTOP, PHONE, Visitor, french, send};
use crate::origin::Origin;
use crate::proxy::{Proxy, site};

const NOTICE: &str = "[notice]\nbanner = true\nlanguages = [\"en\", \"fr\", \"de\"]\n\
                      privacy_policy = \"/privacy\"\ngpc = \"2026-01-01\"\n";
const PREFERENCES: &str = "/_cloakroom/preferences";

const BANNER: &str = "class=\"cloakroom-notice\"";
const STATUS: &str = "Opt-out request honored";

fn asking() -> (Origin, Proxy) {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Proxy::start(&site(&origin, "query = [\"page\"]", NOTICE));
    (origin, proxy)
}

/// From France, and has not decided.
fn undecided(target: &str) -> Visitor {
    Visitor::new(target).with("X-Forwarded-For", french(1))
}

/// The form as a browser sends it from a page of the site.
fn form(body: &str) -> Visitor {
    foreign_form(body).with("Origin", "http://shop.test").with("Sec-Fetch-Site", "same-origin")
}

fn foreign_form(body: &str) -> Visitor {
    let mut visitor = Visitor::new(PREFERENCES).with("Content-Type", "application/x-www-form-urlencoded");
    visitor.method = "POST".into();
    visitor.body = body.into();
    visitor
}

/// What a browser sends back of an answer's cookies.
fn jar(answer: &Answer) -> String {
    let set = answer.fields("set-cookie").into_iter().filter(|line| !line.contains("Max-Age=0"));
    set.map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
}

#[test]
fn an_undecided_visitor_is_asked_and_an_answer_ends_it() {
    let (_origin, proxy) = asking();
    let asked = undecided("/?page=2&utm_source=x").ask(proxy.address());
    assert!(asked.text().contains(BANNER) && asked.text().contains("coats"), "{}", asked.text());
    assert!(asked.text().contains("name=\"return\" value=\"/?page=2\""), "{}", asked.text());
    assert_eq!(asked.fields("set-cookie"), Vec::<&str>::new());
    for (word, name) in [("all", "yes"), ("none", "no")] {
        let answer = form(&format!("return=%2F%3Fpage%3D2&consent={word}")).ask(proxy.address());
        assert_eq!((answer.status, answer.field("location")), (303, Some("/?page=2")), "{name}");
        assert_eq!(answer.field("cache-control"), Some("no-store"));
        assert_eq!(jar(&answer), format!("cloakroom_consent={word}"));
        for line in answer.fields("set-cookie") {
            assert!(line.contains("HttpOnly; Secure; SameSite=Lax"), "{line}");
        }
        let next = undecided("/?page=2").with("Cookie", jar(&answer)).ask(proxy.address());
        assert_eq!(next.status, 200);
        assert!(!next.text().contains("cloakroom"), "{name}: {}", next.text());
    }
}

#[test]
fn a_no_deletes_in_that_very_response_what_was_kept_before() {
    let (_origin, proxy) = asking();
    let answer = form("consent=none").with("Cookie", "cloakroom_bucket=7").ask(proxy.address());
    for name in ["visit", "interest", "bucket"] {
        let gone = format!("cloakroom_{name}=; Path=/; Max-Age=0;");
        assert!(answer.fields("set-cookie").iter().any(|line| line.starts_with(&gone)), "{}", answer.head);
    }
    let cleared = form("clear=interest&language=fr").ask(proxy.address());
    assert_eq!(cleared.fields("set-cookie").len(), 1);
    assert!(cleared.field("set-cookie").unwrap().starts_with("cloakroom_interest=; Path=/; Max-Age=0;"));
    assert_eq!(cleared.field("location"), Some("/_cloakroom/preferences?done=cleared&language=fr"));
}

#[test]
fn nobody_is_asked_whose_answer_would_change_nothing() {
    let more = format!("{NOTICE}[[route]]\npath = \"/plain\"\nmode = \"personalize\"\n");
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Proxy::start(&site(&origin, "", &more));
    let from_nowhere = Visitor::new("/");
    let without_plugins = undecided("/plain");
    let anonymous = undecided("/elsewhere");
    let objecting = undecided("/").with("DNT", "1");
    let unreadable = undecided("/").with("Cookie", "cloakroom_consent=perhaps");
    for visitor in [from_nowhere, without_plugins, anonymous, objecting, unreadable] {
        let page = visitor.ask(proxy.address());
        assert_eq!(page.status, 200);
        assert!(!page.text().contains("cloakroom"), "{}: {}", visitor.target, page.text());
    }
    assert!(undecided("/").ask(proxy.address()).text().contains(BANNER));
}

#[test]
fn the_opt_out_status_is_shown_where_the_law_wants_it() {
    let (_origin, proxy) = asking();
    let american = DemoGeo::address_for("US", 3).unwrap().to_string();
    let american = Visitor::new("/").with("X-Forwarded-For", american);
    let honoured = american.clone().with("Sec-GPC", "1").ask(proxy.address());
    assert!(honoured.text().contains(STATUS) && !honoured.text().contains(BANNER), "{}", honoured.text());
    let without = american.ask(proxy.address());
    assert!(without.text().contains(BANNER) && !without.text().contains(STATUS));
    let french = undecided("/").with("Sec-GPC", "1").ask(proxy.address());
    assert!(!french.text().contains("cloakroom"), "{}", french.text());
    let page = Visitor::new(PREFERENCES).with("Sec-GPC", "1").ask(proxy.address());
    assert!(page.text().contains("Global Privacy Control"));
}

#[test]
fn no_page_says_that_a_signal_is_honoured_unless_the_operator_does() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Proxy::start(&site(&origin, "", "[notice]\nbanner = true\n"));
    let american = DemoGeo::address_for("US", 3).unwrap().to_string();
    let american = Visitor::new("/").with("X-Forwarded-For", american).with("Sec-GPC", "1");
    assert!(!american.ask(proxy.address()).text().contains("cloakroom"));
}

#[test]
fn a_form_of_another_site_changes_nothing() {
    let (_origin, proxy) = asking();
    let forged = [
        foreign_form("consent=all"),
        foreign_form("consent=all").with("Origin", "https://evil.example"),
        foreign_form("consent=all").with("Origin", "null"),
        form("consent=all").with("Sec-Fetch-Site", "cross-site"),
    ];
    for visitor in forged {
        let answer = visitor.with("Cookie", "cloakroom_consent=none").ask(proxy.address());
        assert_eq!(answer.status, 403);
        assert_eq!(answer.fields("set-cookie"), Vec::<&str>::new());
        assert_eq!(answer.field("cache-control"), Some("no-store"));
    }
    let curl = foreign_form("consent=all").with("Origin", "http://shop.test").with("User-Agent", "curl/8");
    assert_eq!(curl.ask(proxy.address()).status, 303);
}

#[test]
fn an_answer_never_leads_to_another_site() {
    let (_origin, proxy) = asking();
    for back in [
        "//evil.example/",
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "/%0d%0aX-A:b",
        "/\\evil.example",
    ] {
        let answer = form(&format!("consent=all&return={back}")).ask(proxy.address());
        match answer.status {
            303 => assert_eq!(answer.field("location"), Some("/%5Cevil.example"), "{back}"),
            status => assert_eq!((status, answer.fields("set-cookie").len()), (400, 0), "{back}"),
        }
        assert_eq!(answer.fields("x-a"), Vec::<&str>::new());
    }
}

#[test]
fn a_form_that_is_none_of_ours_is_refused() {
    let (_origin, proxy) = asking();
    let long = format!("consent=all&return=/{}", "a".repeat(5_000));
    assert_eq!(form(&long).ask(proxy.address()).status, 413);
    let chunk = format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    let chunked = format!(
        "POST {PREFERENCES} HTTP/1.1\r\nHost: shop.test\r\nOrigin: http://shop.test\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\
         Connection: close\r\n\r\n{chunk}"
    );
    assert_eq!(send(proxy.address(), chunked.as_bytes()).unwrap().status, 413);
    for body in ["consent=perhaps", "consent=all&consent=none", "a=b", "consent=all&user=1", "\u{1}"] {
        let answer = form(body).ask(proxy.address());
        assert_eq!((answer.status, answer.fields("set-cookie").len()), (400, 0), "{body}");
    }
    let mut text = form("consent=all");
    text.fields.retain(|(name, _)| name != "Content-Type");
    assert_eq!(text.ask(proxy.address()).status, 400);
    let mut delete = form("");
    delete.method = "DELETE".into();
    let answer = delete.ask(proxy.address());
    assert_eq!((answer.status, answer.field("allow")), (405, Some("GET, HEAD, POST")));
    assert_eq!(Visitor::new("/_cloakroom/unknown").ask(proxy.address()).status, 404);
}

#[test]
fn the_origin_is_asked_the_same_and_once_whoever_is_asked_something() {
    let origin = Origin::page("Cache-Control: max-age=0\r\n");
    let proxy = Proxy::start(&site(&origin, "", NOTICE));
    let decided = undecided("/").with("Cookie", "cloakroom_consent=none");
    assert!(undecided("/").ask(proxy.address()).text().contains(BANNER));
    assert!(!decided.ask(proxy.address()).text().contains(BANNER));
    let received = origin.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0], received[1]);

    let (origin, proxy) = asking();
    for visitor in [undecided("/"), decided] {
        assert_eq!(visitor.ask(proxy.address()).status, 200);
    }
    assert_eq!(origin.count("/"), 1, "one fetch serves both");
    for target in [PREFERENCES, "/_cloakroom/notice.css", "/.well-known/gpc.json"] {
        assert_eq!(Visitor::new(target).ask(proxy.address()).status, 200, "{target}");
    }
    assert_eq!(form("consent=all").ask(proxy.address()).status, 303);
    for spelling in
        ["/%5Fcloakroom/preferences", "/a/../_cloakroom/x", "/.well-known/gpc%2Ejson", "/_cloakroom/;a/x"]
    {
        assert_eq!(Visitor::new(spelling).ask(proxy.address()).status, 404, "{spelling}");
    }
    assert_eq!(origin.received().len(), 1, "our own pages are our own");
}

#[test]
fn a_plugin_is_not_told_who_was_asked() {
    let (_origin, proxy) = asking();
    let _crowd = proxy.crowd(12, |number| Visitor::consenting("/", number));
    let decided = proxy.ask_until(&Visitor::consenting("/", 3), "Bonjour la France");
    assert!(!decided.text().contains(BANNER));
    let asked = undecided("/").ask(proxy.address());
    assert!(asked.text().contains(BANNER) && asked.text().contains("origin hero"), "{}", asked.text());
}

#[test]
fn the_preference_page_is_in_the_visitors_language_and_kept_by_nobody() {
    let (_origin, proxy) = asking();
    let page = |liked: &str| Visitor::new(PREFERENCES).with("Accept-Language", liked).ask(proxy.address());
    for (liked, title) in [
        ("fr-CA,fr;q=0.9,en;q=0.5", "Choix de confidentialité"),
        ("en;q=0.3, de;q=0.8", "Datenschutz-Auswahl"),
        ("ja", "Privacy choices"),
        ("", "Privacy choices"),
    ] {
        let answer = page(liked);
        assert_eq!((answer.status, answer.field("cache-control")), (200, Some("no-store")));
        assert!(answer.text().contains(&format!("<h1>{title}</h1>")), "{liked}: {}", answer.text());
    }
    let answer = page("en");
    assert_eq!(answer.field("content-type"), Some("text/html; charset=utf-8"));
    assert!(answer.field("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert!(answer.text().contains("href=\"/privacy\"") && !answer.text().contains("<script"));
    assert!(answer.text().contains("You have not decided yet."));
    let said = Visitor::new(PREFERENCES).with("Cookie", "cloakroom_consent=measurement").ask(proxy.address());
    assert!(said.text().contains("in part") && said.text().contains("value=\"yes\" checked"));
    let mut head = Visitor::new(PREFERENCES);
    head.method = "HEAD".into();
    assert_eq!(head.ask(proxy.address()).body.len(), 0);
}

#[test]
fn nothing_of_a_visitor_is_echoed_or_logged() {
    let (_origin, proxy) = asking();
    let planted = |visitor: Visitor| {
        visitor
            .with("Cookie", "id=canary1; cloakroom_consent=canary2; cloakroom_interest=canary3")
            .with("Referer", "http://shop.test/canary4?q=canary5")
            .with("User-Agent", "canary6")
            .with("Accept-Language", "canary7, fr")
            .with("X-Forwarded-For", french(1))
    };
    let visitors = [
        planted(Visitor::new("/_cloakroom/preferences?language=canary8&done=canary9")),
        planted(Visitor::new("/_cloakroom/canary10")),
        planted(Visitor::new("/?canary11=canary12")),
        planted(form("consent=canary13&canary14=1")),
        planted(form("consent=all&language=canary")),
        planted(form("consent=all&return=/canary15/%0a")),
        planted(foreign_form("consent=canary16")),
    ];
    for visitor in visitors {
        let answer = visitor.ask(proxy.address());
        let all = format!("{}{}", answer.head, answer.text()).to_ascii_lowercase();
        assert!(!all.contains("canary"), "{}: {all}", visitor.target);
    }
    proxy.wait_for_words("\"outcome\":\"own\"");
    let told = format!("{}{}", proxy.printed(), proxy.metrics()).to_ascii_lowercase();
    assert!(!told.contains("canary"), "{told}");
    assert!(told.contains("route=\"/_cloakroom\""), "{told}");
}

#[test]
fn the_statement_on_global_privacy_control_is_served_where_it_is_made() {
    let (_origin, proxy) = asking();
    let answer = Visitor::new("/.well-known/gpc.json").ask(proxy.address());
    assert_eq!((answer.status, answer.field("content-type")), (200, Some("application/json")));
    assert_eq!(answer.text(), "{\"gpc\":true,\"lastUpdate\":\"2026-01-01\"}\n");

    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let silent = Proxy::start(&site(&origin, "", ""));
    for target in ["/.well-known/gpc.json", PREFERENCES, "/_cloakroom/notice.css"] {
        assert!(Visitor::new(target).ask(silent.address()).text().contains("origin hero"), "{target}");
    }
    let visitor = undecided("/").with("User-Agent", PHONE);
    assert!(!visitor.ask(silent.address()).text().contains("cloakroom"));
}

#[test]
fn the_door_and_the_longer_way_show_the_same() {
    let (_origin, proxy) = asking();
    for target in ["/", PREFERENCES, "/_cloakroom/notice.css", "/.well-known/gpc.json"] {
        let plain = undecided(target).with("User-Agent", DESKTOP).ask(proxy.address());
        // A field that changes the connection takes the longer way.
        let longer =
            undecided(target).with("User-Agent", DESKTOP).with("TE", "trailers").ask(proxy.address());
        assert_eq!((plain.status, &plain.body), (longer.status, &longer.body), "{target}");
        for name in ["content-type", "cache-control", "content-security-policy", "referrer-policy"] {
            assert_eq!(plain.fields(name), longer.fields(name), "{target}");
        }
    }
}
