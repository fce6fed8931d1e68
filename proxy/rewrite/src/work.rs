//! What all edits of one page share while it is rewritten: how much was added, which ends of elements are
//! relied on, and what is known of the encoding. No client data enters.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};

use cloakroom_notice::Placard;
use lol_html::html_content::{ContentType, EndTag};
use lol_html::{HandlerResult, MemorySettings, Selector};

use crate::entity::to_ascii;
use crate::meta;
use crate::page::RewriteError;
use crate::placard::Standing;
use crate::policy::{Action, SafeEdit, SafeFragment};

/// What all edits together may add to a page.
const MAX_ADDED_BYTES: usize = 4 << 20;
/// What the parser may use besides; a page of deeply nested elements needs a few dozen bytes for
/// each.
const MAX_MEMORY_BYTES: usize = 64 << 20;

const HTML_NAMESPACE: &str = "http://www.w3.org/1999/xhtml";

#[expect(clippy::expect_used, reason = "a constant, read by every test")]
static META: LazyLock<Selector> = LazyLock::new(|| "meta".parse().expect("a selector"));

// A page that is read along is rewritten in a task that may move between threads. The kinds that may move
// cost the same, so that there is one of each.
pub(crate) type Element<'r, 't> = lol_html::send::Element<'r, 't>;
pub(crate) type Settings<'h, 's> = lol_html::send::Settings<'h, 's>;
pub(crate) type ElementHandlers<'h> = lol_html::send::ElementContentHandlers<'h>;
pub(crate) type DocumentHandlers<'h> = lol_html::send::DocumentContentHandlers<'h>;
pub(crate) type Rewriter<'h, O> = lol_html::send::HtmlRewriter<'h, O>;

/// Finds a fragment by its path.
pub(crate) type FindFragment<'f> = &'f (dyn Fn(&str) -> Option<SafeFragment> + Sync);

/// What all edits of one page share. One thread at a time rewrites it, so that no order of memory matters.
pub(crate) struct Work<'w> {
    closed: Closed,
    added: AtomicUsize,
    fragments: FindFragment<'w>,
    /// The page is UTF-8, or may be taken to be; in others, only ASCII is written.
    utf8: AtomicBool,
    /// Whether it is UTF-8 is known by now.
    certain: AtomicBool,
    /// Before that was known, something was written that would be written otherwise into a page that is not.
    guessed: AtomicBool,
    /// The page names an encoding that is not read, so that it gets no edits.
    other_encoding: AtomicBool,
}

impl<'w> Work<'w> {
    /// For a whole page.
    pub(crate) fn new(closed: Closed, fragments: FindFragment<'w>, utf8: bool) -> Self {
        Self {
            closed,
            added: AtomicUsize::new(0),
            fragments,
            utf8: AtomicBool::new(utf8),
            certain: AtomicBool::new(true),
            guessed: AtomicBool::new(false),
            other_encoding: AtomicBool::new(false),
        }
    }

    /// For a page of which the rest is yet to come: it is taken to be UTF-8.
    pub(crate) fn guessing(closed: Closed, fragments: FindFragment<'w>) -> Self {
        let guessing = Self::new(closed, fragments, true);
        guessing.certain.store(false, Relaxed);
        guessing
    }

    /// The page says that it is UTF-8. One that says so and is not is rare enough to be taken at its word.
    pub(crate) fn says_utf8(&self) {
        if !self.certain.swap(true, Relaxed) {
            self.guessed.store(false, Relaxed);
        }
    }

    /// The page has bytes that are not UTF-8.
    pub(crate) fn is_not_utf8(&self) {
        self.utf8.store(false, Relaxed);
        self.certain.store(true, Relaxed);
    }

    /// The page names an encoding that is not read, and more is wanted than to cleanse it.
    pub(crate) fn names_other_encoding(&self) {
        self.other_encoding.store(true, Relaxed);
    }

    /// Whether that has been said.
    pub(crate) fn has_other_encoding(&self) -> bool {
        self.other_encoding.load(Relaxed)
    }

    /// Whether what was written so far would be written whatever comes.
    pub(crate) fn stands(&self) -> bool {
        !self.closed.is_open() && !self.guessed.load(Relaxed) && !self.has_other_encoding()
    }

    /// Whether that will not be so whatever comes: the page gets no edits, or is not what it was taken to be.
    pub(crate) fn is_beyond_hope(&self) -> bool {
        self.has_other_encoding() || self.guessed.load(Relaxed) && self.certain.load(Relaxed)
    }

