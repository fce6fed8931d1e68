//! Foresees, over the raw text, how much HTML could grow under a parser: elements such as `b` that are
//! still open where a paragraph ends are opened again in the next, with all their attributes. It is a count
//! on the safe side, made before anything is parsed. No client data enters.

use std::ops::Range;

use crate::spans::tag_end;
use crate::tags::CONTENT;

/// More tags than a banner or a menu ever has; parsing time can grow with their square.
const MAX_TAGS: usize = 2_048;
/// More open elements of the kind that the parser repeats.
const MAX_REPEATED: usize = 64;
/// What the markup may grow to by repeated elements.
pub(crate) const MAX_GROWTH_BYTES: usize = 256 << 10;
/// How often one end tag that stands in the wrong place can make the parser repeat an element.
const REPEATS_OF_AN_END: usize = 32;
/// What an element costs beside its text.
const ELEMENT_BYTES: usize = 32;

/// Elements that the parser opens again in every new paragraph until they are closed.
const REPEATED: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Elements without an end. Behind a `/`, the shapes of pictures have none either.
const VOID: [&str; 7] = ["br", "col", "hr", "img", "input", "source", "wbr"];
const SHAPES: [&str; 9] = ["path", "g", "rect", "circle", "line", "polyline", "polygon", "ellipse", "use"];
/// Elements that do not stay, but of which is known how a parser reads them.
const PLAIN: [&str; 7] = ["svg", "form", "input", "label", "button", "picture", "source"];
/// Elements that begin without ending any other.
const PHRASES: [&str; 24] = [
    "abbr", "bdi", "bdo", "br", "cite", "del", "dfn", "img", "ins", "kbd", "mark", "q", "samp", "span",
    "sub", "sup", "svg", "time", "u", "var", "wbr", "label", "picture", "source",
];

const MISNESTED: &str = "the markup is too tangled: close what is opened";

/// An element that is open in the text.
struct Open {
    name: String,
    /// What it adds each time it is repeated; 0 for elements that are not.
    weight: usize,
    /// Something around it may have been closed, so that it can be opened again.
    stranded: bool,
}

/// What is open, as far as the text tells.
#[derive(Default)]
struct Tangle {
    open: Vec<Open>,
    /// Something stood there of which browsers and we could think differently: no end counts any more.
    lost: bool,
    growth: usize,
    tags: usize,
}

/// Why the parser is not to see this text, with the place where it becomes too much.
pub(crate) fn too_tangled(html: &str) -> Option<(Range<usize>, &'static str)> {
    let mut tangle = Tangle::default();
    // Up to here may be a comment, or is the text of a script.
    let (mut comment, mut skipped) = (0, 0);
    for (at, _) in html.match_indices('<') {
        let rest = html.get(at + 1..).unwrap_or_default();
        if at < skipped || at < comment && rest.starts_with("!--") {
            continue;
        }
        if rest.starts_with("!--") {
            let end = rest.get(3..).and_then(|inside| inside.find("-->"));
            comment = end.map_or(html.len(), |end| at + 4 + end);
            continue;
        }
        let (closing, tag) = rest.strip_prefix('/').map_or((false, rest), |tag| (true, tag));
        if !tag.starts_with(|first: char| first.is_ascii_alphabetic()) {
            // A comment by another name; a `<` before a space is text.
            tangle.lost |= closing || rest.starts_with(['!', '?']);
            continue;
        }
        let piece = tag.split('<').next().unwrap_or_default();
        let end = tag_end(piece.as_bytes());
        // What looks like a tag may then be part of a value.
        tangle.lost |= end.is_none();
        let written = piece.get(..end.unwrap_or(piece.len())).unwrap_or_default();
        if closing && at >= comment {
            tangle.end(written);
        } else if !closing {
            match tangle.raw(written, rest).filter(|_| at >= comment) {
                Some(length) => {
                    tangle.repeat(1);
                    skipped = at + 1 + length;
                }
                None => tangle.start(written),
            }
        }
        if let Some(why) = tangle.too_much() {
            return Some((at..at + 1, why));
        }
    }
    None
}

impl Tangle {
    /// How long a script or style sheet is with its text, which is no markup.
    fn raw(&self, tag: &str, rest: &str) -> Option<usize> {
        let name = name_of(tag);
        let closing = match name.as_str() {
            "script" => "</script",
            "style" => "</style",
            _ => return None,
        };
        // In a picture they are read as markup.
        if self.lost || self.open.iter().any(|open| open.name == "svg") {
            return None;
        }
        let is_end =
            |at: usize| rest.get(at..at + closing.len()).is_some_and(|end| end.eq_ignore_ascii_case(closing));
        let (length, _) = rest.match_indices("</").find(|(at, _)| is_end(*at))?;
        let ends = rest.get(length + closing.len()..)?.starts_with([' ', '\t', '\n', '/', '>']);
        (ends && !rest.get(..length)?.contains("<!--")).then_some(length)
    }

