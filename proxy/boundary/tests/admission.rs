//! What becomes of requests: hosts, routes, consent, signals. All requests are made up.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod support;

use cloakroom_boundary::{
    Admission, Boundary, BoundaryError, Config, ConsentSource, Mode, RawRequest, Refusal, TokenKey,
};
use cloakroom_vocabulary::{Consent, Jurisdiction, Signal};
use support::{admitted, ask, boundary, boundary_with, geo, names, request, route, shop};

const PHONE: &str = "Mozilla/5.0 (Linux; Android 10; K) Chrome/126.0.0.0 Mobile Safari/537.36";

fn status(method: &str, target: &str, fields: &[(&str, &str)]) -> u16 {
    ask(&boundary(), &request(method, target, fields), "198.18.1.1")
        .map_or_else(|refusal| refusal.status(), |_| 200)
}

#[test]
fn a_signal_that_no_plugin_sees_is_not_read() {
    let mut site = shop();
    for route in &mut site.routes {
        route.signals = vec![Signal::Language];
    }
    let config = Config { trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()], sites: vec![site] };
    let boundary = Boundary::new(config, Some(geo())).unwrap();
    let fields = [
        ("user-agent", PHONE),
        ("accept-language", "fr"),
        ("referer", "https://www.google.fr/"),
        ("x-forwarded-for", "198.18.1.9"),
    ];
    let parts = request("GET", "/?utm_campaign=spring", &fields);
    let seen = admitted(&boundary, &parts, "127.0.0.1");
    assert_eq!(
        names(&seen),
        ["any", "any", "fr", "any", "any", "any", "any", "any", "any", "any", "any", "any"]
    );
    // The law of the place is asked all the same: it decides what may be seen.
    assert_eq!(seen.facts.jurisdiction, Jurisdiction::OptIn);
}

#[test]
fn every_signal_is_derived_on_a_personalized_route() {
    let fields = [
        ("user-agent", PHONE),
        ("accept-language", "fr-CA, en;q=0.5"),
        ("referer", "https://www.google.fr/"),
        ("cookie", "a=b; cloakroom_consent=personalization"),
        ("x-forwarded-for", "198.18.1.9"),
    ];
    let parts = request("GET", "/?utm_campaign=SPRING&page=2", &fields);
    let seen = admitted(&boundary(), &parts, "127.0.0.1");
    assert_eq!(
        names(&seen),
        [
            "FR",
            "phone",
            "fr",
            "search",
            "spring",
            "afternoon",
            "android",
            "workday",
            "off",
            "other",
            "new",
            "any"
        ]
    );
    assert_eq!(seen.mode, Mode::Personalize);
    assert_eq!(seen.route.map(|route| route.index()), Some(0));
    assert_eq!(seen.facts.jurisdiction, Jurisdiction::OptIn);
    assert_eq!(seen.facts.consent, Consent { personalization: true, measurement: false });
    assert!(!seen.facts.gpc && !seen.request.gpc() && !seen.request.is_head());
    assert_eq!((seen.request.target(), seen.request.path()), ("/?page=2", "/"));
}

#[test]
fn unlisted_values_are_other_and_unknown_countries_have_no_hour() {
    let plain = request("HEAD", "/p/1?utm_campaign=autumn", &[("sec-gpc", "1"), ("accept-language", "ja")]);
    let seen = admitted(&boundary(), &plain, "198.18.3.1");
    assert_eq!(
        names(&seen),
        [
            "other", "other", "other", "direct", "none", "evening", "other", "workday", "off", "other",
            "any", "any"
        ]
    );
    assert_eq!(seen.facts.jurisdiction, Jurisdiction::Rest);
    assert!(seen.facts.gpc && seen.request.gpc() && seen.request.is_head());
    assert_eq!(seen.facts.consent, Consent::default());
    for (boundary, peer) in [(boundary(), "198.19.0.1"), (boundary_with(None), "198.18.1.1")] {
        let seen = admitted(&boundary, &plain, peer);
        assert_eq!(
            names(&seen),
            [
                "other", "other", "other", "direct", "none", "any", "other", "any", "off", "other", "any",
                "any"
            ]
        );
        assert_eq!(seen.facts.jurisdiction, Jurisdiction::Unknown);
    }
}

