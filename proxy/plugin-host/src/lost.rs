//! What a site's door takes out of a plugin, edit by edit. No request data enters.

use cloakroom_rewrite::{OutputPolicy, Removed};

use crate::plugin::Plugin;

/// Something that a variant is shown without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The slot's name.
    pub slot: String,
    /// The variant's name.
    pub variant: String,
    /// Positions of slot and variant, as [`Plugin::edits`] takes them.
    pub at: (usize, usize),
    /// What is missing, and where it stands in which edit.
    pub removed: Removed,
}

impl Plugin {
    /// All that this policy takes out of the plugin's edits, in the order of slots, variants and edits.
    /// Empty if it is shown as it was written.
    #[must_use]
    pub fn lost(&self, policy: &OutputPolicy) -> Vec<Lost> {
        let mut lost = Vec::new();
        for (at, slot) in self.manifest().slots().iter().enumerate() {
            for (position, variant) in slot.variants().iter().enumerate() {
                let (_, removed) = policy.admit(self.edits(at, position).to_vec());
                lost.extend(removed.into_iter().map(|removed| Lost {
                    slot: slot.name().to_owned(),
                    variant: variant.clone(),
                    at: (at, position),
                    removed,
                }));
            }
        }
        lost
    }
}
