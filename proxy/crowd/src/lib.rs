//! Counts crowds without storing anyone, and generalizes cells until enough people share them.
//!
//! A visitor enters this room as a permit class, a few values of the closed vocabulary and a 12-bit
//! token of the network prefix; no address, no path, no plugin. The token sets one bit in the bitmap
//! of the visitor's cell. Bitmaps and the key of the tokens live for one epoch, in memory alone.
//! When it ends, the cells with at least *k* bits are released for the next epoch, and only for it;
//! everybody else's bits pool into the next coarser cell, and so on. So a generalized cell counts
//! only those whom finer releases have not taken. The cell in which everything is `any` says nothing
//! and is always released.
//!
//! A bit can stand for several prefixes, so a crowd of prefixes is never overcounted. People are not
//! prefixes: who roams is counted twice.

mod config;
mod count;
mod crowd;
mod epoch;
mod plan;
mod release;

#[cfg(test)]
mod reference;

pub use config::{
    Config, CrowdError, MAX_COUNTED_CELLS, MAX_EPOCH, MAX_K, MAX_ROUTE_CLASSES, MIN_EPOCH, MIN_K, RouteCrowd,
};
pub use crowd::Crowd;
pub use epoch::{Epoch, ReleasedCell};
pub use release::Released;
