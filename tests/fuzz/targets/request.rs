//! A request: its target on the first line, then `name: value`. Nothing panics, and a target that
//! was let out is canonical: asked for again, it stays as it is.
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

use cloakroom_boundary::{Admission, Boundary, RawRequest, TokenKey};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Uri};
use libfuzzer_sys::fuzz_target;

static BOUNDARY: LazyLock<Boundary> = LazyLock::new(support::boundary);
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
