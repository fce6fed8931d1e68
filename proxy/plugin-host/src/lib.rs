//! Runs plugin components in wasmtime and tabulates their whole behaviour when they are loaded.
//!
//! A plugin is a pure function over a finite domain: it has no imports, gets a fresh instance for
//! every call, and is bounded in instructions, time, memory and in what it may return. [`Engine::load`]
//! asks it twice about every cell and every variant; a plugin that misbehaves anywhere, or answers one
//! question in two ways, is refused as a whole. Behind the load there is no WASM any more, only [`Table`]
//! and edits.
//!
//! What enters: component bytes and value ids. No request data ever does.

mod advice;
mod again;
mod axis;
mod caller;
mod code;
mod confine;
mod contract;
mod diff;
mod engine;
mod error;
mod exports;
mod features;
mod findings;
mod imports;
mod limits;
mod loader;
mod lost;
mod manifest;
mod opened;
mod pass;
mod plugin;
mod process;
mod readable;
mod record;
mod split;
mod table;
mod tabulate;
mod talk;
mod up_to;
mod usage;
mod validate;
mod wire;
pub mod worker;

pub use advice::Property;
pub use cloakroom_vocabulary::MAX_CELLS;
pub use code::{Code, CodeCache, EngineKey, MAX_CACHE_BYTES};
pub use confine::{Bounds, Confinement, confine};
pub use diff::{
    Change, Difference, EditsChange, MAX_COMPARED_CELLS, NotComparable, SignalChange, SlotDifference,
};
pub use engine::{Engine, EngineError};
pub use error::{Export, LoadError, Stop};
pub use limits::Limits;
pub use loader::{Loader, Shortfalls};
pub use lost::Lost;
pub use manifest::{Delivery, Manifest, SignalUse, Slot};
pub use opened::Opened;
pub use plugin::{Digest, Plugin};
pub use readable::{Condition, Line, MAX_LINES, Readable, ReadableSlot, Untold};
pub use record::NoRecord;
pub use split::BUCKETS;
pub use table::Table;
pub use tabulate::Progress;
pub use usage::Usage;
