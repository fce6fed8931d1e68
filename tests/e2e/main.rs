//! The real binary, between real sockets: what visitors get, and what the origin learns of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

mod client;
#[path = "../../proxy/plugin-host/tests/support/crafted.rs"]
mod crafted;
#[path = "../../proxy/boundary/tests/support/mmdb.rs"]
mod mmdb;
mod origin;
mod proxy;
mod reading;
mod secure;

mod as_sent;
mod bad_input;
mod caching;
mod canary;
mod commands;
mod compressed;
mod conformance;
mod consent;
mod disk;
mod door;
mod downstream;
mod etag;
mod hostile_plugins;
mod html_along;
mod html_cut;
mod html_whole;
mod http2;
mod http2_bounds;
mod installing;
mod jurisdictions;
mod noninterference;
mod notice;
mod one_flight;
mod overtaken;
mod own_cookies;
mod page_policy;
mod passthrough;
mod personalization;
mod plugin_audit;
mod plugin_check;
mod plugin_diff;
mod plugin_table;
mod policies;
mod purge;
mod recheck;
mod remembered;
mod restart;
mod splitting;
mod tls;
mod tls_origin;
mod toolchain;
mod upstream;
mod worker;
