//! A small shop, its country database, and requests to it. No client data: all of it is made up.

#![allow(dead_code, reason = "each test file uses a part")]

pub mod mmdb;
pub mod stored;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use cloakroom_boundary::{
    Admission, Admitted, Boundary, Config, ConsentSource, Geo, Mode, PathPattern, QueryPattern, QueryRule,
    RawRequest, Refusal, RouteConfig, SiteConfig, TokenKey,
};
use cloakroom_vocabulary::{
    CountryCode, Jurisdiction, Places, Signal, SiteValues, SiteVocabulary, Subdivision, SubdivisionCode,
};
use http::{Method, request::Parts};
use mmdb::{Field, database};

/// 2024-07-01 10:30 UTC.
const MONDAY_MORNING: u64 = 1_719_829_800;

pub fn route(pattern: &str, mode: Mode) -> RouteConfig {
    let pattern = PathPattern::parse(pattern, None).unwrap();
    RouteConfig {
        pattern,
        methods: None,
        mode,
        query: Vec::new(),
        fragment: false,
        signals: Signal::ALL.to_vec(),
        bucket: false,
    }
}

pub fn vocabulary() -> Arc<SiteVocabulary> {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let listed = SiteValues {
        countries: owned(&["FR", "DE", "GB", "US"]),
        languages: owned(&["en", "fr", "de"]),
        campaigns: owned(&["spring"]),
        topics: Vec::new(),
    };
    Arc::new(SiteVocabulary::new(&listed).unwrap())
}

pub fn shop() -> SiteConfig {
    let mut home = route("/", Mode::Personalize);
    home.query = vec![
        QueryRule::new("sort", None).unwrap(),
        QueryRule::new("page", Some(QueryPattern::Pattern("[0-9]{1,3}".into()))).unwrap(),
    ];
    let mut search = route("/search", Mode::Passthrough);
    search.methods = Some(vec![Method::POST]);
    let mut strip = route("/fragments/*", Mode::Anonymous);
    strip.fragment = true;
    strip.query = vec![QueryRule::new("page", None).unwrap()];
    SiteConfig {
        hosts: vec!["shop.example".into(), "www.shop.example".into()],
        vocabulary: vocabulary(),
        consent: vec![ConsentSource::Cookie { name: "cloakroom_consent".into() }],
        campaign_parameter: Some("utm_campaign".into()),
        topics: Vec::new(),
        routes: vec![
            home,
            route("/p/*", Mode::Personalize),
            route("/account/*", Mode::Passthrough),
            route("/search", Mode::Anonymous),
            search,
            strip,
        ],
    }
}

pub fn geo() -> Geo {
    let country = |code| ("country", Field::map("iso_code", code)).into();
    let canada = |part| {
        let parts = Field::List(vec![Field::map("iso_code", part)]);
        Field::Map(vec![("country", Field::map("iso_code", "CA")), ("subdivisions", parts)])
    };
    Geo::from_bytes(database(&[
        ("198.18.4.0/24", canada("QC")),
        ("198.18.5.0/24", canada("ON")),
        ("198.18.1.0/24", country("FR")),
        ("198.18.2.0/24", country("US")),
        ("198.18.3.0/24", country("JP")),
        ("2001:db8:1::/48", country("DE")),
    ]))
    .unwrap()
}

/// The law of the places that [`geo`] knows, with `rest` for those that are not listed.
pub fn places() -> Places {
    let law = |code, jurisdiction| (CountryCode::parse(code).unwrap(), jurisdiction);
    let whole = [
        law("FR", Jurisdiction::OptIn),
        law("DE", Jurisdiction::OptIn),
        law("GB", Jurisdiction::OptIn),
        law("US", Jurisdiction::OptOut),
    ];
    let part = |code, jurisdiction| Subdivision {
        code: SubdivisionCode::parse(code).unwrap(),
        names: Vec::new(),
        jurisdiction,
    };
    let canada = vec![part("QC", Jurisdiction::Quebec), part("ON", Jurisdiction::Rest)];
    Places::new(&whole, &[(CountryCode::parse("CA").unwrap(), canada)]).unwrap()
}

pub fn boundary_with(geo: Option<Geo>) -> Boundary {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let config = Config { trusted_proxies, places: places(), sites: vec![shop()] };
    let now = || UNIX_EPOCH + Duration::from_secs(MONDAY_MORNING);
    Boundary::new(config, geo).unwrap().with_clock(now)
}

pub fn boundary() -> Boundary {
    boundary_with(Some(geo()))
}

pub fn request(method: &str, target: &str, fields: &[(&str, &str)]) -> Parts {
    let mut request = http::Request::builder().method(method).uri(target);
    if !fields.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "shop.example");
    }
    for (name, value) in fields {
        request = request.header(*name, value.as_bytes());
    }
    request.body(()).unwrap().into_parts().0
}

pub fn ask(boundary: &Boundary, parts: &Parts, peer: &str) -> Result<Admission, Refusal> {
    let raw = RawRequest::seal(parts, peer.parse::<IpAddr>().unwrap());
    let site = boundary.site(&raw)?;
    boundary.admit(site, raw, &TokenKey::random())
}

pub fn admitted(boundary: &Boundary, parts: &Parts, peer: &str) -> Admitted {
    match ask(boundary, parts, peer) {
        Ok(Admission::Admitted(admitted)) => admitted,
        Ok(Admission::Passthrough(_)) => panic!("the request was passed through"),
        Err(refusal) => panic!("refused: {refusal}"),
    }
}

/// The names of all signal values, in the order of [`Signal::ALL`].
pub fn names(admitted: &Admitted) -> Vec<String> {
    let vocabulary = vocabulary();
    let name = |signal| vocabulary.hierarchy(signal).name(admitted.signals.value(signal)).to_owned();
    Signal::ALL.into_iter().map(name).collect()
}
