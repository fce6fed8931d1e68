//! Which of a site's topics a page belongs to, told from its canonical path alone.

use crate::{PatternError, canonical};

/// The most wildcards of a pattern.
const MAX_WILDCARDS: usize = 8;

/// The paths of a topic's pages.
///
/// A `*` at the end of a segment stands for the rest of it (`/p/tent-*`); alone, for one whole
/// segment; alone at the end of the path, for any number of segments, and for none.
#[derive(Clone, Debug)]
pub struct TopicPath {
    text: Box<str>,
    /// What every path that fits begins with, to tell most others apart at once.
    start: Box<str>,
    segments: Vec<Segment>,
    tail: bool,
}

/// One segment of a path.
#[derive(Clone, Debug)]
enum Segment {
    Literal(Box<str>),
    /// What begins so; at least one byte in all.
    Begins(Box<str>),
}

impl TopicPath {
    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] for a path that is not canonical, a `*` before the end of a segment, or
    /// more than eight of them.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut canonical = String::new();
        let readable = canonical::push_path(text, &mut canonical).is_ok();
        if !readable || canonical != text {
            let canonical = readable.then_some(canonical);
            return Err(PatternError::NotCanonical { path: text.to_owned(), canonical });
        }
        if text.bytes().filter(|byte| *byte == b'*').count() > MAX_WILDCARDS {
            return Err(PatternError::Wildcards { path: text.to_owned() });
        }
        let mut segments = Vec::new();
        for part in text.split('/').skip(1) {
            segments.push(match part.strip_suffix('*') {
                Some(start) if start.contains('*') => return Err(star(text)),
                Some(start) => Segment::Begins(start.into()),
                None if part.contains('*') => return Err(star(text)),
                None => Segment::Literal(part.into()),
            });
        }
        let tail =
            segments.pop_if(|last| matches!(last, Segment::Begins(start) if start.is_empty())).is_some();
        let start = text.split('*').next().unwrap_or_default().trim_end_matches('/');
        Ok(Self { text: text.into(), start: start.into(), segments, tail })
    }

    fn is_exact(&self) -> bool {
        !self.tail && self.segments.iter().all(|segment| matches!(segment, Segment::Literal(_)))
    }

    fn fits(&self, path: &str) -> bool {
        if !path.starts_with(&*self.start) {
            return false;
        }
        let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
        for segment in &self.segments {
            let fits = match (segment, parts.next()) {
                (Segment::Literal(literal), Some(part)) => **literal == *part,
                (Segment::Begins(start), Some(part)) => !part.is_empty() && part.starts_with(&**start),
                (_, None) => false,
            };
            if !fits {
                return false;
            }
        }
        self.tail || parts.next().is_none()
    }
}

fn star(text: &str) -> PatternError {
    PatternError::StarWithin { path: text.to_owned() }
}

/// The topics of all pages of a site, each topic a bit by its position.
#[derive(Default)]
pub(crate) struct Topics {
    /// Paths without wildcards, sorted.
    exact: Vec<(Box<str>, u16)>,
    wild: Vec<(TopicPath, u16)>,
}

impl Topics {
    /// Of topics in their order, at most 16; more are not looked at.
    pub(crate) fn new<'p>(topics: impl Iterator<Item = &'p [TopicPath]>) -> Self {
        let mut all = Self::default();
        for (position, paths) in (0..u16::BITS).zip(topics) {
            for path in paths {
                if path.is_exact() {
                    all.exact.push((path.text.clone(), 1 << position));
                } else {
                    all.wild.push((path.clone(), 1 << position));
                }
            }
        }
        all.exact.sort();
        all.exact.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 |= next.1;
            }
            same
        });
        all
    }

    /// The topics of a canonical path.
    pub(crate) fn of(&self, path: &str) -> u16 {
        let at = self.exact.binary_search_by(|(exact, _)| (**exact).cmp(path)).ok();
        let exact = at.and_then(|at| self.exact.get(at)).map_or(0, |(_, topics)| *topics);
        let wild = self.wild.iter().filter(|(pattern, _)| pattern.fits(path));
        wild.fold(exact, |topics, (_, topic)| topics | topic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(listed: &[&[&str]]) -> Topics {
        let parsed: Vec<Vec<_>> = listed
            .iter()
            .map(|paths| paths.iter().map(|path| TopicPath::parse(path).unwrap()).collect())
            .collect();
        Topics::new(parsed.iter().map(Vec::as_slice))
    }

    #[test]
    fn a_page_has_the_topics_whose_paths_fit() {
        let topics = topics(&[&["/c/tents", "/p/tent-*"], &["/c/*"], &["/*/sale/*", "/c/tents"]]);
        for (path, expected) in [
            ("/", 0b000),
            ("/c/tents", 0b111),
            ("/c", 0b010),
            ("/c/stoves/gas", 0b010),
            ("/p/tent-2", 0b001),
            ("/p/tent-", 0b001),
            ("/p/tent", 0b000),
            ("/p/tent-2/review", 0b000),
            ("/x/sale", 0b100),
            ("/x/sale/1/2", 0b100),
            ("//sale/1", 0b000),
            ("/cc", 0b000),
        ] {
            assert_eq!(topics.of(path), expected, "{path}");
        }
    }

    #[test]
    fn only_sixteen_topics_are_looked_at() {
        let path: &[&str] = &["/a"];
        assert_eq!(topics(&[path; 20]).of("/a"), u16::MAX);
    }

    #[test]
    fn wrong_patterns_are_named() {
        let error = |text: &str| TopicPath::parse(text).unwrap_err().to_string();
        assert_eq!(error("c/tents"), "`c/tents` is not a canonical path");
        assert!(error("/a/../b").contains("write `/b`"));
        assert!(error("/t*t").contains("before the end of a segment"));
        assert!(error("/**").contains("before the end of a segment"));
        assert!(error("/*/*/*/*/*/*/*/*/*").contains("more than 8"));
    }
}
