//! What a plugin declares, as data, and the numbers by which the host speaks of it.

use alloc::vec::Vec;

use crate::Edit;

/// What a plugin says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its name.
    pub name: &'static str,
    /// Its version, for people.
    pub version: &'static str,
    /// Its signals, in the order of their declaration.
    pub signals: Vec<Signal>,
    /// Its ranges of `bucket`, if it splits traffic.
    pub bucket: Option<Bucket>,
    /// Its slots, in the order of their declaration.
    pub slots: Vec<Slot>,
}

/// A signal that a plugin wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Its name in the closed vocabulary.
    pub name: &'static str,
    /// Why, for those who approve.
    pub reason: &'static str,
    /// The values told apart; a value's position is its id.
    pub values: &'static [&'static str],
}

/// The ranges of `bucket`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Widths in hundredths, which add up to 100.
    pub widths: &'static [u8],
}

/// A place in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The name as declared; `_` stands for `-`.
    pub name: &'static str,
    /// The names of its variants.
    pub variants: &'static [&'static str],
    /// Position of the one shown when nothing is known.
    pub default: u8,
    /// Whether the origin is told the variant, instead of edits being made.
    pub origin_variant: bool,
    /// Whether it shows a price, an offer, or anything else of which nobody should get another version for
    /// being in another country or speaking another language.
    pub price_like: bool,
}

/// What [`plugin!`](crate::plugin) makes of a declaration; never written by hand.
pub trait Declared {
    /// What may be known about a visit: a field for each signal, and `bucket`.
    type Seen: Copy;
    /// The variant of every slot: a field for each slot.
    type Choice;
    /// One variant of one slot.
    type Shown;

    /// The declaration as data.
    fn manifest() -> Manifest;
    /// What ids of the contract mean: those of the signals in order, then that of the bucket.
    fn seen(ids: [u8; 5], bucket: u8) -> Self::Seen;
    /// The contract's number for a choice.
    fn number(choice: &Self::Choice) -> u32;
    /// The variant at these positions, if there is one.
    fn shown(slot: u8, variant: u8) -> Option<Self::Shown>;
    /// The edits at these positions: none where there is no such variant.
    fn edits(slot: u8, variant: u8) -> Vec<Edit>
    where
        Self: crate::Plugin,
    {
        Self::shown(slot, variant).map(Self::render).unwrap_or_default()
    }
}
