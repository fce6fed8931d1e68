//! The cache: pages as the origin sent them, and their variants, stored ready to send.
//!
//! What enters is a canonical request, a number of a variant, and an origin's answer stripped to an
//! allow-list. No visitor's header, address or signal has a place in a key or in a stored value.

mod body;
mod cache;
mod compact;
mod footprint;
mod freshness;
mod index;
mod kept;
mod key;
mod page;
mod resource;
mod stored;
mod tags;

pub use body::Body;
pub use cache::{CacheConfig, VariantCache};
pub use freshness::{
    CACHING, CDN_CACHE_CONTROL, Freshness, Heuristic, Received, Rules, Storable, Unstorable,
    forbids_transforming, judge, storable, updated,
};
pub use index::{About, Began, Index, Mark, Purge, Purgeable, Scope, Sweeping};
pub use kept::KeptPage;
pub use key::{Choice, Edition, JointVariant, OriginView, PageKey, VariantId, VariantKey, VariantLookup};
pub use page::{Answered, OwnTag, Page, State, Validators};
pub use resource::Resource;
pub use stored::{Form, StoredVariant};
pub use tags::{CACHE_TAG, SURROGATE_KEY, Tag, Tags};
