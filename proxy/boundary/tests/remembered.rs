//! The cookies about visits: when they are set, what they hold byte for byte, when they go, and how weeks and
//! chance make the answer of `interest`. All visitors are made up; time and chance are given.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, UNIX_EPOCH};

use cloakroom_boundary::{Admitted, Boundary, Config, Kept, Mode, RawRequest, TopicConfig, TopicPath};
use cloakroom_vocabulary::{Signal, SiteValues, SiteVocabulary};
use support::{admitted, geo, request, route, shop};

const TOPICS: [&str; 4] = ["tents", "stoves", "boats", "bikes"];
const ALL: Kept = Kept { visit: true, interest: true, bucket: true };
const WEEK: u64 = 7 * 86_400;
const INSIDE: (&str, &str) = ("referer", "https://shop.example/");
const OUTSIDE: (&str, &str) = ("referer", "https://www.google.fr/");

/// A shop whose home asks for everything, whose products ask for nothing, with a clock to turn.
struct Shop {
    boundary: Boundary,
    vocabulary: Arc<SiteVocabulary>,
    seconds: Arc<AtomicU64>,
}

fn shop_with(seed: u64) -> Shop {
    let vocabulary = SiteVocabulary::new(&SiteValues {
        topics: TOPICS.map(str::to_owned).to_vec(),
        ..SiteValues::default()
    });
    let vocabulary = Arc::new(vocabulary.unwrap());
    let mut site = shop();
    site.vocabulary = Arc::clone(&vocabulary);
    site.topics = TOPICS
        .map(|name| TopicConfig {
            name: name.to_owned(),
            paths: vec![TopicPath::parse(&format!("/p/{name}-*")).unwrap()],
        })
        .to_vec();
    site.routes[0].bucket = true;
    let mut products = route("/p/*", Mode::Personalize);
    products.signals = vec![Signal::Device];
    site.routes[1] = products;
    let seconds = Arc::new(AtomicU64::new(1_719_829_800));
    let (shown, state) = (Arc::clone(&seconds), AtomicU64::new(seed));
    let config = Config { trusted_proxies: vec![], sites: vec![site] };
    let boundary = Boundary::new(config, Some(geo()))
        .unwrap()
        .with_clock(move || UNIX_EPOCH + Duration::from_secs(shown.load(Relaxed)))
        .with_chance(move || mixed(state.fetch_add(0x9e37_79b9_7f4a_7c15, Relaxed)));
    Shop { boundary, vocabulary, seconds }
}

/// SplitMix64 (Steele et al. 2014): the same numbers in every run.
fn mixed(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Shop {
    fn admit(&self, target: &str, cookies: &str, more: &[(&str, &str)]) -> Admitted {
        let mut fields = vec![("cookie", cookies)];
        fields.extend_from_slice(more);
        admitted(&self.boundary, &request("GET", target, &fields), "198.18.1.1")
    }

    fn lines(&self, target: &str, cookies: &str, more: &[(&str, &str)]) -> Vec<String> {
        settled(self.admit(target, cookies, more), ALL)
    }

    fn name(&self, admitted: &Admitted, signal: Signal) -> String {
        self.vocabulary.hierarchy(signal).name(admitted.signals.value(signal)).to_owned()
    }

    fn turn(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Relaxed);
    }
}

fn settled(admitted: Admitted, kept: Kept) -> Vec<String> {
    admitted.cookies.settle(kept).lines().map(|line| line.to_str().unwrap().to_owned()).collect()
}

/// A browser that keeps what it is told to keep.
struct Browser(BTreeMap<String, String>);

impl Browser {
    fn consenting() -> Self {
        Self(BTreeMap::from([("cloakroom_consent".to_owned(), "all".to_owned())]))
    }

