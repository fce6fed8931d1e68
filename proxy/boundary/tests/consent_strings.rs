//! Consent strings that another encoder made, or that another decoder reads too, as a site hears them.
//! No visitor made any of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod support;

use std::sync::LazyLock;

use cloakroom_boundary::{Boundary, Config, ConsentSource, TcfTerms};
use cloakroom_vocabulary::Signal;
use iab_gpp::sections::SectionId;
use iab_gpp::v1::GPPString;
use proptest::prelude::*;
use support::{admitted, request, shop};

/// Made with `@iabgpp/cmpapi` 3.2.0 from random choices: a vendor; what the string says where the site
/// relies on the vendor, and where on the publisher, by that library's own reading (`silent`, `-` for an
/// objection, or the grants for personalization and measurement); the string.
const STRINGS: &str = include_str!("consent/gpp.tsv");

/// Made likewise with version 3.1.7, which calls the second version of the national section the first, and
/// writes ranges of Canadian vendors like those of TC strings.
const EARLIER_STRINGS: &str = include_str!("consent/gpp_earlier.tsv");

/// A site that listens to GPP strings, and to a plain cookie that shows whether one objects.
fn site(vendor: Option<u16>) -> Boundary {
    let mut site = shop();
    let terms = TcfTerms { vendor, canadian_vendor: vendor, unprofiled: false };
    site.consent = vec![
        ConsentSource::Gpp { cookie: "OTGPPConsent".into(), terms },
        ConsentSource::Cookie { name: "plain".into() },
    ];
    Boundary::new(Config { sites: vec![site], ..Config::default() }, None).unwrap()
}

/// A site that relies on the publisher's own consent.
static PUBLISHER: LazyLock<Boundary> = LazyLock::new(|| site(None));

fn granted(site: &Boundary, cookies: &str) -> (bool, bool) {
    let consent = admitted(site, &request("GET", "/", &[("cookie", cookies)]), "198.18.1.1").facts.consent;
    (consent.personalization, consent.measurement)
}

/// What a string says by itself, and together with a cookie that grants everything.
fn says(site: &Boundary, text: &str) -> [(bool, bool); 2] {
    let gpp = format!("OTGPPConsent={text}");
    [granted(site, &gpp), granted(site, &format!("{gpp}; plain=all"))]
}

fn is_silent(site: &Boundary, text: &str) -> bool {
    says(site, text) == [(false, false), (true, true)]
}

#[test]
fn gpp_strings_of_another_encoder_are_read_as_it_reads_them() {
    let mut kinds = [0; 3];
    for line in STRINGS.lines().chain(EARLIER_STRINGS.lines()) {
        let [vendor, by_vendor, by_publisher, text] =
            line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let vendor = site(Some(vendor.parse().unwrap()));
        for (site, word) in [(&vendor, by_vendor), (&*PUBLISHER, by_publisher)] {
            let (expected, kind) = match word {
                "silent" => ([(false, false), (true, true)], 0),
                "-" => ([(false, false); 2], 1),
                word => ([(word.starts_with('1'), word.ends_with('1')); 2], 2),
            };
            assert_eq!(says(site, text), expected, "{line}");
            kinds[kind] += 1;
        }
    }
    assert!(kinds.iter().all(|count| *count > 200), "{kinds:?}");
}

/// Whether `iab_gpp` reads all sections and finds nobody who objects in them. It prints what it read.
fn is_silent_to_iab_gpp(text: &str) -> bool {
    let Ok(string) = GPPString::parse_str(text) else { return false };
    string.decode_all_sections().iter().all(|section| {
        let Ok(section) = section else { return false };
        let read = format!("{section:?}");
        !["OptedOut", "NoConsent", "gpc: Some(true)", "opt_out_sale: Yes"].iter().any(|no| read.contains(no))
    })
}

/// Strings with sections of the United States that `iab_gpp` knows, and no others.
fn known() -> Vec<&'static str> {
    let is_known = |text: &&str| {
        let Ok(string) = GPPString::parse_str(text) else { return false };
        let mut ids = string.section_ids();
        ids.all(|id| !matches!(id, SectionId::TcfEuV2 | SectionId::TcfCaV1))
    };
    STRINGS.lines().map(|line| line.rsplit('\t').next().unwrap()).filter(is_known).collect()
}

#[test]
fn two_decoders_agree_on_what_the_encoder_wrote() {
    let known = known();
    assert!(known.len() > 250, "{} strings", known.len());
    for text in known {
        assert_eq!(is_silent(&PUBLISHER, text), is_silent_to_iab_gpp(text), "{text}");
    }
}

/// A string in which some characters were replaced.
fn damaged() -> impl Strategy<Value = String> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let change = (any::<prop::sample::Index>(), prop::sample::select(alphabet.as_bytes()));
    (prop::sample::select(known()), prop::collection::vec(change, 0..4)).prop_map(|(text, changes)| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            // Which sections there are, and where they and their segments end, stays.
            if at > text.find('~').unwrap_or(0) && !b"~.".contains(&bytes[at]) {
                bytes[at] = byte;
            }
        }
        String::from_utf8(bytes).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_silent_here_that_objects_to_another_decoder(text in damaged()) {
        prop_assert!(!is_silent(&PUBLISHER, &text) || is_silent_to_iab_gpp(&text), "{}", text);
    }
}

#[test]
fn what_a_site_says_of_its_sources_is_checked() {
    let with = |source: ConsentSource| {
        let mut site = shop();
        site.consent = vec![source];
        Boundary::new(Config { sites: vec![site], ..Config::default() }, None).err()
    };
    let gpp = |cookie: &str| ConsentSource::Gpp { cookie: cookie.into(), terms: TcfTerms::default() };
    assert_eq!(with(gpp("__gpp")), None);
    assert_eq!(with(gpp("a=b")).unwrap().to_string(), "`a=b` is not a cookie name");
    let purposes =
        |count| ConsentSource::Didomi { personalization: vec!["p".into(); count], measurement: Vec::new() };
    assert_eq!(with(purposes(8)), None);
    assert_eq!(with(purposes(9)).unwrap().to_string(), "9 purposes are listed, at most 8 may be");
}

#[test]
fn a_site_that_says_it_builds_no_profile_is_told_of_none() {
    for signal in Signal::ALL {
        let mut site = shop();
        let terms = TcfTerms { unprofiled: true, ..TcfTerms::default() };
        site.consent = vec![ConsentSource::Tcf(terms)];
        site.routes.iter_mut().for_each(|route| route.signals = vec![signal]);
        let refused = Boundary::new(Config { sites: vec![site], ..Config::default() }, None).is_err();
        assert_eq!(refused, ["visit", "interest"].contains(&signal.name()), "{}", signal.name());
    }
}
