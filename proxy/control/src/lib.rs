//! Takes orders of whoever runs the proxy: over a Unix socket from that user and from root, and, where it is
//! configured, over TCP from whoever shows a secret.
//!
//! What enters is an order in a closed form, bounded, from an operator. No visitor is ever answered here, no
//! path or tag leaves it towards a log, and of the pipeline it knows what may be ordered, and no more.
//! `proxy/docs/CONTROL.md` says what is spoken.

mod answer;
mod client;
mod order;
mod server;
mod socket;
mod token;

pub use client::{ClientError, Refused, ask};
pub use order::{MAX_BODY_BYTES, MAX_TAG_BYTES, MAX_TAGS, Purge};
pub use server::{Obey, StartError, listen_on, open_socket};
pub use token::{Token, TokenError};
