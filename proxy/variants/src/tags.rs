//! The tags that an origin gives a page, by which it can be purged.

use std::hash::Hasher;

use http::{HeaderMap, HeaderName};
use siphasher::sip::SipHasher13;

/// `Cache-Tag: a, b`, as CDNs read it: tags with commas between.
pub const CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");
/// `Surrogate-Key: a b`: tags with blanks between.
pub const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");

/// One tag, as a number made of its name: 8 bytes, however long the name. The case of ASCII letters is not looked
/// at. Two names with one number are possible, and purge more than was asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub(crate) u64);

impl Tag {
    /// Stands for every tag: of a page that has more of them than are kept.
    pub(crate) const ANY: Self = Self(0);

    /// The tag of that name.
    #[must_use]
    pub fn new(name: &[u8]) -> Self {
        let mut hasher = SipHasher13::new();
        name.iter().for_each(|byte| hasher.write_u8(byte.to_ascii_lowercase()));
        Self(hasher.finish().max(Self::ANY.0 + 1))
    }
}

/// The tags of a page, without repetition.
///
/// A page with more than [`Tags::MOST`] has all tags there are: every purge by tag reaches it. Forgetting some of
/// its tags would keep it from being purged.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tags(Box<[Tag]>);

impl Tags {
    /// The most tags that are told apart on one page.
    pub const MOST: usize = 256;

    /// Reads `Cache-Tag` and `Surrogate-Key` of an answer; `None` if it has neither. A 304 without them leaves the
    /// stored tags as they are.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(CACHE_TAG) && !headers.contains_key(SURROGATE_KEY) {
            return None;
        }
        let lines = |name: HeaderName| headers.get_all(name).into_iter().map(http::HeaderValue::as_bytes);
        let listed = lines(CACHE_TAG).flat_map(|line| line.split(|byte| *byte == b','));
        let keys = lines(SURROGATE_KEY).flat_map(|line| line.split(u8::is_ascii_whitespace));
        Some(Self::of(listed.chain(keys)))
    }

    /// Tags by their names; blanks around a name are no part of it, and an empty name is none.
    #[must_use]
    pub fn of<'n>(names: impl IntoIterator<Item = &'n [u8]>) -> Self {
        let mut tags = Vec::new();
        for name in names.into_iter().map(<[u8]>::trim_ascii).filter(|name| !name.is_empty()) {
            let tag = Tag::new(name);
            if let Err(place) = tags.binary_search(&tag) {
                if tags.len() == Self::MOST {
                    return Self::any();
                }
                tags.insert(place, tag);
            }
        }
        Self(tags.into())
    }

    /// All tags there are.
    pub(crate) fn any() -> Self {
        Self(Box::new([Tag::ANY]))
    }

    /// Whether this is one of them, or could be.
    #[must_use]
    pub fn have(&self, tag: Tag) -> bool {
        self.0.contains(&tag) || *self.0 == [Tag::ANY]
    }

    /// The tags, each once.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Tag> {
        self.0.iter().copied()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(fields: &[(&'static str, &'static str)]) -> Option<Tags> {
        let fields = fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, value);
        }
        Tags::read(&headers)
    }

    fn tags(names: &[&str]) -> Tags {
        Tags::of(names.iter().map(|name| name.as_bytes()))
    }

    #[test]
    fn both_fields_are_read_line_by_line() {
        assert!(read(&[("cache-control", "max-age=1")]).is_none());
        assert!(read(&[("cache-tag", " , ")]).is_some_and(|read| read == tags(&[])));
        let all = tags(&["a", "b", "two words", "c"]);
        let fields = [("cache-tag", "a,  two words ,"), ("surrogate-key", " b\tc  b"), ("cache-tag", "A")];
        assert!(read(&fields).is_some_and(|read| read == all));
    }

    #[test]
    fn what_has_too_many_tags_has_all() {
        let names: Vec<String> = (0..=Tags::MOST).map(|number| format!("t{number}")).collect();
        let of = |names: &[String]| Tags::of(names.iter().map(String::as_bytes));
        assert_eq!(of(&names[1..]).len(), Tags::MOST);
        assert!(of(&names).0.iter().eq([&Tag::ANY]));
        assert!(!of(&names[1..]).0.contains(&Tag::ANY));
    }
}
