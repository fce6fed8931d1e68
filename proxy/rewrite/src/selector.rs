//! The selectors that a plugin may write: type, class, id, descendant and child, and counting from
//! the first child. No attribute selectors, since they could ask the page about its visitor, and no
//! lists. No client data enters.

use std::borrow::Cow;

use crate::cost::Cost;
use crate::narrow::Bearers;
use crate::tags::Touch;

const MAX_BYTES: usize = 256;
const MAX_COMPOUNDS: usize = 8;

/// A selector that has passed the check, parsed once for all pages.
#[derive(Clone, Debug)]
pub(crate) struct SafeSelector {
    parsed: lol_html::Selector,
    /// As it is written.
    text: String,
    /// The id or class that it begins with.
    mark: Option<String>,
    /// The element name that the last compound asks for, lower case.
    subject: Option<String>,
    cost: Cost,
}

impl SafeSelector {
    /// Reads and checks a selector.
    ///
    /// # Errors
    /// The byte at which it cannot be read on, and what is wrong with it, in words.
    pub(crate) fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];
        let before = text.len() - text.trim_start_matches(SPACE).len();
        let text = text.trim_matches(SPACE);
        if text.is_empty() {
            return Err((before, "the selector is empty"));
        }
        if text.len() > MAX_BYTES {
            return Err((before + MAX_BYTES, "the selector is longer than 256 bytes"));
        }
        let mut reader = Reader { rest: text, cost: Cost { edits: 1, ..Cost::default() } };
        let subject = reader.selector().map_err(|why| (before + text.len() - reader.rest.len(), why))?;
        let parsed = text.parse().map_err(|_| (before, "the selector cannot be read"))?;
        let mark = text.strip_prefix(['#', '.']).map(|rest| {
            let mut reader = Reader { rest, cost: Cost::default() };
            reader.identifier()
        });
        let (mark, text) = (mark.and_then(Result::ok), text.to_owned());
        Ok(Self { parsed, text, mark, subject, cost: reader.cost })
    }

    /// What a search for it costs.
    pub(crate) fn cost(&self) -> Cost {
        self.cost
    }

    pub(crate) fn parsed(&self) -> &lol_html::Selector {
        &self.parsed
    }

    /// The id or class that it begins with, in any element; `None` if it begins otherwise.
    pub(crate) fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }

    /// The same selector for a page of which the bearers of its mark are known; `None` if it finds nothing
    /// there.
    pub(crate) fn among(&self, bearers: &Bearers) -> Option<Cow<'_, lol_html::Selector>> {
        if bearers.is_none() {
            return None;
        }
        let narrowed = bearers.narrowed(&self.text).and_then(|text| text.parse().ok());
        Some(narrowed.map_or(Cow::Borrowed(&self.parsed), Cow::Owned))
    }

    /// Why no element that this selector finds may be touched so, if that can be told without a
    /// page.
    pub(crate) fn forbids(&self, touch: Touch) -> Option<&str> {
        self.subject.as_deref().filter(|tag| !touch.allows(tag))
    }
}

/// A recursive-descent reader over the small grammar; whatever it does not know is an error.
struct Reader<'s> {
    rest: &'s str,
    cost: Cost,
}

