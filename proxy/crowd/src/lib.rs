//! Counts crowds without storing anyone, and generalizes cells until enough people share them.
//!
//! A visitor enters this room as a permit class, a few values of the closed vocabulary, a random bucket
//! and a 12-bit token of the network prefix; no address, no path, no plugin. The token sets one bit in
//! the bitmap of the visitor's cell. Bitmaps and the key of the tokens live for one epoch, in memory
//! alone. When it ends, the cells with at least *k* bits are released for the next epoch, and only for
//! it; everybody else's bits pool into the next coarser cell, and so on. So a generalized cell counts
//! only those whom finer releases have not taken. The cell in which everything is `any` says nothing
//! and is always released.
//!
//! The count of a cell is noised, once an epoch, and has to be at least *k* both with the noise and
//! without. A cell that was not large enough in the epoch before has to be larger by a margin; without
//! it, it is released one epoch later, if it is large enough again. So noise and delay take releases
//! away, and never make one.
//!
//! What a visitor gets in the end is a joint variant, which the bucket may decide with the cell. Its
//! crowd is counted too, over all cells and ranges of buckets that lead to it; who would get one with
//! fewer than *k* gets the default.
//!
//! A bit can stand for several prefixes, so a crowd of prefixes is never overcounted. People are not
//! prefixes: who roams is counted twice.
//!
//! This room does no input or output. What is released can be [kept](Crowd::keep) as bytes and
//! [taken over](Crowd::restore) after a restart, until its epoch ends.

mod config;
mod count;
mod crowd;
mod epoch;
mod fingerprint;
mod forecast;
mod joints;
mod kept;
mod noise;
mod placed;
mod plan;
mod release;

#[cfg(test)]
mod following;
#[cfg(test)]
mod property;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod survival;

pub use config::{
    Config, CrowdError, MAX_COUNTED_CELLS, MAX_EPOCH, MAX_K, MAX_NOISE, MAX_ROUTE_CLASSES, MIN_EPOCH, MIN_K,
    RouteCrowd,
};
pub use crowd::Crowd;
pub use epoch::Epoch;
pub use forecast::Forecast;
pub use joints::{BUCKETS, JointTable};
pub use kept::{Kept, MAX_KEPT_BYTES, NotKept, Restored};
pub use placed::{Placed, ReleasedCell};
pub use release::Released;
