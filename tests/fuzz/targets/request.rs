//! A request: its target on the first line, then `name: value`. Nothing panics, and a target that
//! was let out is canonical: asked for again, it stays as it is. A form of our own, whose body is the
//! query, leads nowhere but to a path of this site.
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

use cloakroom_boundary::{Admission, Boundary, OwnPage, OwnPages, RawRequest, TokenKey};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Uri};
use libfuzzer_sys::fuzz_target;

static BOUNDARY: LazyLock<Boundary> = LazyLock::new(|| {
    let languages = vec!["en".to_owned(), "fr".to_owned()];
    let pages = OwnPages { preferences: true, gpc_statement: true, languages, ..OwnPages::default() };
    support::boundary().with_own_pages(&[pages])
});
static KEY: LazyLock<TokenKey> = LazyLock::new(TokenKey::random);

fn read(data: &[u8]) -> Option<Parts> {
    let mut lines = data.split(|byte| *byte == b'\n');
    let mut parts = support::request("GET", "/", &[]);
    parts.headers.clear();
    parts.uri = Uri::try_from(lines.next()?).ok()?;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at(colon);
        if name == b"method" {
            parts.method = Method::from_bytes(value.get(1..)?).ok()?;
            continue;
        }
        let name = HeaderName::from_bytes(name).ok()?;
        parts.headers.append(name, HeaderValue::from_bytes(value.get(1..)?).ok()?);
    }
    Some(parts)
}

fuzz_target!(|data: &[u8]| {
    let Some(parts) = read(data) else { return };
    let seal = |parts| RawRequest::seal(parts, "127.0.0.1".parse().unwrap());
    let Ok(site) = BOUNDARY.site(&seal(&parts)) else { return };
    let own = BOUNDARY.own_page(site, &seal(&parts)).and_then(Result::ok);
    if let Some(OwnPage::Form(form)) = own.map(|request| request.page) {
        let body = parts.uri.query().unwrap_or_default();
        if let Ok(changed) = BOUNDARY.read_form(&form, body.as_bytes()) {
            assert!(changed.location.starts_with('/') && !changed.location.starts_with("//"));
            assert!(changed.location.is_ascii() && !changed.location.contains(['\\', '\r', '\n']));
        }
        return;
    }
    if let Ok(Admission::Admitted(seen)) = BOUNDARY.admit(site, seal(&parts), &KEY) {
        let target = seen.request.target();
        assert!(target.starts_with('/') && !target.contains("//") && target.is_ascii());
        let again = support::request("GET", target, &[]);
        let Ok(Admission::Admitted(again)) = BOUNDARY.admit(site, seal(&again), &KEY) else {
            panic!("a canonical target is refused");
        };
        assert_eq!(again.request.target(), target);
    }
});
