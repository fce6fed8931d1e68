//! What a plugin may put into a page: the sanitizer's door, and the rewriter behind it.
//!
//! A plugin hands over [`Edit`]s. [`OutputPolicy::admit`] is the only way from there to
//! [`SafeEdits`], and [`rewrite`] takes nothing else, so that whatever reaches a page has been
//! checked: no script, no address that loads by itself from where it should not, nothing that a
//! framework on the page would run. What was taken out is told to the author. Beside edits a page may
//! get one placard of Cloakroom's own, which only `notice` can make.
//!
//! Never enters: anything about a visitor. Pages and edits are the same for everybody who gets the
//! variant.

mod address;
mod along;
mod attribute;
mod cost;
mod edit;
mod entity;
mod findings;
mod meta;
mod narrow;
mod page;
mod pictures;
mod pieces;
mod placard;
mod policy;
mod properties;
mod removed;
mod sanitize;
mod selector;
mod spans;
mod style;
mod tags;
mod tangle;
mod template;
mod value;
mod work;

pub use along::Along;
pub use edit::Edit;
pub use meta::is_read_encoding;
pub use page::{RewriteError, cleanse_only, is_html, rewrite, rewrite_to_pieces, rewrite_with};
pub use pieces::{Piece, Pieces};
pub use policy::{OutputPolicy, SafeEdits, SafeFragment};
pub use removed::{Part, Place, Removed};