    /// The settings of a rewriter that makes these edits. `strict` is for pages on which more is wanted than to
    /// cleanse them.
    pub(crate) fn settings<'s>(
        self: &Arc<Self>,
        edits: impl Iterator<Item = (&'w SafeEdit, Cow<'s, Selector>)>,
        placard: Option<&'w Placard>,
        strict: bool,
    ) -> Settings<'w, 's> {
        let work = Arc::clone(self);
        let mut settings = settings(strict).append_element_content_handler((
            Cow::Borrowed(&*META),
            ElementHandlers::default().element(move |element: &mut Element<'_, '_>| {
                if strict && meta::names_other_encoding(element) {
                    work.names_other_encoding();
                } else if meta::names_utf8(element) {
                    work.says_utf8();
                }
                meta::cleanse(element);
                Ok(())
            }),
        ));
        for (edit, selector) in edits {
            let work = Arc::clone(self);
            settings = settings.append_element_content_handler((
                selector,
                ElementHandlers::default()
                    .element(move |element: &mut Element<'_, '_>| work.apply(&edit.action, element)),
            ));
        }
        match placard {
            Some(placard) => Arc::new(Standing::new(placard)).settings(settings, self),
            None => settings,
        }
    }

    fn apply(&self, action: &Action, element: &mut Element<'_, '_>) -> HandlerResult {
        // Pictures drawn in SVG and formulas have a grammar of their own: they can only go as a
        // whole.
        let is_html = element.namespace_uri() == HTML_NAMESPACE;
        let tag = element.tag_name();
        if !action.touch().allows(&tag) || !(is_html || tag == "svg" && matches!(action, Action::Remove)) {
            return Ok(());
        }
        if needs_end(action) && element.can_have_content() && !self.closed.has(element) {
            return Ok(());
        }
        match action {
            Action::Fill(html) | Action::Text(html) => {
                element.set_inner_content(&self.add(html)?, ContentType::Html)
            }
            Action::Before(html) => element.before(&self.add(html)?, ContentType::Html),
            Action::After(html) => element.after(&self.add(html)?, ContentType::Html),
            Action::Remove => element.remove(),
            Action::Set { name, value, .. } => {
                element.set_attribute(name, &self.add(value)?)?;
                for related in overridden_by(name) {
                    element.remove_attribute(related);
                }
            }
            Action::Include(path) => {
                if let Some(fragment) = (self.fragments)(path).filter(|fragment| !fragment.is_empty()) {
                    element.set_inner_content(&self.add(fragment.html())?, ContentType::Html);
                }
            }
        }
        Ok(())
    }

    /// What may be written for `html`, if the page may still grow by it.
    pub(crate) fn add<'c>(&self, html: &'c str) -> Result<Cow<'c, str>, RewriteError> {
        let html = if self.utf8.load(Relaxed) {
            if !self.certain.load(Relaxed) && !html.is_ascii() {
                self.guessed.store(true, Relaxed);
            }
            Cow::Borrowed(html)
        } else {
            to_ascii(html)
        };
        let added = self.added.load(Relaxed).saturating_add(html.len());
        self.added.store(added, Relaxed);
        if added > MAX_ADDED_BYTES { Err(RewriteError::TooMuchAdded) } else { Ok(html) }
    }
}

/// The settings of a rewriter that changes nothing yet.
pub(crate) fn settings<'h, 's>(strict: bool) -> Settings<'h, 's> {
    Settings::new_send()
        .with_strict(strict)
        .with_enable_esi_tags(false)
        .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(MAX_MEMORY_BYTES))
}

/// Whether an edit must know where the element ends.
pub(crate) fn needs_end(action: &Action) -> bool {
    !matches!(action, Action::Before(_) | Action::Set { .. })
}

/// What is known of the ends of elements.
pub(crate) enum Closed {
    /// All are assumed to be spelled out.
    Assumed(Open),
    /// They are spelled out of the elements that start here.
    Known(HashSet<usize>),
}

/// How many ends that are assumed to be spelled out are still to come.
#[derive(Clone, Default)]
pub(crate) struct Open(Arc<AtomicUsize>);

impl Open {
    /// Whether there are any; at the end of the page, whether it leaves one out.
    pub(crate) fn any(&self) -> bool {
        self.0.load(Relaxed) > 0
    }
}

impl Closed {
    fn is_open(&self) -> bool {
        matches!(self, Self::Assumed(open) if open.any())
    }

    /// Whether the end of this element is spelled out, or may be taken to be.
    fn has(&self, element: &mut Element<'_, '_>) -> bool {
        match self {
            Self::Known(starts) => starts.contains(&element.source_location().bytes().start),
            Self::Assumed(Open(open)) => {
                open.fetch_add(1, Relaxed);
                let open = Arc::clone(open);
                on_own_end(element, move || {
                    open.fetch_sub(1, Relaxed);
                });
                true
            }
        }
    }
}

/// Does something when the element's own end tag comes: elements without one are told of their parent's.
pub(crate) fn on_own_end(element: &mut Element<'_, '_>, then: impl FnOnce() + Send + 'static) {
    let name = element.tag_name();
    if let Some(handlers) = element.end_tag_handlers() {
        handlers.push(Box::new(move |end: &mut EndTag<'_>| {
            if end.name() == name {
                then();
            }
            Ok(())
        }));
    }
}

/// Attributes of the page that would outdo a new value or tell of it.
fn overridden_by(name: &str) -> &'static [&'static str] {
    match name {
        "src" => &["srcset", "sizes"],
        "href" => &["ping", "attributionsrc"],
        _ => &[],
    }
}
