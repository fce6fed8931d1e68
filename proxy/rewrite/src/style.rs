//! Reads a `style` attribute the way a browser does, declaration by declaration, and writes anew what
//! is on the list in [`crate::properties`]. Nothing of the text is copied: a value is put together from
//! numbers, units, colours and listed words, so that no escape, comment or unknown function survives.
//! No client data enters.

use std::borrow::Cow;

use cssparser::{Delimiter, ParseError, ParseErrorKind, Parser, Token};

use crate::properties::{Length, Property, property, why_not};
use crate::removed::{Loss, Reason, printable};

/// The most declarations of one attribute; more than a banner's element ever has.
const MAX_DECLARATIONS: usize = 40;
/// The most parts of one value, functions' own included: a gradient of some ten colours.
const MAX_PARTS: usize = 64;
/// How deep functions may be nested: a colour in a gradient, a length in `minmax()` in `repeat()`.
const MAX_NESTING: u8 = 3;
/// The longest word: longer than any name of a colour.
const MAX_WORD_BYTES: usize = 24;

/// What one attribute became.
pub(crate) struct Styled {
    /// What may be written; empty if nothing is left.
    pub(crate) css: String,
    /// What is missing, with its place in the value.
    pub(crate) lost: Vec<Loss>,
}

/// Reads the value of a `style` attribute.
pub(crate) fn read(value: &str) -> Styled {
    let mut styled = Styled { css: String::new(), lost: Vec::new() };
    let mut parser = Parser::new(value);
    parser.set_nested_block_limit(MAX_NESTING);
    let mut declarations = 0_usize;
    while !parser.is_exhausted() {
        parser.skip_whitespace();
        let start = parser.position().byte_index();
        let mut name = String::new();
        let read = parser.parse_until_after(Delimiter::Semicolon, |parser| declaration(parser, &mut name));
        let span = start..parser.position().byte_index();
        let full = declarations >= MAX_DECLARATIONS;
        match read {
            Ok(None) => {}
            Ok(Some(written)) if !full => {
                let gap = if styled.css.is_empty() { "" } else { " " };
                styled.css.push_str(&format!("{gap}{name}: {written};"));
                declarations += 1;
            }
            Ok(Some(_)) => {
                styled.lost.push(
                    Reason::new("a style has at most 40 declarations", "use a class").of(shown(&name), span),
                );
                break;
            }
            Err(error) => {
                let why = match error.kind {
                    ParseErrorKind::Custom(why) => why,
                    ParseErrorKind::Basic(_) => Reason::new(UNREADABLE, "write it as `property: value;`"),
                };
                styled.lost.push(why.of(shown(&name), span));
            }
        }
    }
    styled
}

fn shown(property: &str) -> String {
    if property.is_empty() { "a declaration".to_owned() } else { format!("`{}`", printable(property, 40)) }
}

const UNREADABLE: &str = "it cannot be read";

fn refuse<T>(why: impl Into<Cow<'static, str>>, instead: &'static str) -> Result<T, ParseError<Reason>> {
    Err(ParseError { kind: ParseErrorKind::Custom(Reason::new(why, instead)) })
}

/// One declaration: its name is stored, its value given back. `None` where there is nothing between two
/// semicolons.
fn declaration(parser: &mut Parser<'_>, name: &mut String) -> Result<Option<String>, ParseError<Reason>> {
    if parser.is_exhausted() {
        return Ok(None);
    }
    *name = parser.expect_ident()?.to_ascii_lowercase();
    let Some(known) = property(name) else {
        let (why, instead) = why_not(name);
        return refuse(why, instead);
    };
    parser.expect_colon()?;
    let mut parts = 0;
    let written = values(parser, known, Within::Value, &mut parts)?;
    if written.is_empty() { refuse(UNREADABLE, "write it as `property: value;`") } else { Ok(Some(written)) }
}

/// What the tokens being read stand in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Value,
    Colour,
    Gradient,
    /// `min()`, `max()` and `clamp()`, whose result is one of what stands in them.
    Choice,
    /// `minmax()` and `repeat()` in the tracks of a grid.
    Tracks,
}

