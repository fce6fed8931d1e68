//! The sample shop, its visitors and the looking glass of `cloakroom demo`.

mod geo;
mod shop;
mod wire;

pub use geo::DemoGeo;
pub use shop::Origin;
pub use wire::{Recorded, Recorder, RecordingStream, Running, Tap};
