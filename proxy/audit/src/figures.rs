//! The figures of an audit, as data. What computes them stands elsewhere.

use crate::bits::Bits;
use crate::flips::{Flips, WorstCell};
use crate::parity::Parity;
use crate::price::PriceFlip;
use crate::reach::Reach;
use crate::weights::Weighting;

/// What an audit says of a slot whoever the visitors are.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotAudit {
    /// Its name.
    pub name: String,
    /// The names of its variants.
    pub variants: Vec<String>,
    /// Position of the default.
    pub default: u8,
    /// Whether it shows a price or the like, as the plugin or the site says.
    pub is_price_like: bool,
    /// Whether anybody sees each variant.
    pub reach: Vec<Reach>,
    /// Where it breaks the rule on price-like slots; empty if it is none.
    pub price_flips: Vec<PriceFlip>,
    /// The share of visitors that each line of the slot's rules decides, by the weighting that the plugin is
    /// judged by.
    pub line_shares: Vec<f64>,
}

/// All figures under one weighting.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Who the visitors are taken to be.
    pub weighting: Weighting,
    /// What a page tells of a visitor.
    pub bits: Bits,
    /// By slot.
    pub slots: Vec<SlotFigures>,
}

/// The figures of one slot.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotFigures {
    /// The share of visitors that see each variant.
    pub shares: Vec<f64>,
    /// Total variation distance from everybody seeing the default (half the sum of the differences of
    /// shares): the share that see something else.
    pub total_variation: f64,
    /// Whether groups are shown the same, by signal.
    pub parity: Vec<Parity>,
    /// What changes with one signal, by signal.
    pub flips: Vec<Flips>,
    /// Where the slot depends most on a single signal; None if it depends on none.
    pub worst_cell: Option<WorstCell>,
}
