//! What is asked of a stored answer, and what is to be sent of it.

use cloakroom_vocabulary::Coding;
use http::StatusCode;

use super::dates::Dates;
use crate::EntityTag;

/// A stored answer in the form that would be sent, as far as requests can ask about it.
#[derive(Clone, Copy, Debug)]
pub struct Representation {
    /// Its status.
    pub status: StatusCode,
    /// The tag that visitors are sent with it.
    pub tag: Option<EntityTag>,
    /// Its dates; `None` where they are no validators: the variants of a page are as old as the page, and a
    /// visitor who has one of them need not have another.
    pub dates: Option<Dates>,
    /// The length of its body in bytes; `None` while it still arrives, when no part of it can be asked for.
    pub length: Option<usize>,
    /// The coding that the body is in.
    pub coding: Option<Coding>,
}

/// What is to be sent of a stored answer.
pub enum Wish {
    /// All of it, under its own status.
    Whole,
    /// Nothing, since the client has it: 304 (RFC 9110 §15.4.5).
    Unmodified,
    /// Parts of its body: 206 (RFC 9110 §15.3.7). At least one and at most 16, within the body, none touching
    /// another, in the order that the client gave; together they are no longer than the body.
    Ranges(Vec<ByteRange>),
    /// Nothing of the body is where the client wants a part: 416 (RFC 9110 §15.5.17).
    Unsatisfiable,
}

/// Bytes of a body, from the first to the last, both included (RFC 9110 §14.1.2).
///
/// INVARIANT: `first <= last < usize::MAX`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    first: usize,
    last: usize,
}

impl ByteRange {
    /// `None` if it would hold no byte, or end where no body does.
    #[must_use]
    pub fn new(first: usize, last: usize) -> Option<Self> {
        (first <= last && last < usize::MAX).then_some(Self { first, last })
    }

    /// Position of its first byte, counted from 0.
    #[must_use]
    pub fn first(self) -> usize {
        self.first
    }

    /// Position of its last byte.
    #[must_use]
    pub fn last(self) -> usize {
        self.last
    }

    /// How many bytes it holds; never 0.
    #[must_use]
    pub fn count(self) -> usize {
        self.last - self.first + 1
    }

    /// Whether the two share a byte, or none lies between them.
    pub(super) fn touches(self, other: Self) -> bool {
        self.first <= other.last + 1 && other.first <= self.last + 1
    }

    /// All that is in one of two that touch.
    pub(super) fn joined(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}
