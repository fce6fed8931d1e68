//! A GPP string, in which the site relies on vendors, or on the publisher.
#![no_main]

#[path = "../shared/hear.rs"]
mod hear;

use std::sync::LazyLock;

use cloakroom_boundary::{ConsentSource, TcfTerms};
use hear::Ear;
use libfuzzer_sys::fuzz_target;

static VENDOR: LazyLock<Ear> = LazyLock::new(|| {
    let terms = TcfTerms { vendor: Some(12), canadian_vendor: Some(12), unprofiled: false };
    Ear::new("gpp", ConsentSource::Gpp { cookie: "gpp".into(), terms })
});
static PUBLISHER: LazyLock<Ear> = LazyLock::new(|| {
    Ear::new("gpp", ConsentSource::Gpp { cookie: "gpp".into(), terms: TcfTerms::default() })
});

fuzz_target!(|value: &[u8]| {
    VENDOR.hear(value);
    PUBLISHER.hear(value);
});
