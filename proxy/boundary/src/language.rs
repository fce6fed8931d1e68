//! The preferred language of those that a site lists, told from `Accept-Language` (RFC 9110 §12.5.4).
//!
//! Only primary subtags are compared; regions, scripts and the order of the rest are dropped. A weight of 0
//! says that a language is not wanted. `*` is every language that no range names: where it is liked better
//! than all that are listed and named, nobody can tell which is meant, and no value is.

use http::header::ACCEPT_LANGUAGE;

use crate::RawRequest;
use crate::weight::weight;

/// The most bytes that are read, over all lines.
const MAX_BYTES: usize = 512;
/// The most ranges that are read.
const MAX_RANGES: usize = 32;
/// The longest primary subtag.
const MAX_TAG_BYTES: usize = 8;

/// A primary subtag in lower case, packed so that it compares as a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tag(u64);

impl Tag {
    /// Reads a subtag of 1 to 8 letters.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        if !(1..=MAX_TAG_BYTES).contains(&text.len()) {
            return None;
        }
        text.iter()
            .try_fold(0_u64, |packed, byte| {
                byte.is_ascii_alphabetic().then(|| packed << 8 | u64::from(byte.to_ascii_lowercase()))
            })
            .map(Self)
    }

    /// The subtag.
    pub(crate) fn text(self) -> String {
        self.0.to_be_bytes().into_iter().filter(|byte| *byte != 0).map(char::from).collect()
    }
}

/// The best liked value; of equally liked ones the first. `find` says which tags are listed.
pub(crate) fn preferred<T>(raw: &RawRequest<'_>, find: impl Fn(Tag) -> Option<T>) -> Option<T> {
    let mut best: Option<(u16, T)> = None;
    let mut unnamed = 0;
    let (mut bytes, mut ranges) = (MAX_BYTES, MAX_RANGES);
    for line in raw.fields(&ACCEPT_LANGUAGE) {
        let read = line.get(..bytes).unwrap_or(line);
        bytes -= read.len();
        for range in read.split(|byte| *byte == b',') {
            if ranges == 0 {
                break;
            }
            ranges -= 1;
            let Some((range, weight)) = parse(range) else { continue };
            let Range::Named(tag) = range else {
                unnamed = weight.max(unnamed);
                continue;
            };
            if weight == 0 || best.as_ref().is_some_and(|(liked, _)| *liked >= weight) {
                continue;
            }
            if let Some(value) = find(tag) {
                best = Some((weight, value));
            }
        }
    }
    best.filter(|(liked, _)| *liked >= unnamed).map(|(_, value)| value)
}

/// What a range stands for.
enum Range {
    Named(Tag),
    /// `*`: every language that is not named.
    Others,
}

/// What one range stands for, and its weight in thousandths.
fn parse(range: &[u8]) -> Option<(Range, u16)> {
    let mut parts = range.split(|byte| *byte == b';');
    let tag = parts.next()?.trim_ascii();
    let primary = tag.split(|byte| *byte == b'-').next()?;
    let weight = match parts.next() {
        None => 1_000,
        Some(parameter) => weight(parameter.trim_ascii())?,
    };
    let range = if tag == b"*" { Some(Range::Others) } else { Tag::parse(primary).map(Range::Named) };
    range.filter(|_| parts.next().is_none()).map(|range| (range, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(lines: &[&[u8]]) -> Option<&'static str> {
        let mut request = http::Request::builder();
        for line in lines {
            request = request.header("accept-language", *line);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let raw = RawRequest::seal(&parts, std::net::Ipv4Addr::LOCALHOST.into());
        let listed = ["en", "fr", "de"];
        preferred(&raw, |tag| listed.into_iter().find(|name| Tag::parse(name.as_bytes()) == Some(tag)))
    }

    #[test]
    fn the_best_liked_listed_language_wins() {
        assert_eq!(language(&[b"fr"]), Some("fr"));
        assert_eq!(language(&[b"FR-ca"]), Some("fr"));
        assert_eq!(language(&[b"en;q=0.5, de;q=0.9"]), Some("de"));
        assert_eq!(language(&[b"es, pt;q=0.9, fr;q=0.1"]), Some("fr"));
        assert_eq!(language(&[b"en;q=0.8, fr;q=0.8"]), Some("en"));
        assert_eq!(language(&[b"en;q=0.8", b"fr"]), Some("fr"));
        assert_eq!(language(&[b"en; q=0.123,de ; q=0.2"]), Some("de"));
    }

    #[test]
    fn a_star_is_every_language_that_is_not_named() {
        assert_eq!(language(&[b"fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5"]), Some("fr"));
        assert_eq!(language(&[b"*, fr"]), Some("fr"));
        assert_eq!(language(&[b"*, fr;q=0.1"]), None);
        assert_eq!(language(&[b"fr;q=0, *;q=0.5"]), None);
        assert_eq!(language(&[b"fr;q=0, de;q=0.5, *;q=0.1"]), Some("de"));
        assert_eq!(language(&[b"fr, *;q=0"]), Some("fr"));
        assert_eq!(language(&[b"en-GB;q=0, en"]), Some("en"));
    }

    #[test]
    fn refused_or_broken_ranges_do_not_count() {
        for line in [
            &b"en;q=0"[..],
            b"en;q=0.000",
            b"en;q=1.1",
            b"en;q=-1",
            b"en;q=x",
            b"en;q=0.1234",
            b"en;q=",
            b"en;level=1",
            b"en;q=1;x=2",
            b"*",
            b"",
            b",;,-",
            b"e\xff",
            b"english",
            b"\xff\xfe",
        ] {
            assert_eq!(language(&[line]), None, "{line:?}");
        }
    }

    #[test]
    fn absurd_lengths_are_cut() {
        let many = format!("{}fr", "es,".repeat(MAX_RANGES));
        assert_eq!(language(&[many.as_bytes()]), None);
        let long = format!("{},fr", "x".repeat(MAX_BYTES));
        assert_eq!(language(&[long.as_bytes()]), None);
        assert_eq!(language(&[long.as_bytes(), b"fr"]), None);
    }
}
