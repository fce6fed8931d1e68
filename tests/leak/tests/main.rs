//! Whether anything of a visitor gets out of the real binary: to the origin, where it is measured, or
//! into what stays behind after a load, where it is searched for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

mod canaries;
mod identities;
#[cfg(target_os = "linux")]
mod memory;
mod panics;
mod residue;
