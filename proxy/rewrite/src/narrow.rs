//! Narrows selectors that begin with an id or a class to the names of the elements that may have it on a
//! page. A parser that knows the names looks at the attributes of those elements alone, which is about
//! twice as fast. What a selector finds stays the same. No client data enters.

use std::collections::BTreeSet;

use memchr::{memchr, memmem};

use crate::spans::tag_end;

/// Places of one id or class that are looked at. More often it is no mark of a single element, and many
/// attributes have to be read in any case.
const MAX_PLACES: usize = 32;
/// Names that a selector is narrowed to.
const MAX_NAMES: usize = 4;
/// How often, on average, a byte of the page may be read in the search for the ends of tags: on a page of
/// unclosed quotes each tag would otherwise be read to the end.
const MAX_READS: usize = 4;

/// On which elements of a page an id or class may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bearers {
    /// On those of these names at most, in lower case; on none if the list is empty.
    Named(BTreeSet<String>),
    /// On any.
    Any,
}

/// The bearers of each of some ids or classes.
///
/// Every `<` with a letter behind it counts as the start of a tag, in scripts, comments and values too, so
/// that no tag is missed; what is no tag adds a name, which costs time and changes nothing. An attribute
/// is compared as it is written, without resolving references, so that a tag without these bytes in it
/// has neither id nor class.
pub(crate) fn bearers(page: &[u8], marks: &[&str]) -> Vec<Bearers> {
    let mut found: Vec<Bearers> = Vec::with_capacity(marks.len());
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (number, mark) in marks.iter().enumerate() {
        let of_mark = memmem::find_iter(page, mark.as_bytes()).map(|place| (place, number));
        let known = places.len();
        places.extend(of_mark.take(MAX_PLACES + 1));
        if mark.is_empty() || places.len() - known > MAX_PLACES {
            places.truncate(known);
            found.push(Bearers::Any);
        } else {
            found.push(Bearers::Named(BTreeSet::new()));
        }
    }
    places.sort_unstable();
    if name_tags(page, &places, &mut found).is_none() {
        found.fill(Bearers::Any);
    }
    found
}

/// Adds the name of every tag that a place is in. `None` if that takes too long.
fn name_tags(page: &[u8], places: &[(usize, usize)], found: &mut [Bearers]) -> Option<()> {
    let (mut at, mut next, mut reads) = (0, 0, 0);
    while let Some(start) = memchr(b'<', page.get(at..).unwrap_or_default()) {
        // The first byte of the name.
        at += start + 1;
        while places.get(next).is_some_and(|(place, _)| *place < at) {
            next += 1;
        }
        let ahead = places.get(next..).unwrap_or_default();
        if ahead.is_empty() {
            break;
        }
        let tag = page.get(at..).unwrap_or_default();
        if !tag.first().is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let length = tag_end(tag).unwrap_or(tag.len());
        reads += length;
        if reads > MAX_READS * page.len() {
            return None;
        }
        for (_, number) in ahead.iter().take_while(|(place, _)| *place < at + length) {
            if let Some(bearers) = found.get_mut(*number) {
                bearers.add(tag);
            }
        }
    }
    Some(())
}

