//! The door between what a plugin asks for and what may reach a page. Behind it there are only
//! checked edits; in front of it each loss is told to the author. No client data enters.

use std::ops::Range;
use std::sync::Arc;

use crate::address::Addresses;
use crate::attribute::{accept, touch_of, why_not};
use crate::cost::Cost;
use crate::edit::Edit;
use crate::entity::escape;
use crate::removed::{Loss, Part, Reason, Removed};
use crate::sanitize::{Sanitizer, control_error, control_in, template_error};
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
    is_fragment: Box<dyn Fn(&str) -> bool + Send + Sync>,
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

    /// What keeps these edits from being made on one page, in words and with the figures: the bounds on
    /// their number and on their selectors.
    pub fn too_costly<'e>(together: impl IntoIterator<Item = &'e Self>) -> Option<String> {
        together.into_iter().map(Self::cost).sum::<Cost>().over_page()
    }

    fn cost(&self) -> Cost {
        self.edits.iter().map(|edit| edit.selector.cost()).sum()
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
        let sanitizer = Sanitizer::new(Arc::clone(&addresses));
        Self { sanitizer, addresses, is_fragment: Box::new(|_| true) }
    }

    /// A policy without a site: what would be left out on every one. It lets no address load from another
    /// host, since only a site can list one, and cannot know of routes.
    #[must_use]
    pub fn without_site() -> Self {
        Self::new(Vec::new(), Vec::new(), |_| false)
    }

    /// The same, where edits include only paths of which `is_fragment` says that their route is marked
    /// `fragment`. Without it any path of the site may be named; what is no fragment is then empty.
    #[must_use]
    pub fn with_fragments(mut self, is_fragment: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.is_fragment = Box::new(is_fragment);
        self
    }

    /// Checks the edits of one variant. What may not reach a page is left out and told, in the order of
    /// the edits; the rest works without it.
    #[must_use]
    pub fn admit(&self, edits: Vec<Edit>) -> (SafeEdits, Vec<Removed>) {
        let mut safe = SafeEdits::default();
        let mut removed = Vec::new();
        for (position, edit) in edits.into_iter().enumerate() {
            let mut telling = Telling { edit: position, removed: &mut removed };
            if position >= MAX_EDITS {
                let why = Reason::new("a variant has at most 32 edits", "put several changes into one edit");
                telling.tell(Part::Selector, edit.selector(), why.of("the edit", 0..edit.selector().len()));
                break;
            }
            let Ok(edit) = self.admit_one(&edit, &safe, &mut telling) else { continue };
            safe.edits.push(edit);
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
            .map_or_else(|_| SafeFragment::default(), |html| SafeFragment { html: html.into() })
    }

    fn admit_one(
        &self,
        edit: &Edit,
        before: &SafeEdits,
        telling: &mut Telling<'_>,
    ) -> Result<SafeEdit, Refused> {
        let asked = edit.selector();
        let action = match edit {
            Edit::SetContent { content, .. } => Action::Fill(self.html(content, telling)?),
            Edit::Before { content, .. } => Action::Before(self.html(content, telling)?),
            Edit::After { content, .. } => Action::After(self.html(content, telling)?),
            Edit::Remove { .. } => Action::Remove,
            Edit::SetAttribute { name, value, .. } => self.attribute(name, value, telling)?,
            Edit::Text { content, .. } => Action::Text(text(content, telling)?),
            Edit::Include { path, .. } => self.include(path, before, telling)?,
        };
        let selector = SafeSelector::parse(asked).map_err(|(at, why)| {
            let why =
                Reason::new(why, "name elements by type, class or id, one in or (`>`) right in another");
            telling.refuse(Part::Selector, asked, why, at..asked.len())
        })?;
        match selector.forbids(action.touch()) {
            Some(tag) => {
                let why = format!("this may not be done to `{tag}`");
                let why = Reason::new(why, "choose an element of the page's content");
                Err(telling.refuse(Part::Selector, asked, why, 0..asked.len()))
            }
            None => match (before.cost() + selector.cost()).over_variant() {
                None => Ok(SafeEdit { selector, action }),
                Some(why) => {
                    let why = Reason::new(why, "find elements by a class or an id of their own");
                    Err(telling.refuse(Part::Selector, asked, why, 0..asked.len()))
                }
            },
        }
    }

    fn html(&self, content: &str, telling: &mut Telling<'_>) -> Result<String, Refused> {
        if content.len() > MAX_CONTENT_BYTES {
            return Err(too_long(content, telling));
        }
        let safe = self.sanitizer.clean(content).map_err(|loss| {
            telling.tell(Part::Content, content, loss);
            Refused
        })?;
        for loss in self.sanitizer.losses(content, &safe) {
            telling.tell(Part::Content, content, loss);
        }
        Ok(safe)
    }

    fn include(&self, path: &str, before: &SafeEdits, telling: &mut Telling<'_>) -> Result<Action, Refused> {
        if before.includes().count() >= MAX_INCLUDES {
            let why = Reason::new("a variant has at most 8 includes", "let one fragment hold what two do");
            return Err(telling.refuse(Part::Path, path, why, 0..path.len()));
        }
        let found = self
            .addresses
            .fragment(path)
            .and_then(|found| if (self.is_fragment)(&found) { Ok(found) } else { Err(NO_FRAGMENT) });
        found.map(Action::Include).map_err(|why| {
            let instead = "name the path of a route that has `fragment = true` in the site's file";
            telling.refuse(Part::Path, path, Reason::new(why, instead), 0..path.len())
        })
    }

    fn attribute(&self, asked: &str, value: &str, telling: &mut Telling<'_>) -> Result<Action, Refused> {
        let name = asked.to_ascii_lowercase();
        let whole = 0..value.len();
        let Some(touch) = touch_of(&name) else {
            return Err(telling.refuse(Part::Name, asked, why_not("element", &name), 0..asked.len()));
        };
        let accepted = accept(&self.addresses, None, &name, value)
            .map_err(|why| telling.refuse(Part::Value, value, why, whole.clone()))?;
        let nothing_left = !accepted.lost.is_empty() && accepted.value.is_empty();
        for loss in accepted.lost {
            let what = format!("attribute `{name}`, {}", loss.what);
            telling.tell(Part::Value, value, Loss { what, ..loss });
        }
        if nothing_left {
            return Err(Refused);
        }
        if let Some(delimiter) = delimiter_in(&accepted.value) {
            return Err(telling.refuse(Part::Value, value, template_error(delimiter), whole));
        }
        Ok(Action::Set { value: escape(&accepted.value), name, touch })
    }
}

