//! What is written is read, nothing else is, and a clock that was wrong makes nothing younger.

use bytes::Bytes;
use cloakroom_boundary::{Boundary, Config, ConsentSource, SiteConfig};
use cloakroom_vocabulary::{SiteValues, SiteVocabulary};
use proptest::prelude::*;

use super::*;
use crate::{Answered, OwnTag, Validators};

const SECOND: Duration = Duration::from_secs(1);

fn site() -> SiteId {
    let site = SiteConfig {
        hosts: vec!["shop.example".to_owned()],
        vocabulary: Arc::new(SiteVocabulary::new(&SiteValues::default()).unwrap()),
        consent: vec![ConsentSource::Cookie { name: "c".to_owned() }],
        campaign_parameter: None,
        topics: Vec::new(),
        routes: Vec::new(),
    };
    let boundary = Boundary::new(Config { sites: vec![site], ..Config::default() }, None).unwrap();
    boundary.sites().next().unwrap()
}

fn key() -> PageKey {
    PageKey::kept(site(), "/c/tents?page=2".into(), true, (Edition(7), OriginView(3)))
}

fn page(fields: &[(&'static str, &'static str)], freshness: Freshness) -> Page {
    let origin =
        fields.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    let answered = Answered {
        status: StatusCode::NOT_FOUND,
        headers: HeaderMap::new(),
        sent: HeaderMap::new(),
        own_tag: OwnTag::Ours,
        dated: false,
        compresses: true,
        body: Bytes::from_static(b"body"),
        validators: Validators::default(),
        origin: origin.collect(),
    };
    Page::new(answered, freshness)
}

fn freshness() -> Freshness {
    let mut freshness = Freshness::of(60 * SECOND);
    freshness.age = Duration::from_nanos(1_500_000_001);
    freshness.while_revalidating = 30 * SECOND;
    freshness.if_error = 86_400 * SECOND;
    freshness
}

fn kept(arrived: SystemTime) -> KeptPage {
    let page = page(&[("cache-tag", "a, b"), ("etag", "\"1\"")], freshness());
    let now = page.arrived() + 5 * SECOND;
    KeptPage::of("shop.example", &key(), &page, now, arrived + 5 * SECOND).unwrap()
}

#[test]
fn a_page_comes_back_as_old_as_it_is() {
    let clock = UNIX_EPOCH + 1_700_000_000 * SECOND;
    let bytes = kept(clock).to_bytes().unwrap();
    let read = KeptPage::from_bytes(&bytes).unwrap();
    assert!(read == kept(clock));
    assert!(read.key(site()) == key(), "the same key, so that a request finds it");
    assert_eq!((read.host(), read.target()), ("shop.example", "/c/tents?page=2"));
    assert_eq!(read.status(), StatusCode::NOT_FOUND);
    assert_eq!(read.origin()["etag"], "\"1\"");
    assert_eq!(read.tags().iter().collect::<Vec<_>>(), ["a", "b"]);
    // A minute later, in another process: its age goes on.
    let now = Instant::now();
    let arrived = read.arrived(now, clock + 60 * SECOND).unwrap();
    assert_eq!(now - arrived, 60 * SECOND);
    assert_eq!(read.freshness().age, Duration::from_millis(1_501), "no younger than it was");
    let again = Page::kept(page(&[], freshness()).answered().clone(), read.freshness(), arrived);
    assert_eq!(again.arrived(), arrived);
    assert_eq!(again.state(now), crate::State::WhileRevalidating);
}

#[test]
fn a_clock_that_is_wrong_makes_nothing_fresh() {
    let clock = UNIX_EPOCH + 1_700_000_000 * SECOND;
    let (page, now) = (kept(clock), Instant::now());
    assert!(page.arrived(now, clock - 3 * SECOND).is_none(), "it comes from the future");
    assert!(page.arrived(now, UNIX_EPOCH).is_none(), "a clock that was never set");
    assert!(page.arrived(now, UNIX_EPOCH - SECOND).is_none());
    assert_eq!(page.arrived(now, clock - SECOND), Some(now), "clocks are corrected all the time");
    let years = 40 * 365 * 86_400 * SECOND;
    let arrived = page.arrived(now, clock + years);
    assert!(arrived.is_none_or(|arrived| now - arrived == years), "old, or nobody knows");
    let early = super::KeptPage::of("h", &key(), &self::page(&[], freshness()), now, UNIX_EPOCH - SECOND);
    assert!(early.is_none(), "before 1970");
}