impl Bearers {
    /// Adds the element whose name `tag` begins with.
    fn add(&mut self, tag: &[u8]) {
        let Self::Named(names) = self else { return };
        let end = tag.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'));
        let name = tag.get(..end.unwrap_or(tag.len())).unwrap_or_default();
        match std::str::from_utf8(name) {
            Ok(name) if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
                names.insert(name.to_ascii_lowercase());
                if names.len() > MAX_NAMES {
                    *self = Self::Any;
                }
            }
            // Not to be written as a selector without further ado.
            _ => *self = Self::Any,
        }
    }

    /// The selector in words, which begins with the id or class, with the names in front; `None` if it
    /// stays as it is.
    pub(crate) fn narrowed(&self, selector: &str) -> Option<String> {
        let Self::Named(names) = self else { return None };
        Some(names.iter().map(|name| format!("{name}{selector}")).collect::<Vec<_>>().join(", "))
    }

    /// Whether no element of the page can have it.
    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::Named(names) if names.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(page: &str, mark: &str) -> Bearers {
        bearers(page.as_bytes(), &[mark]).remove(0)
    }

    fn named(names: &[&str]) -> Bearers {
        Bearers::Named(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn bearers_are_found_by_name() {
        assert_eq!(of("<p>hero</p><SECTION\nid=hero>", "hero"), named(&["section"]));
        assert_eq!(
            of("<p class='a > b' id=\"hero\"><my-tag class='x hero'>", "hero"),
            named(&["my-tag", "p"])
        );
        assert_eq!(of("<p title='<b ' id=hero>", "hero"), named(&["b", "p"]));
        assert_eq!(of("<p title='<b>' id=hero>", "hero"), named(&["p"]));
        assert_eq!(of("<p>hero", "hero"), named(&[]));
        assert_eq!(of("<p id=hero", "hero"), named(&["p"]));
        assert_eq!(of("<p:x id=hero>", "hero"), Bearers::Any);
        assert_eq!(of("<a id=x><b id=x><c id=x><d id=x><e id=x>", "x"), Bearers::Any);
        assert_eq!(of(&"<a id=x>".repeat(MAX_PLACES), "x"), named(&["a"]));
        assert_eq!(of(&"<a id=x>".repeat(MAX_PLACES + 1), "x"), Bearers::Any);
        let both = bearers(b"<a id=x><b class=y>", &["x", "y", "z"]);
        assert_eq!(both, [named(&["a"]), named(&["b"]), named(&[])]);
    }

    #[test]
    fn a_page_of_open_quotes_is_given_up() {
        let page = "<a b=\"".repeat(1_000) + "<a b='".repeat(1_000).as_str() + "hero";
        let begun = std::time::Instant::now();
        of(&page, "hero");
        assert_eq!(of(&"<a".repeat(100_000), "<a"), Bearers::Any);
        assert_eq!(of(&("<a".repeat(10_000) + "hero"), "hero"), Bearers::Any);
        assert!(begun.elapsed().as_secs() < 5);
    }

    #[test]
    fn names_stand_in_front_of_the_selector() {
        assert_eq!(named(&["a", "b"]).narrowed("#x .y").unwrap(), "a#x .y, b#x .y");
        assert_eq!(Bearers::Any.narrowed("#x"), None);
        assert!(named(&[]).is_none() && !named(&["a"]).is_none());
    }

    /// Elements that a selector finds, by where they start.
    fn found(page: &str, selector: &str) -> Vec<usize> {
        use std::borrow::Cow;
        let parsed: lol_html::Selector = selector.parse().unwrap();
        let starts = std::cell::RefCell::new(Vec::new());
        let handlers = lol_html::ElementContentHandlers::default().element(
            |element: &mut lol_html::html_content::Element<'_, '_>| {
                starts.borrow_mut().push(element.source_location().bytes().start);
                Ok(())
            },
        );
        let settings =
            lol_html::Settings::new().append_element_content_handler((Cow::Owned(parsed), handlers));
        let mut rewriter = lol_html::HtmlRewriter::new(settings, |_: &[u8]| {});
        // A page that cannot be read has the elements before that place.
        let _ = rewriter.write(page.as_bytes()).and_then(|()| rewriter.end());
        starts.take()
    }

    proptest! {
        #[test]
        fn a_narrowed_selector_finds_the_same(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "<p ", "<div ", "<SVG ", "<script>", "</script>", "<!--", "-->", "id=", "class=", "x=", "\"", "'",
                    "hero", ">", "<", "/", " ", "=", "</p>", "<title>", "</title>", "<a/", "<b\n", "y", "<textarea>", "<x-y ",
                ]),
                0..60,
            )
        ) {
            let page = parts.concat();
            for selector in ["#hero", ".hero", ".hero p", "#hero > b"] {
                let bearers = of(&page, "hero");
                match bearers.narrowed(selector) {
                    _ if bearers.is_none() => prop_assert_eq!(found(&page, selector), Vec::<usize>::new()),
                    Some(narrowed) => prop_assert_eq!(found(&page, &narrowed), found(&page, selector)),
                    None => {}
                }
            }
        }
    }
}
