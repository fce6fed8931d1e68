//! Who may see which signal at which grain: Cedar policies, evaluated ahead into a permit table.
//!
//! What a policy can ask is finite: the consent facts, and the mode and labels of a route. So each
//! route's policies are evaluated once, for every plugin, signal, grain and fact, and a request only
//! looks its [`PermitTable`] up. No request, path, address or signal value ever enters this room.
//!
//! Which law each place stands under is a list that ships with the program ([`Jurisdictions`]); the
//! boundary looks it up, and policies ask for the outcome.
//!
//! What is not permitted is denied, a `forbid` beats every `permit`, and a policy that fails in some
//! context denies there. The shipped policies ([`DEFAULTS`]) permit nothing where the jurisdiction is
//! unknown, by silence: a site without a country database adds a policy file of its own with
//!
//! ```text
//! permit (principal, action == Action::"see", resource)
//! when { context.personalization && context.jurisdiction == Jurisdiction::"unknown" };
//! ```

mod error;
mod evaluate;
mod jurisdictions;
mod schema;
mod set;
mod spelling;
mod table;

pub use error::PolicyError;
pub use evaluate::{FailedPolicy, MAX_EVALUATIONS};
pub use jurisdictions::{Jurisdictions, Law, LawOfPlace, OptOutSignal};
pub use schema::schema;
pub use set::{MAX_FILE_BYTES, MAX_FILES, PolicySet};
pub use table::{ClassId, MAX_CLASSES, PermitClass, PermitTable, Subject};

/// The principal under which policies speak of what the origin itself is told (`origin_sees`).
pub const ORIGIN: &str = "origin";

/// The policies that every site starts from: file names with their text.
pub const DEFAULTS: [(&str, &str); 4] = [
    ("opt-in.cedar", include_str!("../../../policies/defaults/opt-in.cedar")),
    ("opt-out.cedar", include_str!("../../../policies/defaults/opt-out.cedar")),
    ("rest.cedar", include_str!("../../../policies/defaults/rest.cedar")),
    ("global-privacy-control.cedar", include_str!("../../../policies/defaults/global-privacy-control.cedar")),
];