impl Reader<'_> {
    fn selector(&mut self) -> Result<Option<String>, &'static str> {
        let mut subject = self.compound()?;
        for _ in 1..MAX_COMPOUNDS {
            if !self.combinator()? {
                return Ok(subject);
            }
            subject = self.compound()?;
        }
        if self.combinator()? { Err("the selector has more than 8 parts") } else { Ok(subject) }
    }

    /// Skips a combinator; `false` at the end of the selector.
    fn combinator(&mut self) -> Result<bool, &'static str> {
        let spaced = self.skip_space();
        if self.rest.is_empty() {
            return Ok(false);
        }
        if self.take('>') {
            self.skip_space();
            return Ok(true);
        }
        match self.rest.chars().next() {
            Some('+' | '~' | '|') => Err("only descendants and children (`>`) may be asked for"),
            Some(',') => Err("one selector an edit: lists are not allowed"),
            _ if spaced => {
                self.cost.descents += 1;
                Ok(true)
            }
            _ => Err("the selector cannot be read"),
        }
    }

    /// One compound; its element name, if it has one.
    fn compound(&mut self) -> Result<Option<String>, &'static str> {
        let mut subject = None;
        let mut parts = 0_usize;
        if self.take('*') {
            parts = 1;
        } else if self.rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            subject = Some(self.identifier()?.to_ascii_lowercase());
            parts = 1;
        }
        loop {
            if self.take('.') || self.take('#') {
                self.identifier()?;
            } else if self.take(':') {
                self.pseudo_class()?;
            } else if self.rest.starts_with('[') {
                return Err("attribute selectors are not allowed");
            } else if parts == 0 {
                return Err("the selector cannot be read");
            } else {
                return Ok(subject);
            }
            parts += 1;
        }
    }

    fn pseudo_class(&mut self) -> Result<(), &'static str> {
        const UNKNOWN: &str = "of the pseudo-classes only `:first-child`, `:nth-child()`, `:first-of-type` and \
                               `:nth-of-type()` are allowed";
        let name = self.identifier().map_err(|_| UNKNOWN)?.to_ascii_lowercase();
        self.cost.counting += 1;
        match name.as_str() {
            "first-child" | "first-of-type" => Ok(()),
            "nth-child" | "nth-of-type" if self.take('(') => {
                let (formula, rest) = self.rest.split_once(')').ok_or("the selector has an open bracket")?;
                if formula.is_empty() || formula.len() > 16 || !formula.bytes().all(is_counting) {
                    return Err("the formula in the selector cannot be read");
                }
                self.rest = rest;
                Ok(())
            }
            _ => Err(UNKNOWN),
        }
    }

    /// A name. Signs may be escaped by a backslash, as in `md\:flex`.
    fn identifier(&mut self) -> Result<String, &'static str> {
        const WRONG: &str = "a name in the selector cannot be read";
        let mut name = String::new();
        let mut characters = self.rest.chars();
        loop {
            let mut ahead = characters.clone();
            match ahead.next() {
                Some(plain) if plain.is_ascii_alphanumeric() || plain == '-' || plain == '_' => {
                    name.push(plain)
                }
                Some(letter) if !letter.is_ascii() && letter.is_alphanumeric() => name.push(letter),
                Some('\\') => match ahead.next() {
                    Some(sign @ (':' | '/' | '.' | '%' | '[' | ']' | '(' | ')' | '#' | '!' | '+')) => {
                        name.push(sign)
                    }
                    _ => return Err(WRONG),
                },
                _ => break,
            }
            characters = ahead;
        }
        self.rest = characters.as_str();
        let first = name.trim_start_matches('-').chars().next();
        if first.is_none_or(|first| first.is_ascii_digit()) { Err(WRONG) } else { Ok(name) }
    }

    fn take(&mut self, sign: char) -> bool {
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn skip_space(&mut self) -> bool {
        let rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let skipped = rest.len() < self.rest.len();
        self.rest = rest;
        skipped
    }
}

/// Bytes of a formula like `2n + 1` or `odd`.
fn is_counting(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_alphabetic() || matches!(byte, b'+' | b'-' | b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_plugins_need_is_read() {
        for (text, subject) in [
            (".hero", None),
            ("#main .card:nth-child(2n + 1) > h2", Some("h2")),
            ("body > *:first-child", None),
            ("UL LI:first-of-type", Some("li")),
            ("my-banner.x", Some("my-banner")),
            (".md\\:flex", None),
            ("  main\n>\tp ", Some("p")),
            (".größe", None),
            ("a b c d e f g h", Some("h")),
        ] {
            let selector = SafeSelector::parse(text).unwrap_or_else(|why| panic!("{text}: {why:?}"));
            assert_eq!(selector.subject.as_deref(), subject, "{text}");
        }
    }

    #[test]
    fn what_could_ask_or_confuse_is_refused() {
        let long = format!(".{}", "a".repeat(256));
        for text in [
            "",
            " ",
            "[value]",
            "input[value^=a]",
            "a[href]",
            "a, b",
            "a + b",
            "a ~ b",
            "a:hover",
            "a:not(.b)",
            "a:has(b)",
            "a::before",
            ":is(a)",
            "svg|a",
            "a >",
            "> a",
            "a > > b",
            ".",
            "#",
            "..a",
            ".1a",
            "a:nth-child()",
            "a:nth-child(x)",
            "a:nth-child(2",
            "a/**/b",
            "a{}",
            "a\\",
            "a\\62 b",
            "a b c d e f g h i",
            "a\u{0}b",
            "\u{1F600}",
            "-",
            "a:last-child",
            "**",
            "a*",
            &long,
        ] {
            assert!(SafeSelector::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_error_knows_its_place() {
        for (text, place) in [(" a[href]", 2), ("a, b", 1), ("a:hover", 7), ("main > .x::after", 10), ("", 0)]
        {
            assert_eq!(SafeSelector::parse(text).map(|_| ()).map_err(|(at, _)| at), Err(place), "{text}");
        }
    }
}
