//! The changes a plugin asks for, word for word as it asked for them. Nothing here has been
//! checked: an [`Edit`] becomes part of a page only through [`crate::OutputPolicy::admit`]. Client
//! data never enters; a plugin has none to give.

use crate::removed::Part;

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

impl Edit {
    /// The selector, as the plugin wrote it.
    #[must_use]
    pub fn selector(&self) -> &str {
        match self {
            Self::SetContent { selector, .. }
            | Self::Before { selector, .. }
            | Self::After { selector, .. }
            | Self::Remove { selector }
            | Self::SetAttribute { selector, .. }
            | Self::Text { selector, .. }
            | Self::Include { selector, .. } => selector,
        }
    }

    /// One of its texts, as the plugin wrote it; `None` for a text that such an edit does not have.
    #[must_use]
    pub fn text(&self, part: Part) -> Option<&str> {
        match (part, self) {
            (Part::Selector, _) => Some(self.selector()),
            (
                Part::Content,
                Self::SetContent { content, .. }
                | Self::Before { content, .. }
                | Self::After { content, .. }
                | Self::Text { content, .. },
            ) => Some(content),
            (Part::Name, Self::SetAttribute { name, .. }) => Some(name),
            (Part::Value, Self::SetAttribute { value, .. }) => Some(value),
            (Part::Path, Self::Include { path, .. }) => Some(path),
            _ => None,
        }
    }
}
