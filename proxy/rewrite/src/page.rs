//! Applies checked edits to a page, and takes out of any page what its `<meta>` may not do. Pages
//! are the origin's and come from the cache's side: no client data enters.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::LazyLock;

use cloakroom_notice::Placard;
use lol_html::errors::RewritingError;
use lol_html::html_content::{ContentType, Element, EndTag};
use lol_html::{ElementContentHandlers, HandlerResult, HtmlRewriter, MemorySettings, Selector, Settings};

use crate::entity::to_ascii;
use crate::pieces::Pieces;
use crate::placard::Standing;
use crate::policy::{Action, SafeEdit, SafeEdits, SafeFragment};
use crate::{meta, narrow};

const MAX_PAGE_BYTES: usize = 8 << 20;
/// What all edits together may add to a page.
const MAX_ADDED_BYTES: usize = 4 << 20;
/// What the parser may use besides; a page of deeply nested elements needs a few dozen bytes for
/// each.
const MAX_MEMORY_BYTES: usize = 64 << 20;

const HTML_NAMESPACE: &str = "http://www.w3.org/1999/xhtml";

#[expect(clippy::expect_used, reason = "a constant, read by every test")]
static META: LazyLock<Selector> = LazyLock::new(|| "meta".parse().expect("a selector"));

/// Why a page was not rewritten. Where there were edits, the page without them is the answer:
/// [`cleanse_only`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// The page itself is too large.
    #[error("the page is larger than 8 MiB")]
    PageTooLarge,
    /// There are more edits, or costlier selectors, than a page may have.
    #[error("the edits of the page are too many, or their selectors too costly")]
    TooCostly,
    /// The edits match too often.
    #[error("the edits would add more than 4 MiB to the page")]
    TooMuchAdded,
    /// The parser ran out of the memory it may use.
    #[error("the page is nested too deeply to be rewritten")]
    TooDeep,
    /// Browsers may read the page in another way than we do, so that an edit could land in a
    /// script.
    #[error("the page's markup is ambiguous, so that edits could land in the wrong place")]
    Ambiguous,
    /// Tags cannot be found in this encoding, or edits would be read in another way.
    #[error("the page names an encoding that is not read")]
    Encoding,
}

/// Whether a `Content-Type` says that the body is an HTML page, so that it must pass [`rewrite`].
#[must_use]
pub fn is_html(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("text/html")
}

/// The page without what its `<meta>` may not do, and otherwise unchanged.
///
/// # Errors
/// If the page is too large, too deep or in an encoding that is not read.
pub fn cleanse_only(page: &[u8]) -> Result<Vec<u8>, RewriteError> {
    rewrite(page, &[], &|_| None)
}

/// Applies all edits in order to an HTML page and cleanses its `<meta>`.
///
/// An edit that finds nothing does nothing. Elements whose end the page leaves out keep their
/// content, because nobody can tell where it ends; so do those whose content is not markup. Edits
/// see the origin's page, not each other's work.
///
/// # Errors
/// If the page is too large or too deep, and, with edits, if they are too costly, if its markup is
/// ambiguous, if it
/// names an encoding that is not read, or if they would add too much: answer with [`cleanse_only`] then.
pub fn rewrite(
    page: &[u8],
    edits: &[&SafeEdits],
    fragments: &dyn Fn(&str) -> Option<SafeFragment>,
) -> Result<Vec<u8>, RewriteError> {
    rewrite_with(page, edits, fragments, None)
}

/// As [`rewrite`], with a placard of our own: first in the body or at the end of the page, in the
/// language that the page says it is in. Parts of pages get none, nor do pages whose `<base>` leads to
/// another place.
///
/// # Errors
/// As [`rewrite`]; a placard counts as an edit.
pub fn rewrite_with(
    page: &[u8],
    edits: &[&SafeEdits],
    fragments: &dyn Fn(&str) -> Option<SafeFragment>,
    placard: Option<&Placard>,
) -> Result<Vec<u8>, RewriteError> {
    rewrite_to_pieces(page, edits, fragments, placard).map(|pieces| pieces.join(page))
}

