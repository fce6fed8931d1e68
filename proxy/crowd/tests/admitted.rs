//! Crowds of requests that really came through the boundary. Only made-up addresses enter.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::SystemTime;

use cloakroom_boundary::{
    Admission, Boundary, Config as BoundaryConfig, ConsentSource, Mode, PathPattern, RawRequest, RouteConfig,
    SiteConfig,
};
use cloakroom_crowd::{Config, Crowd, JointTable, RouteCrowd};
use cloakroom_vocabulary::{CellId, Domain, Grain, Signal, SiteValues, SiteVocabulary};

fn route(path: &str) -> RouteConfig {
    RouteConfig {
        pattern: PathPattern::parse(path, None).unwrap(),
        methods: None,
        mode: Mode::Personalize,
        query: vec![],
        fragment: false,
        signals: Signal::ALL.to_vec(),
        bucket: false,
    }
}

/// The visitor's cell, on a site whose first route has no crowd and whose second counts languages.
fn visit(boundary: &Boundary, crowd: &Crowd, path: &str, class: u8, network: u8, language: &str) -> CellId {
    let request = http::Request::get(path).header("host", "shop.example").header("accept-language", language);
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let raw = RawRequest::seal(&parts, IpAddr::V4(Ipv4Addr::new(198, 18, network, 1)));
    let epoch = crowd.epoch();
    let site = boundary.site(&raw).unwrap();
    let Ok(Admission::Admitted(admitted)) = boundary.admit(site, raw, epoch.key()) else {
        panic!("the route is personalized");
    };
    epoch.place(admitted.route.unwrap(), class, &admitted.signals, admitted.token).cell().cell()
}

#[test]
fn a_crowd_of_networks_releases_its_language_and_one_network_does_not() {
    let vocabulary = Arc::new(
        SiteVocabulary::new(&SiteValues {
            languages: vec!["fr".into(), "de".into()],
            ..SiteValues::default()
        })
        .unwrap(),
    );
    let site = SiteConfig {
        hosts: vec!["shop.example".into()],
        vocabulary: Arc::clone(&vocabulary),
        consent: vec![ConsentSource::Cookie { name: "cloakroom_consent".into() }],
        campaign_parameter: None,
        topics: vec![],
        routes: vec![route("/plain"), route("/")],
    };
    let config = BoundaryConfig { trusted_proxies: vec![], sites: vec![site], ..BoundaryConfig::default() };
    let boundary = Boundary::new(config, None).unwrap();
    let domain = Domain::of_site([(Signal::Language, vocabulary.hierarchy(Signal::Language))]).unwrap();
    let any = domain.any();
    let joints = JointTable::plain(vec![vec![0; domain.size() as usize].into(); 2]);
    let classes = vec![vec![Grain::ANY], vec![Grain::FINEST]];
    let counted = RouteCrowd { domain, classes, joints, identity: Vec::new(), meaning: Vec::new() };
    let config = Config { k: 20, ..Config::default() };
    let now = SystemTime::UNIX_EPOCH;
    let crowd = Crowd::new(config, Arc::clone(&vocabulary), vec![None, Some(counted)], now).unwrap();

    for visit_number in 0..100 {
        assert_eq!(visit(&boundary, &crowd, "/", 1, visit_number, "fr"), any);
        assert_eq!(visit(&boundary, &crowd, "/", 1, 200, "de"), any);
        assert_eq!(visit(&boundary, &crowd, "/plain", 1, visit_number, "fr"), CellId(0));
    }
    crowd.rotate(now + crowd.left(now));

    let french = vocabulary.hierarchy(Signal::Language).find("fr").unwrap();
    assert_eq!(visit(&boundary, &crowd, "/", 1, 250, "fr"), CellId(u32::from(french.0)));
    assert_eq!(visit(&boundary, &crowd, "/", 1, 200, "de"), any);
    assert_eq!(visit(&boundary, &crowd, "/", 0, 250, "fr"), any);
    assert_eq!(visit(&boundary, &crowd, "/plain", 1, 250, "fr"), CellId(0));
}
