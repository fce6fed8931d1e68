//! Writes plugins in Rust: a trait, a macro and typed signals.
//!
//! Declarations and two functions enter; a component without imports leaves. Nothing of a site, a
//! visitor or the host is here: a plugin's tests are plain `cargo test`.
//!
//! ```
//! use cloakroom_sdk::prelude::*;
//!
//! cloakroom_sdk::plugin! {
//!     plugin Fitted = "fitted", version "1";
//!
//!     signal device: Device, because "A phone has room for one column." {
//!         Phone = "phone",
//!         Tablet = "tablet",
//!     }
//!
//!     slot layout: Layout {
//!         #[default]
//!         Wide = "wide",
//!         Narrow = "narrow",
//!     }
//! }
//!
//! impl Plugin for Fitted {
//!     fn decide(seen: Seen) -> Choice {
//!         let layout = match seen.device {
//!             Device::Phone => Layout::Narrow,
//!             Device::Tablet | Device::Other | Device::Any => Layout::Wide,
//!         };
//!         Choice { layout }
//!     }
//!
//!     fn render(shown: Shown) -> Vec<Edit> {
//!         match shown {
//!             Shown::Layout(Layout::Wide) => vec![],
//!             Shown::Layout(Layout::Narrow) => vec![set_attribute("body", "class", "narrow")],
//!         }
//!     }
//! }
//!
//! let phone = Seen { device: Device::Phone };
//! assert_eq!(Fitted::decide(phone).layout, Layout::Narrow);
//! assert_eq!(Seen::all().count(), 3, "phone, tablet and other: the cell that says nothing is not asked about");
//! ```
//!
//! Every signal's enumeration has, beside the declared values, `Other` (a value that is not
//! declared) and `Any` (nothing may be known). `bucket` splits traffic: its enumeration has the
//! ranges and `Any`. Where nothing at all is known, the host shows each slot's `#[default]` without
//! asking. A slot with `, origin_variant` before its brace is told to the origin instead of edited. One
//! with `, price_like` shows a price, an offer, or anything else of which nobody should get another
//! version for their country or language: where it does differ by them, the plugin is not installed.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[doc(hidden)]
pub mod check;
mod declare;
mod edit;
mod manifest;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use edit::Edit;
pub use manifest::{Bucket, Declared, Manifest, Signal, Slot};

/// What a plugin's file needs: `use cloakroom_sdk::prelude::*;`.
pub mod prelude {
    pub use alloc::vec;
    pub use alloc::vec::Vec;

    pub use crate::Plugin;
    pub use crate::edit::{Edit, after, before, include, remove, set_attribute, set_content, text};
}

/// A plugin: what [`plugin!`] declared, and these two functions.
///
/// Both are functions of their arguments alone. The host asks about every combination when it loads
/// the plugin, and again to compare.
pub trait Plugin: Declared {
    /// The variant of every slot for what may be known about a visit.
    fn decide(seen: Self::Seen) -> Self::Choice;

    /// The changes to the page that make up a variant: at most 32, and none for a slot that the
    /// origin is told about.
    fn render(shown: Self::Shown) -> alloc::vec::Vec<Edit>;
}

/// What the macro's expansion uses; not for authors.
#[doc(hidden)]
pub mod macros {
    pub use alloc::vec;

    pub use crate::check;
    #[cfg(target_arch = "wasm32")]
    pub use crate::wasm::bindings;
}