/// As [`rewrite_with`], as what is kept of the page and what is added to it.
///
/// # Errors
/// As [`rewrite_with`].
pub fn rewrite_to_pieces(
    page: &[u8],
    edits: &[&SafeEdits],
    fragments: &dyn Fn(&str) -> Option<SafeFragment>,
    placard: Option<&Placard>,
) -> Result<Pieces, RewriteError> {
    if page.len() > MAX_PAGE_BYTES {
        return Err(RewriteError::PageTooLarge);
    }
    if page.starts_with(&[0xFE, 0xFF]) || page.starts_with(&[0xFF, 0xFE]) {
        return Err(RewriteError::Encoding);
    }
    if SafeEdits::too_costly(edits.iter().copied()).is_some() {
        return Err(RewriteError::TooCostly);
    }
    let changes = placard.is_some() || edits.iter().any(|safe| !safe.is_empty());
    let job = Job { page, edits: located(page, edits), fragments, placard, changes };
    // Nearly every page spells out the ends of the elements that edits are for, so that it is read once.
    let assumed = Closed::Assumed { open: Rc::default() };
    let written = job.run(&assumed);
    if assumed.is_refuted() {
        // What came after was worked on under a wrong assumption, and may have failed because of it.
        return job.run(&Closed::Known(find_closed(page, &job.edits)?));
    }
    written
}

/// An edit, and its selector for one page.
type Located<'e> = (&'e SafeEdit, Cow<'e, Selector>);

/// The edits that may find something on a page.
fn located<'e>(page: &[u8], edits: &[&'e SafeEdits]) -> Vec<Located<'e>> {
    let edits: Vec<&SafeEdit> = edits.iter().flat_map(|safe| safe.iter()).collect();
    let marks: Vec<&str> = edits.iter().filter_map(|edit| edit.selector.mark()).collect();
    let mut bearers = narrow::bearers(page, &marks).into_iter();
    let of_page = |edit: &'e SafeEdit| match edit.selector.mark().and_then(|_| bearers.next()) {
        Some(bearers) => Some((edit, edit.selector.among(&bearers)?)),
        None => Some((edit, Cow::Borrowed(edit.selector.parsed()))),
    };
    edits.into_iter().filter_map(of_page).collect()
}

/// What is to be done with one page.
struct Job<'a> {
    page: &'a [u8],
    edits: Vec<Located<'a>>,
    fragments: &'a dyn Fn(&str) -> Option<SafeFragment>,
    placard: Option<&'a Placard>,
    /// More is wanted than to cleanse it, whether or not the page has a place for that.
    changes: bool,
}

impl Job<'_> {
    fn run(&self, closed: &Closed) -> Result<Pieces, RewriteError> {
        let Self { page, fragments, changes, .. } = *self;
        let work = Work { utf8: std::str::from_utf8(page).is_ok(), closed, added: Cell::new(0), fragments };
        let standing = self.placard.map(Standing::new);
        let other_encoding = Rc::new(Cell::new(meta::declares_other_encoding(page)));
        let found = Rc::clone(&other_encoding);
        let mut settings = settings(changes).append_element_content_handler((
            Cow::Borrowed(&*META),
            ElementContentHandlers::default().element(move |element: &mut Element<'_, '_>| {
                found.set(found.get() || meta::names_other_encoding(element));
                meta::cleanse(element);
                Ok(())
            }),
        ));
        for (edit, selector) in &self.edits {
            let work = &work;
            settings = settings.append_element_content_handler((
                Cow::Borrowed(&**selector),
                ElementContentHandlers::default()
                    .element(move |element: &mut Element<'_, '_>| work.apply(&edit.action, element)),
            ));
        }
        if let Some(standing) = &standing {
            settings = standing.settings(settings, &work);
        }
        let mut output = Pieces::default();
        run(settings, page, |chunk| output.push(page, chunk))?;
        if changes && other_encoding.get() { Err(RewriteError::Encoding) } else { Ok(output.merged(page)) }
    }
}

