//! Listens with pingora, plainly and over TLS, seals every request before anything looks at it, writes
//! answers in HTTP/1.1 and HTTP/2, and relays passthrough routes.
//!
//! What leaves this room towards the pipeline is a sealed request; what comes back is an answer.
//! pingora's own upstream path serves passthrough alone and fails closed for everything else.

mod alarm;
mod certificate;
mod door;
mod h2;
mod head;
mod proxy;
mod relay;
mod respond;
mod server;
mod stopping;
mod tls;
mod wire;

pub use certificate::{Certificate, CertificateError, Validity};
pub use server::{EdgeConfig, EdgeError, serve};
