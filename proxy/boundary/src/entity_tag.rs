//! Entity tags of our own, and what a client says it has of them (RFC 9110 §8.8.3, §13.1.2).
//!
//! Why a tag is no supercookie: it is made of what is sent and of nothing else, without a key, a
//! clock or a counter. Everybody who gets the same variant gets the same tag, so a tag says no more
//! than the page itself. What comes back in `If-None-Match` is compared here and goes no further: it
//! has no way to the origin, and no part in the key, the crowd or the choice of a variant. All that
//! follows from it is whether the bytes are sent once more. An origin's tag never gets this far.

use http::HeaderValue;
use http::header::IF_NONE_MATCH;
use sha2::{Digest, Sha256};

use crate::RawRequest;

/// Hexadecimal digits of a tag: 128 bits.
const DIGITS: usize = 32;
/// The most tags of a request that are looked at. Browsers send one.
const MAX_TAGS: usize = 16;

/// The tag of a stored answer. There is no way to make one but of content, so that nobody can ask
/// [`ClientTags`] about a tag of their choosing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EntityTag(u128);

impl EntityTag {
    /// The tag of an answer that consists of these parts, in this order: the first 128 bits of
    /// SHA-256 over each part's length and bytes. Two tags are equal if and only if the parts are,
    /// but for a chance of about 2⁻¹²⁸.
    #[must_use]
    pub fn of<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let first = hash.finalize().iter().take(DIGITS / 2).fold(0, |tag, byte| tag << 8 | u128::from(*byte));
        Self(first)
    }

    /// Placeholder of another branch.
    #[must_use]
    pub fn of_origin(value: &HeaderValue) -> Option<Self> {
        Some(Self::of([value.as_bytes()]))
    }

    /// The value of `ETag`: a strong tag.
    #[must_use]
    pub fn field(self) -> HeaderValue {
        let text = format!("\"{:0DIGITS$x}\"", self.0);
        // Digits and quotation marks always are a value.
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("\"\""))
    }
}

/// What a client says that it has already. It can be compared with, and that is all: no getters, no
/// `Debug`, no `Clone`. Only numbers that could be tags of ours are kept, so that nothing else that
/// stood in the field is even held.
#[derive(Default)]
pub struct ClientTags {
    /// `*`: whatever there is.
    any: bool,
    tags: Option<Box<[u128]>>,
}

impl ClientTags {
    /// Whether the client has this answer, by weak comparison (RFC 9110 §8.8.3.2).
    #[must_use]
    pub fn matches(&self, tag: EntityTag) -> bool {
        self.any || self.tags.as_ref().is_some_and(|tags| tags.contains(&tag.0))
    }

    /// Reads `If-None-Match`. What cannot be read says nothing, and the answer is sent whole.
    pub(crate) fn read(raw: &RawRequest<'_>) -> Self {
        let mut lines = raw.fields(&IF_NONE_MATCH).peekable();
        if lines.peek().is_none() {
            return Self::default();
        }
        let mut read = Self::default();
        let mut tags = Vec::new();
        for line in lines {
            if line.trim_ascii() == b"*" {
                read.any = true;
            }
            tags.extend(Listed(line).take(MAX_TAGS - tags.len()).flatten());
        }
        if !tags.is_empty() {
            read.tags = Some(tags.into());
        }
        read
    }
}

/// The tags of a list, in order: those that could be ours as numbers, `None` for others. Ends where
/// the list is broken.
struct Listed<'l>(&'l [u8]);

impl Iterator for Listed<'_> {
    type Item = Option<u128>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.0.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
        let rest = self.0.get(start..)?;
        let quoted = rest.strip_prefix(b"W/").unwrap_or(rest).strip_prefix(b"\"")?;
        let end = memchr::memchr(b'"', quoted)?;
        let (opaque, after) = (quoted.get(..end)?, quoted.get(end + 1..)?);
        if !matches!(after.trim_ascii_start().first(), None | Some(b',')) {
            return None;
        }
        self.0 = after;
        Some(number(opaque))
    }
}

/// The number of a tag that is written as ours are: 32 lower-case digits.
fn number(opaque: &[u8]) -> Option<u128> {
    let digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if opaque.len() != DIGITS || !opaque.iter().all(digit) {
        return None;
    }
    u128::from_str_radix(std::str::from_utf8(opaque).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use http::Request;

    use super::*;

    fn tag() -> EntityTag {
        EntityTag::of([&b"page"[..], b"fields"])
    }

    fn matches(lines: &[&str]) -> bool {
        let mut request = Request::builder();
        for line in lines {
            request = request.header(IF_NONE_MATCH, *line);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let peer = IpAddr::from([127, 0, 0, 1]);
        ClientTags::read(&RawRequest::seal(&parts, peer)).matches(tag())
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
    fn a_list_is_compared_weakly_as_rfc_9110_13_1_2_says() {
        let own = tag().field().to_str().unwrap().to_owned();
        let yes = [
            vec![own.clone()],
            vec![format!("W/{own}")],
            vec![format!("\"a\", {own}")],
            vec![format!(" ,,\"a,b\",\t{own} ,\"c\"")],
            vec!["\"a\"".to_owned(), own.clone()],
            vec!["*".to_owned()],
            vec![" * ".to_owned()],
        ];
        for lines in &yes {
            assert!(matches(&lines.iter().map(String::as_str).collect::<Vec<_>>()), "{lines:?}");
        }
        let bare = own.trim_matches('"');
        let no = [
            String::new(),
            "\"a\"".to_owned(),
            bare.to_owned(),
            format!("\"{bare}"),
            format!("w/{own}"),
            format!("{own}x"),
            format!("\"a\" {own}"),
            format!("\"x, W/{own}"),
            own.to_ascii_uppercase(),
            format!("\"{bare}0\""),
            "\"*\"".to_owned(),
            "*, \"a\"".to_owned(),
        ];
        for line in &no {
            assert!(!matches(&[line]), "{line}");
        }
        assert!(!matches(&[]));
    }

    #[test]
    fn only_so_many_tags_are_looked_at() {
        let own = tag().field().to_str().unwrap().to_owned();
        let many = |before: usize| format!("{}{own}", "\"a\", ".repeat(before));
        assert!(matches(&[&many(MAX_TAGS - 1)]));
        assert!(!matches(&[&many(MAX_TAGS)]));
    }
}
