//! A rewritten page as what it keeps of the origin's and what was added, so that many variants can share one
//! page.

use std::ops::Range;

/// A run of a page that is shorter than this is not worth a piece of its own.
const WORTH_SHARING: usize = 128;

/// A rewritten page in pieces.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// Bytes that the page does not have in this place.
    pub added: Vec<u8>,
    /// What the rewritten page consists of, in order. No two neighbours could be one.
    pub pieces: Vec<Piece>,
}

/// A piece of a rewritten page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of the page.
    Page(Range<usize>),
    /// Bytes of what was added.
    Added(Range<usize>),
}

impl Pieces {
    /// Takes the next bytes of the output. The rewriter hands on what it leaves alone without copying it, so
    /// that where the bytes stand tells what they are.
    pub(crate) fn push(&mut self, page: &[u8], output: &[u8]) {
        if output.is_empty() {
            return;
        }
        let start = (output.as_ptr() as usize).wrapping_sub(page.as_ptr() as usize);
        let range = start..start.wrapping_add(output.len());
        // In bounds means inside the page's own memory: nothing else can be there while the page is.
        if page.get(range.clone()).is_none() {
            return self.add(output);
        }
        match self.pieces.last_mut() {
            Some(Piece::Page(last)) if last.end == range.start => last.end = range.end,
            _ => self.pieces.push(Piece::Page(range)),
        }
    }

    fn add(&mut self, output: &[u8]) {
        let start = self.added.len();
        self.added.extend_from_slice(output);
        match self.pieces.last_mut() {
            Some(Piece::Added(last)) => last.end = self.added.len(),
            _ => self.pieces.push(Piece::Added(start..self.added.len())),
        }
    }

    /// The same bytes, in no more pieces than sharing is worth.
    pub(crate) fn merged(self, page: &[u8]) -> Self {
        let mut merged = Self { added: Vec::with_capacity(self.added.len()), pieces: Vec::new() };
        for piece in &self.pieces {
            match piece {
                Piece::Page(range) if range.len() >= WORTH_SHARING => merged.pieces.push(piece.clone()),
                Piece::Page(range) => merged.add(page.get(range.clone()).unwrap_or_default()),
                Piece::Added(range) => merged.add(self.added.get(range.clone()).unwrap_or_default()),
            }
        }
        merged
    }

    /// The whole of it.
    #[must_use]
    pub fn join(&self, page: &[u8]) -> Vec<u8> {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Page(range) => page.get(range.clone()).unwrap_or_default(),
            Piece::Added(range) => self.added.get(range.clone()).unwrap_or_default(),
        });
        pieces.collect::<Vec<_>>().concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_page_is_not_copied() {
        let page = "<p>".to_owned() + &"a".repeat(WORTH_SHARING) + "</p>tail";
        let page = page.as_bytes();
        let mut pieces = Pieces::default();
        let tail = page.len() - 4;
        for part in [&page[..3], &page[3..5], b"new", b"er", &page[5..tail], &page[tail..], b"!"] {
            pieces.push(page, part);
        }
        let whole = [&page[..5], b"newer", &page[5..], b"!"].concat();
        assert_eq!(pieces.join(page), whole);
        assert_eq!(pieces.pieces.len(), 4);
        let merged = pieces.merged(page);
        assert_eq!(merged.join(page), whole);
        // What stood before is too short to be shared.
        let expected = [Piece::Added(0..10), Piece::Page(5..page.len()), Piece::Added(10..11)];
        assert_eq!(merged.pieces, expected);
    }

    #[test]
    fn equal_bytes_elsewhere_are_not_taken_for_the_page() {
        let (page, other) = (vec![b'a'; 300], vec![b'a'; 300]);
        let mut pieces = Pieces::default();
        pieces.push(&page, &other);
        assert_eq!(pieces.pieces, [Piece::Added(0..300)]);
    }
}
