//! Canaries in every field of a request, none of which may come out; and noise, which may not
//! make anything panic. All requests are made up.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod support;

use cloakroom_boundary::{Admission, RawRequest, TokenKey};
use http::{HeaderName, HeaderValue, Method, Uri};
use support::{admitted, ask, boundary, request};

const CANARY: &str = "canary7f3a";

/// Fields that browsers and proxies send, and some that do not exist.
const FIELDS: [&str; 40] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "cf-connecting-ip",
    "cloakroom-cell",
    "cloakroom-variant",
    "cookie",
    "dnt",
    "etag",
    "forwarded",
    "from",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "origin",
    "pragma",
    "priority",
    "proxy-authorization",
    "range",
    "referer",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-model",
    "sec-ch-ua-platform",
    "sec-fetch-site",
    "sec-gpc",
    "te",
    "traceparent",
    "true-client-ip",
    "user-agent",
    "via",
    "x-amzn-trace-id",
    "x-csrf-token",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
    "x-something",
];

#[test]
fn no_field_cookie_parameter_or_address_reaches_the_target() {
    let fields: Vec<_> = FIELDS.into_iter().map(|name| (name, CANARY)).collect();
    let cookies = [("cookie", "session=canary7f3a; cloakroom_consent=canary7f3a"), ("cookie", "canary7f3a")];
    let fields = [fields, cookies.into()].concat();
    for (target, expected) in [
        ("/?canary7f3a", "/"),
        ("/?canary7f3a=canary7f3a&x=canary7f3a&page=2", "/?page=2"),
        ("/?page=canary7f3a&page=2", "/"),
        (
            "/?page=2&page=canary7f3a&utm_campaign=canary7f3a&utm_medium=canary7f3a&gclid=canary7f3a",
            "/?page=2",
        ),
        ("/;canary7f3a?page=2", "/?page=2"),
        ("/p;session=canary7f3a/1;canary7f3a=1", "/p/1"),
        ("/canary7f3a/../p/1", "/p/1"),
        ("/search?page=canary7f3a", "/search"),
        ("/undeclared?canary7f3a=1", "/undeclared"),
        ("http://shop.example/?q=canary7f3a", "/"),
    ] {
        for peer in ["127.0.0.1", "198.18.1.77"] {
            let seen = admitted(&boundary(), &request("GET", target, &fields), peer);
            assert_eq!(seen.request.target(), expected);
            assert!(!seen.request.target().contains(CANARY) && !seen.request.gpc());
        }
    }
}

#[test]
fn visitors_who_want_the_same_page_have_the_same_scrubbed_request() {
    let one =
        [("user-agent", "one"), ("accept-language", "fr"), ("cookie", "a=1"), ("referer", "https://t.co/")];
    let two = [("user-agent", "two"), ("authorization", "Basic x"), ("x-forwarded-for", "198.18.2.2")];
    let scrub =
        |target, fields: &[_], peer| admitted(&boundary(), &request("GET", target, fields), peer).request;
    let first = scrub("/?sort=price&page=1&gclid=1", &one, "198.18.1.1");
    let second = scrub("/./?page=%31&sort=price&session=9", &two, "127.0.0.1");
    assert_eq!(first.target(), second.target());
    assert_eq!((first.site(), first.route(), first.gpc()), (second.site(), second.route(), second.gpc()));
}

#[test]
fn refusals_carry_no_canary() {
    for (method, target) in [
        ("CANARY7F3A", "/canary7f3a"),
        ("GET", "//canary7f3a"),
        ("GET", "/p/canary7f3a%20"),
        ("GET", "ftp://canary7f3a/"),
        ("GET", "http://canary7f3a/"),
        ("POST", "/?canary7f3a"),
    ] {
        let refusal =
            ask(&boundary(), &request(method, target, &[("x", CANARY)]), "198.18.1.1").err().unwrap();
        let text = format!("{refusal} {refusal:?}").to_lowercase();
        assert!(!text.contains(CANARY), "{text}");
    }
}

/// A small generator (xorshift), so that a failure can be repeated.
struct Noise(u64);

impl Noise {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % bound
    }

    /// Bytes that mix structure with rubbish.
    fn bytes(&mut self, most: usize) -> Vec<u8> {
        const PIECES: [&[u8]; 24] = [
            b"/",
            b"//",
            b"..",
            b"%2e",
            b"%",
            b"%zz",
            b"%C3%A9",
            b";x=1",
            b"?",
            b"&",
            b"=",
            b"page=1",
            b",",
            b";q=0.",
            b"fr",
            b"\xff\xfe",
            b"198.18.1.1",
            b"[::1]:80",
            b"cloakroom_consent=",
            b"all",
            b"https://",
            b"shop.example",
            b"\"",
            b"Android Mobile ",
        ];
        let mut bytes = Vec::new();
        for _ in 0..self.below(most) {
            if self.below(4) == 0 {
                bytes.push(u8::try_from(self.below(256)).unwrap());
            } else {
                bytes.extend(PIECES[self.below(PIECES.len())]);
            }
        }
        bytes
    }
}

#[test]
fn noise_never_panics_and_what_comes_out_is_canonical() {
    let boundary = boundary();
    let key = TokenKey::random();
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::TRACE];
    let (mut admissions, mut refusals) = (0, 0);
    for _ in 0..20_000 {
        let mut parts = request("GET", "/", &[]);
        parts.method = methods[noise.below(methods.len())].clone();
        let target = [&b"/"[..], &noise.bytes(12)].concat();
        if let Ok(uri) = Uri::try_from(target) {
            parts.uri = uri;
        }
        for _ in 0..noise.below(6) {
            let name = HeaderName::from_static(FIELDS[noise.below(FIELDS.len())]);
            if let Ok(value) = HeaderValue::from_bytes(&noise.bytes(200)) {
                parts.headers.append(name, value);
            }
        }
        let raw = RawRequest::seal(&parts, "127.0.0.1".parse().unwrap());
        let site = boundary.site(&raw).unwrap();
        match boundary.admit(site, raw, &key) {
            Ok(Admission::Admitted(seen)) => {
                admissions += 1;
                let target = seen.request.target();
                assert!(target.starts_with('/') && !target.contains("//") && target.is_ascii(), "{target}");
                let again = admitted(&boundary, &request("GET", target, &[]), "::1");
                assert_eq!(again.request.target(), target);
            }
            Ok(Admission::Passthrough(_)) => {}
            Err(_) => refusals += 1,
        }
    }
    assert!(admissions > 1_000 && refusals > 1_000, "{admissions} admitted, {refusals} refused");
}

#[test]
fn noise_in_the_host_never_panics() {
    let boundary = boundary();
    let mut noise = Noise(7);
    for _ in 0..20_000 {
        let mut parts = request("GET", "/", &[]);
        if let Ok(value) = HeaderValue::from_bytes(&noise.bytes(6)) {
            parts.headers.insert("host", value);
        }
        let status = boundary.site(&RawRequest::seal(&parts, "::1".parse().unwrap())).map_err(|r| r.status());
        assert!(matches!(status, Ok(_) | Err(400 | 421)));
    }
}