#[test]
fn anonymous_routes_read_nothing_but_target_and_gpc() {
    let fields = [("user-agent", PHONE), ("cookie", "cloakroom_consent=all"), ("sec-gpc", "1")];
    let parts = request("GET", "/undeclared?page=1", &fields);
    let one = admitted(&boundary(), &parts, "198.18.1.1");
    assert_eq!((one.route, one.mode, one.request.target()), (None, Mode::Anonymous, "/undeclared"));
    assert_eq!(names(&one), ["any"; 12]);
    assert_eq!(one.facts.consent, Consent::default());
    assert_eq!(one.facts.jurisdiction, Jurisdiction::Unknown);
    assert!(one.facts.gpc);
    let other = admitted(&boundary(), &parts, "198.18.2.1");
    assert_eq!(one.token.slot(), other.token.slot());
}

#[test]
fn listed_paths_pass_through_however_they_are_spelt() {
    for target in ["/account", "/account/orders/caf%C3%A9?token=1", "/%61ccount/x", "/x/../account/;a=b"] {
        let passed = ask(&boundary(), &request("POST", target, &[]), "198.18.1.1");
        assert!(
            matches!(passed, Ok(Admission::Passthrough(through)) if through.route.index() == 2),
            "{target}"
        );
    }
    assert_eq!(
        admitted(&boundary(), &request("GET", "/account/../p/1", &[]), "::1").request.target(),
        "/p/1"
    );
}

#[test]
fn methods_without_a_route_are_refused() {
    assert_eq!(status("POST", "/", &[]), 405);
    assert_eq!(status("POST", "/nowhere", &[]), 405);
    assert_eq!(status("POST", "/search", &[]), 200);
    assert_eq!(status("GET", "/search", &[]), 200);
    assert_eq!(status("GET", "/p/caf%C3%A9", &[]), 404);
    let refusal = ask(&boundary(), &request("PUT", "/search", &[]), "::1").err().unwrap();
    assert!(
        matches!(refusal, Refusal::MethodNotAllowed { route: Some(_), allow } if allow == "GET, HEAD, POST")
    );
}

#[test]
fn hosts_are_configured_or_refused() {
    assert_eq!(status("GET", "/", &[("host", "WWW.shop.example:8080")]), 200);
    assert_eq!(status("GET", "/", &[("host", "other.example")]), 421);
    assert_eq!(status("GET", "/", &[("host", "")]), 400);
    assert_eq!(status("GET", "/", &[("host", "a b")]), 400);
    assert_eq!(status("GET", "/", &[("host", "é")]), 400);
    assert_eq!(status("GET", "/", &[("host", "shop.example"), ("host", "other.example")]), 400);
    assert_eq!(status("GET", "http://shop.example/", &[("host", "other.example")]), 200);
    assert_eq!(status("GET", "https://shop.example", &[]), 200);
    assert_eq!(status("GET", "ftp://shop.example/", &[]), 400);
    assert_eq!(status("GET", "http://user@shop.example/", &[]), 400);
    assert_eq!(status("OPTIONS", "*", &[]), 400);
    assert_eq!(status("CONNECT", "shop.example:443", &[]), 400);
    let mut parts = request("GET", "https://shop.example/", &[("host", "other.example")]);
    parts.version = http::Version::HTTP_2;
    assert_eq!(ask(&boundary(), &parts, "::1").err(), Some(Refusal::Malformed));
    parts.headers.remove("host");
    assert!(ask(&boundary(), &parts, "::1").is_ok());
    let (parts, ()) = http::Request::builder().uri("/").body(()).unwrap().into_parts();
    assert_eq!(ask(&boundary(), &parts, "::1").err(), Some(Refusal::Malformed));
}

#[test]
fn long_targets_are_refused() {
    assert_eq!(status("GET", &format!("/{}", "a".repeat(3_000)), &[]), 414);
    assert_eq!(status("GET", &format!("/?{}", "a".repeat(9_000)), &[]), 414);
}

#[test]
fn sites_of_another_boundary_are_unknown() {
    let mut second = shop();
    second.hosts = vec!["second.example".into()];
    let config = Config { trusted_proxies: Vec::new(), sites: vec![shop(), second] };
    let two = Boundary::new(config, None).unwrap();
    let parts = request("GET", "/", &[("host", "second.example")]);
    let raw = RawRequest::seal(&parts, "::1".parse().unwrap());
    let site = two.site(&raw).unwrap();
    assert_eq!(boundary().admit(site, raw, &TokenKey::random()).err(), Some(Refusal::UnknownHost));
}

