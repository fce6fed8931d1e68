//! The real binary, between real sockets: what visitors get, and what the origin learns of them.

mod client;
mod origin;
mod proxy;

mod bad_input;
mod caching;
mod commands;
mod noninterference;
mod passthrough;
mod personalization;
