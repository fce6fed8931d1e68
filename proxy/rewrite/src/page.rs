//! Applies checked edits to a page, and takes out of any page what its `<meta>` may not do. Pages
//! are the origin's and come from the cache's side: no client data enters.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use cloakroom_notice::Placard;
use lol_html::Selector;
use lol_html::errors::RewritingError;

use crate::pieces::Pieces;
use crate::policy::{SafeEdit, SafeEdits, SafeFragment};
use crate::work::{
    Closed, Element, ElementHandlers, FindFragment, Open, Rewriter, Settings, Work, needs_end, on_own_end,
    settings,
};
use crate::{meta, narrow};

pub(crate) const MAX_PAGE_BYTES: usize = 8 << 20;

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
    fragments: &(dyn Fn(&str) -> Option<SafeFragment> + Sync),
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
    fragments: &(dyn Fn(&str) -> Option<SafeFragment> + Sync),
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
    fragments: &(dyn Fn(&str) -> Option<SafeFragment> + Sync),
    placard: Option<&Placard>,
) -> Result<Pieces, RewriteError> {
    if page.len() > MAX_PAGE_BYTES {
        return Err(RewriteError::PageTooLarge);
    }
    if is_utf16(page) {
        return Err(RewriteError::Encoding);
    }
    if SafeEdits::too_costly(edits.iter().copied()).is_some() {
        return Err(RewriteError::TooCostly);
    }
    let job = Job { page, edits: located(page, edits), fragments, placard, changes: changes(edits, placard) };
    // Nearly every page spells out the ends of the elements that edits are for, so that it is read once.
    let open = Open::default();
    let written = job.run(Closed::Assumed(open.clone()));
    if open.any() {
        // What came after was worked on under a wrong assumption, and may have failed because of it.
        return job.run(Closed::Known(find_closed(page, &job.edits)?));
    }
    written
}

/// Whether more is wanted than to cleanse the page, whether or not it has a place for that.
pub(crate) fn changes(edits: &[&SafeEdits], placard: Option<&Placard>) -> bool {
    placard.is_some() || edits.iter().any(|safe| !safe.is_empty())
}

/// Whether a page that begins so is one of which tags cannot be found.
pub(crate) fn is_utf16(page: &[u8]) -> bool {
    page.starts_with(&[0xFE, 0xFF]) || page.starts_with(&[0xFF, 0xFE])
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
    fragments: FindFragment<'a>,
    placard: Option<&'a Placard>,
    /// More is wanted than to cleanse it.
    changes: bool,
}

impl Job<'_> {
    fn run(&self, closed: Closed) -> Result<Pieces, RewriteError> {
        let Self { page, fragments, placard, changes, .. } = *self;
        let work = Arc::new(Work::new(closed, fragments, std::str::from_utf8(page).is_ok()));
        if changes && meta::declares_other_encoding(page) {
            work.names_other_encoding();
        }
        let edits = self.edits.iter().map(|(edit, selector)| (*edit, Cow::Borrowed(&**selector)));
        let settings = work.settings(edits, placard, changes);
        let mut output = Pieces::default();
        run(settings, page, |chunk| output.push(page, chunk))?;
        if work.has_other_encoding() { Err(RewriteError::Encoding) } else { Ok(output.merged(page)) }
    }
}

fn run(settings: Settings<'_, '_>, page: &[u8], sink: impl FnMut(&[u8])) -> Result<(), RewriteError> {
    let mut rewriter = Rewriter::new(settings, sink);
    rewriter.write(page).and_then(|()| rewriter.end()).map_err(|error| match error {
        RewritingError::MemoryLimitExceeded(_) => RewriteError::TooDeep,
        RewritingError::ContentHandlerError(_) => RewriteError::TooMuchAdded,
        _ => RewriteError::Ambiguous,
    })
}

/// Finds the elements whose end tag the page spells out. For the others the rewriter would take
/// away everything up to the end of their parent.
fn find_closed(page: &[u8], edits: &[Located<'_>]) -> Result<HashSet<usize>, RewriteError> {
    let closed = Arc::new(Mutex::new(HashSet::new()));
    let mut settings = settings(true);
    for (_, selector) in edits.iter().filter(|(edit, _)| needs_end(&edit.action)) {
        let closed = Arc::clone(&closed);
        settings = settings.append_element_content_handler((
            Cow::Borrowed(&**selector),
            ElementHandlers::default().element(move |element: &mut Element<'_, '_>| {
                let start = element.source_location().bytes().start;
                let closed = Arc::clone(&closed);
                on_own_end(element, move || {
                    closed.lock().unwrap_or_else(PoisonError::into_inner).insert(start);
                });
                Ok(())
            }),
        ));
    }
    run(settings, page, |_| {})?;
    let mut closed = closed.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *closed))
}
