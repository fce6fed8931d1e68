//! Passthrough routes: both ways as they are, except for what is ours.

use crate::client::Visitor;
use crate::origin::{Origin, response};
use crate::proxy::{Proxy, site};

const ROUTES: &str = "[[route]]\npath = \"/account/*\"\nmode = \"passthrough\"\n\
                      [[route]]\npath = \"/login\"\nmode = \"passthrough\"\nmethods = [\"POST\"]\n";

fn echo() -> Origin {
    Origin::start(|target, request| {
        let fields = "Set-Cookie: sid=secret; HttpOnly\r\nSet-Cookie: cloakroom_consent=all\r\nETag: \"u-1\"\r\n\
                      X-Custom: kept\r\nCache-Control: max-age=600\r\n";
        response("200 OK", fields, &format!("{target} {}", request.len()))
    })
}

#[test]
fn end_to_end_fields_and_bodies_arrive_as_they_were_sent() {
    let origin = echo();
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    let body: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
    let mut visitor = Visitor::new("/login?next=%2Faccount&utm_campaign=spring")
        .with("Cookie", "sid=abc; theme=dark")
        .with("Authorization", "Bearer t")
        .with("User-Agent", "anything at all")
        .with("Content-Type", "application/octet-stream")
        .with("X-Custom", "a  b")
        .with("If-None-Match", "\"u-0\"");
    visitor.method = "POST".into();
    visitor.body = body.clone();
    let answer = visitor.ask(proxy.address());
    assert_eq!(answer.status, 200);
    assert_eq!(answer.fields("set-cookie"), ["sid=secret; HttpOnly"], "the origin cannot set our cookies");
    assert_eq!(answer.field("etag"), Some("\"u-1\""));
    assert_eq!(answer.field("x-custom"), Some("kept"));
    assert_eq!(answer.field("cache-control"), Some("max-age=600"));

    let received = origin.received().pop().unwrap();
    assert!(received.ends_with(&body));
    let head = String::from_utf8_lossy(&received[..received.len() - body.len()]).into_owned();
    assert!(head.starts_with("POST /login?next=%2Faccount&utm_campaign=spring HTTP/1.1\r\n"), "{head}");
    for line in [
        "Host: shop.test",
        "Cookie: sid=abc; theme=dark",
        "Authorization: Bearer t",
        "User-Agent: anything at all",
        "Content-Type: application/octet-stream",
        "X-Custom: a  b",
        "If-None-Match: \"u-0\"",
    ] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} is missing in {head}");
    }
}

#[test]
fn our_cookies_and_the_address_stay_with_us() {
    let origin = echo();
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    Visitor::new("/account/orders")
        .with("Cookie", "sid=abc; cloakroom_consent=all; theme=dark")
        .with("X-Forwarded-For", "198.18.0.7")
        .with("X-Real-IP", "198.18.0.7")
        .with("Forwarded", "for=198.18.0.7")
        .ask(proxy.address());
    let head = String::from_utf8(origin.received().pop().unwrap()).unwrap();
    assert!(head.contains("\r\nCookie: sid=abc; theme=dark\r\n"), "{head}");
    assert!(!head.contains("198.18") && !head.contains("cloakroom"), "{head}");
}

#[test]
fn a_site_may_want_the_address() {
    let origin = echo();
    let site = format!("forward_client_ip = true\n{}", site(&origin, "", ROUTES));
    let proxy = Proxy::start(&site);
    Visitor::new("/account/").with("X-Forwarded-For", "198.18.0.7").ask(proxy.address());
    let head = String::from_utf8(origin.received().pop().unwrap()).unwrap();
    assert!(head.contains("198.18.0.7"), "{head}");
}

#[test]
fn nothing_is_cached() {
    let origin = echo();
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    for fetches in 1..4 {
        let answer = Visitor::new("/account/").ask(proxy.address());
        assert_eq!(answer.fields("cache-status"), Vec::<&str>::new());
        assert_eq!(origin.received().len(), fetches);
    }
}

#[test]
fn an_origin_that_is_down_gets_a_short_page_and_an_event() {
    let origin = echo();
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    origin.set_down(true);
    let answer = Visitor::new("/account/").ask(proxy.address());
    assert_eq!(answer.status, 502);
    assert!(answer.text().contains("<h1>Bad Gateway</h1>"), "{}", answer.text());
    proxy.wait_for_words("origin-unreachable");
}
