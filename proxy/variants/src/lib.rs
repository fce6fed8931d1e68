//! The cache: pages as the origin sent them, and their variants, stored ready to send.
//!
//! What enters is a canonical request, a number of a variant, and an origin's answer stripped to an
//! allow-list. No visitor's header, address or signal has a place in a key or in a stored value.

mod cache;
mod freshness;
mod index;
mod key;
mod stored;
mod tags;

pub use cache::{CacheConfig, VariantCache};
pub use freshness::{CACHING, Freshness, Storable, Unstorable, judge};
pub use index::{About, Began, Index, Mark, Purge, Purgeable, Scope, Sweeping};
pub use key::{Choice, Edition, JointVariant, OriginView, PageKey, VariantKey, VariantLookup};
pub use stored::{Answered, Page, StoredVariant, Validators};
pub use tags::{Tag, Tags};
