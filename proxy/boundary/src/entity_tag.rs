//! Entity tags: our own, and an origin's where a route sends it on (RFC 9110 §8.8.3).
//!
//! Why a tag is no supercookie: one of ours is made of what is sent and of nothing else, without a key,
//! a clock or a counter. Everybody who gets the same variant gets the same tag, so a tag says no more
//! than the page itself. An origin's tag is what the origin likes, but it belongs to a stored answer that
//! was fetched for nobody and is sent to everybody alike. What comes back in `If-None-Match` or `If-Range`
//! is compared in this room and goes no further: it has no way to the origin, and no part in the key, the
//! crowd or the choice of a variant. All that follows from it is which bytes are sent once more.

use http::HeaderValue;
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_128;

/// Hexadecimal digits of a tag of ours: 128 bits.
const DIGITS: usize = 32;
/// The tag of a stored answer, as a number. There is no way to make one but of content or of a field that an
/// origin sent, and [`Asked`](crate::Asked) answers one question: nobody can try a visitor's tags one after
/// the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EntityTag {
    number: u128,
    weak: bool,
}

impl EntityTag {
    /// The tag of an answer that consists of these parts, in this order: the first 128 bits of
    /// SHA-256 over each part's length and bytes. It is strong. Two tags are equal if and only if the parts
    /// are, but for a chance of about 2⁻¹²⁸.
    #[must_use]
    pub fn of<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self { number: first_128_bits(hash), weak: false }
    }

    /// The tag that an origin gave to an answer, from its `ETag`; `None` for what is no tag. Only its number
    /// is kept: whoever sends the origin's own tag to visitors sends the field as it came.
    #[must_use]
    pub fn of_origin(etag: &HeaderValue) -> Option<Self> {
        Self::only(etag.as_bytes())
    }

    /// The value of `ETag` for this number: what comes back in it is recognized, be the tag ours or made of
    /// an origin's.
    #[must_use]
    pub fn field(self) -> HeaderValue {
        let weak = if self.weak { "W/" } else { "" };
        // Digits and quotation marks always are a value.
        HeaderValue::try_from(format!("{weak}\"{}\"", self.digits()))
            .unwrap_or(HeaderValue::from_static("\"\""))
    }

    /// Its number, as 32 hexadecimal digits in lower case.
    #[must_use]
    pub fn digits(self) -> String {
        format!("{:0DIGITS$x}", self.number)
    }

    /// The number that weak comparison goes by (RFC 9110 §8.8.3.2).
    pub(crate) fn number(self) -> u128 {
        self.number
    }

    /// Strong comparison (RFC 9110 §8.8.3.2): two weak tags are never the same.
    pub(crate) fn is_strongly(self, other: Self) -> bool {
        !self.weak && self == other
    }

    /// A field that is one tag.
    pub(crate) fn only(field: &[u8]) -> Option<Self> {
        let (tag, rest) = Self::first(field.trim_ascii())?;
        rest.is_empty().then_some(tag)
    }

    /// The tag that a text begins with, and what comes after it.
    pub(crate) fn first(text: &[u8]) -> Option<(Self, &[u8])> {
        let weak = text.strip_prefix(b"W/");
        let quoted = weak.unwrap_or(text).strip_prefix(b"\"")?;
        let end = memchr::memchr(b'"', quoted)?;
        let (opaque, rest) = (quoted.get(..end)?, quoted.get(end + 1..)?);
        Some((Self { number: number(opaque), weak: weak.is_some() }, rest))
    }
}

/// The number of a tag: what it says, if it is written as ours are, and else a hash of it (XXH3), which is made
/// without a copy of what a client sent. Whoever makes a tag that collides with another only fools themselves. An origin's tag
/// that looks like ours is read the same way on both sides, so that it is still recognized.
fn number(opaque: &[u8]) -> u128 {
    own_number(opaque).unwrap_or_else(|| xxh3_128(opaque))
}

/// The number of a tag that is written as ours are: 32 lower-case digits.
fn own_number(opaque: &[u8]) -> Option<u128> {
    let digits: &[u8; DIGITS] = opaque.try_into().ok()?;
    digits.iter().try_fold(0, |number: u128, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(digit))
    })
}

fn first_128_bits(hash: Sha256) -> u128 {
    hash.finalize().iter().take(DIGITS / 2).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag() -> EntityTag {
        EntityTag::of([&b"page"[..], b"fields"])
    }

    fn of_origin(etag: &'static str) -> Option<EntityTag> {
        EntityTag::of_origin(&HeaderValue::from_static(etag))
    }

    #[test]
    fn a_tag_is_made_of_content_alone_and_of_all_of_it() {
        assert_eq!(tag(), EntityTag::of([&b"page"[..], b"fields"]));
        assert_ne!(tag(), EntityTag::of([&b"pagef"[..], b"ields"]));
        assert_ne!(tag(), EntityTag::of([&b"page"[..]]));
        let text = tag().field().to_str().unwrap().to_owned();
        assert_eq!(text.len(), DIGITS + 2);
        assert!(text.starts_with('"') && text.ends_with('"'), "{text}");
        // SHA-256 of the eight bytes of a length of 0.
        assert_eq!(EntityTag::of([&b""[..]]).field(), "\"af5570f5a1810b7af78caf4bc70a660f\"");
    }

    #[test]
    fn an_origins_tag_is_told_from_others_and_its_strength_kept() {
        let strong = of_origin("\"v1\"").unwrap();
        let weak = of_origin("W/\"v1\"").unwrap();
        assert_eq!(Some(strong), of_origin(" \"v1\" "));
        assert_ne!(strong, of_origin("\"v2\"").unwrap());
        assert_ne!(strong, weak);
        assert_eq!(strong.number(), weak.number());
        for etag in ["", "v1", "\"v1", "v1\"", "w/\"v1\"", "W/v1", "\"a\", \"b\"", "\"v1\"x", "*"] {
            assert_eq!(of_origin(etag), None, "{etag}");
        }
        assert_ne!(of_origin("\"\"").unwrap().number(), EntityTag::of([]).number());
    }

    #[test]
    fn what_a_tag_is_sent_as_is_read_back_as_itself() {
        for sent in [tag(), of_origin("\"v1\"").unwrap(), of_origin("W/\"v1\"").unwrap()] {
            assert_eq!(EntityTag::of_origin(&sent.field()), Some(sent));
        }
        let alike = "\"0123456789abcdef0123456789abcdef\"";
        assert_eq!(of_origin(alike).unwrap().field(), alike);
    }

    #[test]
    fn comparison_is_strong_as_rfc_9110_8_8_3_2_says() {
        let [weak_1, weak_2, strong_1] = ["W/\"1\"", "W/\"2\"", "\"1\""].map(|etag| of_origin(etag).unwrap());
        // The rows of the table there: strong comparison, and weak.
        let rows = [
            (weak_1, weak_1, false, true),
            (weak_1, weak_2, false, false),
            (weak_1, strong_1, false, true),
            (strong_1, strong_1, true, true),
        ];
        for (a, b, strongly, weakly) in rows {
            assert_eq!((a.is_strongly(b), b.is_strongly(a)), (strongly, strongly), "{a:?} {b:?}");
            assert_eq!(a.number() == b.number(), weakly, "{a:?} {b:?}");
        }
    }
}
