//! Cloakroom's own cookies: the origin neither reads nor sets them, in whatever spelling.

use crate::client::Visitor;
use crate::origin::{Origin, response};
use crate::proxy::{Proxy, site};

const ROUTES: &str = "[[route]]\npath = \"/account/*\"\nmode = \"passthrough\"\n";

#[test]
fn no_spelling_of_ours_reaches_the_origin() {
    let origin = Origin::page("Cache-Control: no-cache\r\n");
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    let line = "sid=1; cloakroom_visit=canary; Cloakroom_Bucket=canary;\tcloakroom_interest=canary; \
                __Host-cloakroom_visit=canary; __http-CLOAKROOM_x=canary; \"cloakroom_visit\"=canary; \
                =cloakroom_visit=canary; cloakroom_consent ; theme=dark";
    for target in ["/account/a", "/", "/undeclared"] {
        let visitor = Visitor::new(target).with("Cookie", line).with("cookie", "cloakroom_visit=canary");
        assert_eq!(visitor.ask(proxy.address()).status, 200);
    }
    for request in origin.received() {
        let text = String::from_utf8(request).unwrap().to_ascii_lowercase();
        assert!(!text.contains("canary") && !text.contains("cloakroom_"), "{text}");
    }
    let first = String::from_utf8(origin.received()[0].clone()).unwrap();
    assert!(first.contains("\r\nCookie: sid=1; theme=dark\r\n"), "{first}");
}

#[test]
fn no_spelling_of_ours_can_be_set_by_the_origin() {
    let origin = Origin::start(|_, _| {
        let fields = "Cache-Control: no-cache\r\nSet-Cookie: sid=1\r\nSet-Cookie: cloakroom_visit=1; Path=/\r\n\
                      set-cookie: Cloakroom_Visit=1\r\nSet-Cookie: =cloakroom_consent=all\r\n\
                      Set-Cookie:  \t cloakroom_bucket=7\r\nSet-Cookie: __Host-cloakroom_visit=1; Secure; Path=/\r\n\
                      Set-Cookie: \"cloakroom_visit\"=1\r\nSet-Cookie: cart=cloakroom_visit\r\n";
        response("200 OK", fields, "")
    });
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    let answer = Visitor::new("/account/a").ask(proxy.address());
    assert_eq!(answer.fields("set-cookie"), ["sid=1", "cart=cloakroom_visit"]);
    for target in ["/", "/undeclared"] {
        assert_eq!(Visitor::new(target).ask(proxy.address()).fields("set-cookie"), Vec::<&str>::new());
    }
}
