//! The door between what a plugin asks for and what may reach a page. Behind it there are only
//! checked edits; in front of it each loss is told to the author. No client data enters.

use std::sync::Arc;

use crate::address::Addresses;
use crate::attribute::{MAX_VALUE_BYTES, accept, touch_of};
use crate::edit::Edit;
use crate::entity::escape;
use crate::sanitize::Sanitizer;
use crate::selector::SafeSelector;
use crate::tags::Touch;
use crate::template::delimiter_in;

const MAX_EDITS: usize = 32;
const MAX_INCLUDES: usize = 8;
const MAX_CONTENT_BYTES: usize = 64 << 10;
const MAX_FRAGMENT_BYTES: usize = 256 << 10;

/// What a site lets plugins write into its pages.
pub struct OutputPolicy {
    addresses: Arc<Addresses>,
    sanitizer: Sanitizer,
}

/// Something that an edit asked for and does not get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Position of the edit.
    pub edit: usize,
    /// What is missing and why, for the plugin's author.
    pub what: String,
}

/// Edits that have passed an [`OutputPolicy`], ready for any page of the site.
#[derive(Default)]
pub struct SafeEdits {
    edits: Vec<SafeEdit>,
}

/// One checked edit.
pub(crate) struct SafeEdit {
    pub(crate) selector: SafeSelector,
    pub(crate) action: Action,
}

/// What a checked edit does.
pub(crate) enum Action {
    /// Puts safe HTML in the place of the content.
    Fill(String),
    /// Puts escaped text in the place of the content.
    Text(String),
    /// Puts safe HTML in front.
    Before(String),
    /// Puts safe HTML behind.
    After(String),
    /// Takes the element away.
    Remove,
    /// Sets an attribute to an escaped value.
    Set {
        /// Its name, lower case.
        name: String,
        /// Its value, escaped.
        value: String,
        /// Which elements may have it set.
        touch: Touch,
    },
    /// Puts a fragment in the place of the content.
    Include(String),
}

impl Action {
    pub(crate) fn touch(&self) -> Touch {
        match self {
            Self::Fill(_) | Self::Include(_) => Touch::Fill,
            Self::Text(_) => Touch::Text,
            Self::Before(_) | Self::After(_) | Self::Remove => Touch::Around,
            Self::Set { touch, .. } => *touch,
        }
    }
}

/// A part of a page that the site's origin serves by itself, checked like a plugin's HTML.
#[derive(Clone, Default)]
pub struct SafeFragment {
    html: Arc<str>,
}

impl SafeFragment {
    /// Whether nothing is left of it; including it then changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.html.is_empty()
    }

    pub(crate) fn html(&self) -> &str {
        &self.html
    }
}

impl SafeEdits {
    /// The paths of the fragments that are to be included, in the order of the edits.
    pub fn includes(&self) -> impl Iterator<Item = &str> {
        self.edits.iter().filter_map(|edit| match &edit.action {
            Action::Include(path) => Some(path.as_str()),
            _ => None,
        })
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// How many edits there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.edits.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SafeEdit> {
        self.edits.iter()
    }
}

impl OutputPolicy {
    /// A policy for a site with these hosts. Pictures may also come from `loadable_hosts`, by
    /// https. `passthrough` answers whether a canonical path (`/account/orders`, no query) belongs
    /// to a route that carries identity.
    pub fn new(
        site_hosts: Vec<String>,
        loadable_hosts: Vec<String>,
        passthrough: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        let addresses = Arc::new(Addresses::new(site_hosts, loadable_hosts, Box::new(passthrough)));
        Self { sanitizer: Sanitizer::new(Arc::clone(&addresses)), addresses }
    }

