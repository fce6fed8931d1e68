//! What each bad input gets: a clear answer, never a panic, never an echo.

use std::time::Duration;

use crate::client::{Visitor, send};
use crate::origin::Origin;
use crate::proxy::{Proxy, site};

fn shop() -> (Origin, Proxy) {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Proxy::start(&site(&origin, "", ""));
    (origin, proxy)
}

#[test]
fn another_host_is_421_and_an_undeclared_method_405() {
    let (_origin, proxy) = shop();
    let mut elsewhere = Visitor::new("/");
    elsewhere.host = "other.test".into();
    assert_eq!(elsewhere.ask(proxy.address()).status, 421);

    let mut post = Visitor::new("/newsletter");
    post.method = "POST".into();
    post.body = b"a=1".to_vec();
    let answer = post.ask(proxy.address());
    assert_eq!(answer.status, 405);
    assert_eq!(answer.field("allow"), Some("GET, HEAD"));
    assert!(!answer.text().contains("passthrough"), "the fix is for the operator alone");
    proxy.wait_for_words("add a [[route]] with `mode = \"passthrough\"`");
}

#[test]
fn an_origin_that_is_down_is_502_and_named_in_the_log() {
    let (origin, proxy) = shop();
    origin.set_down(true);
    let answer = Visitor::new("/").ask(proxy.address());
    assert_eq!(answer.status, 502);
    assert!(answer.body.len() < 1_000);
    proxy.wait_for_words("origin-unreachable");
    origin.set_down(false);
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200);
}

#[test]
fn an_origin_that_stalls_is_504() {
    let origin = Origin::start(|_, _| {
        std::thread::sleep(Duration::from_secs(8));
        Vec::new()
    });
    let proxy = Proxy::start(&site(&origin, "", ""));
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 504);
}

#[test]
fn absurd_fields_get_the_default_page() {
    let (_origin, proxy) = shop();
    let languages = "fr;q=0.1,".repeat(1_000);
    let odd = [
        ("Accept-Language", languages),
        ("Accept-Language", ";;;,,,q=,fr;q=99999999999999999999,*;q=NaN".into()),
        ("User-Agent", "A".repeat(8_000)),
        ("Cookie", "cloakroom_consent=".to_owned() + &"a,".repeat(3_000)),
        ("Cookie", "=;=;;;cloakroom_consent".into()),
        ("X-Forwarded-For", "not an address, , ::::, 1.2.3.4.5".into()),
        ("Referer", "http://[::1".into()),
    ];
    for (name, value) in odd {
        let shown: String = value.chars().take(30).collect();
        let answer = Visitor::new("/").with(name, value).ask(proxy.address());
        assert_eq!(answer.status, 200, "{name}: {shown}");
        assert!(answer.text().contains("origin hero"));
    }
}

#[test]
fn broken_utf8_and_oversized_headers_are_refused_and_the_proxy_lives_on() {
    let (_origin, proxy) = shop();
    let mut broken = b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\nUser-Agent: \xff\xfe\xc0\x80\r\nCookie: cloakroom_consent=\xff\r\n\r\n".to_vec();
    assert_eq!(send(proxy.address(), &broken).unwrap().status, 200);
    broken = b"GET /\xff\xfe?q=\xc0 HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n".to_vec();
    assert_eq!(send(proxy.address(), &broken).unwrap().status, 400);

    let oversized = Visitor::new("/").with("X-Big", "b".repeat(40_000));
    assert_eq!(oversized.ask(proxy.address()).status, 431);
    let long = Visitor::new(&format!("/{}", "a".repeat(12_000)));
    assert!(matches!(long.ask(proxy.address()).status, 400 | 414 | 431));
    let enormous = Visitor::new("/").with("X-Big", "b".repeat(3_000_000));
    if let Some(answer) = send(proxy.address(), &enormous.bytes()) {
        assert!(matches!(answer.status, 400 | 431), "{}", answer.status);
    }
    for garbage in
        [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"GET\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"]
    {
        if let Some(answer) = send(proxy.address(), garbage) {
            assert_eq!(answer.status, 400);
        }
    }
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 200);
}

#[test]
fn a_page_that_is_too_large_is_an_error_with_the_fix_in_the_log() {
    let origin = Origin::start(|_, _| {
        let body = "a".repeat(9 << 20);
        crate::origin::response("200 OK", "Cache-Control: max-age=600\r\n", &body)
    });
    let proxy = Proxy::start(&site(&origin, "", ""));
    assert_eq!(Visitor::new("/").ask(proxy.address()).status, 502);
    proxy.wait_for_words("[limits] origin_body");
}