#[test]
fn what_is_for_those_who_wait_is_not_kept() {
    let page = page(&[], Freshness::once());
    assert!(KeptPage::of("h", &key(), &page, Instant::now(), SystemTime::now()).is_none());
}

#[test]
fn keys_that_differ_have_other_identities() {
    let told = |edition, view| (Edition(edition), OriginView(view));
    let keys = [
        ("a", "/b", false, told(0, 0)),
        ("a", "/b", true, told(0, 0)),
        ("a", "/b", false, told(1, 0)),
        ("a", "/b", false, told(0, 1)),
        ("a", "/bc", false, told(0, 0)),
        ("a/", "b", false, told(0, 0)),
    ];
    let identity = |(host, target, gpc, told): (&str, &str, bool, Told)| {
        KeptPage::identity(host, &PageKey::kept(site(), target.into(), gpc, told))
    };
    for (at, one) in keys.iter().enumerate() {
        for (other_at, other) in keys.iter().enumerate() {
            assert_eq!(identity(*one) == identity(*other), at == other_at, "{one:?} {other:?}");
        }
    }
}

#[test]
fn more_fields_than_are_kept_are_not() {
    let mut page = kept(UNIX_EPOCH + SECOND);
    page.origin = (0..MAX_FIELDS).map(|_| (http::header::VIA, HeaderValue::from_static("1"))).collect();
    let bytes = page.to_bytes().unwrap();
    assert_eq!(KeptPage::from_bytes(&bytes).unwrap().origin().len(), MAX_FIELDS);
    page.origin.append("x-one-more", HeaderValue::from_static("1"));
    assert!(page.to_bytes().is_none());
    page.origin.clear();
    page.host = "h".repeat(70_000);
    assert!(page.to_bytes().is_none());
}

fn fields() -> impl Strategy<Value = HeaderMap> {
    let name = "[a-z][a-z0-9-]{0,8}".prop_map(|name| HeaderName::try_from(name).unwrap());
    let value = "[ -~]{0,20}".prop_map(|value| HeaderValue::try_from(value.trim()).unwrap());
    proptest::collection::vec((name, value), 0..8).prop_map(|fields| {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(name, value);
        }
        map
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        (host, target, gpc) in ("[a-z.]{0,20}", "/\\PC{0,40}", any::<bool>()),
        told in (any::<u64>(), any::<u16>()),
        status in 100_u16..1_000,
        times in any::<[u64; 5]>(),
        origin in fields(),
    ) {
        let [arrived, lifetime, age, while_revalidating, if_error] = times.map(Duration::from_millis);
        let mut freshness = Freshness::of(lifetime);
        (freshness.age, freshness.while_revalidating, freshness.if_error) = (age, while_revalidating, if_error);
        let page = KeptPage {
            host,
            target: target.into(),
            gpc,
            told: (Edition(told.0), OriginView(told.1)),
            status: StatusCode::from_u16(status).unwrap(),
            origin,
            freshness,
            arrived,
        };
        let bytes = page.to_bytes().unwrap();
        prop_assert!(KeptPage::from_bytes(&bytes).is_some_and(|read| read == page));
        // Cut or with something after it, it is no page; and no time in it makes anything panic.
        for end in 0..bytes.len() {
            prop_assert!(KeptPage::from_bytes(&bytes[..end]).is_none(), "{} bytes", end);
        }
        prop_assert!(KeptPage::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_none());
        let _ = page.arrived(Instant::now(), SystemTime::now());
    }

    #[test]
    fn whatever_is_read_would_be_written_the_same(
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut bytes = kept(UNIX_EPOCH + SECOND).to_bytes().unwrap();
        for (at, byte) in flips {
            *at.get_mut(&mut bytes) = byte;
        }
        if let Some(read) = KeptPage::from_bytes(&bytes) {
            prop_assert_eq!(read.to_bytes(), Some(bytes));
        }
    }
}
