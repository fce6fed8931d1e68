//! Tags by which an operator purges pages: the origin writes them, no visitor sees them.

use http::{HeaderMap, HeaderName};

/// `Cache-Tag`: tags with commas between.
pub const CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");
/// `Surrogate-Key`: tags with spaces between.
pub const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");

/// The most tags that a page has.
const MAX_TAGS: usize = 128;
/// The longest tag, in bytes.
const MAX_TAG: usize = 256;

/// The tags of a page, each once, in the order in which they stand there; case matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    tags: Box<[Box<str>]>,
    dropped: usize,
}

impl Tags {
    /// Reads both fields. A tag that is too long, one too many, or not of visible ASCII is dropped.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut tags: Vec<Box<str>> = Vec::new();
        let mut dropped = 0;
        for tag in written(headers) {
            match usable(tag) {
                Some(tag) if tags.iter().any(|known| **known == *tag) => {}
                Some(tag) if tags.len() < MAX_TAGS => tags.push(tag.into()),
                _ => dropped += 1,
            }
        }
        Self { tags: tags.into(), dropped }
    }

    /// The tags.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.tags.iter().map(AsRef::as_ref)
    }

    /// How many were dropped: a purge by those does not reach the page, and the operator should know.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped
    }
}

fn written(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let split = |name, separates: fn(&u8) -> bool| {
        headers.get_all(name).iter().flat_map(move |line| line.as_bytes().split(separates))
    };
    let commas = split(CACHE_TAG, |byte| *byte == b',');
    let spaces = split(SURROGATE_KEY, |byte| matches!(byte, b' ' | b'\t'));
    commas.chain(spaces).map(<[u8]>::trim_ascii).filter(|tag| !tag.is_empty())
}

fn usable(tag: &[u8]) -> Option<&str> {
    let visible = tag.len() <= MAX_TAG && tag.iter().all(u8::is_ascii_graphic);
    std::str::from_utf8(tag).ok().filter(|_| visible)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn tags(fields: &[(HeaderName, &[u8])]) -> (Vec<String>, usize) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name.clone(), HeaderValue::from_bytes(value).unwrap());
        }
        let tags = Tags::of(&headers);
        (tags.iter().map(str::to_owned).collect(), tags.dropped())
    }

    #[test]
    fn both_fields_are_read() {
        let fields: &[(_, &[u8])] = &[
            (CACHE_TAG, b"shop, p-1 ,,p-2"),
            (CACHE_TAG, b"p-1,P-1"),
            (SURROGATE_KEY, b"  p-2 p-3\tc/tents,1"),
        ];
        let (found, dropped) = tags(fields);
        assert_eq!(found, ["shop", "p-1", "p-2", "P-1", "p-3", "c/tents,1"]);
        assert_eq!(dropped, 0);
        assert_eq!(tags(&[]), (Vec::new(), 0));
    }

    #[test]
    fn what_cannot_be_a_tag_is_counted() {
        let long = vec![b'a'; MAX_TAG + 1];
        let fields: &[(_, &[u8])] =
            &[(SURROGATE_KEY, &long), (CACHE_TAG, b"two words, \xfcber, ok"), (SURROGATE_KEY, &long[1..])];
        let (found, dropped) = tags(fields);
        assert_eq!(found, ["ok", std::str::from_utf8(&long[1..]).unwrap()]);
        assert_eq!(dropped, 3);
        let many = (0..MAX_TAGS + 7).map(|n| format!("t{n}")).collect::<Vec<_>>().join(" ");
        let (found, dropped) = tags(&[(SURROGATE_KEY, many.as_bytes())]);
        assert_eq!((found.len(), dropped), (MAX_TAGS, 7));
    }
}
