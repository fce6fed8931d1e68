//! Didomi's cookie: base64 of JSON.
#![no_main]

#[path = "../shared/hear.rs"]
mod hear;

use std::sync::LazyLock;

use cloakroom_boundary::ConsentSource;
use hear::Ear;
use libfuzzer_sys::fuzz_target;

static SITE: LazyLock<Ear> = LazyLock::new(|| {
    let list = |name: &str| vec![name.to_owned()];
    let source = ConsentSource::Didomi { personalization: list("a"), measurement: list("b") };
    Ear::new("didomi_token", source)
});

fuzz_target!(|value: &[u8]| {
    SITE.hear(value);
});
