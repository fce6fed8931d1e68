//! A TC string, in which the site relies on a vendor, or on the publisher without profiles.
#![no_main]

#[path = "../shared/hear.rs"]
mod hear;

use std::sync::LazyLock;

use cloakroom_boundary::{ConsentSource, TcfTerms};
use hear::Ear;
use libfuzzer_sys::fuzz_target;

static VENDOR: LazyLock<Ear> = LazyLock::new(|| {
    let terms = TcfTerms { vendor: Some(12), ..TcfTerms::default() };
    Ear::new("euconsent-v2", ConsentSource::Tcf(terms))
});
static PUBLISHER: LazyLock<Ear> = LazyLock::new(|| {
    let terms = TcfTerms { unprofiled: true, ..TcfTerms::default() };
    Ear::new("euconsent-v2", ConsentSource::Tcf(terms))
});

fuzz_target!(|value: &[u8]| {
    VENDOR.hear(value);
    PUBLISHER.hear(value);
});
