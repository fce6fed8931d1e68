//! The entity tags that a client says it has (RFC 9110 §13.1.2), as numbers.

use crate::EntityTag;

/// The most tags of a request that are looked at.
const MAX_TAGS: usize = 16;
/// The most bytes of them that are read, over all lines.
const MAX_BYTES: usize = 4 * 1024;

/// What stood in `If-None-Match`. Of the tags only their numbers are kept, so that nothing of the field is
/// even held.
pub(super) struct HeldTags {
    /// `*`: whatever there is.
    any: bool,
    numbers: Vec<u128>,
}

impl HeldTags {
    /// Reads the lines of the field; `None` if it is not there. What cannot be read says nothing, and the
    /// answer is sent whole.
    pub(super) fn read<'l>(lines: impl Iterator<Item = &'l [u8]>) -> Option<Self> {
        let mut lines = lines.peekable();
        lines.peek()?;
        let (mut any, mut left) = (false, MAX_BYTES);
        // Browsers send one.
        let mut numbers = Vec::with_capacity(1);
        for line in lines {
            any |= line.trim_ascii() == b"*";
            let read = line.get(..left).unwrap_or(line);
            left -= read.len();
            numbers.extend(Listed(read).take(MAX_TAGS - numbers.len()).map(EntityTag::number));
        }
        Some(Self { any, numbers })
    }

    /// Whether the client has an answer with this tag, by weak comparison (RFC 9110 §8.8.3.2).
    pub(super) fn matches(&self, tag: Option<EntityTag>) -> bool {
        self.any || tag.is_some_and(|tag| self.numbers.contains(&tag.number()))
    }
}

/// The tags of a list, in order. Ends where the list is broken.
struct Listed<'l>(&'l [u8]);

impl Iterator for Listed<'_> {
    type Item = EntityTag;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.0.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
        let (tag, after) = EntityTag::first(self.0.get(start..)?)?;
        if !matches!(after.trim_ascii_start().first(), None | Some(b',')) {
            return None;
        }
        self.0 = after;
        Some(tag)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn own() -> EntityTag {
        EntityTag::of([&b"page"[..]])
    }

    fn matches(lines: &[&str], tag: EntityTag) -> bool {
        HeldTags::read(lines.iter().map(|line| line.as_bytes())).unwrap().matches(Some(tag))
    }

    #[test]
    fn a_list_is_compared_weakly_as_rfc_9110_13_1_2_says() {
        let foreign = EntityTag::of_origin(&HeaderValue::from_static("W/\"v, 1\"")).unwrap();
        for (tag, opaque) in [(own(), own().digits()), (foreign, "v, 1".to_owned())] {
            let yes = [
                vec![format!("\"{opaque}\"")],
                vec![format!("W/\"{opaque}\"")],
                vec![format!("\"a\", \"{opaque}\"")],
                vec![format!(" ,,\"a,b\",\t\"{opaque}\" ,\"c\"")],
                vec!["\"a\"".to_owned(), format!("\"{opaque}\"")],
                vec!["*".to_owned()],
                vec![" * ".to_owned()],
            ];
            for lines in &yes {
                assert!(matches(&lines.iter().map(String::as_str).collect::<Vec<_>>(), tag), "{lines:?}");
            }
            let no = [
                String::new(),
                "\"a\"".to_owned(),
                opaque.clone(),
                format!("\"{opaque}"),
                format!("w/\"{opaque}\""),
                format!("\"{opaque}\"x"),
                format!("\"a\" \"{opaque}\""),
                format!("\"x, W/\"{opaque}\""),
                format!("\"{}\"", opaque.to_ascii_uppercase()),
                format!("\"{opaque}0\""),
                "\"*\"".to_owned(),
                "*, \"a\"".to_owned(),
            ];
            for line in &no {
                assert!(!matches(&[line], tag), "{line}");
            }
        }
        assert!(HeldTags::read([].into_iter()).is_none());
    }

    #[test]
    fn an_answer_without_a_tag_is_held_by_who_has_whatever_there_is() {
        let held = |line: &'static str| HeldTags::read([line.as_bytes()].into_iter()).unwrap();
        assert!(held("*").matches(None));
        assert!(!held("\"a\"").matches(None));
    }

    #[test]
    fn only_so_many_tags_are_looked_at() {
        let many = |before: usize| format!("{}\"{}\"", "\"a\", ".repeat(before), own().digits());
        assert!(matches(&[&many(MAX_TAGS - 1)], own()));
        assert!(!matches(&[&many(MAX_TAGS)], own()));
        assert!(matches(&["\"a\"", &many(0)], own()));
        assert!(!matches(&[&"\"a\",".repeat(MAX_TAGS), &many(0)], own()));
        let long = format!("\"{}\"", "a".repeat(MAX_BYTES));
        assert!(!matches(&[&long, &many(0)], own()));
    }
}
