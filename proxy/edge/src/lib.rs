//! Listens with pingora, seals every request before anything looks at it, writes answers, and
//! relays passthrough routes.
//!
//! What leaves this room towards the pipeline is a sealed request; what comes back is an answer.
//! pingora's own upstream path serves passthrough alone and fails closed for everything else.

mod door;
mod head;
mod proxy;
mod relay;
mod respond;
mod server;
mod wire;

pub use server::{EdgeConfig, EdgeError, serve};
