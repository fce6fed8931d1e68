//! A cookie field, read by a site that listens to every source of consent. Nothing panics, and a
//! refusal of one source is not overruled by another.
#![no_main]

#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "shared with tests"
)]
#[path = "../../../proxy/boundary/tests/support/mod.rs"]
mod support;

use std::sync::LazyLock;

use cloakroom_boundary::{Admission, Boundary, Config, ConsentSource, RawRequest, TcfTerms, TokenKey};
use http::HeaderValue;
use libfuzzer_sys::fuzz_target;

static BOUNDARY: LazyLock<Boundary> = LazyLock::new(|| {
    let mut site = support::shop();
    site.consent = vec![
        ConsentSource::Tcf(TcfTerms { vendor: Some(12), ..TcfTerms::default() }),
        ConsentSource::Tcf(TcfTerms::default()),
        ConsentSource::Gpp { cookie: "OTGPPConsent".into(), terms: TcfTerms::default() },
        ConsentSource::Didomi { personalization: vec!["a".into()], measurement: vec!["b".into()] },
        ConsentSource::OneTrust,
        ConsentSource::Cookiebot,
        ConsentSource::UsPrivacy,
        ConsentSource::Cookie { name: "cloakroom_consent".into() },
    ];
    Boundary::new(Config { trusted_proxies: Vec::new(), sites: vec![site], ..Config::default() }, None)
        .unwrap()
});
static KEY: LazyLock<TokenKey> = LazyLock::new(TokenKey::random);

fn granted(lines: &[&[u8]]) -> Option<bool> {
    let mut parts = support::request("GET", "/", &[]);
    for line in lines {
        parts.headers.append("cookie", HeaderValue::from_bytes(line).ok()?);
    }
    let seal = || RawRequest::seal(&parts, "127.0.0.1".parse().unwrap());
    match BOUNDARY.admit(BOUNDARY.site(&seal()).ok()?, seal(), &KEY) {
        Ok(Admission::Admitted(seen)) => {
            Some(seen.facts.consent.personalization || seen.facts.consent.measurement)
        }
        _ => None,
    }
}

fuzz_target!(|data: &[u8]| {
    let _ = granted(&[data]);
    assert_ne!(granted(&[data, b"usprivacy=1YYN"]), Some(true));
});
