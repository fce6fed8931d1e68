//! The parts of a hit: the visitor read at the boundary, placed in a crowd, and looked up.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use cloakroom_benches::{BANNERS, COUNTRIES, HEROES, HOST, LANGUAGES, Visitor, page, visitors};
use cloakroom_boundary::{
    Admission, Admitted, Boundary, Config, ConsentSource, Geo, Kept, Mode, PathPattern, RawRequest,
    RouteConfig, SiteConfig, TokenKey, TopicConfig, TopicPath,
};
use cloakroom_crowd::{Config as CrowdConfig, Crowd, JointTable, RouteCrowd};
use cloakroom_demo::DemoGeo;
use cloakroom_policy::Jurisdictions;
use cloakroom_variants::{
    Answered, Body, CacheConfig, Choice, Freshness, JointVariant, OwnTag, Page, Validators, VariantCache,
    VariantLookup,
};
use cloakroom_vocabulary::{Domain, Grain, Signal, SiteValues, SiteVocabulary};
use criterion::{BatchSize, Criterion};
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use crate::load::hero;

/// Topics of the site, as many as it may declare.
const TOPICS: [&str; 16] = [
    "tents", "stoves", "boats", "bikes", "lamps", "tools", "plants", "paint", "shelves", "rugs", "beds",
    "desks", "chairs", "books", "games", "shoes",
];

pub(crate) fn lookup(criterion: &mut Criterion) {
    let plugin = hero();
    let table = plugin.table();
    let mut cells = (0..table.size()).cycle();
    criterion.bench_function("decision in a table, by index", |bencher| {
        bencher.iter(|| table.lookup(black_box(cells.next().unwrap())));
    });
    let ids: Vec<Vec<u8>> = (0..table.size()).map(|cell| table.ids(cell)).collect();
    let mut cells = ids.iter().cycle();
    criterion.bench_function("decision in a table, by values", |bencher| {
        bencher.iter(|| table.lookup(table.index(black_box(cells.next().unwrap()))));
    });
}

pub(crate) fn admission(criterion: &mut Criterion) {
    let (boundary, _) = boundary(ConsentSource::Cookie { name: "cloakroom_consent".into() });
    let key = TokenKey::random();
    let requests = requests();
    let mut next = requests.iter().cycle();
    criterion.bench_function("boundary, site and admission", |bencher| {
        bencher.iter(|| admit(&boundary, next.next().unwrap(), &key));
    });
}

/// What the cookies about visits cost: where nobody asks for them, where the browser has them, and at the
/// first request with consent, which draws and sets all three.
pub(crate) fn remembering(criterion: &mut Criterion) {
    let consent = || ConsentSource::Cookie { name: "cloakroom_consent".into() };
    let key = TokenKey::random();
    let settled = |boundary: &Boundary, request: &Parts| {
        let all = Kept { visit: true, interest: true, bucket: true };
        admit(boundary, request, &key).cookies.settle(all).lines().count()
    };
    let consenting = |cookies: &str| {
        let mut request = requests().into_iter().next().unwrap();
        let cookies = format!("session=0123456789abcdef; cloakroom_consent=all{cookies}");
        request.headers.insert(COOKIE, cookies.try_into().unwrap());
        request
    };
    let (boundary, _) = boundary_asking(consent(), false);
    let request = consenting("");
    assert_eq!(settled(&boundary, &request), 0);
    criterion.bench_function("boundary, cookies about visits: nobody asks", |bencher| {
        bencher.iter(|| settled(&boundary, black_box(&request)));
    });
    let (boundary, _) = boundary_asking(consent(), true);
    assert_eq!(settled(&boundary, &request), 3);
    criterion.bench_function("boundary, cookies about visits: all three drawn and set", |bencher| {
        bencher.iter(|| settled(&boundary, black_box(&request)));
    });
    let interest =
        admit(&boundary, &request, &key).cookies.settle(Kept { interest: true, ..Kept::default() });
    let interest = interest.lines().next().unwrap().to_str().unwrap().split(';').next().unwrap().to_owned();
    let request = consenting(&format!("; cloakroom_visit=1; {interest}; cloakroom_bucket=57"));
    assert_eq!(settled(&boundary, &request), 0);
    criterion.bench_function("boundary, cookies about visits: all three read", |bencher| {
        bencher.iter(|| settled(&boundary, black_box(&request)));
    });
}

