//! The origin learns nothing: equal bytes for equal variants, and no canary anywhere.

use crate::client::{DESKTOP, Visitor};
use crate::origin::Origin;
use crate::proxy::{Proxy, site};

/// Two people who have nothing in common but the page that they get.
pub fn two_strangers(target: &str) -> [Visitor; 2] {
    let one = Visitor::new(target)
        .with("Cookie", "session=aaaa1111; cloakroom_consent=none; _ga=GA1.2.3")
        .with("X-Forwarded-For", "198.18.4.9")
        .with("User-Agent", DESKTOP)
        .with("Accept-Language", "de-DE,de;q=0.8")
        .with("Referer", "https://news.example/article?id=7")
        .with("Authorization", "Basic dXNlcjpwYXNz")
        .with("If-None-Match", "\"visitor-1\"")
        .with("Range", "bytes=0-10");
    let other = Visitor::consenting(target, 77)
        .with("Referer", "https://mail.example/")
        .with("Accept", "image/webp")
        .with("Accept-Encoding", "br, gzip")
        .with("Cache-Control", "no-cache")
        .with("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .with("X-Requested-With", "XMLHttpRequest");
    [one, other]
}

#[test]
fn strangers_with_the_same_variant_cause_equal_bytes() {
    // Nothing may be kept, so that each visitor causes a request.
    let origin = Origin::page("Cache-Control: max-age=0\r\n");
    let proxy = Proxy::start(&site(&origin, "query = [\"page\"]", ""));
    let statuses = two_strangers("/?utm_source=x&page=2&gclid=abc").map(|v| v.ask(proxy.address()).status);
    assert_eq!(statuses, [206, 200], "the one who asks for a part gets a part of the same page");
    let received = origin.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0], received[1]);
    let expected = "GET /?page=2 HTTP/1.1\r\nhost: shop.test\r\nuser-agent: Cloakroom\r\naccept: */*\r\n\r\n";
    assert_eq!(String::from_utf8_lossy(&received[0]), expected);
}

#[test]
fn global_privacy_control_is_the_one_bit_that_is_forwarded() {
    let origin = Origin::page("Cache-Control: max-age=0\r\n");
    let proxy = Proxy::start(&site(&origin, "", ""));
    Visitor::new("/").with("Sec-GPC", "1").ask(proxy.address());
    Visitor::consenting("/", 4).with("Sec-GPC", "1").ask(proxy.address());
    let received = origin.received();
    assert_eq!(received[0], received[1]);
    assert!(String::from_utf8_lossy(&received[0]).contains("\r\nsec-gpc: 1\r\n"));
}

/// Places where a client can put a canary, each with a canary of its own.
pub fn with_canaries(target: &str) -> (Visitor, Vec<String>) {
    let fields = [
        "Cookie",
        "User-Agent",
        "Accept-Language",
        "Referer",
        "Accept",
        "Accept-Encoding",
        "Authorization",
        "Cache-Control",
        "Content-Type",
        "Date",
        "DNT",
        "ETag",
        "Expect-CT",
        "From",
        "If-Match",
        "If-None-Match",
        "If-Modified-Since",
        "If-Range",
        "Last-Event-ID",
        "Origin",
        "Pragma",
        "Prefer",
        "Range",
        "Save-Data",
        "Sec-CH-UA",
        "Sec-CH-UA-Mobile",
        "Sec-CH-UA-Platform",
        "Sec-Fetch-Site",
        "Sec-GPC",
        "Traceparent",
        "Tracestate",
        "Via",
        "Warning",
        "Want-Digest",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Real-IP",
        "X-Request-ID",
        "X-Csrf-Token",
        "X-Anything",
        "Forwarded",
        "True-Client-IP",
        "CF-Connecting-IP",
        "Upgrade-Insecure-Requests",
        "Cloakroom-Variant",
        "Cloakroom-Cell",
        "X-HTTP-Method-Override",
        "Priority",
    ];
    let mut canaries = Vec::new();
    let mut fresh = |place: &str| {
        let canary = format!("canary{:02}{}", canaries.len(), place.to_ascii_lowercase().replace('-', ""));
        canaries.push(canary.clone());
        canary
    };
    let query = format!(
        "{target}?unlisted={}&utm_campaign={}&{}=1",
        fresh("query"),
        fresh("campaign"),
        fresh("name")
    );
    let mut visitor = Visitor::new(&query);
    for name in fields {
        let canary = fresh(name);
        let value = match name {
            "Cookie" => format!("cloakroom_consent=all; id={canary}; {canary}=1"),
            "Referer" => format!("https://{canary}.example/{canary}?q={canary}"),
            "Authorization" => format!("Bearer {canary}"),
            _ => canary,
        };
        visitor = visitor.with(name, value);
    }
    // The address is a canary in hexadecimal; its network is France's, so that it is used.
    let address = "2001:db8::c0ff:ee01:cafe";
    canaries.push("c0ff:ee01".into());
    (visitor.with("X-Forwarded-For", address), canaries)
}

#[test]
fn no_canary_reaches_the_origin_the_logs_or_the_metrics() {
    let origin = Origin::page("Cache-Control: max-age=0\r\n");
    let more = "[[route]]\npath = \"/plain\"\nmode = \"anonymous\"\n[[route]]\npath = \"/down\"\nmode = \"personalize\"\nplugins = [\"hero\"]\n";
    let proxy = Proxy::start(&site(&origin, "", more));
    let mut canaries = Vec::new();
    let mut plant = |target: &str, status: u16| {
        let (visitor, planted) = with_canaries(target);
        let answer = visitor.ask(proxy.address());
        assert_eq!(answer.status, status, "{target}");
        for canary in &planted {
            assert!(!answer.text().contains(canary.as_str()), "{canary} is echoed at {target}");
            assert!(!answer.head.contains(canary.as_str()), "{canary} is echoed at {target}");
        }
        canaries = planted;
    };
    plant("/", 200);
    plant("/plain", 200);
    plant("/undeclared", 200);
    plant("/a;sid=canarymatrix/b", 200);
    plant("/plain;canarymatrix=1", 200);
    origin.set_down(true);
    plant("/down", 502);
    origin.set_down(false);
    // A malformed request, and a host that is not ours, go into no log either.
    let mut elsewhere = with_canaries("/").0;
    elsewhere.host = "canaryhost.example".into();
    assert_eq!(elsewhere.ask(proxy.address()).status, 421);
    crate::client::send(
        proxy.address(),
        b"GET /canarybroken HTTP/1.1\r\nHost: a\r\nCanaryField canary\r\n\r\n",
    );
    canaries.extend([
        "canarymatrix".into(),
        "canaryhost".into(),
        "canarybroken".into(),
        "canaryfield".into(),
    ]);
    proxy.wait_for_words("\"outcome\":\"failed\"");
    let places = [("log", proxy.printed()), ("metrics", proxy.metrics())];
    let requests =
        origin.received().into_iter().map(|r| ("upstream", String::from_utf8_lossy(&r).into_owned()));
    for (place, text) in places.into_iter().chain(requests) {
        let text = text.to_ascii_lowercase();
        for canary in &canaries {
            assert!(!text.contains(canary.as_str()), "{canary} stands in the {place}: {text}");
        }
    }
    assert!(proxy.metrics().contains("route=\"/plain\""), "{}", proxy.metrics());
}