const NO_FRAGMENT: &str = "no route of the site that is marked `fragment` has this path";

/// An edit of which nothing is left, as has been told.
struct Refused;

/// Whom losses are told to, and of which edit.
struct Telling<'r> {
    edit: usize,
    removed: &'r mut Vec<Removed>,
}

impl Telling<'_> {
    fn tell(&mut self, part: Part, text: &str, loss: Loss) {
        self.removed.push(loss.tell(self.edit, part, text));
    }

    fn refuse(&mut self, part: Part, text: &str, why: Reason, at: Range<usize>) -> Refused {
        self.tell(part, text, why.of("the edit", at));
        Refused
    }
}

fn too_long(content: &str, telling: &mut Telling<'_>) -> Refused {
    let why = Reason::new("its content is longer than 64 KiB", "write less, or include a fragment");
    telling.refuse(Part::Content, content, why, MAX_CONTENT_BYTES..content.len())
}

/// Text, escaped so that it stands for itself.
fn text(content: &str, telling: &mut Telling<'_>) -> Result<String, Refused> {
    if content.len() > MAX_CONTENT_BYTES {
        return Err(too_long(content, telling));
    }
    if let Some(at) = control_in(content) {
        return Err(telling.refuse(Part::Content, content, control_error(), at));
    }
    match delimiter_in(content) {
        Some(delimiter) => {
            let at = content.find(delimiter).unwrap_or(0);
            let span = at..at + delimiter.len();
            Err(telling.refuse(Part::Content, content, template_error(delimiter), span))
        }
        None => Ok(escape(content)),
    }
}