    fn cookies(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Asks for a page; gives what was seen and how many cookies were set.
    fn visit(&mut self, shop: &Shop, target: &str, more: &[(&str, &str)]) -> ([String; 2], usize) {
        let seen = shop.admit(target, &self.cookies(), more);
        let names = [Signal::Visit, Signal::Interest].map(|signal| shop.name(&seen, signal));
        let lines = settled(seen, ALL);
        for line in &lines {
            let (pair, rest) = line.split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0;") {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
        (names, lines.len())
    }
}

#[test]
fn the_first_page_with_consent_sets_three_values_and_the_next_sets_nothing() {
    let shop = shop_with(7);
    let mut browser = Browser::consenting();
    let lines = shop.lines("/", &browser.cookies(), &[]);
    let attributes = |line: &str| line.split_once("; ").unwrap().1.to_owned();
    assert_eq!(lines[0], "cloakroom_visit=0; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax");
    assert!(lines[1].starts_with("cloakroom_interest=") && lines[1].contains(".-.0000; "), "{}", lines[1]);
    assert_eq!(attributes(&lines[1]), "Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax");
    assert_eq!(attributes(&lines[2]), attributes(&lines[0]));
    let number = lines[2].strip_prefix("cloakroom_bucket=").unwrap().split(';').next().unwrap();
    assert!(number.parse::<u8>().unwrap() < 100);
    assert_eq!(lines.len(), 3);

    browser.visit(&shop, "/", &[]);
    let seen = shop.admit("/", &browser.cookies(), &[INSIDE]);
    assert_eq!(
        seen.signals.bucket().map(|bucket| bucket.to_string()),
        browser.0.get("cloakroom_bucket").cloned()
    );
    assert_eq!(browser.visit(&shop, "/", &[INSIDE]).1, 0);
    assert_eq!(browser.visit(&shop, "/p/1", &[INSIDE]).1, 0);
}

#[test]
fn a_bucket_is_told_at_once_where_a_route_asks_and_nowhere_else() {
    let shop = shop_with(3);
    let seen = shop.admit("/", "cloakroom_consent=all", &[]);
    let told = seen.signals.bucket().unwrap();
    assert!(settled(seen, ALL).iter().any(|line| line.starts_with(&format!("cloakroom_bucket={told};"))));
    assert_eq!(shop.admit("/p/1", "cloakroom_consent=all; cloakroom_bucket=7", &[]).signals.bucket(), None);
    assert_eq!(shop.admit("/", "cloakroom_consent=all; cloakroom_bucket=7", &[]).signals.bucket(), Some(7));
}

#[test]
fn a_visit_lasts_while_pages_are_reached_from_pages_of_the_site() {
    let shop = shop_with(1);
    let mut browser = Browser::consenting();
    let mut visit = |more: &[(&str, &str)]| {
        let ([visit, _], _) = browser.visit(&shop, "/", more);
        (visit, browser.0["cloakroom_visit"].clone())
    };
    let told = |visit: &str, bit: &str| (visit.to_owned(), bit.to_owned());
    assert_eq!(visit(&[OUTSIDE]), told("new", "0"));
    assert_eq!(visit(&[INSIDE]), told("new", "0"));
    assert_eq!(visit(&[("referer", "https://www.shop.example/p/1")]), told("new", "0"));
    // A site that sends no referrer is told by the browser where a request comes from.
    assert_eq!(visit(&[("sec-fetch-site", "same-origin")]), told("new", "0"));
    assert_eq!(visit(&[("sec-fetch-site", "none")]), told("returning", "1"));
    assert_eq!(visit(&[INSIDE]), told("returning", "1"));
    assert_eq!(visit(&[]), told("returning", "1"));
}

#[test]
fn without_consent_nothing_is_read_or_set_and_what_is_held_is_deleted() {
    let shop = shop_with(1);
    let held = "cloakroom_visit=1; cloakroom_interest=00.0.-.0000; x=y; cloakroom_bucket=5";
    let deleted = ["visit", "interest", "bucket"]
        .map(|name| format!("cloakroom_{name}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"));
    for (consent, more) in [
        ("", &[][..]),
        ("cloakroom_consent=none; ", &[]),
        ("cloakroom_consent=measurement; ", &[]),
        ("cloakroom_consent=broken; ", &[]),
        ("cloakroom_consent=all; ", &[("sec-gpc", "1")]),
        ("cloakroom_consent=all; ", &[("dnt", "1")]),
    ] {
        let cookies = format!("{consent}{held}");
        let seen = shop.admit("/", &cookies, more);
        assert_eq!(shop.name(&seen, Signal::Visit), "any");
        assert_eq!(shop.name(&seen, Signal::Interest), "any");
        assert_eq!(seen.signals.bucket(), None);
        assert_eq!(settled(seen, ALL), deleted, "{consent}");
        assert!(shop.lines("/", consent, more).is_empty(), "{consent}");
        // A malformed one is deleted like any other.
        assert_eq!(shop.lines("/", &format!("{consent}cloakroom_visit=\u{e9}x"), more), deleted[..1]);
    }
}

#[test]
fn what_policy_does_not_let_be_kept_is_neither_set_nor_left() {
    let shop = shop_with(1);
    let fresh = shop.admit("/", "cloakroom_consent=all", &[]);
    assert!(settled(fresh, Kept::default()).is_empty());
    let held = shop.admit("/", "cloakroom_consent=all; cloakroom_visit=0", &[]);
    let lines = settled(held, Kept { bucket: true, ..Kept::default() });
    assert!(lines[0].starts_with("cloakroom_bucket=") && lines[1].starts_with("cloakroom_visit=; "));
    assert_eq!(lines.len(), 2);
}

#[test]
fn anonymous_pages_neither_set_nor_delete() {
    let shop = shop_with(1);
    for cookies in ["cloakroom_consent=all", "cloakroom_visit=1; cloakroom_bucket=5"] {
        assert!(shop.lines("/search", cookies, &[]).is_empty());
        assert!(shop.lines("/undeclared", cookies, &[]).is_empty());
    }
}

#[test]
fn forged_and_malformed_values_are_absent_and_gain_nothing() {
    let shop = shop_with(5);
    for value in ["2", "", "01", "true", "\"1\"", "1; cloakroom_visit=0"] {
        let cookies = format!("cloakroom_consent=all; cloakroom_visit={value}");
        let seen = shop.admit("/", &cookies, &[]);
        assert_eq!(shop.name(&seen, Signal::Visit), "new", "{value}");
        assert!(settled(seen, ALL)[0].starts_with("cloakroom_visit=0;"), "{value}");
    }
    let mut browser = Browser::consenting();
    browser.visit(&shop, "/p/tents-1", &[]);
    let right = browser.0["cloakroom_interest"].clone();
    let held = |value: &str| {
        let cookies = format!("cloakroom_interest={value}");
        let parts = request("GET", "/", &[("cookie", &cookies)]);
        let raw = RawRequest::seal(&parts, "198.18.1.1".parse().unwrap());
        shop.boundary.topics_held(shop.boundary.site(&raw).unwrap(), &raw).len()
    };
    assert_eq!(held(&right), 1);
    let list = &right[..2];
    assert_eq!(held(&format!("{list}.0.3.0006")), 3);
    for wrong in [
        String::new(),
        right.to_uppercase() + "0",
        format!("{list}.4.-.0001"), // there is no such week
        format!("{list}.0.4.0001"), // nor such a topic
        format!("{list}.0.-.0010"),
        format!("{list}.0.-.000G"),
        format!("{list}.0.-.00A0"),
        format!("{list}.0.-.1"),
        format!("{list} 0.-.0001"),
        format!("{:02x}.0.-.0001", u8::from_str_radix(list, 16).unwrap() ^ 1),
    ] {
        assert_eq!(held(&wrong), 0, "{wrong}");
    }
}

#[test]
fn topics_of_a_week_are_answered_in_the_next_and_stay_for_it() {
    let shop = shop_with(11);
    let mut browser = Browser::consenting();
    let interest = |browser: &mut Browser, target| {
        let ([_, interest], set) = browser.visit(&shop, target, &[INSIDE]);
        (interest, set)
    };
    assert_eq!(interest(&mut browser, "/p/tents-1"), ("any".to_owned(), 3)); // the product page asks for nothing
    assert_eq!(interest(&mut browser, "/p/tents-2").1, 0);
    assert_eq!(interest(&mut browser, "/p/boats-1").1, 1);
    assert_eq!(interest(&mut browser, "/").0, "none");
    let parts = request("GET", "/", &[("cookie", &browser.cookies())]);
    let raw = RawRequest::seal(&parts, "198.18.1.1".parse().unwrap());
    let site = shop.boundary.site(&raw).unwrap();
    assert_eq!(shop.boundary.topics_held(site, &raw), ["tents", "boats"]);

    shop.turn(WEEK);
    let (answer, set) = interest(&mut browser, "/p/bikes-1");
    assert_eq!((answer.as_str(), set), ("any", 1));
    let (answer, set) = interest(&mut browser, "/");
    assert!(["tents", "boats"].contains(&answer.as_str()), "{answer}");
    assert_eq!(set, 0);
    for _ in 0..20 {
        assert_eq!(interest(&mut browser, "/"), (answer.clone(), 0));
    }
    shop.turn(WEEK);
    assert_eq!(interest(&mut browser, "/").0, "bikes");
    // After a week away nothing is left to answer.
    shop.turn(2 * WEEK);
    assert_eq!(interest(&mut browser, "/").0, "none");
}

/// How often each topic, and at last `none`, is answered to `visitors` whose past week held `topics`.
fn answers(seed: u64, visitors: usize, topics: &str) -> Vec<usize> {
    let shop = shop_with(seed);
    let mut browser = Browser::consenting();
    browser.visit(&shop, "/", &[]);
    let record = browser.0["cloakroom_interest"].clone();
    let (list, week) = (&record[..2], record[3..4].parse::<u8>().unwrap());
    let before = format!("cloakroom_consent=all; cloakroom_interest={list}.{}.-.{topics}", (week + 3) % 4);
    let mut counts = vec![0; TOPICS.len() + 1];
    for _ in 0..visitors {
        let answer = shop.name(&shop.admit("/", &before, &[]), Signal::Interest);
        let at = TOPICS.iter().position(|topic| *topic == answer).unwrap_or(TOPICS.len());
        counts[at] += 1;
    }
    counts
}

fn near(count: usize, expected: f64) {
    let spread = 4.5 * expected.sqrt();
    assert!((count as f64 - expected).abs() < spread, "{count} where {expected} ± {spread:.0} are expected");
}

#[test]
fn one_answer_in_twenty_is_drawn_from_all_topics_whatever_was_read() {
    let visitors = 40_000;
    let random = f64::from(visitors) / 20.0 / 4.0;
    // Nothing was read: every topic all the same, so that none proves that something was.
    let counts = answers(1, 40_000, "0000");
    counts[..4].iter().for_each(|count| near(*count, random));
    near(counts[4], f64::from(visitors) * 0.95);
    // One topic was read: it is told, and so is every other now and then.
    let counts = answers(2, 40_000, "0002");
    near(counts[1], f64::from(visitors) * 0.95 + random);
    for at in [0, 2, 3] {
        near(counts[at], random);
    }
    assert_eq!(counts[4], 0);
    // Of several, each is as likely.
    let counts = answers(3, 40_000, "000d");
    for at in [0, 2, 3] {
        near(counts[at], f64::from(visitors) * 0.95 / 3.0 + random);
    }
    near(counts[1], random);
}

#[test]
fn buckets_are_drawn_evenly() {
    let shop = shop_with(9);
    let mut counts = [0_usize; 100];
    for _ in 0..100_000 {
        counts[usize::from(shop.admit("/", "cloakroom_consent=all", &[]).signals.bucket().unwrap())] += 1;
    }
    // Pearson's χ² with 99 degrees of freedom is above 149 once in a thousand times.
    let chi: f64 = counts.iter().map(|count| (*count as f64 - 1_000.0).powi(2) / 1_000.0).sum();
    assert!(chi < 149.0, "χ² is {chi:.0}");
}

#[test]
fn a_site_that_asks_for_nothing_sets_nothing_and_clears_what_is_left() {
    let boundary = support::boundary();
    let seen = admitted(
        &boundary,
        &request("GET", "/", &[("cookie", "cloakroom_consent=all; cloakroom_bucket=5")]),
        "198.18.1.1",
    );
    let lines = settled(seen, ALL);
    assert!(lines[1].starts_with("cloakroom_bucket=; Path=/; Max-Age=0;"), "{lines:?}");
}
