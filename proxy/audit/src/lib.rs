//! Works out from a plugin's whole table what it does to whom, and whether a site's limits allow it.
//!
//! A plugin's behaviour is a finite table, so nothing here is sampled or estimated: each figure is a sum
//! over all cells. [`Audit::of`] gives one structure, which the command line prints as text, JSON and
//! HTML, and which anything else may show. The figures and their sources are defined in
//! `proxy/AUDIT.md`; each function that computes one names it.
//!
//! Who the visitors are enters as shares of values that somebody states ([`cloakroom_vocabulary::Shares`]); no visitor, no
//! request and no count of either does.

mod against;
mod audit;
mod bits;
mod crowding;
mod distance;
mod figures;
mod flips;
mod html;
mod limits;
mod lines;
mod measure;
mod parity;
mod price;
mod reach;
mod terms;
mod text;
mod told;
mod universe;
mod value;
mod weights;

pub use audit::{Audit, Brief};
pub use bits::Bits;
pub use crowding::{Crowding, Pushed};
pub use figures::{Figures, SlotAudit, SlotFigures};
pub use flips::{Flips, WorstCell};
pub use limits::{Breach, Limit, Limits};
pub use parity::{Group, Parity, Spread};
pub use price::PriceFlip;
pub use reach::Reach;
pub use terms::Terms;
pub use weights::Weighting;
