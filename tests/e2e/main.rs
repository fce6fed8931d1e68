//! The real binary, between real sockets: what visitors get, and what the origin learns of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

mod client;
mod origin;
mod proxy;

mod bad_input;
mod caching;
mod canary;
mod commands;
mod door;
mod noninterference;
mod passthrough;
mod personalization;
mod remembered;
mod restart;
mod splitting;
