//! What an edit asked for and does not get, with its place, for the plugin's author. Only text of plugins
//! stands here; no client data enters.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// The most characters of a line that are shown.
const MAX_EXCERPT: usize = 96;
/// How many characters are shown before what is pointed at, where a line is too long.
const BEFORE: usize = 32;

/// Something that an edit asked for and does not get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Position of the edit in its variant, from 0.
    pub edit: usize,
    /// Which text of the edit it stands in.
    pub part: Part,
    /// What is missing, such as ``attribute `onclick` of `p` ``; or `the edit`, if nothing of it is left.
    pub what: String,
    /// Why, in a few words without a full stop.
    pub why: String,
    /// What to do instead.
    pub instead: String,
    /// Where it stands in that text.
    pub place: Place,
}

/// The text of an edit that something stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The selector.
    Selector,
    /// The HTML or text.
    Content,
    /// The name of an attribute that is set.
    Name,
    /// The value of an attribute that is set.
    Value,
    /// The path of a fragment.
    Path,
}

/// A place in a text, and the line that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The first byte, from 0.
    pub start: usize,
    /// The first byte behind it.
    pub end: usize,
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
    /// The line, or at most 96 characters of it, without anything that a terminal would obey.
    pub excerpt: String,
    /// The character of the excerpt that it begins at, from 0.
    pub caret: usize,
    /// How many characters of the excerpt it has; at least 1.
    pub width: usize,
}

impl Part {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Selector => "selector",
            Self::Content => "content",
            Self::Name => "name",
            Self::Value => "value",
            Self::Path => "path",
        }
    }
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

impl Place {
    /// The place of some bytes of a text; bytes beyond its end, or within a character, are moved into it.
    #[must_use]
    pub fn new(text: &str, at: Range<usize>) -> Self {
        let start = text.floor_char_boundary(at.start);
        let end = text.ceil_char_boundary(at.end).max(start);
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = text.get(line_start..).unwrap_or_default();
        let line = line.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        let pointed = text.get(start..end).unwrap_or_default();
        let width = pointed.split('\n').next().unwrap_or_default().chars().count();
        let skipped = if line.chars().count() > MAX_EXCERPT { column.saturating_sub(BEFORE) } else { 0 };
        let excerpt: String = line.chars().skip(skipped).take(MAX_EXCERPT).map(harmless).collect();
        let caret = column - skipped;
        let room = excerpt.chars().count().saturating_sub(caret);
        Self {
            start,
            end,
            line: before.matches('\n').count() + 1,
            column: column + 1,
            excerpt,
            caret,
            width: width.min(room).max(1),
        }
    }

    /// The excerpt, and under it a line of `^` that points at the place.
    #[must_use]
    pub fn pointing(&self) -> [String; 2] {
        [self.excerpt.clone(), format!("{}{}", " ".repeat(self.caret), "^".repeat(self.width))]
    }
}

/// A character as one that takes a column and commands nothing: neither a terminal nor the direction of
/// what stands beside it.
fn harmless(character: char) -> char {
    match character {
        '\t' => ' ',
        control if control.is_control() => '\u{FFFD}',
        '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' => {
            '\u{FFFD}'
        }
        plain => plain,
    }
}

/// At most `most` characters of a name, in which nothing is hidden.
pub(crate) fn printable(name: &str, most: usize) -> String {
    name.chars().take(most).map(harmless).collect()
}

/// Why something may not stand, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) why: Cow<'static, str>,
    pub(crate) instead: &'static str,
}

/// What is missing from one text: its bytes there, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) at: Range<usize>,
    pub(crate) what: String,
    pub(crate) reason: Reason,
}

impl Reason {
    pub(crate) fn new(why: impl Into<Cow<'static, str>>, instead: &'static str) -> Self {
        Self { why: why.into(), instead }
    }

    /// The loss of something at a place.
    pub(crate) fn of(self, what: impl Into<String>, at: Range<usize>) -> Loss {
        Loss { at, what: what.into(), reason: self }
    }
}

impl Loss {
    /// As told to the author of the edit at this position.
    pub(crate) fn tell(self, edit: usize, part: Part, text: &str) -> Removed {
        Removed {
            edit,
            part,
            what: self.what,
            why: self.reason.why.into_owned(),
            instead: self.reason.instead.to_owned(),
            place: Place::new(text, self.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_line_column_and_caret() {
        let text = "<p>é</p>\r\n<b onclick=x>\u{1b}[2J</b>\n";
        let place = Place::new(text, 14..23);
        assert_eq!((place.line, place.column), (2, 4));
        assert_eq!(place.pointing(), ["<b onclick=x>\u{FFFD}[2J</b>", "   ^^^^^^^^^"].map(str::to_owned));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}HERE{}", "a".repeat(500), "b".repeat(500));
        let place = Place::new(&text, 500..504);
        assert_eq!((place.column, place.caret, place.width), (501, BEFORE, 4));
        assert_eq!(place.excerpt.chars().count(), MAX_EXCERPT);
        assert_eq!(place.excerpt.get(BEFORE..BEFORE + 4), Some("HERE"));
    }

    #[test]
    fn a_place_outside_of_the_text_is_moved_into_it() {
        for at in [0..0, 5..9, 1..2, 7..7] {
            let place = Place::new("é\n", at);
            assert!(place.width >= 1 && place.line <= 2, "{place:?}");
        }
        assert_eq!(Place::new("", 0..1).pointing(), ["", "^"].map(str::to_owned));
    }
}
