//! A site that listens to one source of consent, and one that asks a plain cookie too: what the targets
//! for parsers of consent strings share.

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

use cloakroom_boundary::{Admission, Boundary, Config, ConsentSource, RawRequest, TokenKey};
use cloakroom_vocabulary::Signal;
use http::HeaderValue;

static KEY: LazyLock<TokenKey> = LazyLock::new(TokenKey::random);

/// What the visitor is heard to agree to: personalization, measurement.
type Heard = (bool, bool);

/// A site that listens to one source.
pub struct Ear {
    cookie: &'static str,
    alone: Boundary,
    with_plain: Boundary,
}

impl Ear {
    /// Of a source whose cookie has that name.
    pub fn new(cookie: &'static str, source: ConsentSource) -> Self {
        let boundary = |consent| {
            let mut site = support::shop();
            site.consent = consent;
            // What is remembered of visits is a profile, which a site without profiles must not use.
            for route in &mut site.routes {
                route.signals.retain(|signal| !matches!(signal, Signal::Visit | Signal::Interest));
            }
            Boundary::new(Config { sites: vec![site], ..Config::default() }, None).unwrap()
        };
        let plain = ConsentSource::Cookie { name: "plain".into() };
        Self { cookie, alone: boundary(vec![source.clone()]), with_plain: boundary(vec![source, plain]) }
    }

    /// Reads a value, and checks what must hold of any: the same is heard twice, the value can only
    /// take away from what another source grants, and never adds to what one refuses.
    pub fn hear(&self, value: &[u8]) {
        let Some(alone) = granted(&self.alone, &[self.cookie.as_bytes(), b"=", value].concat()) else {
            return;
        };
        let with = |plain: &str| {
            let cookies = [self.cookie.as_bytes(), b"=", value, b"; plain=", plain.as_bytes()].concat();
            granted(&self.with_plain, &cookies)
        };
        assert_eq!(with("none"), Some((false, false)));
        // A `;` in the value ends it, and begins another cookie.
        if !value.contains(&b';') {
            assert!(matches!(with("all"), Some(both) if both == alone || alone == (false, false)));
            let part = with("measurement");
            assert!(part.is_some_and(|(personalization, _)| !personalization));
        }
        let doubled = [self.cookie.as_bytes(), b"=x; ", self.cookie.as_bytes(), b"=", value].concat();
        if value.trim_ascii() != b"x" && !value.contains(&b';') {
            assert_eq!(granted(&self.alone, &doubled), Some((false, false)));
        }
    }
}

fn granted(site: &Boundary, cookies: &[u8]) -> Option<Heard> {
    let mut parts = support::request("GET", "/", &[]);
    parts.headers.append("cookie", HeaderValue::from_bytes(cookies).ok()?);
    let seal = || RawRequest::seal(&parts, "127.0.0.1".parse().unwrap());
    match site.admit(site.site(&seal()).ok()?, seal(), &KEY) {
        Ok(Admission::Admitted(seen)) => {
            Some((seen.facts.consent.personalization, seen.facts.consent.measurement))
        }
        _ => None,
    }
}