pub(crate) fn crowd(criterion: &mut Criterion) {
    let (boundary, vocabulary) = boundary(ConsentSource::Cookie { name: "cloakroom_consent".into() });
    let signals = [Signal::Country, Signal::Device, Signal::Language, Signal::Campaign];
    let domain = Domain::of_site(signals.map(|signal| (signal, vocabulary.hierarchy(signal)))).unwrap();
    let classes = [Grain::ANY, Grain::FINEST].map(|grain| vec![grain; signals.len()]);
    let joints = JointTable::plain(vec![vec![0; domain.size() as usize].into(); classes.len()]);
    let (domain_of, classes) = (domain.clone(), classes.to_vec());
    let route = RouteCrowd { domain: domain_of, classes, joints, identity: Vec::new(), meaning: Vec::new() };
    let config = CrowdConfig { k: 3, ..CrowdConfig::default() };
    let mut now = SystemTime::UNIX_EPOCH;
    let crowd = Crowd::new(config, vocabulary, vec![Some(route)], now).unwrap();
    let requests = requests();
    let place = |admitted: Admitted| {
        let epoch = crowd.epoch();
        let placed = epoch.place(admitted.route.unwrap(), 1, &admitted.signals, admitted.token);
        (placed, admitted.request)
    };
    let mut all_released = || {
        let known = requests.iter().filter(|request| {
            let (placed, _) = place(admit(&boundary, request, crowd.epoch().key()));
            placed.cell().cell() != domain.any()
        });
        let all = known.count() == requests.len();
        now += crowd.left(now);
        crowd.rotate(now);
        all
    };
    // Noise holds small crowds back now and then.
    assert!((0..1_000).any(|_| all_released()), "every cell is released");
    let mut next = requests.iter().cycle();
    criterion.bench_function("crowd, one visitor placed", |bencher| {
        let admitted = || admit(&boundary, next.next().unwrap(), crowd.epoch().key());
        bencher.iter_batched(admitted, place, BatchSize::SmallInput);
    });
}

pub(crate) fn cache(criterion: &mut Criterion) {
    let (boundary, _) = boundary(ConsentSource::Cookie { name: "cloakroom_consent".into() });
    let admitted = admit(&boundary, requests().first().unwrap(), &TokenKey::random());
    let cache = VariantCache::new(CacheConfig { max_bytes: 256 << 20 });
    let body = Bytes::from(page(HEROES[0].1, BANNERS[0].1));
    let stored = Page::new(
        Answered {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            sent: HeaderMap::new(),
            own_tag: OwnTag::Ours,
            dated: false,
            compresses: false,
            body: body.clone(),
            validators: Validators::default(),
            origin: HeaderMap::new(),
        },
        Freshness::once(),
    );
    let key = |variant| {
        VariantLookup::new(&admitted.request, Choice { joint: JointVariant(variant), ..Choice::default() })
    };
    let resource = cache.store(key(0).to_key().page().clone(), stored, cache.began());
    for variant in 0..15 {
        let made = Arc::new(resource.page().variant(Body::whole(body.clone())));
        cache.add(&resource, key(variant).variant(), &made, cache.began());
    }
    let mut variants = (0..15).cycle();
    criterion.bench_function("cache, one variant found", |bencher| {
        bencher.iter(|| {
            let key = key(black_box(variants.next().unwrap()));
            cache.find(&key).and_then(|found| found.variant(key.variant())).unwrap()
        });
    });
}

pub(crate) fn admit(boundary: &Boundary, request: &Parts, key: &TokenKey) -> Admitted {
    let raw = RawRequest::seal(request, IpAddr::V4(Ipv4Addr::LOCALHOST));
    let site = boundary.site(&raw).unwrap();
    match boundary.admit(site, raw, key) {
        Ok(Admission::Admitted(admitted)) => admitted,
        _ => panic!("the route is personalized"),
    }
}

pub(crate) fn boundary(consent: ConsentSource) -> (Boundary, Arc<SiteVocabulary>) {
    boundary_asking(consent, false)
}

/// A site whose only route asks for all signals; for those that come from cookies, and the bucket, only
/// where `remembering`.
fn boundary_asking(consent: ConsentSource, remembering: bool) -> (Boundary, Arc<SiteVocabulary>) {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let listed = SiteValues {
        countries: owned(&COUNTRIES),
        languages: owned(&LANGUAGES),
        campaigns: owned(&["spring"]),
        topics: owned(&TOPICS),
    };
    let vocabulary = Arc::new(SiteVocabulary::new(&listed).unwrap());
    let from_cookies = |signal: &Signal| matches!(signal, Signal::Visit | Signal::Interest);
    let route = RouteConfig {
        pattern: PathPattern::parse("/", None).unwrap(),
        methods: None,
        mode: Mode::Personalize,
        query: Vec::new(),
        fragment: false,
        signals: Signal::ALL.into_iter().filter(|signal| remembering || !from_cookies(signal)).collect(),
        bucket: remembering,
    };
    let path = |name: &str| TopicPath::parse(&format!("/c/{name}/*")).unwrap();
    let topics = TOPICS.map(|name| TopicConfig { name: name.to_owned(), paths: vec![path(name)] });
    let site = SiteConfig {
        hosts: vec![HOST.to_owned()],
        vocabulary: Arc::clone(&vocabulary),
        consent: vec![consent],
        campaign_parameter: Some("utm_campaign".to_owned()),
        topics: topics.to_vec(),
        routes: vec![route],
    };
    let config = Config {
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        places: Jurisdictions::shipped().unwrap().into_places(),
        sites: vec![site],
    };
    let geo = Geo::from_bytes(DemoGeo::new().bytes().to_vec()).unwrap();
    (Boundary::new(config, Some(geo)).unwrap(), vocabulary)
}

fn requests() -> Vec<Parts> {
    visitors().iter().map(request).collect()
}

fn request(visitor: &Visitor) -> Parts {
    let mut request = http::Request::get(&visitor.target);
    for (name, value) in visitor.fields.lines().filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    request.body(()).unwrap().into_parts().0
}
