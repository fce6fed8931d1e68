//! The sample shop: an ordinary, server-rendered origin, careless about privacy on purpose.
//!
//! Every page sets a `visitor_id` cookie, carries an `ETag` that differs by visitor (which is a
//! cookie by another name) and yet calls itself `public, max-age=60`. Many real sites do all three
//! by accident. What the proxy makes of them can be seen in the looking glass.

mod catalogue;
mod drawing;
mod fields;
mod markup;
mod origin;
mod pages;
mod personal;
mod sessions;

pub use origin::Origin;
