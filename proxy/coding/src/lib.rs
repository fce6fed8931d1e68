//! Makes the compressed forms of stored bodies, off the request path.
//!
//! Bodies enter that are stored already, as slices, and compressed ones leave; which page or variant they
//! are of, and who asked for it, nobody here knows. What is worth compressing is said by
//! `policies/compressible.txt`.

mod compress;
mod compressor;
mod worth;

pub use compress::{compress, form};
pub use compressor::{Compressor, Config, Counts, Job};
pub use worth::is_worth_it;
