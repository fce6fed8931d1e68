//! The sample shop, its visitors and the looking glass of `cloakroom demo`.

mod geo;
mod glass;
mod shop;
mod visitor;
mod wire;

pub use geo::DemoGeo;
pub use glass::{Glass, GlassConfig};
pub use shop::Origin;
pub use visitor::{CAMPAIGN, CAMPAIGN_PARAMETER, CONSENT_COOKIE, LANGUAGES, Simulator, SimulatorConfig};
pub use wire::{Recorded, Recorder, RecordingStream, Running, Tap};
