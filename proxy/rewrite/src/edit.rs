//! The changes a plugin asks for, word for word as it asked for them. Nothing here has been
//! checked: an [`Edit`] becomes part of a page only through [`crate::OutputPolicy::admit`]. Client
//! data never enters; a plugin has none to give.

/// One change to a page, as a plugin wrote it and before any check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Replaces what the matched elements contain with HTML.
    SetContent {
        /// Which elements.
        selector: String,
        /// The HTML to put there.
        content: String,
    },
    /// Puts HTML in front of the matched elements.
    Before {
        /// Which elements.
        selector: String,
        /// The HTML to put there.
        content: String,
    },
    /// Puts HTML behind the matched elements.
    After {
        /// Which elements.
        selector: String,
        /// The HTML to put there.
        content: String,
    },
    /// Removes the matched elements together with what they contain.
    Remove {
        /// Which elements.
        selector: String,
    },
    /// Sets one attribute of the matched elements.
    SetAttribute {
        /// Which elements.
        selector: String,
        /// The attribute's name.
        name: String,
        /// The attribute's new value.
        value: String,
    },
    /// Replaces what the matched elements contain with text.
    Text {
        /// Which elements.
        selector: String,
        /// The text, which is escaped.
        content: String,
    },
    /// Replaces what the matched elements contain with a fragment the site serves.
    Include {
        /// Which elements.
        selector: String,
        /// The fragment's path on the site.
        path: String,
    },
}