    fn start(&mut self, tag: &str) {
        let name = name_of(tag);
        let is = |list: &[&str]| list.contains(&name.as_str());
        let repeated = is(&REPEATED);
        let known = repeated || name.contains('-') || is(&CONTENT) || is(&SHAPES) || is(&PLAIN);
        self.lost |= !known;
        if self.lost || self.open.iter().any(|open| closes(&name, &open.name)) {
            self.strand();
        }
        let ends_its_like = is(&["a", "nobr"]) && self.open.iter().any(|open| open.name == name);
        self.repeat(if ends_its_like { REPEATS_OF_AN_END } else { 1 });
        if is(&VOID) || tag.ends_with('/') && is(&SHAPES) {
            return;
        }
        // Signs that are written longer than they are read.
        let escaped = tag.bytes().filter(|byte| b"\"&<>\xa0".contains(byte)).count();
        let weight = if repeated { tag.len() + 5 * escaped + name.len() + ELEMENT_BYTES } else { 0 };
        self.open.push(Open { name, weight, stranded: self.lost });
    }

    fn end(&mut self, tag: &str) {
        let name = name_of(tag);
        if !self.lost && self.open.last().is_some_and(|open| open.name == name) {
            self.open.pop();
            return self.repeat(1);
        }
        self.strand();
        self.repeat(if REPEATED.contains(&name.as_str()) { REPEATS_OF_AN_END } else { 1 });
    }

    fn strand(&mut self) {
        self.open.iter_mut().for_each(|open| open.stranded = true);
    }

    /// A tag stands here, at which the parser may open again, so often, what is stranded.
    fn repeat(&mut self, times: usize) {
        self.tags += 1;
        let weight: usize = self.open.iter().filter(|open| open.stranded).map(|open| open.weight).sum();
        self.growth = self.growth.saturating_add(weight.saturating_mul(times));
    }

    fn too_much(&self) -> Option<&'static str> {
        if self.tags > MAX_TAGS {
            return Some("the markup has more than 2,048 tags");
        }
        let repeated = self.open.iter().filter(|open| open.weight > 0).count();
        (repeated > MAX_REPEATED || self.growth > MAX_GROWTH_BYTES).then_some(MISNESTED)
    }
}

/// The name of a tag, lower case.
fn name_of(tag: &str) -> String {
    let end = tag.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(tag.len());
    tag.get(..end).unwrap_or_default().to_ascii_lowercase()
}

/// Whether a start tag may end an element that is open.
fn closes(starts: &str, open: &str) -> bool {
    match starts {
        "a" | "nobr" | "button" if starts == open => true,
        _ if PHRASES.contains(&starts) || REPEATED.contains(&starts) || SHAPES.contains(&starts) => false,
        "li" => matches!(open, "li" | "p"),
        "dd" | "dt" => matches!(open, "dd" | "dt" | "p"),
        "rp" | "rt" | "caption" | "col" | "colgroup" | "tbody" | "td" | "tfoot" | "th" | "thead" | "tr" => {
            true
        }
        _ => matches!(open, "p" | "table") || is_heading(starts) && is_heading(open),
    }
}

fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_that_the_parser_would_square_is_refused_before_it_is_parsed() {
        let distinct: String = (0..100).map(|n| format!("<B class=a{n}>")).collect();
        let long = "x".repeat(300);
        let few: String = (0..58).map(|n| format!("<b title='{n}{long}'>")).collect();
        let closed = "</b>".repeat(58);
        for html in [
            format!("{distinct}{}", "<p>".repeat(1_000)),
            "<i>".repeat(MAX_REPEATED + 1),
            "<p>".repeat(MAX_TAGS + 1),
            format!("<p>{few}{}", "<p>a".repeat(1_900)),
            // Ends that are none.
            format!("<p>{few}<!--{closed}-->{}", "<p>a".repeat(1_800)),
            format!("<p>{few}<textarea>{closed}</textarea>{}", "<p>a".repeat(1_800)),
            format!("<p>{few}<img title='{closed}'>{}", "<p>a".repeat(1_800)),
            format!("<p>{few}<?{closed}>{}", "<p>a".repeat(1_800)),
            format!("<p>{few}<table><td>{closed}</table>{}", "<p>a".repeat(1_800)),
            format!("<p>{few}<svg><title></svg>{closed}{}", "<p>a".repeat(1_800)),
            format!("<svg><style><p>{few}{}</style></svg>", "<p>a".repeat(1_900)),
            // Ends that open again.
            format!("<b title={long}>{}{}", "<p><div>".repeat(10), "</b>".repeat(1_000)),
            format!("<a title={long}>").repeat(60),
        ] {
            assert!(too_tangled(&html).is_some(), "{}", html.chars().take(40).collect::<String>());
        }
    }

    #[test]
    fn long_and_tidy_markup_is_not_refused() {
        let address = "x".repeat(200);
        for html in [
            "<li><a href=/x>a</a>".repeat(600),
            "a < b ".repeat(5_000),
            format!("<div><a href=/{address}><div><h3>a</h3><p>a<br><b>b</b></p></div></a></div>")
                .repeat(100),
            format!("<li><a href=/{address}><svg><path d='M0 0'/></svg><span>a</span></a></li>").repeat(150),
            format!("<!-- a --><script>if (a<b) {{ '<b>' }}</script>{}", "<a href=/x>a</a>".repeat(500)),
            format!("<my-menu><button>a</button>{}</my-menu>", "<p><a href=/x>a</a>".repeat(500)),
        ] {
            assert_eq!(too_tangled(&html), None, "{}", html.chars().take(40).collect::<String>());
        }
    }
}
