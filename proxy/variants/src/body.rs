//! Bodies that share what they share: slices of a page's buffer, and of what a variant adds to it.

use bytes::Bytes;

use crate::footprint;

/// A body, as the pieces that are sent one after the other.
///
/// A variant of a page is mostly the page: the pieces that are the page's own are slices of its one buffer,
/// whoever sends them, and only what the variant adds takes memory of its own.
#[derive(Clone, Default)]
pub struct Body {
    pieces: Box<[Bytes]>,
    length: usize,
    /// Bytes that no page holds already.
    own: usize,
}

impl Body {
    /// A body of one piece, all of it a page's own.
    #[must_use]
    pub fn whole(page: Bytes) -> Self {
        Self { length: page.len(), own: 0, pieces: one(page) }
    }

    /// A body of one piece that no page holds.
    #[must_use]
    pub fn own(bytes: Bytes) -> Self {
        Self { length: bytes.len(), own: bytes.len(), pieces: one(bytes) }
    }

    /// A body of pieces of a page's buffer and of others; `own` bytes are the others'.
    #[must_use]
    pub fn of(pieces: Vec<Bytes>, own: usize) -> Self {
        let pieces: Box<[Bytes]> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
        Self { length: pieces.iter().map(Bytes::len).sum(), own, pieces }
    }

    /// Its length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it has no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Its pieces, in order; none is empty.
    #[must_use]
    pub fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// Its bytes in one piece: a copy, unless it is one already.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        match &*self.pieces {
            [] => Bytes::new(),
            [one] => one.clone(),
            many => many.concat().into(),
        }
    }

    /// Bytes that it takes besides its page.
    pub(crate) fn weight(&self) -> usize {
        footprint::of_shared(self.own) + footprint::of(size_of_val(&*self.pieces))
    }
}

fn one(bytes: Bytes) -> Box<[Bytes]> {
    if bytes.is_empty() { Box::default() } else { Box::new([bytes]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_weighs_what_its_page_does_not_hold() {
        let page = Bytes::from_static(b"<p>origin</p>");
        let pieces = vec![page.slice(..3), Bytes::new(), Bytes::from_static(b"spring"), page.slice(9..)];
        let body = Body::of(pieces, 6);
        assert_eq!(body.to_bytes(), "<p>spring</p>");
        assert_eq!((body.len(), body.pieces().len()), (13, 3));
        assert_eq!(body.weight(), footprint::of_shared(6) + 3 * size_of::<Bytes>());
        assert_eq!(Body::whole(page.clone()).weight(), size_of::<Bytes>());
        assert_eq!(Body::whole(page.clone()).to_bytes().as_ptr(), page.as_ptr(), "not copied");
        assert!(Body::own(Bytes::new()).is_empty() && Body::own(Bytes::new()).pieces().is_empty());
    }
}
