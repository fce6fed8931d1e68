//! Rewrites a page while it arrives, and tells how much of the rewritten page is certain. The rest of the page
//! is not known yet, and can turn what was written into something else; what is certain it cannot, but for the
//! few reasons that [`Along`] names. No client data enters.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cloakroom_notice::Placard;
use lol_html::{MemorySettings, OutputSink};

use crate::meta;
use crate::page::{MAX_PAGE_BYTES, changes, is_utf16};
use crate::policy::SafeEdits;
use crate::work::{Closed, FindFragment, Open, Rewriter, Work};

/// Where the declaration of an XML page ends, which stands in front of everything, at the latest.
const MAX_DECLARATION_BYTES: usize = 1 << 10;

/// The rewriting of a page that is still arriving.
///
/// What it says is certain is how the whole page's rewriting ([`rewrite_to_pieces`](crate::rewrite_to_pieces))
/// begins, unless that fails (the markup turns out to be ambiguous further down, an encoding is named there, too
/// much is added, the page is too large or too deep), or a page that says that it is UTF-8 is not. So it is for
/// reading along alone: what is stored is made of the whole page, and whoever read along is told when the two
/// differ.
pub struct Along<'e> {
    /// `None` when nothing more will be certain.
    rewriter: Option<Rewriter<'e, Output<'e>>>,
    work: Arc<Work<'e>>,
    written: Arc<Mutex<Written>>,
    /// What is here of a page that is not begun with yet: how it begins decides whether it is.
    start: Option<Vec<u8>>,
    length: usize,
    utf8: Utf8,
    /// More is wanted than to cleanse the page.
    changes: bool,
}

/// What was written and not handed out. It cannot outgrow the page and what may be added to it, which both have
/// bounds.
#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    /// So many of them are certain.
    certain: usize,
}

impl<'e> Along<'e> {
    /// What the parser may use. It is there once for each variant of a page, so that it is less than for whole pages,
    /// and still more than any but a very deep page or a very long tag needs: of these, nothing more is certain.
    pub const PARSER_BYTES: usize = 256 << 10;

    /// Begins a page; the arguments are those of [`rewrite_to_pieces`](crate::rewrite_to_pieces). `None` if the
    /// edits are too costly to be made at all.
    #[must_use]
    pub fn new(
        edits: &[&'e SafeEdits],
        fragments: FindFragment<'e>,
        placard: Option<&'e Placard>,
    ) -> Option<Self> {
        if SafeEdits::too_costly(edits.iter().copied()).is_some() {
            return None;
        }
        let changes = changes(edits, placard);
        let work = Arc::new(Work::guessing(Closed::Assumed(Open::default()), fragments));
        let written = Arc::default();
        let output = Output { work: Arc::clone(&work), written: Arc::clone(&written) };
        // Not narrowed to the elements of the page, which are not known; they find the same.
        let edits = edits.iter().flat_map(|safe| safe.iter());
        let edits = edits.map(|edit| (edit, Cow::Borrowed(edit.selector.parsed())));
        let memory = MemorySettings::new().with_max_allowed_memory_usage(Self::PARSER_BYTES);
        let settings = work.settings(edits, placard, changes).with_memory_settings(memory);
        let rewriter = Rewriter::new(settings, output);
        Some(Self {
            rewriter: Some(rewriter),
            work,
            written,
            start: Some(Vec::new()),
            length: 0,
            utf8: Utf8::default(),
            changes,
        })
    }

    /// The same, for a page of which it is known that it is UTF-8.
    #[must_use]
    pub fn of_utf8(self) -> Self {
        self.work.says_utf8();
        self
    }

    /// Takes in what comes next of the page, and gives what is now certain of the rewritten page and was not
    /// before.
    pub fn write(&mut self, part: &[u8]) -> Vec<u8> {
        self.length += part.len();
        if self.length > MAX_PAGE_BYTES {
            self.end();
        }
        if self.rewriter.is_some() && !self.utf8.goes_on(part) {
            self.work.is_not_utf8();
        }
        let Some(part) = self.begun(part) else { return Vec::new() };
        if let Some(rewriter) = &mut self.rewriter
            && rewriter.write(&part).is_err()
        {
            self.end();
        }
        let certain = self.written().take();
        if self.work.is_beyond_hope() {
            self.end();
        }
        certain
    }

    /// How many bytes it takes to hold back what is not certain.
    #[must_use]
    pub fn held(&self) -> usize {
        self.written().bytes.capacity()
    }

    /// Whether nothing more will be certain, whatever comes.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.rewriter.is_none()
    }

