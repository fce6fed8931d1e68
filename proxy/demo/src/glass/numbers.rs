//! The live numbers above the picture.

use std::sync::atomic::Ordering;
use std::time::Instant;

use serde::Serialize;

use super::GlassConfig;
use crate::wire::Recorder;

/// Counts since the demo started.
#[derive(Serialize)]
pub(super) struct Numbers {
    visits: u64,
    origin_requests: u64,
    k: u32,
    epoch_seconds: u64,
    /// No epoch is complete yet, so nothing is released.
    pub gathering: bool,
    /// Until the running epoch ends, roughly.
    wait_seconds: u64,
}

impl Numbers {
    pub(super) fn now(config: &GlassConfig, since: Instant, visitors: &Recorder, origin: &Recorder) -> Self {
        let epoch_ms = config.epoch.as_millis().max(1);
        let left_ms = epoch_ms - since.elapsed().as_millis() % epoch_ms;
        Self {
            visits: visitors.total(),
            origin_requests: origin.total(),
            k: config.k,
            epoch_seconds: config.epoch.as_secs(),
            gathering: config.epochs.load(Ordering::Relaxed) == 0,
            wait_seconds: u64::try_from(left_ms.div_ceil(1_000)).unwrap_or(u64::MAX),
        }
    }
}