/// Tokens to the end of a value or function, written anew.
fn values(
    parser: &mut Parser<'_>,
    known: &Property,
    within: Within,
    parts: &mut usize,
) -> Result<String, ParseError<Reason>> {
    let mut written = String::new();
    while let Ok(token) = parser.next().cloned() {
        *parts += 1;
        if *parts > MAX_PARTS {
            return refuse("its value has more than 64 parts", "use a class");
        }
        if token == Token::Comma {
            if within == Within::Value && !known.lists {
                return refuse(UNREADABLE, "it takes no list");
            }
            written.push(',');
            continue;
        }
        let piece = match &token {
            Token::Ident(word) => word_of(word, known, within),
            Token::Number { value, .. } => number(*value, known, within),
            Token::Percentage { unit_value, .. } => percentage(unit_value * 100.0, known, within),
            Token::Dimension { value, unit, .. } => dimension(*value, unit, known, within),
            Token::Hash(digits) | Token::IDHash(digits) if takes_colour(known, within) => hash(digits),
            Token::Delim('/') if known.ratio || within == Within::Colour => Some("/".to_owned()),
            Token::Function(name) => {
                let name = name.to_ascii_lowercase();
                let Some(inner) = function(&name, known, within) else {
                    let (why, instead) = why_no_function(&name);
                    return refuse(why, instead);
                };
                let inside = parser.parse_nested_block(|parser| values(parser, known, inner, parts))?;
                Some(format!("{name}({inside})"))
            }
            Token::UnquotedUrl(_) | Token::BadUrl(_) => {
                let (why, instead) = why_no_function("url");
                return refuse(why, instead);
            }
            Token::Delim('!') => {
                return refuse("`!important` would overrule the site's own styles", "leave `!important` out");
            }
            _ => None,
        };
        let Some(piece) = piece else {
            let takes = known.takes();
            return refuse(format!("its value is not on the list: {takes}"), "use such a value, or a class");
        };
        if !written.is_empty() {
            written.push(' ');
        }
        written.push_str(&piece);
    }
    Ok(written)
}

fn takes_colour(known: &Property, within: Within) -> bool {
    known.colour && within == Within::Value || within == Within::Gradient
}

/// What stands in a function of this name; `None` if it may not stand here.
fn function(name: &str, known: &Property, within: Within) -> Option<Within> {
    let is_colour =
        matches!(name, "rgb" | "rgba" | "hsl" | "hsla" | "hwb" | "lab" | "lch" | "oklab" | "oklch");
    let is_gradient = matches!(
        name,
        "linear-gradient"
            | "radial-gradient"
            | "conic-gradient"
            | "repeating-linear-gradient"
            | "repeating-radial-gradient"
    );
    match name {
        _ if is_colour && takes_colour(known, within) => Some(Within::Colour),
        _ if is_gradient && known.gradient && within == Within::Value => Some(Within::Gradient),
        "min" | "max" | "clamp" if known.length != Length::None && within == Within::Value => {
            Some(Within::Choice)
        }
        "minmax" | "repeat" if known.tracks && matches!(within, Within::Value | Within::Tracks) => {
            Some(Within::Tracks)
        }
        _ => None,
    }
}

fn why_no_function(name: &str) -> (Cow<'static, str>, &'static str) {
    let (why, instead) = match name {
        "url" | "src" | "image" | "image-set" | "-webkit-image-set" | "cross-fade" | "-webkit-cross-fade"
        | "element" | "-moz-element" | "paint" => {
            ("it would load something by itself", "use an `<img>`, whose address is checked")
        }
        "var" | "env" | "attr" => {
            ("what it stands for is the page's, and is not known here", "write the value itself")
        }
        "calc" => ("its result has no bound that can be checked", "use `min()`, `max()` or `clamp()`"),
        "expression" => ("it runs a script in old browsers", "leave it out"),
        _ => ("it is not on the list of harmless functions", "write a plain value"),
    };
    let shown = printable(name, MAX_WORD_BYTES);
    (format!("`{shown}()`: {why}").into(), instead)
}

