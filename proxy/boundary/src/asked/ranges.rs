//! `Range` and `If-Range`: parts of a body (RFC 9110 §13.1.5, §14).

use http::header::{IF_RANGE, RANGE};

use super::dates::HttpDate;
use super::wish::{ByteRange, Representation, Wish};
use crate::{EntityTag, RawRequest};

/// The most ranges of a request. One with more is sent the whole answer (RFC 9110 §14.2, §17.15).
const MAX_RANGES: usize = 16;
/// The longest field that is read: 16 ranges of two positions of 20 digits, with room for spaces.
const MAX_BYTES: usize = 1024;

/// The parts of a body that a client asks for, and on which condition.
pub(super) struct RangeRequest {
    specs: Vec<Spec>,
    condition: Condition,
}

/// One range as it was asked for.
enum Spec {
    /// `first-last`, or `first-` with the largest `last` there is.
    From { first: usize, last: usize },
    /// `-count`: that many bytes at the end.
    Last { count: usize },
}

/// What `If-Range` says.
enum Condition {
    /// There is none.
    None,
    Tag(EntityTag),
    Date(HttpDate),
    /// It cannot be read, and so does not hold.
    Broken,
}

impl RangeRequest {
    /// Reads both fields. `None` without `Range` and for one that is not understood: other units, invalid or
    /// too many ranges, several lines. Such a field is ignored (RFC 9110 §14.2).
    pub(super) fn read(raw: &RawRequest<'_>) -> Option<Self> {
        let mut lines = raw.fields(&RANGE);
        let (line, None) = (lines.next()?, lines.next()) else { return None };
        let specs = specs(line)?;
        Some(Self { specs, condition: Condition::read(raw) })
    }

    /// What is to be sent of a 200.
    pub(super) fn evaluate(&self, of: &Representation) -> Wish {
        // Of an empty body there is no part, but a client that only means to limit what it gets is no worse off
        // with the whole of it than with an error.
        let Some(length) = of.length.filter(|length| *length > 0) else { return Wish::Whole };
        if !self.condition.holds(of) {
            return Wish::Whole;
        }
        let mut parts = Vec::with_capacity(self.specs.len());
        let mut asked = 0_usize;
        for range in self.specs.iter().filter_map(|spec| spec.within(length)) {
            asked = asked.saturating_add(range.count());
            add(&mut parts, range);
        }
        match parts.len() {
            0 => Wish::Unsatisfiable,
            // More than there is: some are asked for twice.
            _ if asked > length => Wish::Whole,
            // Where a body is coded and in several parts, nobody says which of the two comes first.
            2.. if of.coding.is_some() => Wish::Whole,
            _ => Wish::Ranges(parts),
        }
    }
}

/// Puts a range behind the others, or joins it with those that it touches, where the first of them stands
/// (RFC 9110 §15.3.7.2).
fn add(parts: &mut Vec<ByteRange>, range: ByteRange) {
    let place = parts.iter().position(|part| part.touches(range)).unwrap_or(parts.len());
    let mut joined = range;
    parts.retain(|part| {
        let touches = part.touches(range);
        if touches {
            joined = joined.joined(*part);
        }
        !touches
    });
    parts.insert(place, joined);
}

impl Spec {
    /// `first-last`, `first-` or `-count`.
    fn read(text: &[u8]) -> Option<Self> {
        let dash = memchr::memchr(b'-', text)?;
        match (text.get(..dash)?, text.get(dash + 1..)?) {
            ([], count) => Some(Self::Last { count: number(count)? }),
            (first, []) => Some(Self::From { first: number(first)?, last: usize::MAX }),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From { first, last })
            }
        }
    }

    /// The bytes of a body that it means, if there are any (RFC 9110 §14.1.2).
    fn within(&self, length: usize) -> Option<ByteRange> {
        let end = length.checked_sub(1)?;
        match *self {
            Self::From { first, last } => ByteRange::new(first, last.min(end)),
            Self::Last { count } => ByteRange::new(length - count.min(length), end),
        }
    }
}

/// The ranges of a field; `None` for one that is ignored.
fn specs(field: &[u8]) -> Option<Vec<Spec>> {
    if field.len() > MAX_BYTES {
        return None;
    }
    let equals = memchr::memchr(b'=', field)?;
    let (unit, set) = (field.get(..equals)?, field.get(equals + 1..)?);
    if !unit.eq_ignore_ascii_case(b"bytes") {
        return None;
    }
    let mut specs = Vec::new();
    // A list may have empty members (RFC 9110 §5.6.1.2).
    for text in set.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|text| !text.is_empty()) {
        if specs.len() == MAX_RANGES {
            return None;
        }
        specs.push(Spec::read(text)?);
    }
    (!specs.is_empty()).then_some(specs)
}

/// Reads digits. What is larger than any body is the largest number there is.
fn number(text: &[u8]) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_usize, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| usize::from(byte - b'0'))?;
        Some(number.saturating_mul(10).saturating_add(digit))
    })
}

impl Condition {
    fn read(raw: &RawRequest<'_>) -> Self {
        let mut lines = raw.fields(&IF_RANGE);
        let Some(line) = lines.next() else { return Self::None };
        if line.len() > MAX_BYTES || lines.next().is_some() {
            return Self::Broken;
        }
        let tag = EntityTag::only(line).map(Self::Tag);
        tag.or_else(|| HttpDate::parse(line).map(Self::Date)).unwrap_or(Self::Broken)
    }

    /// Whether the client has other parts of this very answer (RFC 9110 §13.1.5).
    fn holds(&self, of: &Representation) -> bool {
        match self {
            Self::None => true,
            Self::Tag(tag) => of.tag.is_some_and(|own| own.is_strongly(*tag)),
            Self::Date(date) => of.dates.is_some_and(|dates| dates.is_strongly(*date)),
            Self::Broken => false,
        }
    }
}