#[test]
fn fragments_come_from_routes_marked_so() {
    let boundary = boundary();
    let parts = request("GET", "/", &[]);
    let site = boundary.site(&RawRequest::seal(&parts, "::1".parse().unwrap())).unwrap();
    let fragment = boundary.fragment(site, "/fragments/new?page=2&x=1", true).unwrap();
    assert_eq!(
        (fragment.target(), fragment.gpc(), fragment.is_head()),
        ("/fragments/new?page=2", true, false)
    );
    for target in [
        "/",
        "/account/x",
        "/search",
        "/nowhere",
        "//fragments/x",
        "https://other.example/",
        "/fragments/%00",
    ] {
        assert!(boundary.fragment(site, target, false).is_none(), "{target}");
    }
    for (path, expected) in
        [("/account/x", true), ("/", false), ("/nowhere", false), ("/search", false), ("//x", true)]
    {
        assert_eq!(boundary.is_passthrough(site, path), expected, "{path}");
    }
    let route = fragment.route().unwrap();
    let declared = shop().routes.iter().position(|route| route.fragment);
    assert_eq!(Some(route.index()), declared);
    assert_eq!(fragment.site(), site);
}

#[test]
fn wrong_configurations_are_named() {
    let error = |change: fn(&mut cloakroom_boundary::SiteConfig)| {
        let mut site = shop();
        change(&mut site);
        let config = Config { trusted_proxies: Vec::new(), sites: vec![site] };
        Boundary::new(config, None).err().unwrap()
    };
    assert_eq!(error(|site| site.hosts.clear()), BoundaryError::NoHost { site: 0 });
    assert!(matches!(
        error(|site| site.hosts.push("shop.example".into())),
        BoundaryError::RepeatedHost { .. }
    ));
    assert!(matches!(error(|site| site.hosts.push("a.example:80".into())), BoundaryError::Host { .. }));
    assert!(matches!(
        error(|site| site.consent = vec![ConsentSource::Cookie { name: "a=b".into() }]),
        BoundaryError::Name { .. }
    ));
    assert!(matches!(
        error(|site| site.campaign_parameter = Some(String::new())),
        BoundaryError::Name { .. }
    ));
    let twice = error(|site| site.routes.push(route("/", Mode::Anonymous)));
    assert_eq!(twice.to_string(), "`/` is declared twice for GET");
    let config = Config { trusted_proxies: Vec::new(), sites: vec![shop(), shop()] };
    assert!(matches!(Boundary::new(config, None).err(), Some(BoundaryError::RepeatedHost { .. })));
}

#[test]
fn sources_of_consent_have_to_agree() {
    let mut site = shop();
    site.consent = vec![
        ConsentSource::Cookie { name: "cloakroom_consent".into() },
        ConsentSource::OneTrust,
        ConsentSource::Cookiebot,
        ConsentSource::UsPrivacy,
        ConsentSource::Tcf { vendor: None },
    ];
    let config = Config { trusted_proxies: Vec::new(), sites: vec![site] };
    let boundary = Boundary::new(config, Some(geo())).unwrap();
    let granted = |cookies: &str, dnt: &str| {
        let parts = request("GET", "/", &[("cookie", cookies), ("dnt", dnt)]);
        let consent = admitted(&boundary, &parts, "198.18.1.1").facts.consent;
        (consent.personalization, consent.measurement)
    };
    let plain = "cloakroom_consent=all";
    let onetrust = "OptanonConsent=groups=C0002%3A0%2CC0003%3A1";
    assert_eq!(granted(plain, "0"), (true, true));
    assert_eq!(granted(onetrust, "0"), (true, false));
    assert_eq!(granted(&format!("{plain}; {onetrust}"), "0"), (true, false));
    assert_eq!(
        granted(&format!("{plain}; CookieConsent={{preferences:false%2Cstatistics:true}}"), "0"),
        (false, true)
    );
    assert_eq!(granted(&format!("{plain}; usprivacy=1YNN"), "0"), (true, true));
    for refused in
        ["usprivacy=1YYN", "usprivacy=x", "CookieConsent=-1", "euconsent-v2=C", "cloakroom_consent=none"]
    {
        assert_eq!(granted(&format!("{plain}; {refused}"), "0"), (false, false), "{refused}");
    }
    assert_eq!(granted("usprivacy=1YNN", "0"), (false, false), "no objection is no consent");
    assert_eq!(granted(plain, "1"), (false, false), "Do Not Track");
}