    /// What is to be read next, once it is known how the page begins.
    fn begun<'p>(&mut self, part: &'p [u8]) -> Option<Cow<'p, [u8]>> {
        let Some(mut start) = self.start.take() else { return Some(Cow::Borrowed(part)) };
        start.extend_from_slice(part);
        // Two bytes tell UTF-16.
        let is_enough = start.len() > 1 && meta::is_declared(&start);
        if !is_enough && start.len() <= MAX_DECLARATION_BYTES {
            self.start = Some(start);
            return None;
        }
        if !is_enough || is_utf16(&start) {
            self.end();
        }
        if self.changes && meta::declares_other_encoding(&start) {
            self.work.names_other_encoding();
        }
        Some(Cow::Owned(start))
    }

    /// Nothing more is certain.
    fn end(&mut self) {
        self.rewriter = None;
        *self.written() = Written::default();
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    /// Hands out what is certain. What becomes certain does so with all that was held back before it, so that what
    /// stays behind, and is copied here, was written since the last time.
    fn take(&mut self) -> Vec<u8> {
        if self.certain == 0 {
            return Vec::new();
        }
        let rest = self.bytes.split_off(self.certain);
        self.certain = 0;
        std::mem::replace(&mut self.bytes, rest)
    }
}

/// Where the rewriter writes to.
struct Output<'e> {
    work: Arc<Work<'e>>,
    written: Arc<Mutex<Written>>,
}

impl OutputSink for Output<'_> {
    // INVARIANT: the rewriter hands on everything before an element before it tells the handlers of the element,
    // and what they make of it afterwards. So what is written while no end is awaited holds whether or not the
    // ends of later elements come; and once the last awaited end has come, all before it holds.
    fn handle_chunk(&mut self, chunk: &[u8]) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.bytes.extend_from_slice(chunk);
        if self.work.stands() {
            written.certain = written.bytes.len();
        }
    }
}

/// Whether bytes that come in parts are UTF-8 so far.
#[derive(Default)]
struct Utf8 {
    /// A character that has begun.
    begun: Vec<u8>,
}

impl Utf8 {
    /// Whether they still are with these.
    fn goes_on(&mut self, part: &[u8]) -> bool {
        let bytes = if self.begun.is_empty() {
            Cow::Borrowed(part)
        } else {
            Cow::Owned([&self.begun, part].concat())
        };
        let begun = match std::str::from_utf8(&bytes) {
            Ok(_) => &[][..],
            Err(wrong) if wrong.error_len().is_none() => bytes.get(wrong.valid_up_to()..).unwrap_or_default(),
            Err(_) => return false,
        };
        self.begun = begun.to_vec();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_put_together_again() {
        let text = "a\u{e9}\u{20ac}\u{1f600}b".as_bytes();
        for at in 0..text.len() {
            let (one, other) = text.split_at(at);
            let mut utf8 = Utf8::default();
            assert!(utf8.goes_on(one) && utf8.goes_on(other), "{at}");
            assert!(utf8.goes_on(&[0xe2]) && !utf8.goes_on(b"a"), "{at}");
        }
    }

    #[test]
    fn what_is_held_back_stays_where_it_is() {
        let mut written = Written { bytes: vec![b'a'; 1 << 10], certain: 0 };
        let held = written.bytes.as_ptr();
        assert_eq!(written.take(), b"");
        assert_eq!((written.bytes.as_ptr(), written.bytes.len()), (held, 1 << 10));
        written.certain = 1_000;
        assert_eq!((written.take().len(), written.bytes.len(), written.certain), (1_000, 24, 0));
    }

    #[test]
    fn the_start_of_a_page_is_awaited_no_longer_than_it_has_to_be() {
        let begun = |parts: &[&str]| {
            let mut along = Along::new(&[], &|_| None, None).unwrap();
            parts
                .iter()
                .map(|part| String::from_utf8(along.write(part.as_bytes())).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(begun(&["<", "p>a"]), ["", "<p>a"]);
        assert_eq!(begun(&["<?xm", "l version='1.0'", "?>", "a"]), ["", "", "<?xml version='1.0'?>", "a"]);
        let long = "<?xml ".to_owned() + &" ".repeat(MAX_DECLARATION_BYTES);
        assert_eq!(begun(&[&long, ">", "a"]), ["", "", ""]);
        assert_eq!(begun(&["", "a", "b"]), ["", "", "ab"]);
    }
}
