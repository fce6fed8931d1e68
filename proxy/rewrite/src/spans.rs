//! Where things stand in the text of HTML: attributes within a start tag, and what of a text is seen. It
//! serves reports alone; what is safe is decided elsewhere. No client data enters.

use std::ops::Range;

use memchr::memchr;

/// Where an attribute is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    name: Range<usize>,
    value: Range<usize>,
    /// Behind the last quotation mark.
    end: usize,
    /// In lower case.
    spelled: String,
}

impl Written {
    /// An attribute that is somewhere in a tag.
    pub(crate) fn unknown(tag: Range<usize>) -> Self {
        Self { name: tag.clone(), value: tag.end..tag.end, end: tag.end, spelled: String::new() }
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.spelled == name
    }

    /// From its name to the end of its value.
    pub(crate) fn whole(&self) -> Range<usize> {
        self.name.start..self.end
    }

    /// The place of a part of its value. `raw` is the value as written, `read` with its references
    /// resolved, which is what `part` counts in.
    pub(crate) fn within(&self, raw: &str, read: &str, part: &Range<usize>) -> Range<usize> {
        let found = if raw == read {
            Some(part.start)
        } else {
            read.get(part.clone()).and_then(|text| raw.find(text))
        };
        match found {
            Some(start) if self.value.len() >= raw.len() => {
                let start = self.value.start + start;
                start..(start + part.len()).min(self.value.end).max(start)
            }
            _ => self.whole(),
        }
    }
}

/// The attributes of a start tag (`<p class=a>`), which itself begins at `offset` of a text.
pub(crate) fn attributes_in(tag: &str, offset: usize) -> Vec<Written> {
    let bytes = tag.as_bytes();
    let until = |from: usize, stop: &dyn Fn(u8) -> bool| {
        let rest = bytes.get(from..).unwrap_or_default();
        from + rest.iter().position(|byte| stop(*byte)).unwrap_or(rest.len())
    };
    let is_space = |byte: u8| byte.is_ascii_whitespace();
    let mut found = Vec::new();
    let mut at = until(1, &|byte| is_space(byte) || byte == b'/' || byte == b'>');
    loop {
        at = until(at, &|byte| !is_space(byte) && byte != b'/');
        if bytes.get(at).is_none_or(|byte| *byte == b'>') {
            return found;
        }
        // A `=` in front belongs to the name.
        let end = until(at + 1, &|byte| is_space(byte) || matches!(byte, b'/' | b'>' | b'='));
        let spelled = tag.get(at..end).unwrap_or_default().to_ascii_lowercase();
        let name = offset + at..offset + end;
        at = until(end, &|byte| !is_space(byte));
        let (mut value, mut end) = (name.end..name.end, name.end);
        if bytes.get(at) == Some(&b'=') {
            let start = until(at + 1, &|byte| !is_space(byte));
            let (start, behind, next) = match bytes.get(start) {
                Some(quote @ (b'"' | b'\'')) => {
                    let end = until(start + 1, &|byte| byte == *quote);
                    (start + 1, end, end + 1)
                }
                _ => {
                    let end = until(start, &|byte| is_space(byte) || byte == b'>');
                    (start, end, end)
                }
            };
            value = offset + start..offset + behind;
            at = next.min(bytes.len());
            end = offset + at;
        }
        found.push(Written { name, value, end, spelled });
    }
}

/// Where the `>` stands that ends a tag, of which `tag` is what follows the `<`; `None` if it is not there, or
/// within a value.
pub(crate) fn tag_end(tag: &[u8]) -> Option<usize> {
    enum At {
        Tag,
        BeforeName,
        Name,
        AfterName,
        BeforeValue,
        Plain,
    }
    let (mut at, mut index) = (At::Tag, 0);
    loop {
        let byte = *tag.get(index)?;
        let space = byte.is_ascii_whitespace();
        at = match (at, byte) {
            (At::BeforeValue, b'"' | b'\'') => {
                index += 1 + memchr(byte, tag.get(index + 1..).unwrap_or_default())?;
                At::BeforeName
            }
            (At::BeforeValue, _) if space => At::BeforeValue,
            (_, b'>') => return Some(index),
            (At::BeforeValue, _) => At::Plain,
            (At::Plain, _) if !space => At::Plain,
            (At::Plain, _) => At::BeforeName,
            (At::Name | At::AfterName, b'=') => At::BeforeValue,
            (_, b'/') => At::BeforeName,
            (At::Tag | At::BeforeName, _) if space => At::BeforeName,
            (At::Name | At::AfterName, _) if space => At::AfterName,
            (At::Tag, _) => At::Tag,
            // A `=` in front belongs to the name.
            _ => At::Name,
        };
        index += 1;
    }
}

/// How many signs of a text are seen at least; with `all` also of what only looks like a character
/// reference.
pub(crate) fn visible(text: &str, all: bool) -> usize {
    let count = |text: &str| {
        let seen = |c: &char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>');
        text.chars().filter(seen).count()
    };
    let mut pieces = text.split('&');
    let first = count(pieces.next().unwrap_or_default());
    let rest = pieces.map(|piece| {
        let name = piece.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#').count();
        let is_reference = piece.as_bytes().get(name) == Some(&b';');
        let skipped = match (is_reference, all) {
            (true, _) => name + 1,
            (false, true) => 0,
            (false, false) => name,
        };
        count(piece.get(skipped..).unwrap_or_default())
    });
    first + rest.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_where_they_stand() {
        let tag = "<p/CLASS = 'a b'\tonclick=x(1)  hidden =c=\"d>\" e/>";
        let found: Vec<_> = attributes_in(tag, 0)
            .into_iter()
            .map(|written| (&tag[written.name.clone()], &tag[written.value.clone()]))
            .collect();
        assert_eq!(found, [("CLASS", "a b"), ("onclick", "x(1)"), ("hidden", "c=\"d")]);
        assert_eq!(attributes_in("<p =a=b", 0)[0].whole(), 3..7);
        assert_eq!(attributes_in("<p", 10), []);
        assert_eq!(attributes_in("<p a=\"b", 10)[0].whole(), 13..17);
    }

    #[test]
    fn a_tag_ends_where_no_value_does() {
        for (tag, end) in [
            ("p>", Some(1)),
            ("p a='>' b=\">\" c=d'>e", Some(18)),
            ("p '>", Some(3)),
            ("p a = '>", None),
            ("p a=b=\"c>", Some(8)),
            ("p a=>", Some(4)),
            ("p", None),
        ] {
            assert_eq!(tag_end(tag.as_bytes()), end, "{tag}");
        }
        // A `=` where a name begins is part of the name, so that what follows is no value.
        assert_eq!(tag_end(b"p =a='>"), None);
    }

    #[test]
    fn a_part_of_a_value_has_its_place() {
        let tag = "<p style=\"color:red;top:0\">";
        let written = &attributes_in(tag, 5)[0];
        assert_eq!(written.within("color:red;top:0", "color:red;top:0", &(10..15)), 25..30);
        assert_eq!(
            written.within("a&amp;b", "a&b", &(2..3)),
            written.value.start + 6..written.value.start + 7
        );
    }

    #[test]
    fn signs_are_counted_on_the_safe_side() {
        assert_eq!((visible("a &amp; b", false), visible("a &amp; b", true)), (2, 2));
        assert_eq!((visible("AT&T", false), visible("AT&T", true)), (2, 3));
        assert_eq!(visible("&lt;\u{0}\n", true), 0);
    }
}
