//! The only way from a personalized or anonymous route to the site behind: the upstream request,
//! built from an allow-list, and its fetch.
//!
//! What enters is a [`ScrubbedRequest`](cloakroom_boundary::ScrubbedRequest), words of the closed
//! vocabulary, and validators that the origin itself gave. A client's header, cookie or address
//! cannot be passed in: there is no parameter for it.

#[cfg(feature = "cache-tests")]
mod cache_tests;
mod fetch;
mod request;
mod tls;

pub use fetch::{FetchError, OpenResponse, Origin, OriginConfig, OriginResponse};
pub use request::{Conditions, OriginRequest, Told};
pub use tls::{Tls, TlsError};
