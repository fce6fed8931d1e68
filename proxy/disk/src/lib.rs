//! Keeps pages on disk, so that they survive a restart.
//!
//! Bytes enter under opaque names, and come back as they were or not at all: what a page, a site or a tag
//! is, nobody here knows. A cache may lose what it has, so nothing is forced to the disk, and whatever goes
//! wrong with a file is answered by removing it. Names are made with a key of the folder's, so that they
//! tell nothing; what a record holds stands in the file alone, which is for its owner alone.

mod disk;
mod files;
mod index;
mod name;
mod record;
mod writer;

pub use disk::{Config, Counts, Disk, DiskError};
pub use name::Name;
pub use record::{MAX_HEAD_BYTES, MAX_RECORD_BYTES, Record};
