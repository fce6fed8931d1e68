//! Invented visitors: what their browsers send. No real person's data is ever in here.

mod agent;
mod connection;
mod schedule;
mod simulator;

pub(crate) use agent::{Consent, Device, Referrer, Visitor};
pub(crate) use connection::Connection;
pub(crate) use schedule::LONE_NUMBER;
pub use simulator::{Simulator, SimulatorConfig};

/// The query parameter that names a campaign in the visitors' links.
pub const CAMPAIGN_PARAMETER: &str = "utm_campaign";
/// The campaign that the simulated visitors follow.
pub const CAMPAIGN: &str = "spring";
/// The languages that the visitors prefer.
pub const LANGUAGES: [&str; 5] = ["fr", "de", "en", "ja", "pt"];
/// The cookie in which they keep their word on consent.
pub const CONSENT_COOKIE: &str = "cloakroom_consent";
