//! The value of one declaration of a style, token by token: each is judged by what the property takes, and
//! written anew. No client data enters.

use std::borrow::Cow;

use cssparser::{ParseError, ParseErrorKind, Parser, Token};

use crate::properties::{Length, Property};
use crate::removed::{Reason, printable};

/// The most parts of one value, functions' own included: a gradient of some ten colours.
const MAX_PARTS: usize = 64;
/// The longest word: longer than any name of a colour.
const MAX_WORD_BYTES: usize = 24;

pub(crate) const UNREADABLE: &str = "it cannot be read";

pub(crate) fn refuse<T>(
    why: impl Into<Cow<'static, str>>,
    instead: &'static str,
) -> Result<T, ParseError<Reason>> {
    Err(ParseError { kind: ParseErrorKind::Custom(Reason::new(why, instead)) })
}

/// What the tokens being read stand in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    Value,
    Colour,
    Gradient,
    /// `min()`, `max()` and `clamp()`, whose result is one of what stands in them.
    Choice,
    /// `minmax()` and `repeat()` in the tracks of a grid.
    Tracks,
}

/// Tokens to the end of a value or function, written anew.
pub(crate) fn values(
    parser: &mut Parser<'_>,
    known: &Property,
    within: Within,
    parts: &mut usize,
) -> Result<String, ParseError<Reason>> {
    let mut written = String::new();
    let mut safe = false;
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
        // Without it, what is too large would overflow at its beginning as well.
        if known.places && !safe && matches!(piece.as_str(), "center" | "end" | "flex-end") {
            written.push_str("safe ");
        }
        safe = known.places && piece == "safe";
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
        Within::Tracks => (0.0..=12.0).contains(&value) && value.fract() == 0.0,
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