fn word_of(word: &str, known: &Property, within: Within) -> Option<String> {
    let word = word.to_ascii_lowercase();
    let plain = word.len() <= MAX_WORD_BYTES
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        && word.starts_with(|first: char| first.is_ascii_lowercase());
    let fits = match within {
        Within::Value => known.words.contains(&word.as_str()) || known.colour && !word.contains('-'),
        // Words of colours and gradients load nothing, whatever they are.
        Within::Gradient => true,
        Within::Colour => word == "none",
        Within::Choice => false,
        Within::Tracks => {
            matches!(word.as_str(), "auto" | "auto-fill" | "auto-fit" | "min-content" | "max-content")
        }
    };
    (plain && fits).then_some(word)
}

fn number(value: f32, known: &Property, within: Within) -> Option<String> {
    let fits = match within {
        Within::Colour => (-1_000.0..=1_000.0).contains(&value),
        Within::Value => {
            known.number.is_some_and(|(least, most)| (least..=most).contains(&value))
                || value == 0.0 && known.length != Length::None
        }
        // How often a track is repeated, or a track of no size.
        Within::Tracks => (0.0..=24.0).contains(&value) && value.fract() == 0.0,
        Within::Gradient | Within::Choice => value == 0.0,
    };
    fits.then(|| decimal(value))
}

fn percentage(value: f32, known: &Property, within: Within) -> Option<String> {
    let fits = match within {
        Within::Colour | Within::Gradient => (0.0..=100.0).contains(&value),
        Within::Value | Within::Choice | Within::Tracks => known.length.percentage(value),
    };
    fits.then(|| format!("{}%", decimal(value)))
}

fn dimension(value: f32, unit: &str, known: &Property, within: Within) -> Option<String> {
    let unit = unit.to_ascii_lowercase();
    let fits = match unit.as_str() {
        "deg" | "turn" | "rad" | "grad" => {
            matches!(within, Within::Colour | Within::Gradient) && (-720.0..=720.0).contains(&value)
        }
        "fr" => {
            known.tracks && matches!(within, Within::Value | Within::Tracks) && (0.0..=24.0).contains(&value)
        }
        _ => match within {
            Within::Colour => false,
            Within::Gradient => Length::Size.dimension(value, &unit),
            Within::Value | Within::Choice | Within::Tracks => known.length.dimension(value, &unit),
        },
    };
    fits.then(|| format!("{}{unit}", decimal(value)))
}

fn hash(digits: &str) -> Option<String> {
    let fits = matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| format!("#{}", digits.to_ascii_lowercase()))
}

