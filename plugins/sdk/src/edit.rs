//! Changes to a page, and the functions that name them. Whether they are allowed is the host's to say.

use alloc::string::String;

/// A change to the page. The first field is always a CSS selector without attribute selectors, at
/// most 256 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Replaces what stands inside the elements by sanitized HTML, at most 64 KiB.
    SetContent(String, String),
    /// Puts sanitized HTML before the elements.
    Before(String, String),
    /// Puts sanitized HTML after the elements.
    After(String, String),
    /// Removes the elements.
    Remove(String),
    /// Sets an attribute: selector, name, and a value of at most 2,048 bytes.
    SetAttribute(String, String, String),
    /// Replaces what stands inside the elements by text.
    Text(String, String),
    /// Replaces what stands inside the elements by the fragment of this site that has this path.
    Include(String, String),
}

/// Replaces what stands inside the selected elements by HTML, which the host sanitizes.
pub fn set_content(selector: impl Into<String>, html: impl Into<String>) -> Edit {
    Edit::SetContent(selector.into(), html.into())
}

/// Puts HTML, which the host sanitizes, before the selected elements.
pub fn before(selector: impl Into<String>, html: impl Into<String>) -> Edit {
    Edit::Before(selector.into(), html.into())
}

/// Puts HTML, which the host sanitizes, after the selected elements.
pub fn after(selector: impl Into<String>, html: impl Into<String>) -> Edit {
    Edit::After(selector.into(), html.into())
}

/// Removes the selected elements.
pub fn remove(selector: impl Into<String>) -> Edit {
    Edit::Remove(selector.into())
}

/// Sets an attribute of the selected elements.
pub fn set_attribute(selector: impl Into<String>, name: impl Into<String>, value: impl Into<String>) -> Edit {
    Edit::SetAttribute(selector.into(), name.into(), value.into())
}

/// Replaces what stands inside the selected elements by text.
pub fn text(selector: impl Into<String>, text: impl Into<String>) -> Edit {
    Edit::Text(selector.into(), text.into())
}

/// Replaces what stands inside the selected elements by a fragment of this site: a route marked
/// `fragment`.
pub fn include(selector: impl Into<String>, path: impl Into<String>) -> Edit {
    Edit::Include(selector.into(), path.into())
}
