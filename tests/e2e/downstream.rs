//! What visitors are sent on routes that are for everyone: fields of a list, and redirects that bring
//! nothing along.

use crate::client::Visitor;
use crate::commands::checked;
use crate::origin::{Origin, response};
use crate::proxy::{HERO, Proxy, site};

const ROUTES: &str = "[[route]]\npath = \"/c/*\"\nquery = [\"page\", \"sort\"]\n\
                      [[route]]\npath = \"/login\"\nmode = \"passthrough\"\n";

/// Fields that mark visitors, make browsers report, or are not thought of yet.
const UNWANTED: [&str; 24] = [
    "Set-Cookie: sid=1",
    "Set-Cookie2: sid=1",
    "ETag: \"u1\"",
    "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT",
    "Accept-CH: Sec-CH-UA-Model",
    "Critical-CH: Sec-CH-UA-Model",
    "NEL: {\"report_to\":\"g\",\"max_age\":9}",
    "Report-To: {\"group\":\"g\"}",
    "Reporting-Endpoints: g=\"https://r.example/\"",
    "Content-Security-Policy-Report-Only: default-src 'none'; report-uri /r",
    "Clear-Site-Data: \"cookies\"",
    "Alt-Svc: h3=\":443\"; ma=9",
    "Refresh: 1; url=/?visitor=1",
    "Service-Worker-Allowed: /",
    "Use-As-Dictionary: match=\"/*\", id=\"u1\"",
    "Speculation-Rules: \"/rules.json\"",
    "Attribution-Reporting-Register-Source: {}",
    "Observe-Browsing-Topics: ?1",
    "Set-Login: logged-in",
    "Link: </u1.css>; rel=preload; as=style",
    "Server-Timing: u;dur=1",
    "Server: shop/1",
    "Via: 1.1 shop",
    "X-Made-Up-Tomorrow: u1",
];

#[test]
fn only_fields_of_the_list_and_those_that_a_site_adds_are_sent() {
    let fields = format!(
        "Cache-Control: max-age=600\r\nX-Shop-Version: 7\r\nContent-Language: fr\r\n\
         Content-Security-Policy: default-src 'self'; REPORT-URI /r; report-to g\r\n\
         Content-Security-Policy: report-uri /r\r\n\
         Cross-Origin-Opener-Policy: same-origin; report-to=\"g\"\r\n\
         Referrer-Policy: unsafe-url\r\n{}\r\n",
        UNWANTED.join("\r\n")
    );
    let origin = Origin::start(move |_, _| response("200 OK", &fields, "<p>page</p>"));
    let more = format!("{ROUTES}[output]\nheaders = [\"X-Shop-Version\"]\n");
    let proxy = Proxy::start(&site(&origin, "", &more));
    for target in ["/", "/c/coats", "/undeclared"] {
        for round in ["miss", "hit"] {
            let answer = Visitor::new(target).ask(proxy.address());
            let mut names: Vec<_> = answer
                .head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(':'))
                .map(|(name, _)| name.to_ascii_lowercase())
                .collect();
            names.sort_unstable();
            let expected = [
                "age",
                "cache-control",
                "cache-status",
                "connection",
                "content-language",
                "content-length",
                "content-security-policy",
                "content-type",
                "cross-origin-opener-policy",
                "date",
                "etag",
                "referrer-policy",
                "x-shop-version",
            ];
            // A cache in front keeps what is not personalized, and must not mix up who opted out.
            let varies = if target == "/" { "Accept-Encoding" } else { "Sec-GPC, Accept-Encoding" };
            assert_eq!(answer.field("vary"), Some(varies), "{target}, {round}");
            names.retain(|name| *name != "vary");
            assert_eq!(names, expected, "{target}, {round}");
            assert_eq!(answer.field("content-security-policy"), Some("default-src 'self'"));
            assert_eq!(answer.field("cross-origin-opener-policy"), Some("same-origin"));
            assert_eq!(answer.field("referrer-policy"), Some("strict-origin"));
            assert_eq!(answer.field("x-shop-version"), Some("7"));
        }
    }
}

#[test]
fn a_site_cannot_add_what_marks_visitors() {
    let origin = Origin::page("");
    for unwanted in UNWANTED.iter().filter(|line| !line.starts_with("X-") && !line.starts_with("Server:")) {
        let name = unwanted.split(':').next().unwrap();
        let site = site(&origin, "", &format!("[output]\nheaders = [\"{name}\"]\n"));
        let (code, _, err) = checked(&site, HERO);
        assert_eq!(code, 3, "{name}: {err}");
        assert!(err.contains(&format!("`{name}` cannot be passed on to visitors: ")), "{err}");
    }
}

/// What visitors are sent for a `Location` of the origin.
fn redirected(target: &str, location: &'static str) -> (u16, Option<String>) {
    let origin = Origin::start(move |_, _| {
        response("302 Found", &format!("Cache-Control: max-age=600\r\nLocation: {location}\r\n"), "")
    });
    let proxy = Proxy::start(&site(&origin, "query = [\"page\"]", ROUTES));
    let answer = Visitor::new(target).ask(proxy.address());
    (answer.status, answer.field("location").map(str::to_owned))
}

#[test]
fn redirects_bring_along_what_the_next_route_lists_and_nothing_else() {
    for (target, location, expected) in [
        ("/", "/c/coats?sort=new&visitor=7&page=2", "/c/coats?page=2&sort=new"),
        ("/", "https://shop.test/c/coats?visitor=7#a", "https://shop.test/c/coats#a"),
        ("/c/coats", "hats?visitor=7", "/c/hats"),
        ("/undeclared", "/login?next=/account&visitor=7", "/login"),
        ("/", "https://other.test/a?b=1&gclid=x&MSCLKID=y", "https://other.test/a?b=1"),
        ("/", "/plain", "/plain"),
    ] {
        assert_eq!(redirected(target, location), (302, Some(expected.to_owned())), "{location}");
    }
}

#[test]
fn passthrough_redirects_are_the_origins() {
    let location = "/account?session=7&gclid=x";
    assert_eq!(redirected("/login", location), (302, Some(location.to_owned())));
}
