//! The policy that a site's pages get beside their own: on a hit as on a miss, and nowhere but on pages.

use crate::client::{Answer, Visitor};
use crate::origin::{Origin, response};
use crate::proxy::{Proxy, site};

const ROUTES: &str =
    "[[route]]\npath = \"/plain\"\n[[route]]\npath = \"/account/*\"\nmode = \"passthrough\"\n";
const ASKED: &str = "[output]\nhosts = [\"cdn.test\"]\ncontent_security_policy = true\n";
const OURS: &str = "default-src 'self' data: blob: 'unsafe-inline' https://shop.test https://cdn.test; \
                    script-src * data: blob: 'unsafe-inline' 'unsafe-eval'; connect-src * data: blob:; \
                    form-action 'self' https://shop.test https://cdn.test; base-uri 'self'; object-src 'none'";

fn origin() -> Origin {
    Origin::start(|target, _| {
        let fields =
            "Cache-Control: max-age=600\r\nContent-Security-Policy: img-src 'none'; report-uri /r\r\n";
        if target == "/style.css" {
            return format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 3\r\n{fields}\r\np{{}}"
            )
            .into_bytes();
        }
        response("200 OK", fields, "<p>page</p>")
    })
}

fn ask(proxy: &Proxy, method: &str, target: &str, tag: Option<&str>) -> Answer {
    let mut visitor = Visitor::new(target);
    visitor.method = method.into();
    match tag {
        Some(tag) => visitor.with("If-None-Match", tag).ask(proxy.address()),
        None => visitor.ask(proxy.address()),
    }
}

#[test]
fn pages_have_it_beside_the_origins_on_every_way_to_them() {
    let origin = origin();
    let proxy = Proxy::start(&site(&origin, "", &format!("{ROUTES}{ASKED}")));
    for target in ["/", "/plain", "/undeclared"] {
        for method in ["GET", "GET", "HEAD"] {
            let answer = ask(&proxy, method, target, None);
            assert_eq!(
                answer.fields("content-security-policy"),
                ["img-src 'none'", OURS],
                "{method} {target}"
            );
        }
        // pingora's way through the edge writes the same.
        let odd = Visitor::new(target).with("Content-Length", "0").ask(proxy.address());
        assert_eq!(odd.fields("content-security-policy"), ["img-src 'none'", OURS], "{target}");
    }
    let style = ask(&proxy, "GET", "/style.css", None);
    assert_eq!(style.fields("content-security-policy"), ["img-src 'none'"]);
    let relayed = ask(&proxy, "GET", "/account/x", None);
    assert_eq!(relayed.fields("content-security-policy"), ["img-src 'none'; report-uri /r"]);
}

#[test]
fn a_page_that_is_kept_by_a_browser_is_told_when_the_policy_is_another() {
    let origin = origin();
    let without = Proxy::start(&site(&origin, "", ROUTES));
    let with = Proxy::start(&site(&origin, "", &format!("{ROUTES}{ASKED}")));
    let tag_of = |proxy: &Proxy| ask(proxy, "GET", "/", None).field("etag").unwrap().to_owned();
    let (plain, guarded) = (tag_of(&without), tag_of(&with));
    assert_eq!(ask(&without, "GET", "/", None).fields("content-security-policy"), ["img-src 'none'"]);
    // What a 304 does not say stays as it was with the page, so it must not confirm a page without the policy.
    assert_eq!(ask(&with, "GET", "/", Some(&guarded)).status, 304);
    let anew = ask(&with, "GET", "/", Some(&plain));
    assert_eq!((anew.status, anew.fields("content-security-policy").len()), (200, 2));
}
