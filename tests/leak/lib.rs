//! The leak harness: thousands of made-up visitors with the headers of real browsers go through a
//! real proxy to an origin that keeps every byte, and arithmetic says what those bytes tell of them.
//!
//! No real visitor's data is in here: header sets come from a public generator (`browsers.txt`),
//! addresses from documentation networks, cookies and parameters from a counter and a seed.

mod browsers;
mod figures;
mod identity;
mod memory;
mod origin;
mod report;
mod server;
mod site;
mod visit;
mod watch;

pub use figures::{Figures, Observation, figures};
pub use identity::{HOST, Identity, Random, identities};
pub use memory::{Found, search};
pub use origin::Origin;
pub use report::Report;
pub use server::{Options, Server};
pub use site::{ROUTES, Route};
pub use visit::{Seen, visit};
pub use watch::{Watched, watch};

/// Why there are no figures.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