fn settings<'h, 's>(strict: bool) -> Settings<'h, 's> {
    Settings::new()
        .with_strict(strict)
        .with_enable_esi_tags(false)
        .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(MAX_MEMORY_BYTES))
}

fn run(settings: Settings<'_, '_>, page: &[u8], sink: impl FnMut(&[u8])) -> Result<(), RewriteError> {
    let mut rewriter = HtmlRewriter::new(settings, sink);
    rewriter.write(page).and_then(|()| rewriter.end()).map_err(|error| match error {
        RewritingError::MemoryLimitExceeded(_) => RewriteError::TooDeep,
        RewritingError::ContentHandlerError(_) => RewriteError::TooMuchAdded,
        _ => RewriteError::Ambiguous,
    })
}

/// Finds the elements whose end tag the page spells out. For the others the rewriter would take
/// away everything up to the end of their parent.
fn find_closed(page: &[u8], edits: &[Located<'_>]) -> Result<HashSet<usize>, RewriteError> {
    let closed = Rc::new(RefCell::new(HashSet::new()));
    let mut settings = settings(true);
    for (_, selector) in edits.iter().filter(|(edit, _)| needs_end(&edit.action)) {
        let closed = Rc::clone(&closed);
        settings = settings.append_element_content_handler((
            Cow::Borrowed(&**selector),
            ElementContentHandlers::default().element(move |element: &mut Element<'_, '_>| {
                let start = element.source_location().bytes().start;
                let name = element.tag_name();
                let closed = Rc::clone(&closed);
                if let Some(handlers) = element.end_tag_handlers() {
                    // Elements without an end of their own are told of their parent's.
                    handlers.push(Box::new(move |end: &mut EndTag<'_>| {
                        if end.name() == name {
                            closed.borrow_mut().insert(start);
                        }
                        Ok(())
                    }));
                }
                Ok(())
            }),
        ));
    }
    run(settings, page, |_| {})?;
    Ok(closed.take())
}

/// Whether an edit must know where the element ends.
fn needs_end(action: &Action) -> bool {
    !matches!(action, Action::Before(_) | Action::Set { .. })
}

/// What is known of the ends of elements.
enum Closed {
    /// All are assumed to be spelled out; so many are still to come.
    Assumed { open: Rc<Cell<usize>> },
    /// They are spelled out of the elements that start here.
    Known(HashSet<usize>),
}

impl Closed {
    /// Whether the end of this element is spelled out, or may be taken to be.
    fn has(&self, element: &mut Element<'_, '_>) -> bool {
        match self {
            Self::Known(starts) => starts.contains(&element.source_location().bytes().start),
            Self::Assumed { open } => {
                let name = element.tag_name();
                open.set(open.get() + 1);
                let open = Rc::clone(open);
                if let Some(handlers) = element.end_tag_handlers() {
                    // Elements without an end of their own are told of their parent's.
                    handlers.push(Box::new(move |end: &mut EndTag<'_>| {
                        if end.name() == name {
                            open.set(open.get() - 1);
                        }
                        Ok(())
                    }));
                }
                true
            }
        }
    }

    /// Whether the page leaves out an end that was assumed.
    fn is_refuted(&self) -> bool {
        matches!(self, Self::Assumed { open } if open.get() > 0)
    }
}

/// What all edits of one page share.
pub(crate) struct Work<'w> {
    /// The page is UTF-8; in others, only ASCII is written.
    utf8: bool,
    closed: &'w Closed,
    added: Cell<usize>,
    fragments: &'w dyn Fn(&str) -> Option<SafeFragment>,
}

impl Work<'_> {
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
        let html = if self.utf8 { Cow::Borrowed(html) } else { to_ascii(html) };
        let added = self.added.get().saturating_add(html.len());
        self.added.set(added);
        if added > MAX_ADDED_BYTES { Err(RewriteError::TooMuchAdded) } else { Ok(html) }
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