    /// Checks the edits of one variant. What may not reach a page is left out and told; the rest
    /// works without it.
    #[must_use]
    pub fn admit(&self, edits: Vec<Edit>) -> (SafeEdits, Vec<Removed>) {
        let mut safe = SafeEdits::default();
        let mut removed = Vec::new();
        for (position, edit) in edits.into_iter().enumerate() {
            let mut told = |what: String| removed.push(Removed { edit: position, what });
            if position >= MAX_EDITS {
                told("the edit: a variant has at most 32 edits".to_owned());
                break;
            }
            match self.admit_one(edit, &mut told) {
                Ok(edit)
                    if matches!(edit.action, Action::Include(_))
                        && safe.includes().count() >= MAX_INCLUDES =>
                {
                    told("the edit: a variant has at most 8 includes".to_owned());
                }
                Ok(edit) => safe.edits.push(edit),
                Err(why) => told(format!("the edit: {why}")),
            }
        }
        (safe, removed)
    }

    /// Checks the HTML of a fragment like a plugin's; what may not stand is left out, and nothing
    /// is left of HTML that is not safe in any part.
    #[must_use]
    pub fn admit_fragment(&self, html: &[u8]) -> SafeFragment {
        if html.len() > MAX_FRAGMENT_BYTES {
            return SafeFragment::default();
        }
        self.sanitizer
            .clean(&String::from_utf8_lossy(html))
            .map_or_else(|_| SafeFragment::default(), |(html, _)| SafeFragment { html: html.into() })
    }

    fn admit_one(&self, edit: Edit, told: &mut dyn FnMut(String)) -> Result<SafeEdit, String> {
        let (selector, action) = match edit {
            Edit::SetContent { selector, content } => (selector, Action::Fill(self.html(&content, told)?)),
            Edit::Before { selector, content } => (selector, Action::Before(self.html(&content, told)?)),
            Edit::After { selector, content } => (selector, Action::After(self.html(&content, told)?)),
            Edit::Remove { selector } => (selector, Action::Remove),
            Edit::SetAttribute { selector, name, value } => (selector, self.attribute(&name, &value, told)?),
            Edit::Text { selector, content } => (selector, Action::Text(text(&content)?)),
            Edit::Include { selector, path } => (selector, Action::Include(self.addresses.fragment(&path)?)),
        };
        let selector = SafeSelector::parse(&selector)?;
        match selector.forbids(action.touch()) {
            Some(tag) => Err(format!("this may not be done to `{tag}`")),
            None => Ok(SafeEdit { selector, action }),
        }
    }

    fn html(&self, content: &str, told: &mut dyn FnMut(String)) -> Result<String, String> {
        if content.len() > MAX_CONTENT_BYTES {
            return Err("its content is longer than 64 KiB".to_owned());
        }
        let (html, removed) = self.sanitizer.clean(content)?;
        removed.into_iter().for_each(told);
        Ok(html)
    }

    fn attribute(&self, name: &str, value: &str, told: &mut dyn FnMut(String)) -> Result<Action, String> {
        let name = name.to_ascii_lowercase();
        let Some(touch) = touch_of(&name) else {
            return Err(
                "this attribute may not be set: it is not on the list of harmless attributes".to_owned()
            );
        };
        if value.len() > MAX_VALUE_BYTES {
            return Err("its value is longer than 2,048 bytes".to_owned());
        }
        let accepted = accept(&self.addresses, &name, value)?;
        if let Some(why) = accepted.lost {
            told(format!("part of attribute `{name}`: {why}"));
        }
        if let Some(delimiter) = delimiter_in(&accepted.value) {
            return Err(template_error(delimiter));
        }
        Ok(Action::Set { value: escape(&accepted.value), name, touch })
    }
}

/// Text, escaped so that it stands for itself.
fn text(content: &str) -> Result<String, String> {
    if content.len() > MAX_CONTENT_BYTES {
        return Err("its content is longer than 64 KiB".to_owned());
    }
    // Parsers drop some of these, which would put together what stood apart.
    if content.chars().any(|character| character.is_control() && !matches!(character, '\t' | '\n' | '\r')) {
        return Err("its content holds a control character".to_owned());
    }
    match delimiter_in(content) {
        Some(delimiter) => Err(template_error(delimiter)),
        None => Ok(escape(content)),
    }
}

fn template_error(delimiter: &str) -> String {
    format!("`{delimiter}` could be run by a template language of the page")
}
