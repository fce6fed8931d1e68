//! The head of a page that was kept on disk: what is read is what would be written again, or it is refused.
#![no_main]

use std::time::{Instant, SystemTime};

use cloakroom_variants::KeptPage;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(page) = KeptPage::from_bytes(data) else { return };
    assert_eq!(page.to_bytes().as_deref(), Some(data));
    // Whatever times and fields it has, whoever uses them does not fall.
    let (now, clock) = (Instant::now(), SystemTime::now());
    if let Some(arrived) = page.arrived(now, clock) {
        let _ = page.freshness().left(now.saturating_duration_since(arrived));
    }
    let _ = page.tags();
});