/// A number with at most four digits behind the point, and never an exponent.
fn decimal(value: f32) -> String {
    let text = format!("{value:.4}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_banners_need_is_written_anew() {
        for (text, expected) in [
            ("color:red", "color: red;"),
            ("COLOR : #FFF ; padding:1.50rem 8PX;;", "color: #fff; padding: 1.5rem 8px;"),
            ("color:r\\65 d", "color: red;"),
            ("color/**/:/*x*/red", "color: red;"),
            (
                "background:linear-gradient(90deg,#fff 0%,rgba(0,0,0,.5))",
                "background: linear-gradient(90deg, #fff 0%, rgba(0, 0, 0, 0.5));",
            ),
            (
                "border:1px solid currentColor;border-radius:50%",
                "border: 1px solid currentcolor; border-radius: 50%;",
            ),
            ("font-family:system-ui,sans-serif", "font-family: system-ui, sans-serif;"),
            ("font-size:clamp(1rem,4vw,3rem)", "font-size: clamp(1rem, 4vw, 3rem);"),
            (
                "grid-template-columns:repeat(2,minmax(0,1fr)) auto",
                "grid-template-columns: repeat(2, minmax(0, 1fr)) auto;",
            ),
            ("aspect-ratio:16/9", "aspect-ratio: 16 / 9;"),
            ("color:rgb(0 0 0 / 50%)", "color: rgb(0 0 0 / 50%);"),
            ("margin:0 auto", "margin: 0 auto;"),
            ("box-shadow:0 2px 8px rgba(0,0,0,.2)", "box-shadow: 0 2px 8px rgba(0, 0, 0, 0.2);"),
            ("letter-spacing:-.02em", "letter-spacing: -0.02em;"),
            ("", ""),
            (" ; ", ""),
        ] {
            let styled = read(text);
            assert_eq!(styled.lost, [], "{text}");
            assert_eq!(styled.css, expected, "{text}");
            assert_eq!(read(&styled.css).css, styled.css, "{text}");
        }
    }

    #[test]
    fn what_loads_covers_or_acts_is_left_out_and_told() {
        for text in [
            "background:url(//evil.example)",
            "background:u\\72l(//evil.example)",
            "background:url('//evil.example')",
            "background-image:image-set('a.png' 1x)",
            "background:-webkit-image-set(url(a) 1x)",
            "background:cross-fade(url(a),url(b))",
            "background:element(#a)",
            "background:linear-gradient(red,url(a))",
            "background:src('a')",
            "list-style:url(a)",
            "list-style-image:url(a)",
            "border-image:url(a)",
            "cursor:url(a),pointer",
            "width:expression(alert(1))",
            "width:calc(100% - 1px)",
            "width:calc(1px*9999999)",
            "width:99999px",
            "width:1e30px",
            "color:var(--x)",
            "color:env(x)",
            "color:attr(data-x)",
            "--x:red",
            "behavior:url(a)",
            "-moz-binding:url(a)",
            "@import 'a'",
            "color:red!important",
            "position:fixed",
            "position:absolute",
            "posi\\74ion:sticky",
            "z-index:9",
            "top:0",
            "inset:0",
            "float:left",
            "margin:-10px",
            "margin-top:-9999px",
            "margin:min(-99px,0px)",
            "transform:scale(99)",
            "translate:0 -100vh",
            "opacity:0",
            "visibility:hidden",
            "clip-path:inset(0)",
            "filter:blur(1px)",
            "height:0",
            "max-height:0",
            "line-height:0",
            "pointer-events:none",
            "content:'a'",
            "animation:x 1s",
            "transition:color 1s",
            "font-family:Papyrus",
            "font-family:'Papyrus'",
            "font:12px serif",
            "grid-row:1 / 2",
            "grid-area:1/1",
            "color:'red'",
            "color:red}*{color:blue",
            "color:{red}",
            "color:[red]",
            "color:#12345",
            "color:a-b",
            "color",
            "color:",
            ":red",
            "<!--color:red",
        ] {
            let styled = read(text);
            assert_eq!(styled.css, "", "{text}");
            assert!(!styled.lost.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_takes_nothing_else_with_it() {
        let styled = read("color: red; position: fixed; margin: 0");
        assert_eq!(styled.css, "color: red; margin: 0;");
        let [lost] = styled.lost.as_slice() else { panic!("one is lost") };
        assert_eq!((lost.at.clone(), lost.what.as_str()), (12..28, "`position`"));
        assert!(lost.reason.why.contains("cover"), "{lost:?}");
    }

    #[test]
    fn declarations_and_parts_are_bounded() {
        let many = read(&"color:red;".repeat(1_000));
        assert_eq!(many.css.matches("color").count(), MAX_DECLARATIONS);
        assert_eq!(many.lost.len(), 1);
        for text in
            [format!("box-shadow:{}", "0 0 0 red,".repeat(40)), format!("color:{}", "rgb(".repeat(500))]
        {
            assert_eq!(read(&text).css, "", "{text}");
        }
    }

    #[test]
    fn numbers_are_short_and_stay_the_same() {
        for (value, text) in
            [(1.0, "1"), (0.5, "0.5"), (-0.00001, "0"), (1_234.567_8, "1234.5677"), (0.1, "0.1")]
        {
            let written = decimal(value);
            assert_eq!(written, text);
            assert_eq!(decimal(written.parse().unwrap()), written);
        }
    }
}
