//! Cookiebot's cookie.
#![no_main]

#[path = "../shared/hear.rs"]
mod hear;

use std::sync::LazyLock;

use cloakroom_boundary::ConsentSource;
use hear::Ear;
use libfuzzer_sys::fuzz_target;

static SITE: LazyLock<Ear> = LazyLock::new(|| Ear::new("CookieConsent", ConsentSource::Cookiebot));

fuzz_target!(|value: &[u8]| {
    SITE.hear(value);
});
