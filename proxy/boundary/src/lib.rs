//! Everything that reads raw client data, and the only room that does.
//!
//! A request comes in sealed ([`RawRequest`]); what goes out is either a decision to pass it
//! through to a route that the site lists by hand, or an [`Admitted`]: a few values of the closed
//! vocabulary, what law and visitor allow, a short-lived token of the network prefix, and a
//! [`ScrubbedRequest`] that says which page is wanted. No address, cookie, header or undeclared
//! parameter leaves this room, not even in an error or a `Debug` line. The types that hold client
//! data have no `Debug`, `Clone` or serialization.

mod address;
mod admit;
mod asked;
#[cfg(feature = "cache-tests")]
mod cache_tests;
mod canonical;
mod chance;
mod config;
mod consent;
mod daypart;
mod device;
mod entity_tag;
mod escape;
mod geo;
mod held;
mod host;
mod interest;
mod language;
mod os;
mod own_cookies;
mod own_form;
mod own_pages;
mod passthrough;
mod pattern;
mod pending;
mod preference;
mod query;
mod raw;
mod redirect;
mod referrer;
mod refusal;
mod remembered;
mod routes;
mod scrubbed;
mod signals;
mod site;
mod target;
mod token;
mod topics;
mod weight;

#[cfg(test)]
#[path = "../tests/support/mmdb.rs"]
mod mmdb;

pub use admit::{Admission, Admitted, Boundary, Passthrough};
pub use asked::{Asked, ByteRange, Codings, Dates, HttpDate, Representation, Wish};
#[cfg(feature = "cache-tests")]
pub use cache_tests::Marks;
pub use config::{BoundaryError, Config, Mode, RouteConfig, RouteId, SiteConfig, SiteId, TopicConfig};
pub use consent::{ConsentSource, TcfTerms};
pub use entity_tag::EntityTag;
pub use geo::{Geo, GeoError};
pub use own_cookies::{OwnCookie, OwnCookies};
pub use own_pages::{Changed, Form, MAX_FORM_BYTES, OwnPage, OwnPages, OwnRequest, Said};
pub use passthrough::{client_address_fields, strip_own_cookies, strip_own_set_cookies};
pub use pattern::{PathPattern, PatternError};
pub use pending::{Kept, PendingCookies};
pub use query::{QueryPattern, QueryRule};
pub use raw::{PlainHead, RawRequest};
pub use refusal::Refusal;
pub use scrubbed::ScrubbedRequest;
pub use signals::Signals;
pub use target::{ScrubbedTarget, TargetError};
pub use token::{Token, TokenKey};
pub use topics::TopicPath;
